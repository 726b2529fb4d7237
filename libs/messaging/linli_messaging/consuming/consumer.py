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
from datetime import datetime
from itertools import chain
from typing import Any, Final

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
from linli_contracts.topics import TOPIC_OF, asks_topic, heads_topic

from linli_messaging.consuming.acknowledging import Acknowledging
from linli_messaging.consuming.parked_share import TooMuchParkedError, count_anew, too_much_parked
from linli_messaging.consuming.reading import MAX_NUMBER
from linli_messaging.inputs import Passing, Record
from linli_messaging.lanes.gaps import GapWatch
from linli_messaging.lanes.inbox import LaneOf
from linli_messaging.lanes.restored import note_seen
from linli_messaging.loop.storing import storable
from linli_messaging.loop.transaction import Committed
from linli_messaging.loop.writer import MAX_BATCH, Writer
from linli_messaging.partitions import partitions_now
from linli_messaging.producing.relay import Relay, is_kafka
from linli_messaging.queries import Queries
from linli_messaging.sqlstate import is_transient
from linli_messaging.topology import group_of, reads

POLL_MS: Final = 1_000
"""How long one look for records takes when there are none; the first record ends it."""
SESSION_TIMEOUT_MS: Final = 6_000
"""The least Kafka allows: a killed process gives its partitions up after this."""
GATHER_S: Final = 0.05
"""How long records gather after a few that only passed: most of what most services read concerns them not, and to be
woken for each costs more than reading it. What does concern one, heads and asks too, waits no longer than that."""
GATHER_BELOW: Final = 100
"""A few: as many more come in that time at 2,000 a second. Where there are more, others are waiting already."""
GAP_LOOK_S: Final = 0.5

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Consumer:
    """The one consumer of a process: all its topics, one group, equal partition counts."""

    broker: KafkaBroker
    writer: Writer
    relay: Relay
    pool: "asyncpg.Pool[asyncpg.Record]"
    queries: Queries
    producer: AIOKafkaProducer
    deployment: str
    fetch_wait_ms: int = 500
    """How long the broker may hold a fetch without records."""
    watch: GapWatch = field(default_factory=GapWatch)
    foreign: int = 0
    """Records of another deployment, refused (promise 8)."""
    unreadable: int = 0
    looks: int = 0
    """How often records were looked for."""
    empty_looks: int = 0
    """How often there was nothing to take, as our client says."""
    at_work: bool = False
    """Records are in hand: nobody looks for more."""
    shares: int = 0
    """How often the group gave us a share of the partitions, be it none of them."""
    awaits_share: bool = True
    """Until the group gives us one: at the start, and since it took back the last."""
    _gaps_may_be_open: bool = True
    """Whether the table of gaps is worth a look: another process may have left some."""
    _answers: dict[LaneOf, int | None] = field(default_factory=dict)
    """The broker's last answer when a tail was first overdue: it is lost only if a later one lacks it, too."""
    assigned: asyncio.Event = field(default_factory=asyncio.Event)
    acknowledging: Acknowledging = field(default_factory=Acknowledging)

    def subscribe(self) -> None:
        """Declare the subscriber; called once, before the broker starts."""
        service = self.writer.map
        self.writer.on_commit.append(self._committed)
        subscriber = self.broker.subscriber(
            *reads(service),
            group_id=group_of(service.name),
            batch=True,
            max_records=MAX_BATCH,
            batch_timeout_ms=POLL_MS,
            fetch_max_wait_ms=self.fetch_wait_ms,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=SESSION_TIMEOUT_MS // 4,
            listener=_Ownership(self),
            parser=_raw,
            decoder=_whole,
        )
        subscriber.get_msg = self._next_records  # type: ignore[method-assign, assignment]  # see there
        subscriber(self._take)

    async def _next_records(self, kafka: AIOKafkaConsumer) -> "tuple[ConsumerRecord[bytes, bytes], ...]":
        """What has come. FastStream's own, after none, sleeps as long as it waited, whatever comes meanwhile.

        What does not pass by itself ends the process: after a refusal by the group's coordinator (its access lists
        were not there yet, as on a bus made anew) aiokafka never joins the group again.
        """
        self.looks += 1
        try:
            found = await kafka.getmany(timeout_ms=POLL_MS, max_records=MAX_BATCH)
        except KafkaError as error:
            if not error.retriable:
                self.writer.fail(error)
            raise
        self.empty_looks += not found
        self.writer.barrier.listen(time.monotonic())
        return tuple(chain.from_iterable(found.values()))

    async def _take(self, message: KafkaMessage) -> None:
        # FastStream's message holds itself: the records are taken from it, else only the collector would free them.
        records, message.raw_message = message.raw_message, ()
        self.at_work = True
        try:
            events = await self._handle(records)
        except Exception as error:
            # FastStream goes on with what comes next, and acknowledging that would acknowledge this.
            self.writer.fail(error)
            raise
        finally:
            self.at_work = False
        self.acknowledging.handled(records)
        if self.writer.sound and not self.writer.uncommitted and self._kafka is not None:
            self.acknowledging.tell(self._kafka)
        if self.lets_gather(events):
            await asyncio.sleep(GATHER_S)

    def lets_gather(self, events: Sequence[Record]) -> bool:
        """Whether what comes after these is worth waiting for: they were facts, a few, and only passed. On the stepped
        clock nothing is: whoever moves it waits until all has passed.
        """
        few = 0 < len(events) < GATHER_BELOW
        return few and not self.writer.clock.stepped and all(isinstance(event, Passing) for event in events)

    async def _handle(self, records: "Sequence[ConsumerRecord[bytes, bytes]]") -> list[Record]:
        """Have these decided, heard, answered; the facts among them."""
        by_topic: dict[str, list[ConsumerRecord[bytes, bytes]]] = defaultdict(list)
        for record in records:
            by_topic[record.topic].append(record)
        events: list[Record] = []
        for producer in self.writer.map.producers():
            events.extend(await self._read(by_topic.get(TOPIC_OF[producer], ())))
        if events:
            await self.writer.submit_events(events)
        for producer in self.writer.map.producers():
            self._hear_heads(producer, by_topic.get(heads_topic(producer), ()))
        await self._hear_asks(by_topic.get(asks_topic(self.writer.map.name), ()))
        return events

    async def _read(self, records: Iterable["ConsumerRecord[bytes, bytes]"]) -> list[Record]:
        events: list[Record] = []
        for record in records:
            try:
                event = self.writer.looking.reader.take(record.headers, record.value or b"")
            except EnvelopeError as error:
                await self._park_raw(record, str(error))
                continue
            if event.deployment != self.deployment:
                self.foreign += 1
            elif TOPIC_OF.get(event.producer) != record.topic:
                await self._park_raw(record, f"the source {event.producer} does not write this topic")
            else:
                events.append(event)
        return events

    async def _park_raw(self, record: "ConsumerRecord[bytes, bytes]", error: str) -> None:
        """A record without a readable envelope has no number: it is kept as it came, and its number shows as a gap."""
        await self.writer.not_clogged()
        self.unreadable += 1
        log.error("parked a record of %s without an envelope: %s", record.topic, error)
        if await self.writer.retrying(lambda connection: self._store_raw(connection, record, error)):
            self.writer.clog(TooMuchParkedError(self.writer.map.name, f"a record of {record.topic}: {error}"))

    async def _store_raw(self, connection: Any, record: "ConsumerRecord[bytes, bytes]", error: str) -> bool:  # noqa: ANN401 - asyncpg's proxy
        """Keep it; True when too much is parked by now."""
        await count_anew(connection, self.queries, 0)
        headers = {
            storable(name): storable((value or b"").decode(errors="backslashreplace")) for name, value in record.headers
        }
        await connection.execute(
            self.queries["park_raw"],
            record.topic, record.partition, record.offset, orjson.dumps(headers).decode(), record.value or b"",
            storable(error) )  # fmt: skip
        return await too_much_parked(connection, self.queries)

    def _hear_heads(self, producer: str, records: Iterable["ConsumerRecord[bytes, bytes]"]) -> None:
        now_s = time.monotonic()
        heard = False
        for record in records:
            told = self._heard(record)
            try:
                heads = {int(lane): int(head) for lane, (head, _) in told["lanes"].items()}
                published = {int(lane): int(number) for lane, (_, number) in told["lanes"].items()}
                overdue = {int(lane): datetime.fromisoformat(due) for lane, due in told.get("overdue", {}).items()}
                at = datetime.fromisoformat(told["at"])
            except (KeyError, ValueError, TypeError, AttributeError):
                continue
            self.writer.barrier.tell(producer, at, heads, overdue)
            self.watch.told(producer, published, now_s)
            self.watch.told_heads(producer, heads)
            heard = True
        if heard:
            self.writer.sweep()

    def _heard(self, record: "ConsumerRecord[bytes, bytes]") -> Mapping[str, Any]:
        """What our deployment tells or asks; nothing for anything else: whatever is told is told again."""
        try:
            said = orjson.loads(record.value or b"{}")
        except ValueError:
            said = None
        if isinstance(said, dict) and said.get("deployment") == self.deployment:
            return said
        self.foreign += 1
        return {}

    async def _hear_asks(self, records: Iterable["ConsumerRecord[bytes, bytes]"]) -> None:
        asks: dict[int, tuple[int, str]] = {}
        furthest: dict[int, int] = {}
        for record in records:
            ask = self._heard(record)
            try:
                lane, number, asker = int(ask["lane"]), int(ask["from"]), str(ask["asker"])
            except (KeyError, ValueError, TypeError):
                continue
            if 0 <= lane < LANES and 0 < number <= MAX_NUMBER:
                asks[lane] = min(asks.get(lane, (number, asker)), (number, asker))
                furthest[lane] = max(number, furthest.get(lane, 0))
        if asks:
            handled = {lane: number - 1 for lane, number in furthest.items()}
            if await self.writer.retrying(lambda connection: note_seen(connection, self.queries, handled)):
                self.writer.suspend()
            columns = [list(asks), [number for number, _ in asks.values()], [asker for _, asker in asks.values()]]
            await self.writer.retrying(lambda connection: connection.execute(self.queries["ask_resend"], *columns))
            self.relay.asked()

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
                if not is_transient(error) and not is_kafka(error):
                    raise
                log.warning("gap watch: %s; looked at again", repr(error))

    async def _look_for_gaps(self, now_s: float) -> None:
        answers = {place: self._last_answer(*place) for place in self.watch.stuck(now_s)}
        self._answers = answers | {place: first for place, first in self._answers.items() if place in answers}
        late = {one for one in answers if answers[one] == self._answers[one]} | self.writer.uncommitted
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
        for (producer, lane), number in asks.items():
            body = {"deployment": self.deployment, "asker": self.writer.map.name, "lane": lane, "from": number}
            topic = asks_topic(producer)
            partition = partition_of(lane, await partitions_now(self.producer, topic))
            await self.producer.send(topic, orjson.dumps(body), partition=partition)

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

    def positions(self) -> dict[TopicPartition, int | None]:
        """Which record of each partition that we were given is taken next; None where that is not known yet."""
        kafka = self._kafka
        return {place: _position(kafka, place) for place in kafka.assignment()} if kafka is not None else {}

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
        self._consumer.awaits_share = True
        self._consumer.acknowledging.lost(revoked)
        if revoked:
            self._consumer.own(frozenset(), of=1)

    async def on_partitions_assigned(self, assigned: "set[TopicPartition]") -> None:
        own_asks = asks_topic(self._consumer.writer.map.name)
        self._consumer.awaits_share = False
        self._consumer.shares += 1
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
