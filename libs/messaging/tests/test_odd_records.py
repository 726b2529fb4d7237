"""What was fetched is read to its end, in its order, whatever its headers are called and however it is packed; and what
is fine, as ever.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy as SlowBuilder
from aiokafka.record.memory_records import MemoryRecords
from linli_contracts.envelope import headers_of
from linli_contracts.lanes import lane_of, partition_of
from linli_contracts.topics import PARTITIONS, TOPIC_OF
from linli_messaging.odd_records import WHY, LegibleRecords
from linli_testkit.plugin import TestBroker

from libs.messaging.tests.bus import Bus, has_rung
from libs.messaging.tests.small import NORTH, envelope, rung

Names = tuple[str, ...]


class NotText(str):
    """A header's name that is written as bytes that are no UTF-8."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """Neither matters."""
        del encoding, errors
        return b"ce_\xff"


ODD = NotText("ce_id")


class Stored(SlowBuilder):  # type: ignore[misc]  # aiokafka is untyped
    """A batch in a frame of zstd that holds it as it is, so that nobody needs the codec to write it."""

    def _maybe_compress(self) -> bool:
        content = bytes(self._buffer[self.HEADER_STRUCT.size :])
        frame = b"\x28\xb5\x2f\xfd\xe0" + len(content).to_bytes(8, "little")
        self._buffer[self.HEADER_STRUCT.size :] = frame + (1 | len(content) << 3).to_bytes(3, "little") + content
        return True


def batch(*records: Names, compression: int = 0) -> bytes:
    """One batch, as the broker keeps it; each record with its place as body."""
    odd = any(isinstance(name, NotText) for names in records for name in names)
    builder: Any = (SlowBuilder if odd else DefaultRecordBatchBuilder)(2, compression, 0, -1, -1, -1, 100_000)
    for offset, names in enumerate(records):
        builder.append(offset, 7, b"k", b"%d" % offset, [(name, b"v\xff") for name in names])
    return bytes(builder.build())


def read(records: LegibleRecords | MemoryRecords) -> Iterator[tuple[int, bytes, list[tuple[str, bytes]]]]:
    while records.has_next():
        found: Any = records.next_batch()
        assert found.validate_crc()
        for record in found:
            yield record.offset, record.value, record.headers


@pytest.mark.rule("OPS-02")
@pytest.mark.parametrize("compression", [0, 1], ids=["plain", "gzip"])
def test_whatever_a_header_is_called_the_batch_is_read_to_its_end(compression: int) -> None:
    """Given odd names in the middle of the second batch of three: all that is there, once."""
    fetched = batch((), ("a",)) + batch(("b",), (ODD, "c"), ("d",), compression=compression) + batch(("e",))
    with pytest.raises(UnicodeDecodeError):
        list(read(MemoryRecords(fetched)))
    assert list(read(LegibleRecords(fetched))) == [
        (0, b"0", []),
        (1, b"1", [("a", b"v\xff")]),
        (0, b"0", [("b", b"v\xff")]),
        (1, b"1", [(r"ce_\xff", b"v\xff"), ("c", b"v\xff")]),
        (2, b"2", [("d", b"v\xff")]),
        (0, b"0", [("e", b"v\xff")]),
    ]


@pytest.mark.rule("OPS-02")
def test_what_is_fine_is_read_as_ever_and_a_part_of_a_batch_is_left() -> None:
    fetched = batch(("a",), ()) + batch(("b",), compression=1) + batch(("c",))[:-3]
    ours, theirs = LegibleRecords(fetched), MemoryRecords(fetched)
    assert ours.size_in_bytes() == theirs.size_in_bytes()
    assert list(read(ours)) == list(read(theirs))
    assert ours.next_batch() is None


@pytest.mark.rule("OPS-02")
def test_a_batch_that_cannot_be_unpacked_stands_for_its_records(caplog: pytest.LogCaptureFixture) -> None:
    """Given one whose compression is none between two good ones: it is given as it came, and they are read."""
    built = Stored(2, 1, 0, -1, -1, -1, 100_000)  # says gzip
    for offset in (0, 1):
        built.append(offset, 7, b"k", b"secret", [])
    broken = bytes(built.build())
    first, whole, last = read(LegibleRecords(batch(("a",)) + broken + batch(("c",))))
    assert (first, last) == ((0, b"0", [("a", b"v\xff")]), (0, b"0", [("c", b"v\xff")]))
    assert whole == (1, broken, [(WHY, b"BadGzipFile")])
    assert "BadGzipFile" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.rule("OPS-02")
async def test_facts_are_read_however_the_broker_packs_them(bus: Bus, broker: TestBroker) -> None:
    """Given facts in frames of zstd, as brokers of which that is demanded make of whatever they get: they count."""
    good = {nth: headers_of(envelope(rung(), nth)._replace(deployment=bus.deployment)) for nth in (1, 2)}
    builder = Stored(2, 4, 0, -1, -1, -1, 100_000)
    for nth, headers in good.items():
        assert builder.append(nth - 1, 1, None, rung(nth=nth).model_dump_json().encode(), headers)
    await send_built(broker, builder, len(good))
    await has_rung(bus, 1, 2)
    assert await bus.listener.pool.fetch("SELECT FROM parked") == []


@pytest.mark.rule("OPS-02")
async def test_such_a_record_is_parked_and_stops_nothing(bus: Bus, broker: TestBroker) -> None:
    """Given one between two good facts, of which one has such a header besides: it is parked as it came, they count."""
    good = {nth: headers_of(envelope(rung(), nth)._replace(deployment=bus.deployment)) for nth in (1, 2, 3)}
    body = {nth: rung(nth=nth).model_dump_json().encode() for nth in good}
    odd = (ODD, b"1")
    await send_together(broker, (good[1], body[1]), ([odd], b"{broken"), ([*good[2], odd], body[2]))
    await bus.send(good[3], body[3])
    await has_rung(bus, 1, 2, 3)
    (row,) = await bus.listener.pool.fetch("SELECT type, headers, body FROM parked")
    assert (row["type"], orjson.loads(row["headers"]), row["body"]) == ("unreadable", {r"ce_\xff": "1"}, b"{broken")


async def send_together(broker: TestBroker, *records: tuple[Sequence[tuple[str, bytes | None]], bytes]) -> None:
    """Put records on the north's topic in one batch, by the client's slow hand, which asks a name for its bytes."""
    builder = SlowBuilder(2, 0, 0, -1, -1, -1, 100_000)
    for offset, (headers, body) in enumerate(records):
        assert builder.append(offset, 1, None, body, list(headers))
    await send_built(broker, builder, len(records))


async def send_built(broker: TestBroker, builder: SlowBuilder, records: int) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, **broker.admin.client_options()) as producer:
        batch = producer.create_batch()
        batch._builder, batch._relative_offset = builder, records
        partition = partition_of(lane_of("e1.a"), PARTITIONS)
        await (await producer.send_batch(batch, TOPIC_OF[NORTH], partition=partition))
