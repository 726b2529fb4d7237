"""Facts that are in hand, and not decided yet: nobody takes them for lost, and hearing what is said meanwhile holds up
nobody.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from linli_contracts.envelope import headers_of
from linli_contracts.lanes import lane_of, partition_of
from linli_contracts.topics import PARTITIONS, TOPIC_OF
from linli_messaging.consuming.consumer import GAP_LOOK_S, HEAR_EVERY_S, Consumer, _Ownership
from linli_messaging.consuming.parked_share import PARKED_AT_LEAST
from linli_messaging.inputs import Record
from linli_messaging.loop.writer import Writer

from libs.messaging.tests import small
from libs.messaging.tests.bus import Bus, has_rung, until
from libs.messaging.tests.small import NORTH, rung


async def send_fact(bus: Bus) -> None:
    """Put the first fact of a lane on the north's topic; no relay tells of it."""
    headers = headers_of(small.envelope(rung(), 1)._replace(deployment=bus.deployment))
    await bus.send(headers, rung(nth=1).model_dump_json().encode())


async def take_a_fact(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, taken: "Callable[[list[ConsumerRecord[bytes, bytes]]], object]"
) -> None:
    """Send a fact of the north, and wait until it is decided; `taken` is called with the records of the look that took
    it, before anybody else has them.
    """
    signs, look = bus.listener.consumer.signs, Consumer._look

    async def looked(
        self: Consumer, kafka: AIOKafkaConsumer, *places: TopicPartition, timeout_ms: int
    ) -> "list[ConsumerRecord[bytes, bytes]]":
        found = await look(self, kafka, *places, timeout_ms=timeout_ms)
        if any(record.topic == TOPIC_OF[NORTH] for record in found):
            taken(found)
        return found

    monkeypatch.setattr(Consumer, "_look", looked)
    looks = signs.looks

    async def looks_anew() -> bool:
        return signs.looks > looks

    await until(looks_anew)
    await send_fact(bus)
    await has_rung(bus, 1)


@pytest.mark.rule("OPS-02")
async def test_a_fact_is_in_hand_from_the_moment_it_was_taken(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a fact that was just taken, when somebody looks for lost tails before anything else has its turn, then it
    is known to be here: its partition is read to the end, and its inbox has not moved.
    """
    consumer, in_hand = bus.listener.consumer, list[Any]()

    def look_for_it() -> None:
        in_hand.append(consumer.writer.uncommitted | consumer._in_hand)

    await take_a_fact(bus, monkeypatch, lambda _: asyncio.get_running_loop().call_soon(look_for_it))
    assert in_hand == [{(NORTH, lane_of("e1"))}]


@pytest.mark.rule("OPS-04")
async def test_what_was_read_of_a_record_is_kept_and_the_record_is_not(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a fact that is decided, then the list that FastStream holds until then had nothing in it: a batch of
    records would take as much memory as what was read of them.
    """
    taken, left = list[Any](), list[int]()
    submit = bus.listener.consumer.writer.submit_events

    async def submitted(_: Writer, records: Sequence[Record]) -> None:
        left.extend(map(len, taken))
        await submit(records)

    monkeypatch.setattr(Writer, "submit_events", submitted)
    await take_a_fact(bus, monkeypatch, taken.append)
    assert left == [0]


@pytest.mark.rule("OPS-04")
async def test_hearing_meanwhile_waits_for_no_share_of_the_bus(bus: Bus) -> None:
    """Given a group that has taken our share back and gives none, when it is time to hear what is said, then nothing
    is: whoever waited for that with facts in hand would hold them up, and be taken for at work. It counts as a look:
    aiokafka lets nobody join again who has not looked for five minutes.
    """
    consumer, subscriber = bus.listener.consumer, cast("Any", bus.listener.consumer.broker.subscribers[0])
    (taking,) = subscriber.tasks
    taking.cancel()
    await asyncio.wait([taking])
    subscription = subscriber.consumer._subscription
    subscription._fetch_count, subscription._last_fetch_ended = 0, 0.0  # nobody looks, which a cancelled look hides
    subscription.begin_reassignment()
    await _Ownership(consumer).on_partitions_revoked(set())
    assert await asyncio.wait_for(consumer._said_meanwhile(), HEAR_EVERY_S) == ()
    assert subscription._last_fetch_ended > 0


@pytest.mark.rule("OPS-02", "OPS-03")
async def test_a_fact_that_waits_in_hand_behind_junk_is_not_lost(bus: Bus) -> None:
    """Given a fact taken together with too much junk, when it is told as published for longer than the grace, then no
    gap is noticed; once the junk is dropped, it is decided.
    """
    listener, kafka = bus.listener, bus.listener.consumer._kafka
    assert kafka is not None
    place = TopicPartition(TOPIC_OF[NORTH], partition_of(lane_of("e1.a"), PARTITIONS))
    kafka.pause(place)
    for _ in range(PARKED_AT_LEAST + 5):
        await bus.send([], b"{")
    await send_fact(bus)
    await bus.pretend_published(1)
    bus.relay()
    kafka.resume(place)

    async def is_overdue() -> bool:
        return bool(listener.consumer.watch.stuck(time.monotonic() - 3 * GAP_LOOK_S))

    await until(is_overdue)
    assert listener.writer.clogged
    assert await bus.gaps() == []
    await listener.pool.execute("UPDATE parked SET status = 'dropped'")
    await has_rung(bus, 1)
    assert await bus.gaps() == []
