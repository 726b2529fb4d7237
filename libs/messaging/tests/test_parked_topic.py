"""What is parked is shown on the parked topic; where the bus does not take it, that is said, and the table has it."""

import asyncio
import logging
import time
from typing import Any, Final

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from linli_contracts.topics import TOPIC_OF, parked_topic
from linli_embedded.topics import ensure_topics
from linli_messaging.batch.plan import Parked, Plan
from linli_messaging.lanes.inbox import sort_arrivals
from linli_messaging.loop.transaction import Committed
from linli_messaging.producing.parking import ParkedTopic
from linli_messaging.tracing import Tracing, trace_id_of
from linli_testkit.plugin import TestBroker

from libs.messaging.tests import small
from libs.messaging.tests.bus import Bus, until
from libs.messaging.tests.small import NORTH

WITHIN_S: Final = 30.0
SERVICE: Final = "parked-shown"
TOPIC: Final = parked_topic(SERVICE)


def parked(error: str) -> Committed:
    """A batch that parked one fact."""
    one = Parked("event", "north", 3, 7, "Rung", "e1.a", None, error, "the stack", holds=False)
    return Committed(Plan(parked=[one]), sort_arrivals((), {}), round_trips=0, lanes=frozenset())


@pytest.mark.rule("OPS-02")
async def test_what_the_bus_does_not_take_is_said_and_the_next_is_shown(
    broker: TestBroker, caplog: pytest.LogCaptureFixture
) -> None:
    """Given a record that is too large for the bus, then the log says which one only the table has; a smaller one comes
    with its error and its stack.
    """
    await ensure_topics(broker.bootstrap, {TOPIC: 1}, broker.admin)
    options = {"bootstrap_servers": broker.bootstrap, **broker.admin.client_options()}
    async with AIOKafkaProducer(acks="all", max_request_size=2_000, **options) as producer:
        shown = ParkedTopic(SERVICE, "d", producer)
        with caplog.at_level(logging.ERROR, logger="linli_messaging"):
            shown.committed(parked("long" * 1_000))
            shown.committed(parked("short"))
            deadline = time.monotonic() + WITHIN_S
            while shown._sending:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.01)
    assert ["north 3/7 Rung e1.a" in message and "table" in message for message in caplog.messages] == [True]
    async with AIOKafkaConsumer(TOPIC, auto_offset_reset="earliest", **options) as consumer:
        record = await asyncio.wait_for(consumer.getone(), WITHIN_S)
    told = orjson.loads(record.value)
    assert (told["subject"], told["error"], told["stack"]) == ("e1.a", "short", "the stack")


@pytest.mark.rule("OPS-01", "OPS-02")
async def test_what_is_shown_names_the_trace_that_it_stands_in(broker: TestBroker) -> None:
    """Given a fact, a clock whose state belongs to a case, and a record without an envelope, then the fact is shown
    with the trace that came with it, the clock with its case's, and the record with none.
    """
    topic, traced = parked_topic("parked-traced"), small.record(small.rung("e1.a"), 1)
    traced.envelope = traced.envelope._replace(traceparent=Tracing("d").traceparent("e1.a", "cause"))
    fact = Parked("event", "north", 3, 1, "Rung", "e1.b1-a", traced, "a bug", "", holds=False)
    clock = Parked("timer", "south", 3, 0, "bell", "e1.b1-a", None, "a bug", "", holds=True, case="e1.a")
    junk = Parked("event", "linli.north.v1", 3, 2, "unreadable", "linli.north.v1", None, "no envelope", "", holds=False)
    await ensure_topics(broker.bootstrap, {topic: 1}, broker.admin)
    options = {"bootstrap_servers": broker.bootstrap, **broker.admin.client_options()}
    async with AIOKafkaProducer(acks="all", **options) as producer:
        shown = ParkedTopic("parked-traced", "d", producer)
        for one in (fact, clock, junk):
            shown.show(one)
        await asyncio.wait_for(asyncio.gather(*shown._sending), WITHIN_S)
    async with AIOKafkaConsumer(topic, auto_offset_reset="earliest", **options) as consumer:
        told = [orjson.loads((await asyncio.wait_for(consumer.getone(), WITHIN_S)).value) for _ in range(3)]
    traces = {(one["source"], one["type"]): one["trace_id"] for one in told}
    of_case = trace_id_of("d", "e1.a")
    assert traces == {("event", "Rung"): of_case, ("timer", "bell"): of_case, ("event", "unreadable"): None}


async def all_shown(bus: Bus, broker: TestBroker) -> list[dict[str, Any]]:
    """All that the listener's topic shows of the north's in this run."""
    topic = parked_topic(small.NAME)
    async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap) as reader:
        places = [TopicPartition(topic, number) for number in await bus.producer.partitions_for(topic)]
        reader.assign(places)
        await reader.seek_to_beginning(*places)
        ends, told = await reader.end_offsets(places), list[dict[str, Any]]()
        while any([await reader.position(place) < ends[place] for place in places]):
            found = await reader.getmany(timeout_ms=100)
            told += [orjson.loads(record.value) for records in found.values() for record in records]
        return [one for one in told if one["producer"] == TOPIC_OF[NORTH]]


@pytest.mark.rule("OPS-02")
async def test_a_record_that_cannot_be_read_at_all_is_shown_as_others_are(bus: Bus, broker: TestBroker) -> None:
    """Given records without an envelope, when they are parked, then the topic shows where each is, with its error, and
    nothing of what it says; one that comes again is not shown again.
    """
    await bus.send([], b"{")
    await bus.send([("ce_id", b"none")], b"a customer's words")
    await until(lambda: bus.listener.pool.fetchval("SELECT count(*) = 2 FROM parked"))
    kept = await bus.listener.pool.fetch("SELECT producer, lane, number, type, error FROM parked")
    places = {(row["lane"], row["number"]) for row in kept}

    async def shown() -> list[dict[str, Any]]:
        found = await all_shown(bus, broker)
        return [one for one in found if (one["lane"], one["number"]) in places]

    async def both() -> bool:
        return len(await shown()) >= 2

    await until(both)
    async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap) as reader:
        lane, number = min(places)
        reader.assign([place := TopicPartition(TOPIC_OF[NORTH], lane)])
        reader.seek(place, number)
        again = await reader.getone()
    await bus.listener.consumer._unreadable.park(again, "whatever")
    await bus.send([], b"}")
    await until(lambda: bus.listener.pool.fetchval("SELECT count(*) = 3 FROM parked"))
    fields = ("producer", "lane", "number", "type", "error")
    told = await shown()
    assert sorted(tuple(one[name] for name in fields) for one in told) == sorted(tuple(row) for row in kept)
    assert not any("words" in str(one) for one in told)
