"""What is parked is shown on the parked topic; where the bus does not take it, that is said, and the table has it."""

import asyncio
import logging
import time
from typing import Final

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from linli_contracts.topics import parked_topic
from linli_embedded.topics import ensure_topics
from linli_messaging.batch.plan import Parked, Plan
from linli_messaging.lanes.inbox import sort_arrivals
from linli_messaging.loop.transaction import Committed
from linli_messaging.producing.parking import ParkedTopic
from linli_testkit.plugin import TestBroker

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
        shown = ParkedTopic(SERVICE, producer)
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
