"""Whether the bus says what outboxes and archives say, in every lane without a hole, and nothing personal (INT-13).

A record of another deployment, or one without a readable envelope, is no fact of ours; what is personal is looked for
in it all the same. A lane may begin at any number, for a bus forgets; from there on none may be missing.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from linli_contracts.envelope import Envelope, EnvelopeError, read_headers
from linli_contracts.topics import PRODUCER_OF, SERVICES, asks_topic, heads_topic
from linli_embedded.security import Security
from linli_messaging.consuming.reading import MAX_NUMBER
from linli_messaging.queries import Queries
from linli_messaging.topology import topics

from linli_cli.audit.access import Access
from linli_cli.audit.check import Check
from linli_cli.audit.numbers import Numbers
from linli_cli.audit.personal import People, Person
from linli_cli.audit.violation import Found
from linli_cli.complaint import Complaint
from linli_cli.language import Words

HOLES: Final = Check("bus_lanes_with_holes", Words("总线上的通道有缺号", "numbers are missing in a lane on the bus"))
DIFFER: Final = Check(
    "bus_facts_that_differ", Words("总线上的事实与所记不符", "a fact on the bus is not what was told")
)
BEHIND: Final = Check(
    "bus_behind_published",
    Words("已发布的末尾不在总线上", "the end of what was published is not on the bus"),
    at_rest=True,
)
HEADS: Final = Check("bus_heads_beyond", Words("总线上告知的末号多于已有", "a head was told that is beyond the lane's"))
PERSONAL: Final = Check("bus_personal", Words("总线上有个人信息", "something personal is on the bus"))
BUS_CHECKS: Final = (HOLES, DIFFER, BEHIND, HEADS, PERSONAL)
_BATCH: Final = 1000
"""Records compared with what was told in one question."""
_TAIL: Final = 100
"""Heads and asks are told for ever: of each partition only so many of the last are read."""
_STALLED_S: Final = 30.0

_REPEATED: Final = frozenset(topic for name in SERVICES for topic in (heads_topic(name), asks_topic(name)))
Lane = tuple[str, int]
"""A producer and its lane."""
Fact = tuple[int, int, str, bytes]
"""Lane, number, id and body as the bus has them."""


@cache
def bus_queries() -> Queries:
    """The queries of `bus.sql`."""
    return Queries.load(Path(str(files("linli_cli.audit") / "bus.sql")))


def _query(name: str) -> str:
    return bus_queries()[name]


@dataclass(slots=True)
class BusSeen:
    """What was seen on the bus so far; takes records one by one. No I/O."""

    deployment: str
    people: People
    lanes: dict[Lane, Numbers] = field(default_factory=lambda: defaultdict(Numbers))
    abandoned: dict[Lane, Numbers] = field(default_factory=lambda: defaultdict(Numbers))
    heads: dict[Lane, int] = field(default_factory=dict)
    """The highest head that was told of each lane."""
    facts: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    """Still to be compared with what each producer told."""
    personal: list[Mapping[str, Any]] = field(default_factory=list)
    records: int = 0

    def take(self, record: Any) -> None:  # noqa: ANN401 - aiokafka's record has no type of its own
        """One more record of any topic."""
        self.records += 1
        producer = PRODUCER_OF.get(record.topic)
        if producer is not None:
            self._take_fact(producer, record)
        elif record.topic.endswith(".heads.v1"):
            self._take_heads(record.value)
        self._look_for_people(record)

    def _take_fact(self, producer: str, record: Any) -> None:  # noqa: ANN401 - as above
        envelope = self._envelope(record.headers)
        if envelope is None:
            return
        self.lanes[producer, envelope.lane].add(envelope.number)
        if envelope.abandoned_from is not None:
            self._abandon(producer, envelope.lane, envelope.abandoned_from, envelope.number - 1)
        self.facts[producer].append((envelope.lane, envelope.number, envelope.id, record.value or b""))

    def _abandon(self, producer: str, lane: int, first: int, last: int) -> None:
        """These numbers never come, and what the bus has of them is none of the restored database's (promise 8)."""
        self.lanes[producer, lane].add_range(first, last)
        self.abandoned[producer, lane].add_range(first, last)

    def _envelope(self, headers: Iterable[tuple[str, bytes | None]]) -> Envelope | None:
        try:
            envelope = read_headers(headers)
        except EnvelopeError:
            return None
        ours = envelope.deployment == self.deployment and 0 < envelope.number <= MAX_NUMBER
        return envelope if ours else None

    def _take_heads(self, value: bytes | None) -> None:
        with suppress(ValueError, KeyError, TypeError):
            told = orjson.loads(value or b"")
            if told["deployment"] == self.deployment:
                for lane, (head, _) in told["lanes"].items():
                    place = (str(told["producer"]), int(lane))
                    self.heads[place] = max(self.heads.get(place, 0), head)

    def _look_for_people(self, record: Any) -> None:  # noqa: ANN401 - as above
        parts = [record.key or b"", record.value or b"", *(value or b"" for _, value in record.headers)]
        text = b"\n".join(parts).decode(errors="replace")
        for hit in dict.fromkeys(self.people.find(text)):
            place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
            self.personal.append({**place, "kind": hit.kind, "whose": hit.whose})

    def holes(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The producer, and which numbers of which of its lanes are missing."""
        for (producer, lane), numbers in sorted(self.lanes.items()):
            for first, last in numbers.holes():
                yield producer, {"lane": lane, "missing_from": first, "missing_to": last}


async def look_at_bus(connection: "asyncpg.Connection[Any]", access: Access, found: Found) -> BusSeen | None:
    """Read the bus, note what is wrong on it, and return what was seen. Before the snapshot.

    None: no bus was named, or nothing about it is wanted.
    """
    if access.bootstrap is None or not found.wanted.makes(*BUS_CHECKS):
        return None
    rows = await connection.fetch(_query("people")) if found.wanted.makes(PERSONAL) else []
    people = People([Person(row["whose"], row["name"], row["contact"]) for row in rows])
    seen = BusSeen(await connection.fetchval(_query("deployment")), people)
    differ: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    async for records in _records(access):
        for record in records:
            seen.take(record)
        for producer in [name for name, facts in seen.facts.items() if len(facts) >= _BATCH]:
            differ[producer] += await _compare(connection, producer, seen.facts.pop(producer), found)
    for producer, facts in seen.facts.items():
        differ[producer] += await _compare(connection, producer, facts, found)
    for producer in SERVICES:
        holes = (ids for name, ids in seen.holes() if name == producer)
        found.note(HOLES, producer, holes)
        ours = (row for row in differ[producer] if row["number"] not in seen.abandoned[producer, row["lane"]])
        found.note(DIFFER, producer, ours)
    found.note(PERSONAL, "", seen.personal)
    found.counts["records on the bus"] = seen.records
    return seen


async def compare_ends(connection: "asyncpg.Connection[Any]", seen: BusSeen, found: Found) -> None:
    """Note lanes whose end on the bus is not what the databases say. Within the snapshot."""
    behind: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    beyond: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in await connection.fetch(_query("ends")):
        place = (row["producer"], row["lane"])
        on_bus, told = seen.lanes[place].last if place in seen.lanes else None, seen.heads.get(place, 0)
        if on_bus is not None and on_bus < row["published"]:
            behind[row["producer"]].append({"lane": row["lane"], "on_bus": on_bus, "published": row["published"]})
        if told > row["head"]:
            beyond[row["producer"]].append({"lane": row["lane"], "told": told, "head": row["head"]})
    for producer in SERVICES:
        found.note(HEADS, producer, beyond[producer])
        found.note(BEHIND, producer, behind[producer])


async def _compare(
    connection: "asyncpg.Connection[Any]", producer: str, facts: list[Fact], found: Found
) -> list[Mapping[str, Any]]:
    if not found.wanted.makes(DIFFER):
        return []
    await connection.fetchval(_query("look_into"), producer)
    columns = [list(column) for column in zip(*facts, strict=True)]
    return [dict(row) for row in await connection.fetch(_query("facts_that_differ"), *columns)]


async def _records(access: Access) -> AsyncIterator[list[Any]]:
    """All records that are there now, of all topics, in batches; a complaint when the bus does not answer."""
    security = Security(access.kafka_user, access.kafka_password)
    consumer = AIOKafkaConsumer(
        *topics(SERVICES),
        bootstrap_servers=access.bootstrap,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **security.client_options(),
    )
    try:
        await consumer.start()
    except Exception as error:
        await consumer.stop()
        raise Complaint(f"无法读取总线：{error!r}", f"the bus can't be read: {error!r}") from error
    try:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        for place, first in (await consumer.beginning_offsets(list(ends))).items():
            consumer.seek(place, max(first, ends[place] - _TAIL) if place.topic in _REPEATED else first)
        async for batch in _until(consumer, ends):
            yield batch
    finally:
        await consumer.stop()


async def _until(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> AsyncIterator[list[Any]]:
    loop = asyncio.get_running_loop()
    moved_at = loop.time()
    while [place for place, end in ends.items() if await consumer.position(place) < end]:
        fetched = await consumer.getmany(timeout_ms=1000, max_records=_BATCH)
        if fetched:
            moved_at = loop.time()
            yield [record for records in fetched.values() for record in records]
        elif loop.time() - moved_at > _STALLED_S:
            raise Complaint("总线没有回应", f"the bus has been silent for {_STALLED_S:g} s")
