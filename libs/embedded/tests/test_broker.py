"""Every broker carries records from producers to consumers; Apache Kafka also keeps them, and keeps services apart."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError
from linli_embedded.broker import choose_broker
from linli_embedded.kafka import Kafka
from linli_embedded.kafka_jars import what_is_missing
from linli_embedded.security import Security
from linli_embedded.tansu import Tansu
from linli_embedded.topics import OtherPartitionsError, ensure_topics

_TIMEOUT_S = 20

needs_java = pytest.mark.skipif(what_is_missing() is not None, reason=f"Apache Kafka can't run: {what_is_missing()}")


@pytest.fixture
async def tansu(tmp_path: Path) -> AsyncIterator[Tansu]:
    broker = Tansu(tmp_path / "tansu.log")
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture
async def secured(tmp_path: Path) -> AsyncIterator[Kafka]:
    kafka = Kafka(tmp_path / "kafka", secured=True)
    await kafka.start()
    yield kafka
    await kafka.destroy()


async def send(
    bootstrap: str, topic: str, *values: bytes, security: Security | None = None, idempotent: bool = False
) -> None:
    options = (security or Security()).client_options()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=idempotent, **options)
    try:
        await producer.start()
        for value in values:
            await producer.send_and_wait(topic, value, key=b"estate")
    finally:
        await producer.stop()


async def receive(
    bootstrap: str, topic: str, count: int, *, group: str, security: Security | None = None
) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        **(security or Security()).client_options(),
    )
    await consumer.start()
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()


async def test_embedded_broker_carries_records_and_forgets_them(tansu: Tansu) -> None:
    await ensure_topics(tansu.bootstrap, {"facts": 4})
    await send(tansu.bootstrap, "facts", b"one", b"two")
    assert await receive(tansu.bootstrap, "facts", 2, group="reader") == [b"one", b"two"]
    before = tansu.bootstrap

    tansu.kill()
    await tansu.start()

    assert tansu.bootstrap == before
    await ensure_topics(tansu.bootstrap, {"facts": 4})
    await send(tansu.bootstrap, "facts", b"three")
    assert await receive(tansu.bootstrap, "facts", 1, group="reader") == [b"three"]


async def test_topics_may_be_ensured_again_and_may_have_grown(tansu: Tansu) -> None:
    await ensure_topics(tansu.bootstrap, {"facts": 2, "asks": 1})
    await ensure_topics(tansu.bootstrap, {"facts": 2, "heads": 1})
    with pytest.raises(OtherPartitionsError, match="facts has 2 partitions, not 3"):
        await ensure_topics(tansu.bootstrap, {"facts": 3})
    await ensure_topics(tansu.bootstrap, {"facts": 1})


async def test_choice_of_a_broker(tmp_path: Path, tansu: Tansu) -> None:
    external = await choose_broker(tansu.bootstrap, tmp_path)
    assert (external.kind, external.bootstrap) == ("external", tansu.bootstrap)
    with pytest.raises(ValueError, match="none of auto"):
        await choose_broker("kafak", tmp_path)
    embedded = await choose_broker("embedded", tmp_path)
    assert "embedded" in embedded.kind
    await embedded.stop()


@needs_java
async def test_secured_kafka_keeps_services_apart_and_its_records_over_a_crash(secured: Kafka) -> None:
    bootstrap, admin = secured.bootstrap, secured.admin
    await ensure_topics(bootstrap, {"intake.requests": 2, "dispatch.tickets": 2, "loyalty.members": 2}, admin)
    await secured.grant("intake", "pass-i", writes=["intake.*"])
    dispatch = await secured.grant("dispatch", "pass-d", writes=["dispatch.tickets", "loyalty.members"])
    # Granted anew: what is no longer named is gone.
    dispatch = await secured.grant(
        "dispatch", "pass-d", writes=["dispatch.tickets"], reads=["intake.requests"], groups=["dispatch"]
    )

    intake = Security("intake", "pass-i")
    await send(bootstrap, "intake.requests", b"a leak", security=intake, idempotent=True)
    assert await receive(bootstrap, "intake.requests", 1, group="dispatch", security=dispatch) == [b"a leak"]
    await send(bootstrap, "dispatch.tickets", b"a ticket", security=dispatch, idempotent=True)

    for user, topic in (
        (intake, "dispatch.tickets"),
        (dispatch, "intake.requests"),
        (dispatch, "loyalty.members"),
    ):
        with pytest.raises(TopicAuthorizationFailedError):
            await send(bootstrap, topic, b"forged", security=user)
    for stranger in (Security("nobody", "pass-d"), Security("dispatch", "guess"), Security()):
        with pytest.raises(KafkaConnectionError):
            await send(bootstrap, "dispatch.tickets", b"forged", security=stranger)

    secured.kill()
    await secured.start()

    assert secured.bootstrap == bootstrap
    assert await receive(bootstrap, "dispatch.tickets", 1, group="any", security=admin) == [b"a ticket"]
    [usage] = secured.usage()
    assert usage.peak_memory_bytes < 1024**3
