"""Whether the bus says what outboxes and archives say, in every lane without a hole, and nothing personal (INT-13).

A record of another deployment, or one without a readable envelope, is no fact of ours; what is personal is looked for
in it all the same. A lane may begin at any number, for a bus forgets; from there on none may be missing. One that is
not there at all may be forgotten, but for what was published since heads were told that the bus still has. How much
was not there to be looked at is said beside the violations.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from linli_contracts.envelope import Envelope, EnvelopeError, read_headers
from linli_contracts.topics import PRODUCER_OF, SERVICES, TOPIC_OF, asks_topic, heads_topic
from linli_embedded.security import Security
from linli_messaging.consuming.reading import MAX_NUMBER
from linli_messaging.odd_records import read_odd_records
from linli_messaging.queries import Queries
from linli_messaging.topology import topics

from linli_cli.audit.access import Access
from linli_cli.audit.check import Check
from linli_cli.audit.numbers import Numbers
from linli_cli.audit.personal import People, Person
from linli_cli.audit.violation import Found, NotSeen
from linli_cli.complaint import Complaint
from linli_cli.language import Words

HOLES: Final = Check("bus_lanes_with_holes", Words("总线上的通道有缺号", "numbers are missing in a lane on the bus"))
DIFFER: Final = Check(
    "bus_facts_that_differ", Words("总线上的事实与所记不符", "a fact on the bus is not what was told")
)
BEHIND: Final = Check(
    "bus_behind_published",
    Words("已发布的末尾不在总线上", "the end of what was published is not on the bus"),
    at_rest=True,
)
HEADS: Final = Check("bus_heads_beyond", Words("总线上告知的末号多于已有", "a head was told that is beyond the lane's"))
PERSONAL: Final = Check("bus_personal", Words("总线上有个人信息", "something personal is on the bus"))
BUS_CHECKS: Final = (HOLES, DIFFER, BEHIND, HEADS, PERSONAL)
_BATCH: Final = 1000
"""Records compared with what was told in one question."""
_TAIL: Final = 100
"""Heads and asks are told for ever: of each partition only so many of the last are read, and of the first heads."""
_SLACK_MS: Final = 60_000
"""A fact is on the bus before heads say that it is published: by seconds, where the database is slow to note it."""
_STALLED_S: Final = 30.0

_REPEATED: Final = frozenset(topic for name in SERVICES for topic in (heads_topic(name), asks_topic(name)))
_HEADS_OF: Final = {heads_topic(name): name for name in SERVICES}
Lane = tuple[str, int]
"""A producer and its lane."""
Told = tuple[int, int]
"""When heads were sent, in milliseconds, and the number up to which they say that a lane is published."""
Fact = tuple[int, int, str, bytes]
"""Lane, number, id and body as the bus has them."""


@cache
def bus_queries() -> Queries:
    """The queries of `bus.sql`."""
    return Queries.load(Path(str(files("linli_cli.audit") / "bus.sql")))


def _query(name: str) -> str:
    return bus_queries()[name]


@dataclass(slots=True)
class BusSeen:
    """What was seen on the bus so far; takes records one by one. No I/O."""

    deployment: str
    people: People
    lanes: dict[Lane, Numbers] = field(default_factory=lambda: defaultdict(Numbers))
    abandoned: dict[Lane, Numbers] = field(default_factory=lambda: defaultdict(Numbers))
    heads: dict[Lane, int] = field(default_factory=dict)
    """The highest head that was told of each lane."""
    told: dict[Lane, list[Told]] = field(default_factory=lambda: defaultdict(list))
    """What each of the heads that were read said is published."""
    begins: Mapping[TopicPartition, int] = field(default_factory=dict)
    """The first offset that each partition still has."""
    first_at_ms: dict[TopicPartition, int] = field(default_factory=dict)
    """When the first fact that each partition still has was sent."""
    facts: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    """Still to be compared with what each producer told."""
    personal: list[Mapping[str, Any]] = field(default_factory=list)
    records: int = 0

    def take(self, record: Any) -> None:  # noqa: ANN401 - aiokafka's record has no type of its own
        """One more record of any topic."""
        self.records += 1
        producer = PRODUCER_OF.get(record.topic)
        if producer is not None:
            self._take_fact(producer, record)
        elif record.topic in _HEADS_OF:
            self.take_heads(record)
        self._look_for_people(record)

    def _take_fact(self, producer: str, record: Any) -> None:  # noqa: ANN401 - as above
        self.first_at_ms.setdefault(TopicPartition(record.topic, record.partition), record.timestamp)
        envelope = self._envelope(record.headers)
        if envelope is None:
            return
        self.lanes[producer, envelope.lane].add(envelope.number)
        if envelope.abandoned_from is not None:
            self._abandon(producer, envelope.lane, envelope.abandoned_from, envelope.number - 1)
        self.facts[producer].append((envelope.lane, envelope.number, envelope.id, record.value or b""))

    def _abandon(self, producer: str, lane: int, first: int, last: int) -> None:
        """These numbers never come, and what the bus has of them is none of the restored database's (promise 8)."""
        self.lanes[producer, lane].add_range(first, last)
        self.abandoned[producer, lane].add_range(first, last)

    def _envelope(self, headers: Iterable[tuple[str, bytes | None]]) -> Envelope | None:
        try:
            envelope = read_headers(headers)
        except EnvelopeError:
            return None
        ours = envelope.deployment == self.deployment and 0 < envelope.number <= MAX_NUMBER
        return envelope if ours else None

    def take_heads(self, record: Any) -> None:  # noqa: ANN401 - as above
        """Heads that were told; the same may be taken again."""
        with suppress(ValueError, KeyError, TypeError):
            told = orjson.loads(record.value or b"")
            if told["deployment"] == self.deployment:
                for lane, (head, published) in told["lanes"].items():
                    place = (str(told["producer"]), int(lane))
                    self.heads[place] = max(self.heads.get(place, 0), head)
                    self.told[place].append((record.timestamp, published))

    def _look_for_people(self, record: Any) -> None:  # noqa: ANN401 - as above
        headers = (part for name, value in record.headers for part in (name.encode(), value or b""))
        text = b"\n".join((record.key or b"", record.value or b"", *headers)).decode(errors="replace")
        for hit in dict.fromkeys(self.people.find(text)):
            place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
            self.personal.append({**place, "kind": hit.kind, "whose": hit.whose})

    def kept_since_ms(self, producer: str) -> int | None:
        """From when on the bus has all facts of a producer, for it forgets a partition from its beginning on; None:
        nobody can say. Not by partition: a lane may have lain in another one before there were more of them.
        """
        short = [place for place, first in self.begins.items() if first and place.topic == TOPIC_OF[producer]]
        if any(place not in self.first_at_ms for place in short):
            return None
        return max((self.first_at_ms[place] + _SLACK_MS for place in short), default=0)

    def come_to(self, producer: str, lane: int) -> int | None:
        """The number up to which a lane is on the bus, or may have been and is forgotten; None: nobody can say."""
        place = (producer, lane)
        if place in self.lanes:
            return self.lanes[place].last
        since_ms = self.kept_since_ms(producer)
        if since_ms is None:
            return None
        return min((published for at_ms, published in self.told[place] if at_ms >= since_ms), default=None)

    def not_there(self, producer: str, lane: int, published: int) -> int:
        """How many of a lane's published facts the bus has not, from its beginning on: of these nothing can be said."""
        first = self.lanes[producer, lane].first if (producer, lane) in self.lanes else None
        return published if first is None else first - 1

    def holes(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The producer, and which numbers of which of its lanes are missing."""
        for (producer, lane), numbers in sorted(self.lanes.items()):
            for first, last in numbers.holes():
                yield producer, {"lane": lane, "missing_from": first, "missing_to": last}


async def look_at_bus(connection: "asyncpg.Connection[Any]", access: Access, found: Found) -> BusSeen | None:
    """Read the bus, note what is wrong on it, and return what was seen. Before the snapshot.

    None: no bus was named, or nothing about it is wanted.
    """
    if access.bootstrap is None or not found.wanted.makes(*BUS_CHECKS):
        return None
    rows = await connection.fetch(_query("people")) if found.wanted.makes(PERSONAL) else []
    people = People([Person(row["whose"], row["name"], row["contact"]) for row in rows])
    seen = BusSeen(await connection.fetchval(_query("deployment")), people)
    differ: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    async for records in _records(access, seen):
        for record in records:
            seen.take(record)
        for producer in [name for name, facts in seen.facts.items() if len(facts) >= _BATCH]:
            differ[producer] += await _compare(connection, producer, seen.facts.pop(producer), found)
    for producer, facts in seen.facts.items():
        differ[producer] += await _compare(connection, producer, facts, found)
    for producer in SERVICES:
        holes = (ids for name, ids in seen.holes() if name == producer)
        found.note(HOLES, producer, holes)
        ours = (row for row in differ[producer] if row["number"] not in seen.abandoned[producer, row["lane"]])
        found.note(DIFFER, producer, ours)
    found.note(PERSONAL, "", seen.personal)
    if found.wanted.makes(BEHIND):
        await _look_at_first_heads(access, seen)
    found.counts["records on the bus"] = seen.records
    return seen


async def compare_ends(connection: "asyncpg.Connection[Any]", seen: BusSeen, found: Found) -> None:
    """Note lanes whose end on the bus is not what the databases say, and how much was not there to be looked at.

    Within the snapshot.
    """
    behind: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    beyond: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    not_there: dict[str, list[int]] = defaultdict(list)
    for row in await connection.fetch(_query("ends")):
        come_to, told = seen.come_to(row["producer"], row["lane"]), seen.heads.get((row["producer"], row["lane"]), 0)
        if come_to is not None and come_to < row["published"]:
            missing = {"lane": row["lane"], "missing_from": come_to + 1, "missing_to": row["published"]}
            behind[row["producer"]].append(missing)
        elif (facts := seen.not_there(row["producer"], row["lane"], row["published"])) > 0:
            not_there[row["producer"]].append(facts)
        if told > row["head"]:
            beyond[row["producer"]].append({"lane": row["lane"], "told": told, "head": row["head"]})
    for producer in SERVICES:
        found.note(HEADS, producer, beyond[producer])
        found.note(BEHIND, producer, behind[producer])
        if lanes := not_there[producer]:
            found.not_seen.append(NotSeen(producer, len(lanes), sum(lanes)))


async def _compare(
    connection: "asyncpg.Connection[Any]", producer: str, facts: list[Fact], found: Found
) -> list[Mapping[str, Any]]:
    if not found.wanted.makes(DIFFER):
        return []
    await connection.fetchval(_query("look_into"), producer)
    columns = [list(column) for column in zip(*facts, strict=True)]
    return [dict(row) for row in await connection.fetch(_query("facts_that_differ"), *columns)]


async def _records(access: Access, seen: BusSeen) -> AsyncIterator[list[Any]]:
    """All records that are there now, of all topics, in batches."""
    async with _reader(access, topics(SERVICES)) as consumer:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        seen.begins = await consumer.beginning_offsets(list(ends))
        for place, first in seen.begins.items():
            consumer.seek(place, max(first, ends[place] - _TAIL) if place.topic in _REPEATED else first)
        async for batch in _until(consumer, ends):
            yield batch


async def _look_at_first_heads(access: Access, seen: BusSeen) -> None:
    """Take the first heads that were told since the bus has all facts: whatever was published after them is there."""
    known = ((topic, seen.kept_since_ms(name)) for topic, name in _HEADS_OF.items())
    since_ms = {topic: at_ms for topic, at_ms in known if at_ms is not None}
    if not since_ms:
        return
    async with _reader(access, since_ms) as consumer:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        first = await consumer.offsets_for_times({place: since_ms[place.topic] for place in ends})
        begins = {place: first[place].offset for place in ends if first.get(place)}
        for place, begin in begins.items():
            consumer.seek(place, begin)
        async for batch in _until(
            consumer, {place: min(ends[place], begin + _TAIL) for place, begin in begins.items()}
        ):
            for record in batch:
                seen.take_heads(record)


@asynccontextmanager
async def _reader(access: Access, names: Collection[str]) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of these topics, without a group; a complaint when the bus does not answer."""
    read_odd_records()
    security = Security(access.kafka_user, access.kafka_password)
    consumer = AIOKafkaConsumer(
        *names,
        bootstrap_servers=access.bootstrap,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **security.client_options(),
    )
    try:
        await consumer.start()
    except Exception as error:
        await consumer.stop()
        raise Complaint(f"无法读取总线：{error!r}", f"the bus can't be read: {error!r}") from error
    try:
        yield consumer
    finally:
        await consumer.stop()


async def _until(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> AsyncIterator[list[Any]]:
    loop = asyncio.get_running_loop()
    moved_at = loop.time()
    while [place for place, end in ends.items() if await consumer.position(place) < end]:
        fetched = await consumer.getmany(timeout_ms=1000, max_records=_BATCH)
        if fetched:
            moved_at = loop.time()
            yield [record for records in fetched.values() for record in records]
        elif loop.time() - moved_at > _STALLED_S:
            raise Complaint("总线没有回应", f"the bus has been silent for {_STALLED_S:g} s")
