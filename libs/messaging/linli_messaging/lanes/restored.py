"""A database that was restored from a backup is older than what others remember of it (promise 8).

Its lanes would give out numbers again that were given out before, and everybody would skip what comes under them. So a
service looks at its start, and whenever it is asked for more than it has, for numbers above its own heads; while it
knows of one it writes nothing. An operator (`linli restored`) lets it go on above all that was seen, and the
numbers between are declared as abandoned: consumers step over them.

What was ever told counts as seen, also a head whose fact was never sent: clocks wait for it elsewhere.
"""

import logging
import time
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from linli_contracts.envelope import NUMBERS_ABANDONED
from linli_contracts.lanes import LANES, key_in_lane
from linli_contracts.topics import TOPIC_OF, heads_topic

from linli_messaging.lanes.inbox import LaneOf
from linli_messaging.lanes.own_numbers import OwnNumbers
from linli_messaging.odd_records import read_odd_records
from linli_messaging.queries import Queries

SLACK_MS: Final = 60_000
"""Facts are looked at from so long before the last heads on: what was sent later is in no head. Clocks may differ."""
HEADS_BACK: Final = 30
"""Heads are looked at from so many records back: the very last may be another deployment's."""
FACTS_BACK: Final = 2_000
"""Facts are first looked at from so many records of a partition back, more than a relay usually sends between two
tellings of the heads; where that is too few, from ever further back."""
READ_WAIT_MS: Final = 500
STALLED_S: Final = 30.0
"""A service that cannot look must not write; its supervisor starts it again."""

log = logging.getLogger(__name__)


class SuspendedError(RuntimeError):
    """Nothing may be written: a number above our own heads was seen, so this database is older than the bus."""


class WentBackError(RuntimeError):
    """The database was put back under a running process, whose memory is of another life: it must start anew."""

    def __init__(self, lost: Mapping[int, int], inboxes: Mapping[LaneOf, int] = MappingProxyType({})) -> None:
        """``lost``: the highest number that was committed in each lane that has less now; ``inboxes``: likewise."""
        super().__init__(
            f"the database was put back under this process; its lanes stood at {dict(lost)}, its inboxes at "
            f"{dict(inboxes)}"
        )
        self.lost = lost


async def numbers_on_the_bus(
    consumer: AIOKafkaConsumer, own: OwnNumbers, partitions: Mapping[str, int]
) -> dict[int, int]:
    """The highest number of each lane that this service has told on the bus: of its heads, and of its last facts.

    The consumer is started, and has neither a group nor topics; ``partitions``: how many each of the two topics has.
    ``TimeoutError`` where the bus gives nothing back.
    """
    read_odd_records()
    service = own.service
    heads = await _ends(consumer, heads_topic(service), partitions)
    first = await consumer.beginning_offsets(list(heads))
    begins = {place: max(end - HEADS_BACK, first[place]) for place, end in heads.items()}
    for record in await _read(consumer, begins, heads):
        own.take_heads(record.timestamp, record.value)
    facts = await _ends(consumer, TOPIC_OF[service], partitions)
    furthest = await _begins(consumer, facts, own.told_since_ms)
    back = FACTS_BACK
    while True:
        own.jumped = False
        begins = {place: max(end - back, furthest[place]) for place, end in facts.items()}
        for record in await _read(consumer, begins, facts):
            own.take_fact(record.headers)
        if not own.jumped or begins == furthest:
            return own.seen
        back *= 8


async def note_seen(pool: Any, queries: Queries, seen: Mapping[int, int]) -> bool:  # noqa: ANN401 - asyncpg's pool or connection
    """Keep what was seen above our heads; True when there is any, and nothing is written from now on."""
    if not seen:
        return False
    above = await pool.fetch(queries["note_seen"], list(seen), list(seen.values()))
    for row in above:
        if not row["new"]:
            continue  # It is asked for every two seconds, and was said.
        log.critical(
            "lane %s stands at %s, and %s was seen: the database was restored, nothing is written (linli restored)",
            row["lane"], row["head"], row["seen"],
        )  # fmt: skip
    return bool(above)


async def abandon_numbers(pool: Any, queries: Queries, at: datetime) -> dict[int, tuple[int, int]]:  # noqa: ANN401 - asyncpg's pool
    """Go on above every number seen; the abandoned numbers (first, last) of each lane that had any.

    Effects that wait may have been sent in the life that was lost: from now on they are in doubt.
    """
    lanes = list(range(LANES))
    async with pool.acquire() as connection, connection.transaction():
        await connection.fetch(queries["lock_lanes"], lanes)
        await connection.execute(queries["doubt_waiting_intents"])
        keys = [key_in_lane(lane) for lane in lanes]
        rows = await connection.fetch(queries["abandon_numbers"], lanes, keys, NUMBERS_ABANDONED, at)
    return {row["lane"]: (row["abandoned_from"], row["number"] - 1) for row in rows}


# -- reading the end of our own topics --------------------------------------------------------------------------------


async def _ends(consumer: AIOKafkaConsumer, topic: str, partitions: Mapping[str, int]) -> dict[TopicPartition, int]:
    places = [TopicPartition(topic, partition) for partition in range(partitions[topic])]
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
    if not left:
        # Taking an assignment back and stopping right after it: aiokafka's fetcher would swallow the stop for ever.
        return records
    consumer.assign(list(left))
    for place in left:
        consumer.seek(place, begins[place])
    moved_s = time.monotonic()
    while left:
        found = await consumer.getmany(timeout_ms=READ_WAIT_MS)
        for some in found.values():
            records.extend(some)
        if found:
            moved_s = time.monotonic()
        elif time.monotonic() - moved_s > STALLED_S:
            message = f"the bus gives nothing back of what this service told: {sorted(left)}"
            raise TimeoutError(message)
        # The position, not the last record: the last offsets may hold no record.
        left = {place for place in left if await consumer.position(place) < ends[place]}
    return records
