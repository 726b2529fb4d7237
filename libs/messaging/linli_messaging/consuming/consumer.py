"""The consumer: FastStream batches in, inputs to the writer loop, acknowledgement after the commit (promises 4, 6, 11).

FastStream gets the raw records (its own decoding loses a batch for one bad header); decoding and parking are ours.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final, cast

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage
from linli_contracts.envelope import EnvelopeError
from linli_contracts.lanes import LANES, partition_of
from linli_contracts.topics import TOPIC_OF, asks_topic

from linli_messaging.bus_errors import is_passing
from linli_messaging.consuming.acknowledging import Acknowledging
from linli_messaging.consuming.hearing import Hearing
from linli_messaging.consuming.signs import Signs
from linli_messaging.consuming.unreadable import Unreadable
from linli_messaging.gathering import after_records
from linli_messaging.inputs import Record
from linli_messaging.lanes.gaps import GapWatch
from linli_messaging.lanes.inbox import LaneOf
from linli_messaging.loop.queue import places_of
from linli_messaging.loop.transaction import Committed
from linli_messaging.loop.writer import MAX_BATCH, Writer
from linli_messaging.odd_records import read_odd_records
from linli_messaging.partitions import partitions_now
from linli_messaging.producing.parking import ParkedTopic
from linli_messaging.producing.relay import Relay
from linli_messaging.queries import Queries
from linli_messaging.sqlstate import is_transient
from linli_messaging.topology import group_of, reads

POLL_MS: Final = 1_000
"""How long one look for records takes when there are none; the first record ends it."""
FETCH_BYTES: Final = 256 * 1024
"""Of a partition at once: a pack of the relay's. More would wait in memory."""
SESSION_TIMEOUT_MS: Final = 6_000
"""The least Kafka allows: a killed process gives its partitions up after this."""
HEAR_EVERY_S: Final = 1.0
"""How often what is told and asked is heard while facts wait: as often as heads are told. It also keeps the process in
its group, which puts out whoever has not looked for records for five minutes."""
GAP_LOOK_S: Final = 0.5

_Other = tuple["ConsumerRecord[bytes, bytes]", str]
"""A record that is no fact, and why."""

log = logging.getLogger(__name__)


