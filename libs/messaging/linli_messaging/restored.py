"""A database that was restored from a backup is older than what others remember of it (promise 8).

Its lanes would give out numbers again that were given out before, and everybody would skip what comes under them. So a
service looks at its start, and whenever it is asked for more than it has, for numbers above its own heads; while it
knows of one it writes nothing. An operator (`linli restored`) lets it go on above all that was seen, and the
numbers between are declared as abandoned: consumers step over them.

What was ever told counts as seen, also a head whose fact was never sent: clocks wait for it elsewhere.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from linli_contracts.envelope import NUMBERS_ABANDONED, EnvelopeError, read_headers
from linli_contracts.lanes import LANES, key_in_lane
from linli_contracts.topics import TOPIC_OF, heads_topic

from linli_messaging.queries import Queries

SLACK_MS: Final = 60_000
"""Facts are looked at from so long before the last heads on: what was sent later is in no head. Clocks may differ."""
HEADS_BACK: Final = 30
"""Heads are looked at from so many records back: the very last may be another deployment's."""
READ_WAIT_MS: Final = 500

log = logging.getLogger(__name__)


class SuspendedError(RuntimeError):
    """Nothing may be written: a number above our own heads was seen, so this database is older than the bus."""


async def numbers_on_the_bus(
    consumer: AIOKafkaConsumer, service: str, deployment: str, partitions: int
) -> dict[int, int]:
    """The highest number of each lane that this service has told on the bus: of its heads, and of its last facts.

    The consumer is started, and has neither a group nor topics.
    """
    seen: dict[int, int] = {}
    heads = await _ends(consumer, heads_topic(service), partitions)
    since_ms = None
    for record in await _read(consumer, {place: max(end - HEADS_BACK, 0) for place, end in heads.items()}, heads):
        for lane, number in _told(record, deployment).items():
            seen[lane] = max(number, seen.get(lane, 0))
            since_ms = min(record.timestamp, since_ms or record.timestamp)
    facts = await _ends(consumer, TOPIC_OF[service], partitions)
    begins = await _begins(consumer, facts, since_ms)
    for record in await _read(consumer, begins, facts):
        try:
            envelope = read_headers(record.headers)
        except EnvelopeError:
            continue
        if envelope.deployment == deployment:
            seen[envelope.lane] = max(envelope.number, seen.get(envelope.lane, 0))
    return seen


async def note_seen(pool: Any, queries: Queries, seen: Mapping[int, int]) -> bool:  # noqa: ANN401 - asyncpg's pool or connection
    """Keep what was seen above our heads; True when there is any, and nothing is written from now on."""
    if not seen:
        return False
    above = await pool.fetch(queries["note_seen"], list(seen), list(seen.values()))
    for row in above:
        log.critical(
            "lane %s stands at %s, and %s was seen: the database was restored, nothing is written (linli restored)",
            row["lane"], row["head"], row["seen"],
        )  # fmt: skip
    return bool(above)


async def abandon_numbers(pool: Any, queries: Queries, at: datetime) -> dict[int, tuple[int, int]]:  # noqa: ANN401 - asyncpg's pool
    """Go on above every number seen; the abandoned numbers (first, last) of each lane that had any."""
    lanes = list(range(LANES))
    async with pool.acquire() as connection, connection.transaction():
        await connection.fetch(queries["lock_lanes"], lanes)
        keys = [key_in_lane(lane) for lane in lanes]
        rows = await connection.fetch(queries["abandon_numbers"], lanes, keys, NUMBERS_ABANDONED, at)
    return {row["lane"]: (row["abandoned_from"], row["number"] - 1) for row in rows}


# -- reading the end of our own topics --------------------------------------------------------------------------------


async def _ends(consumer: AIOKafkaConsumer, topic: str, partitions: int) -> dict[TopicPartition, int]:
    places = [TopicPartition(topic, partition) for partition in range(partitions)]
    ends: dict[TopicPartition, int] = await consumer.end_offsets(places)
    return ends


async def _begins(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], since_ms: int | None
) -> dict[TopicPartition, int]:
    first = await consumer.beginning_offsets(list(ends)) if ends else {}
    if since_ms is None:
        return dict(first)
    later = await consumer.offsets_for_times(dict.fromkeys(ends, max(since_ms - SLACK_MS, 0)))
    return {place: later[place].offset if later.get(place) else end for place, end in ends.items()}


async def _read(
    consumer: AIOKafkaConsumer, begins: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> "list[ConsumerRecord[bytes, bytes]]":
    left = {place for place, begin in begins.items() if begin < ends[place]}
    records: list[ConsumerRecord[bytes, bytes]] = []
    consumer.assign(list(left))
    for place in left:
        consumer.seek(place, begins[place])
    while left:
        for place, some in (await consumer.getmany(timeout_ms=READ_WAIT_MS)).items():
            records.extend(some)
            if some and some[-1].offset + 1 >= ends[place]:
                left.discard(place)
        await asyncio.sleep(0)
    return records


def _told(record: "ConsumerRecord[bytes, bytes]", deployment: str) -> dict[int, int]:
    try:
        said = orjson.loads(record.value or b"{}")
        if said["deployment"] != deployment:
            return {}
        return {int(lane): int(head) for lane, (head, _) in said["lanes"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
