"""Topics that exist and can be written to at once."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from linli_embedded.security import Security

_LEADERS_TIMEOUT_S: Final = 30.0
_POLL_S: Final = 0.05


class OtherPartitionsError(RuntimeError):
    """A topic exists with fewer partitions than wanted. More are its operator's decision, and welcome."""


async def ensure_topics(
    bootstrap: str, topics: Mapping[str, int], security: Security | None = None, *, replication: int = 1
) -> None:
    """Have these topics (name → partitions, at least), and return once every partition has a leader that answers.

    May be called again, and by several at once. OtherPartitionsError when one exists with fewer, KafkaError when the
    broker refuses, TimeoutError when leaders don't come up.
    """
    if not topics:
        return
    options = (security or Security()).client_options()
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **options)
    try:
        await admin.start()
        present = {topic["topic"]: len(topic["partitions"]) for topic in await _described(admin)}
        missing = [NewTopic(name, count, replication) for name, count in topics.items() if name not in present]
        if missing:
            _raise_refusals(await admin.create_topics(missing))
        await _leaders_known(admin, topics)
    finally:
        await admin.close()
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, **options)
    await consumer.start()
    try:
        # Known in the metadata a moment before they answer: this asks each leader, again while it says that it isn't
        # one.
        await consumer.end_offsets(
            [TopicPartition(name, each) for name, count in topics.items() for each in range(count)]
        )
    finally:
        await consumer.stop()


async def _leaders_known(admin: AIOKafkaAdminClient, topics: Mapping[str, int]) -> None:
    deadline = time.monotonic() + _LEADERS_TIMEOUT_S
    while True:
        found = {topic["topic"]: topic["partitions"] for topic in await _described(admin) if topic["topic"] in topics}
        if len(found) == len(topics) and all(each["leader"] >= 0 for parts in found.values() for each in parts):
            break
        if time.monotonic() >= deadline:
            raise TimeoutError(f"no leaders for {sorted(set(topics) - set(found)) or sorted(topics)}")
        await asyncio.sleep(_POLL_S)
    for name, count in topics.items():
        if len(found[name]) < count:
            raise OtherPartitionsError(f"{name} has {len(found[name])} partitions, not {count}")


async def _described(admin: AIOKafkaAdminClient) -> list[dict[str, Any]]:
    """List all topics: asking for some by name would be an error while they don't exist."""
    described: list[dict[str, Any]] = await admin.describe_topics()
    return described


def _raise_refusals(answer: Any) -> None:  # noqa: ANN401 - aiokafka carries no types
    for name, code, *message in answer.topic_errors:
        error: type[KafkaError] = for_code(code)
        if code and not issubclass(error, TopicAlreadyExistsError):
            raise error(f"{name}: {' '.join(str(part) for part in message)}")
