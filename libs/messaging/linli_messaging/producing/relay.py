"""The relay: what is committed is produced, in order, and told (promise 3).

One relay a service is active (an advisory lock); it dies at any point and only repeats numbers. Every second, and at
once when the stepped clock moves, it tells each lane's head, what is published, and the instant; and of lanes with an
overdue clock, when that is due, for what it will tell is still to come.
"""

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder
from linli_contracts.envelope import Envelope, headers_of
from linli_contracts.lanes import partition_of
from linli_contracts.topics import TOPIC_OF, heads_topic

from linli_messaging import crash
from linli_messaging.any_clock import Clock
from linli_messaging.bus_errors import is_passing
from linli_messaging.loop.transaction import Committed
from linli_messaging.one_at_a_time import Role
from linli_messaging.partitions import partitions_now
from linli_messaging.queries import Queries
from linli_messaging.sqlstate import is_transient

LOCK_SPACE: Final = 0x4C494E4C
"""The first half of the advisory lock's key: "LINL"."""
PER_LANE: Final = 500
"""Facts a lane a reading: 64 lanes of these stay well below the producer's buffer."""
LANES_AGAIN: Final = 16
"""Lanes that are sent again at a time, a segment of the archive each. What is new in such a lane waits until it has
been sent to its end, for it has an order; in the others, and in those whose turn has not come, it goes out as ever.
"""
HEADS_EVERY_S: Final = 1.0
LOOK_EVERY_S: Final = (0.1, 0.5)
"""How often every lane of the outbox is looked at, for another process of the service may have written there: soon
after something was found, then ever more rarely. Where ours has written is known, and only there is looked meanwhile.
"""
BACKOFF_S: Final = 0.5

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Relay:
    """The relay of one process; waits for the lock, then works until stopped or its connection is lost."""

    service: str
    deployment: str
    pool: "asyncpg.Pool[asyncpg.Record]"
    queries: Queries
    producer: AIOKafkaProducer
    clock: Clock
    active: bool = False
    produced: int = 0
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _tell_now: asyncio.Event = field(default_factory=asyncio.Event)
    _position: dict[int, int] = field(default_factory=dict)
    _published: dict[int, int] = field(default_factory=dict)
    _told: dict[int, int] = field(default_factory=dict)
    """The head of each lane as our own writer last committed it."""
    _overdue: bool = False
    """Clocks were overdue when the heads were last told."""
    _again: dict[int, int] = field(default_factory=dict)
    """Lanes that are being sent again, and from which number on."""
    _everywhere_s: float = 0.0
    """When every lane is looked at next, in monotonic seconds."""
    _asked: bool = True
    """Something may be asked for again that was not looked at."""
    _looked_s: float = 0.0
    """When that was looked at last, in monotonic seconds: another process of the service may have been asked."""
    _stopping: bool = False

    def wake(self) -> None:
        """There may be something to send, in any lane."""
        self._everywhere_s = 0.0
        self._wake.set()

    def asked(self) -> None:
        """There may be something to send again."""
        self._asked = True
        self._wake.set()

    def committed(self, committed: Committed) -> None:
        """A batch of the writer loop was committed: it is sent; and where overdue clocks fired, others wait for it."""
        self._told |= committed.heads
        if committed.heads:
            self._wake.set()
        if self._overdue and committed.plan.woken:
            self._tell_now.set()

    def tell_heads(self) -> None:
        """Tell the heads at once: the clock moved."""
        self._tell_now.set()

    def stop(self) -> None:
        """Finish what is in flight and let the lock go."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Hold the lock and relay; a lost connection or broker begins again from what is published."""
        role = Role(self.queries, LOCK_SPACE)
        while not self._stopping:
            try:
                async with self.pool.acquire() as connection, role.of(connection) as mine:
                    if mine:
                        await self._work(connection)
            except Exception as error:
                if not is_transient(error) and not is_passing(error):
                    log.exception("the relay stopped")
                    raise
                log.warning("relay: %s; again in %s s", repr(error), BACKOFF_S)
            finally:
                self.active = False
            await self._sleep(BACKOFF_S)

    async def _work(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's proxy
        self._published = {row["lane"]: row["number"] for row in await connection.fetch(self.queries["read_published"])}
        self._position = dict(self._published)
        self._again = {}
        self.active = True
        wait_s, self._everywhere_s = LOOK_EVERY_S[0], 0.0
        telling = asyncio.create_task(self._tell())
        try:
            while not self._stopping:
                if telling.done():
                    telling.result()
                if self._again or self._asked or time.monotonic() - self._looked_s >= LOOK_EVERY_S[0]:
                    await self._step_back(connection)
                now_s = time.monotonic()
                if now_s >= self._everywhere_s:
                    self._everywhere_s = now_s + wait_s
                    wait_s = min(wait_s * 2, LOOK_EVERY_S[1])
                    if self._are_others(await self._relay_once(connection, self._position.keys())):
                        self._everywhere_s, wait_s = 0.0, LOOK_EVERY_S[0]
                elif not await self._relay_once(connection, self._told_ahead()):
                    await self._sleep(self._everywhere_s - now_s)
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    def _told_ahead(self) -> set[int]:
        """The lanes in which our writer has committed what is not sent."""
        return {lane for lane, head in self._told.items() if head > self._position.get(lane, head)}

    def _are_others(self, rows: Iterable[asyncpg.Record]) -> bool:
        """Whether any of these facts was not told by our writer: there may be more of them."""
        return any(row["number"] > self._told.get(row["lane"], 0) for row in rows)

    async def _relay_once(self, connection: Any, lanes: AbstractSet[int]) -> list[asyncpg.Record]:  # noqa: ANN401 - asyncpg's proxy
        """Send what is next in these lanes, and in those that are sent again; what was sent."""
        rows = await self._read_next(connection, lanes)
        if not rows:
            return rows
        crash.point("relay-before-produce")
        await self._produce(rows)
        crash.point("relay-after-produce")
        for row in rows:
            self._position[row["lane"]] = row["number"]
        risen = {lane: at for lane, at in self._position.items() if at > self._published[lane]}
        if risen:
            await connection.execute(self.queries["move_published"], list(risen), list(risen.values()))
            self._published.update(risen)
        crash.point("relay-after-published")
        self.produced += len(rows)
        return rows

    async def _step_back(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's proxy
        """Note which lanes have been sent again, and begin with those that wait, as many as there is room for.

        Who asks once more while a lane is under way is answered by what is on its way.
        """
        self._asked, self._looked_s = False, time.monotonic()
        done = {lane: first for lane, first in self._again.items() if self._position[lane] >= self._published[lane]}
        if done:
            await connection.execute(self.queries["drop_resend"], list(done), list(done.values()))
        for lane in done:
            del self._again[lane]
        for row in await connection.fetch(self.queries["read_resend"]):
            lane, first = row["lane"], row["from_number"]
            under_way = self._again.get(lane)
            if lane in self._position and (
                first < under_way if under_way is not None else len(self._again) < LANES_AGAIN
            ):
                self._again[lane] = first
                self._position[lane] = min(self._position[lane], first - 1)

    async def _read_next(self, connection: Any, lanes: AbstractSet[int]) -> list[asyncpg.Record]:  # noqa: ANN401 - asyncpg's proxy
        """What is new in these lanes, and some of what is to be sent again. Only what is published can be in the
        archive.
        """
        new = [lane for lane, at in self._position.items() if lane in lanes and at >= self._published[lane]]
        again = [lane for lane, at in self._position.items() if at < self._published[lane]]
        rows: list[asyncpg.Record] = []
        for query, of in (("read_unpublished", new), ("read_again", again)):
            if of:
                after = [self._position[lane] for lane in of]
                rows += await connection.fetch(self.queries[query], of, after, PER_LANE)
        return rows

    async def _produce(self, rows: Sequence[asyncpg.Record]) -> None:
        """Send in order and wait for every acknowledgement.

        A record's own timestamp is when it is produced, not the fact's instant (`ce_time`): Kafka refuses one that lies
        ahead, as after the stepped clock's it may, and soon deletes one that lies far back.
        """
        partitions = await partitions_now(self.producer, TOPIC_OF[self.service])
        by_partition: dict[int, list[asyncpg.Record]] = defaultdict(list)
        for row in rows:
            by_partition[partition_of(row["lane"], partitions)].append(row)
        await asyncio.gather(*(self._produce_to(partition, of_it) for partition, of_it in by_partition.items()))

    async def _produce_to(self, partition: int, rows: Iterable[asyncpg.Record]) -> None:
        """Pack the records ourselves: handing aiokafka each one takes longer than all the rest of relaying it."""
        sent: list[asyncio.Future[Any]] = []
        pack = self.producer.create_batch()
        for row in rows:
            headers = headers_of(envelope_of(row, self.service, self.deployment))
            record = {"key": row["key"].encode(), "value": row["body"], "headers": headers}
            if pack.append(timestamp=None, **record) is None:
                sent.append(await self._send_pack(pack, partition))
                pack = self.producer.create_batch()
                pack.append(timestamp=None, **record)
        sent.append(await self._send_pack(pack, partition))
        await asyncio.gather(*sent)

    async def _send_pack(self, pack: BatchBuilder, partition: int) -> "asyncio.Future[Any]":
        pack.close()
        sent: asyncio.Future[Any] = await self.producer.send_batch(pack, TOPIC_OF[self.service], partition=partition)
        return sent

    async def _tell(self) -> None:
        """Tell the heads every second, and at once when the clock moved, beside the relaying: reading them waits for
        the writer's transaction, and what is committed shall not.
        """
        while True:
            self._tell_now.clear()
            async with self.pool.acquire() as connection:
                sent = await self._send_heads(connection)
            await asyncio.gather(*sent)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._tell_now.wait(), HEADS_EVERY_S)

    async def _send_heads(self, connection: Any) -> "list[asyncio.Future[Any]]":  # noqa: ANN401 - asyncpg's proxy
        """Send them; what each partition's sending will have come to.

        The instant is read before the heads: whoever held a lane at that instant has ended when its head is read.

        The overdue clocks are read while the lanes are held: nobody makes or fires one in between.
        """
        at: datetime = self.clock.now() if self.clock.stepped else await connection.fetchval(self.queries["read_now"])
        partitions = await partitions_now(self.producer, heads_topic(self.service))
        lanes: dict[int, dict[str, list[int]]] = defaultdict(dict)
        overdue: dict[int, dict[str, datetime]] = defaultdict(dict)
        async with connection.transaction():
            for row in await connection.fetch(self.queries["read_heads"]):
                lane = row["lane"]
                lanes[partition_of(lane, partitions)][str(lane)] = [row["head"], self._published[lane]]
            for row in await connection.fetch(self.queries["read_overdue"], at):
                overdue[partition_of(row["lane"], partitions)][str(row["lane"])] = row["due_at"]
        self._overdue = bool(overdue)
        sent: list[asyncio.Future[Any]] = []
        for partition, told_lanes in lanes.items():
            told = {
                "deployment": self.deployment, "producer": self.service, "at": at,
                "lanes": told_lanes, "overdue": overdue[partition],
            }  # fmt: skip
            sent.append(await self.producer.send(heads_topic(self.service), orjson.dumps(told), partition=partition))
        return sent

    async def _sleep(self, timeout_s: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), timeout=timeout_s)
        except TimeoutError:
            return
        finally:
            self._wake.clear()


def envelope_of(row: asyncpg.Record, service: str, deployment: str) -> Envelope:
    """The envelope of a fact that a service told, from its row in the outbox or the archive."""
    return Envelope(
        id=str(row["id"]),
        type=row["type"],
        version=row["version"],
        deployment=deployment,
        producer=service,
        at=row["at"],
        subject=row["subject"],
        key=row["key"],
        lane=row["lane"],
        number=row["number"],
        traceparent=row["traceparent"],
        abandoned_from=row["abandoned_from"],
    )
