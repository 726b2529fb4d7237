"""The run's broker carries records whichever it is; what only Apache Kafka can do is marked."""

import pytest
from aiokafka import AIOKafkaProducer
from linli_embedded.topics import ensure_topics
from linli_testkit.plugin import TestBroker


async def test_broker_takes_records(broker: TestBroker, deployment: str) -> None:
    await ensure_topics(broker.bootstrap, {f"{deployment}.facts": 2}, broker.admin)
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all") as producer:
        sent = await producer.send_and_wait(f"{deployment}.facts", b"one", partition=1)
    assert (sent.partition, sent.offset) == (1, 0)


@pytest.mark.kafka_only
async def test_transactions_work_on_apache_kafka(broker: TestBroker, deployment: str) -> None:
    await ensure_topics(broker.bootstrap, {f"{deployment}.facts": 1}, broker.admin)
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=deployment)
    await producer.start()
    async with producer.transaction():
        await producer.send(f"{deployment}.facts", b"one")
    await producer.stop()
