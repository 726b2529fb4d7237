"""On a Kafka that was provisioned as the containers' is, each user can do what `plan.json` says, and nothing else.

Every user tries every topic and every group, with its own password; a service that was broken into can neither forge
another's facts, nor read what it has no business with, nor take another's place in its group.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from linli_contracts.topics import SERVICES, TOPIC_OF, heads_topic, parked_topic
from linli_embedded.kafka import Kafka
from linli_embedded.kafka_jars import what_is_missing
from linli_embedded.provision import Plan, provision
from linli_embedded.security import Security
from linli_embedded.topics import ensure_topics
from linli_messaging.topology import group_of

PLAN: Final = Plan.from_json((Path(__file__).resolve().parents[2] / "deploy/kafka/plan.json").read_text())
USERS: Final = {name: Security(name, f"pass-{name}") for name in PLAN.services}
GROUPS: Final = tuple(group_of(service) for service in SERVICES)
FORBIDDEN: Final = {29, 31}
"""Kafka's codes of what a topic's, or the cluster's, permissions do not allow."""

pytestmark = pytest.mark.skipif(what_is_missing() is not None, reason=f"Apache Kafka can't run: {what_is_missing()}")


@pytest.fixture
async def kafka(tmp_path: Path) -> AsyncIterator[Kafka]:
    """A record in every topic."""
    kafka = Kafka(tmp_path / "kafka", secured=True)
    await kafka.start()
    passwords = {name: str(user.password) for name, user in USERS.items()}
    await provision(kafka.bootstrap, kafka.admin, PLAN, passwords)
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, **kafka.admin.client_options())
    await producer.start()
    for topic in PLAN.topics:
        await producer.send_and_wait(topic, b"a fact", partition=0)
    await producer.stop()
    yield kafka
    await kafka.destroy()


async def writable(kafka: Kafka, user: Security, *, idempotent: bool) -> set[str]:
    options = user.client_options()
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, enable_idempotence=idempotent, **options)
    await producer.start()
    found = set()
    for topic in PLAN.topics:
        try:
            await producer.send_and_wait(topic, b"forged", partition=1)
            found.add(topic)
        except TopicAuthorizationFailedError:
            continue
    await producer.stop()
    return found


async def readable(kafka: Kafka, user: Security) -> set[str]:
    found = set()
    for topic in PLAN.topics:
        consumer = AIOKafkaConsumer(
            topic, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest", **user.client_options()
        )
        try:
            await consumer.start()
            await consumer.getone()
            found.add(topic)
        except TopicAuthorizationFailedError:
            continue
        finally:
            await consumer.stop()
    return found


async def joinable(kafka: Kafka, user: Security) -> set[str]:
    found = set()
    for group in GROUPS:
        consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id=group, **user.client_options())
        try:
            await consumer.start()
            await consumer.committed(TopicPartition(TOPIC_OF["dispatch"], 0))
            found.add(group)
        except GroupAuthorizationFailedError:
            continue
        finally:
            await consumer.stop()
    return found


async def refused_to_manage(kafka: Kafka, user: Security, own: str) -> set[int]:
    """What it is told that makes a topic, and takes its own away."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap, **user.client_options())
    await admin.start()
    made = await admin.create_topics([NewTopic(f"{own}.more", 1, 1)])
    gone = await admin.delete_topics([own])
    await admin.close()
    return {error[1] for error in (*made.topic_errors, *gone.topic_error_codes)}


async def test_a_user_may_do_what_the_plan_says_and_nothing_else(kafka: Kafka) -> None:
    for name, user in USERS.items():
        may = PLAN.services[name]
        assert await writable(kafka, user, idempotent=bool(may.writes)) == set(may.writes), name
        assert await readable(kafka, user) == set(may.reads), name
        assert await joinable(kafka, user) == set(may.groups), name
        assert await refused_to_manage(kafka, user, TOPIC_OF.get(name, TOPIC_OF["intake"])) <= FORBIDDEN, name
    await ensure_topics(kafka.bootstrap, PLAN.topics, kafka.admin)  # else it would have to be made anew


def test_the_plan_gives_nobody_anothers_voice_or_place() -> None:
    for service in SERVICES:
        for topic in (TOPIC_OF[service], heads_topic(service), parked_topic(service)):
            assert [name for name, may in PLAN.services.items() if topic in may.writes] == [service]
        readers = {name for name, may in PLAN.services.items() if parked_topic(service) in may.reads}
        assert readers == {"audit"}
        assert [name for name, may in PLAN.services.items() if group_of(service) in may.groups] == [service]
    assert PLAN.services["audit"].writes == PLAN.services["audit"].groups == ()
