"""A bus made anew gives the ids of producers out once more: who meets another's numbers ends, and starts anew."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import InvalidProducerEpoch, NodeNotReadyError, OutOfOrderSequenceNumber, UnknownProducerId
from linli_contracts.lanes import lane_of, partition_of
from linli_contracts.topics import PARTITIONS, TOPIC_OF, asks_topic, heads_topic
from linli_messaging.bus_errors import is_passing
from linli_messaging.producing.relay import Relay
from linli_testkit.plugin import TestBroker

from libs.messaging.tests.bus import WITHIN_S, Bus, has_rung
from libs.messaging.tests.small import NAME, NORTH

PLACE = partition_of(lane_of("e1.a"), PARTITIONS)


@asynccontextmanager
async def of_another(broker: TestBroker, topic: str) -> AsyncIterator[AIOKafkaProducer]:
    """A producer whose id the broker knows by other numbers in one partition."""
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, b"{}", partition=PLACE)
        producer._txn_manager.increment_sequence_number(TopicPartition(topic, PLACE), 7)
        yield producer


@pytest.mark.rule("OPS-02")
@pytest.mark.kafka_only
@pytest.mark.parametrize("topic_of", [lambda name: TOPIC_OF[name], heads_topic], ids=["facts", "heads"])
async def test_a_relay_that_meets_anothers_numbers_ends(
    bus: Bus, broker: TestBroker, topic_of: Callable[[str], str]
) -> None:
    """Given facts, or heads, that the broker will never take from this producer, then the relay does not go on trying:
    its process ends, and the next one's relay sends them.
    """
    await bus.strike("e1.a", 1)
    north = bus.north
    async with of_another(broker, topic_of(NORTH)) as producer:
        relay = Relay(NORTH, bus.deployment, north.pool, north.room.queries, producer, bus.clock)
        with pytest.raises(OutOfOrderSequenceNumber):
            await asyncio.wait_for(relay.run(), WITHIN_S)
    bus.relay()
    await has_rung(bus, 1)


@pytest.mark.rule("OPS-02")
@pytest.mark.kafka_only
async def test_a_watch_for_gaps_that_meets_anothers_numbers_ends(bus: Bus, broker: TestBroker) -> None:
    """Given an ask that the broker will never take, then who asks ends, for else the gap would stay open."""
    await bus.end(f"gaps {NAME}")
    await bus.strike("e1.a", 1)
    await bus.pretend_published(1)
    bus.relay()
    async with of_another(broker, asks_topic(NORTH)) as producer:
        bus.listener.consumer.producer = producer
        with pytest.raises(OutOfOrderSequenceNumber):
            await asyncio.wait_for(bus.listener.consumer.watch_gaps(), WITHIN_S)


def test_what_passes_is_waited_out_and_nothing_else() -> None:
    assert is_passing(NodeNotReadyError())
    for never in (OutOfOrderSequenceNumber(), UnknownProducerId(), InvalidProducerEpoch(), RuntimeError()):
        assert not is_passing(never)
