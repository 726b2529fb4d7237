"""The run's broker carries records whichever it is; what only Apache Kafka can do is marked."""

import asyncio
from typing import Final

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from linli_embedded.topics import ensure_topics
from linli_testkit.plugin import TestBroker

WITHIN_S: Final = 30.0


async def test_broker_takes_records(broker: TestBroker, deployment: str) -> None:
    await ensure_topics(broker.bootstrap, {f"{deployment}.facts": 2}, broker.admin)
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all") as producer:
        sent = await producer.send_and_wait(f"{deployment}.facts", b"one", partition=1)
    assert (sent.partition, sent.offset) == (1, 0)


@pytest.mark.kafka_only
async def test_transactions_work_on_apache_kafka(broker: TestBroker, deployment: str) -> None:
    """Given a transaction that is given up and one that is committed, then a reader of what is committed sees one."""
    await ensure_topics(broker.bootstrap, {f"{deployment}.facts": 1}, broker.admin)
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=deployment) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(f"{deployment}.facts", b"given up")
        await producer.abort_transaction()
        async with producer.transaction():
            await producer.send(f"{deployment}.facts", b"committed")
    async with AIOKafkaConsumer(
        f"{deployment}.facts", bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest",
        isolation_level="read_committed",
    ) as reader:  # fmt: skip
        assert (await asyncio.wait_for(reader.getone(), WITHIN_S)).value == b"committed"