@dataclass(slots=True, repr=False)  # FastStream writes out whose method it calls: policies and all, seven megabytes
class Consumer:
    """The one consumer of a process: all its topics, one group, equal partition counts."""

    broker: KafkaBroker
    writer: Writer
    relay: Relay
    pool: "asyncpg.Pool[asyncpg.Record]"
    queries: Queries
    producer: AIOKafkaProducer
    deployment: str
    shown: ParkedTopic
    """Shows what is parked before it comes to the writer."""
    fetch_wait_ms: int = 500
    """How long the broker may hold a fetch without records."""
    session_timeout_ms: int = SESSION_TIMEOUT_MS
    """After how long without a sign of life the broker gives this process's partitions to others."""
    watch: GapWatch = field(default_factory=GapWatch)
    foreign: int = 0
    """Records of another deployment, refused (promise 8)."""
    signs: Signs = field(default_factory=Signs)
    _gaps_may_be_open: bool = True
    """Whether the table of gaps is worth a look: another process may have left some."""
    _answers: dict[LaneOf, int | None] = field(default_factory=dict)
    """The broker's last answer when a tail was first overdue: it is lost only if a later one lacks it, too."""
    assigned: asyncio.Event = field(default_factory=asyncio.Event)
    acknowledging: Acknowledging = field(default_factory=Acknowledging)
    _in_hand: set[LaneOf] = field(default_factory=set)
    """Of which facts were taken that the writer has not been given yet."""
    _hearing: Hearing = field(init=False)
    _unreadable: Unreadable = field(init=False)

    def __post_init__(self) -> None:
        """Hears and parks for the same parts."""
        self._unreadable = Unreadable(self.writer, self.queries, self.shown)
        self._hearing = Hearing(self.writer, self.relay, self.watch, self.queries, self.deployment)

    def subscribe(self) -> None:
        """Declare the subscriber; called once, before the broker starts."""
        read_odd_records()
        self.writer.on_commit.append(self._committed)
        subscriber = self.broker.subscriber(
            *reads(self.writer.map),
            group_id=group_of(self.writer.map.name),
            batch=True,
            max_records=MAX_BATCH,
            batch_timeout_ms=POLL_MS,
            fetch_max_wait_ms=self.fetch_wait_ms,
            max_partition_fetch_bytes=FETCH_BYTES,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=self.session_timeout_ms,
            heartbeat_interval_ms=self.session_timeout_ms // 4,
            listener=_Ownership(self),
            parser=_raw,
            decoder=_whole,
        )
        subscriber.get_msg = self._next_records  # type: ignore[method-assign, assignment]  # see there
        subscriber(self._take)

    async def _next_records(self, kafka: AIOKafkaConsumer) -> "list[ConsumerRecord[bytes, bytes]]":
        """What has come. FastStream's own, after none, sleeps as long as it waited, whatever comes meanwhile.

        What does not pass by itself ends the process: after a refusal by the group's coordinator (its access lists
        were not there yet, as on a bus made anew) aiokafka never joins the group again.
        """
        self.signs.looks += 1
        found = await self._look(kafka, timeout_ms=POLL_MS)
        self.signs.empty_looks += not found
        self.signs.full_looks += bool(found)
        return found

    async def _look(
        self, kafka: AIOKafkaConsumer, *places: TopicPartition, timeout_ms: int
    ) -> "list[ConsumerRecord[bytes, bytes]]":
        try:
            found = await kafka.getmany(*places, timeout_ms=timeout_ms, max_records=MAX_BATCH)
        except KafkaError as error:
            if not error.retriable:
                self.writer.fail(error)
            raise
        self.writer.barrier.listen(time.monotonic())
        return [*chain.from_iterable(found.values())]

    @property
    def _topics_of_facts(self) -> tuple[str, ...]:
        return tuple(TOPIC_OF[producer] for producer in self.writer.map.producers())

    async def _take(self, message: KafkaMessage) -> None:
        # FastStream's message holds itself: the records are taken from it, else only the collector would free them.
        records = cast("list[ConsumerRecord[bytes, bytes]]", message.raw_message)
        message.raw_message = ()
        self.signs.at_work = True
        try:
            events = await self._handle(records)
        except Exception as error:
            # FastStream goes on with what comes next, and acknowledging that would acknowledge this.
            self.writer.fail(error)
            raise
        finally:
            self.signs.at_work = False
        if self.writer.sound and not self.writer.uncommitted and self._kafka is not None:
            self.acknowledging.tell(self._kafka)
        await asyncio.sleep(after_records(events, self.writer.clock))

    async def _handle(self, records: "list[ConsumerRecord[bytes, bytes]]") -> list[Record]:
        """Have these decided, heard, answered; the facts among them. While the facts wait, as where too much is parked,
        whatever is told and asked is heard all the same.

        The list is emptied: what was read of a record is enough, and FastStream holds the list until we return.
        """
        by_topic: dict[str, list[ConsumerRecord[bytes, bytes]]] = defaultdict(list)
        for record in records:
            by_topic[record.topic].append(record)
        of_facts = [*chain.from_iterable(by_topic.pop(topic, ()) for topic in self._topics_of_facts)]
        said: Sequence[ConsumerRecord[bytes, bytes]] = [*chain.from_iterable(by_topic.values())]
        facts, others = self._sort(of_facts)
        self.acknowledging.handled(of_facts)
        for held in (records, of_facts):
            held.clear()
        self._in_hand = places_of(facts)  # at once: whoever looks for gaps may have his turn before the task has
        deciding = asyncio.create_task(self._decide(facts, others))
        try:
            while not (await asyncio.wait({deciding}, timeout=HEAR_EVERY_S))[0]:
                await self._hear(said)
                said = await self._said_meanwhile()
        finally:
            deciding.cancel()
        deciding.result()
        await self._hear(said)
        return facts

    def _sort(self, records: "Iterable[ConsumerRecord[bytes, bytes]]") -> tuple[list[Record], list[_Other]]:
        """The facts among these; and what is to be parked."""
        facts: list[Record] = []
        others: list[_Other] = []
        for record in records:
            fact = self._read(record)
            if isinstance(fact, str):
                others.append((record, fact))
            elif fact is not None:
                facts.append(fact)
        return facts, others

    async def _decide(self, facts: Sequence[Record], others: Iterable[_Other]) -> None:
        """Have what is none parked, and then the facts committed."""
        for record, error in others:
            await self._unreadable.park(record, error)
        self._in_hand = set()
        if facts:
            await self.writer.submit_events(facts)

    async def _said_meanwhile(self) -> "Sequence[ConsumerRecord[bytes, bytes]]":
        """What was told and asked since; facts are left where they are. Nothing while the group owes us a share: our
        client would wait for that, however long, and with records in hand nobody would notice.
        """
        kafka, facts = self._kafka, self._topics_of_facts
        if kafka is not None and self.signs.awaits_share:
            with kafka._subscription.fetch_context():  # noqa: SLF001 - a look all the same: after five minutes without, it would not join again
                return ()
        places = [place for place in (kafka.assignment() if kafka else ()) if place.topic not in facts]
        if kafka is None or not places:  # to look nowhere would be to look everywhere
            return ()
        try:
            return await self._look(kafka, *places, timeout_ms=0)
        except KafkaError as error:
            log.warning("what is told and asked: %s; looked for again", repr(error))
            return ()

    async def _hear(self, records: "Sequence[ConsumerRecord[bytes, bytes]]") -> None:
        self.foreign += await self._hearing.hear(records)
        self.acknowledging.handled(records)

    def _read(self, record: "ConsumerRecord[bytes, bytes]") -> Record | str | None:
        """What it says; a text: why it is to be parked; None: it is another deployment's."""
        try:
            event = self.writer.looking.reader.take(record.headers, record.value or b"")
        except EnvelopeError as error:
            return str(error)
        if event.deployment != self.deployment:
            self.foreign += 1
            return None
        if TOPIC_OF.get(event.producer) != record.topic:
            return "its source does not write this topic"
        return event

    def _committed(self, committed: Committed) -> None:
        self.watch.reached(committed.arrivals.stands, time.monotonic())
        self._jumped(committed.arrivals.gaps)

    def _jumped(self, gaps: Mapping[LaneOf, tuple[int, int]]) -> None:
        """What another process takes by now, it asks for: we would never see its inbox move, and ask for ever."""
        self.watch.jumped({place: gap for place, gap in gaps.items() if place[1] in self.writer.owned})
        self._gaps_may_be_open = self._gaps_may_be_open or bool(gaps)

    # -- gaps ---------------------------------------------------------------------------------------------------------

    async def watch_gaps(self) -> None:
        """Look for lost tails and ask for what is missing, until cancelled; an outage only makes it look later."""
        while True:
            await asyncio.sleep(GAP_LOOK_S)
            try:
                await self._look_for_gaps(time.monotonic())
            except Exception as error:
                if not is_transient(error) and not is_passing(error):
                    raise
                log.warning("gap watch: %s; looked at again", repr(error))

    async def _look_for_gaps(self, now_s: float) -> None:
        answers = {place: self._last_answer(*place) for place in self.watch.stuck(now_s)}
        self._answers = answers | {place: first for place, first in self._answers.items() if place in answers}
        late = {one for one in answers if answers[one] == self._answers[one]}
        late |= self.writer.uncommitted | self._in_hand
        stuck = {at: gap for at, gap in self.watch.stuck(now_s).items() if at not in late and self._read_to_end(*at)}
        if not stuck and not self._gaps_may_be_open and not self.watch.fallen_back:
            return
        async with self.pool.acquire() as connection:
            if stuck:
                log.error("lost tails noticed: %s", stuck)
                rows = [(producer, lane, *gap) for (producer, lane), gap in stuck.items()]
                await connection.execute(self.queries["note_gaps"], *[list(c) for c in zip(*rows, strict=True)])
                self._jumped(stuck)
            asks = self.watch.to_ask(now_s, {place for place in self.watch.open if not self._read_to_end(*place)})
            if self._gaps_may_be_open and not asks and not stuck:
                await connection.execute(self.queries["close_gaps"])
                self._gaps_may_be_open = bool(await connection.fetch(self.queries["open_gaps"]))
        sent: list[asyncio.Future[Any]] = []
        for (producer, lane), number in asks.items():
            body = {"deployment": self.deployment, "asker": self.writer.map.name, "lane": lane, "from": number}
            topic = asks_topic(producer)
            partition = partition_of(lane, await partitions_now(self.producer, topic))
            sent.append(await self.producer.send(topic, orjson.dumps(body), partition=partition))
        await asyncio.gather(*sent)

    def _read_to_end(self, producer: str, lane: int) -> bool:
        """True when nothing of that partition is still to be read: what is missing then was lost, not late."""
        kafka = self._kafka
        known = self.partitions_read(TOPIC_OF[producer])
        if kafka is None or not known:
            return False
        place = TopicPartition(TOPIC_OF[producer], partition_of(lane, known))
        if place not in kafka.assignment():
            return False
        highwater, position = kafka.highwater(place), _position(kafka, place)
        return highwater is None or position is None or position >= highwater

    def _last_answer(self, producer: str, lane: int) -> int | None:
        """A mark of the broker's last answer about that partition; None before the first."""
        place = TopicPartition(TOPIC_OF[producer], partition_of(lane, self.partitions_read(TOPIC_OF[producer]) or 1))
        kafka = self._kafka
        return kafka.last_poll_timestamp(place) if kafka and place in kafka.assignment() else None

    def unfetched(self) -> dict[TopicPartition, int | None]:
        """Which record is taken next of each partition that we were given, None where that is not known yet; without
        those of which our client has some in its memory: they have their turn.
        """
        kafka = self._kafka
        if kafka is None:
            return {}
        fetched = kafka._fetcher._records  # noqa: SLF001 - it has no other way to say what waits there
        return {place: _position(kafka, place) for place in kafka.assignment() if place not in fetched}

    @property
    def _kafka(self) -> AIOKafkaConsumer | None:
        """The consumer of aiokafka, once it is made."""
        return self.broker.subscribers[0].consumer  # type: ignore[attr-defined]  # of a subscriber to Kafka

    def partitions_read(self, topic: str) -> int:
        """How many partitions a topic that is read here has, as its consumer knows; 0 while it does not."""
        return len((self._kafka and self._kafka.partitions_for_topic(topic)) or ())

    async def stop(self) -> None:
        """Tell the group how far the records are handled, and leave it."""
        if self._kafka is not None:
            await self.acknowledging.end(self._kafka)
        await self.broker.stop()

    # -- ownership ----------------------------------------------------------------------------------------------------

    async def take_up(self) -> None:
        """Learn where our inboxes stand: after a start, or after another process has moved them."""
        rows = await self.writer.retrying(lambda connection: connection.fetch(self.queries["all_inboxes"]))
        stands = {(row["producer"], row["lane"]): row["last"] for row in rows}
        self.writer.barrier.reach(stands)
        self.watch.reached(stands, time.monotonic())
        self._gaps_may_be_open = True

    def own(self, partitions: AbstractSet[int], of: int) -> None:
        """These partitions are ours from now on, ``of`` so many: we fire their lanes' timers, and run what ripened
        under another process that is gone.
        """
        lanes = {lane for lane in range(LANES) if partition_of(lane, of) in partitions}
        self.watch.forget(set(range(LANES)) - lanes)
        self.writer.owned = lanes
        self.writer.sweep()
        self.writer.look_for_ripe()
        self.assigned.set()


class _Ownership(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """Ownership is a hint that lets replicas scale; the lock is the fence."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: "set[TopicPartition]") -> None:
        self._consumer.signs.awaits_share = True
        self._consumer.acknowledging.lost(revoked)
        if revoked:
            self._consumer.own(frozenset(), of=1)

    async def on_partitions_assigned(self, assigned: "set[TopicPartition]") -> None:
        own_asks = asks_topic(self._consumer.writer.map.name)
        self._consumer.signs.given()
        await self._consumer.take_up()
        partitions = {place.partition for place in assigned if place.topic == own_asks}
        self._consumer.own(partitions, of=self._consumer.partitions_read(own_asks) or 1)


def _position(kafka: AIOKafkaConsumer, place: TopicPartition) -> int | None:
    """None while it is not known; aiokafka's own ``position`` would wait for that."""
    state = kafka._subscription.subscription.assignment.state_value(place)  # noqa: SLF001 - it has no other way to say "not yet"
    return state.position if state.has_valid_position else None


async def _raw(records: Any, original: Any) -> Any:  # noqa: ANN401 - FastStream's parser hook
    """A message that carries the records as they are: FastStream's own parser fails on a header that is not UTF-8."""
    message = await original((replace(records[0], headers=()),))
    message.raw_message = records
    return message


async def _whole(message: Any) -> Any:  # noqa: ANN401 - FastStream's decoder hook
    """The handler gets the message itself; decoding its records is ours."""
    return message
