"""Two services joined by a real broker in one process: the north tells, the small service listens; no HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaProducer
from faststream.kafka import KafkaBroker
from linli_contracts.lanes import lane_of, partition_of
from linli_contracts.topics import PARTITIONS, TOPIC_OF
from linli_embedded.topics import ensure_topics
from linli_messaging.consuming.consumer import Consumer
from linli_messaging.inputs import Accepted, CommandInput
from linli_messaging.lanes.barrier import Barrier
from linli_messaging.loop.transaction import Transactor
from linli_messaging.loop.writer import Writer
from linli_messaging.producing.parking import ParkedTopic
from linli_messaging.producing.relay import Relay
from linli_messaging.service_map import Context, Facts, OnCommand, ServiceMap
from linli_messaging.topology import topics
from linli_messaging.tracing import Tracing
from linli_rulebook.decision import Decision, Outcome
from linli_runtime.commands import Asked, accept
from linli_runtime.database import open_writer
from linli_testkit.clock import HandClock
from linli_testkit.databases import Databases
from linli_testkit.facts import OPERATOR, shipped_policy
from linli_testkit.house import House, Room
from linli_testkit.plugin import TestBroker
from linli_testkit.roles import dsn_as

from libs.messaging.tests import small
from libs.messaging.tests.small import AT, NAME, NORTH, Bell, Ring

WITHIN_S: Final = 30.0


def on_strike(_facts: Facts, body: Ring, _ctx: Context) -> Outcome:
    """The north tells of a ring and keeps nothing."""
    return Decision(events=(small.rung(body.bell_id, body.nth, body.how),), answer={})


NORTH_MAP: Final = ServiceMap(
    NORTH,
    (Bell,),
    commands=(OnCommand("north.ring", "POST /", Ring, "*", lambda body: [(Bell, body.bell_id)], on_strike, ()),),
)
LISTENER: Final = replace(small.MAP, events=small.MAP.events[:2])
"""The small service without the south, which does not take part."""


@dataclass(slots=True)
class Side:
    """One service on the bus."""

    room: Room
    pool: "asyncpg.Pool[asyncpg.Record]"
    writer: Writer
    relay: Relay
    consumer: Consumer


@dataclass(slots=True)
class Bus:
    """Both services, and the hand that moves them."""

    north: Side
    listener: Side
    clock: HandClock
    producer: AIOKafkaProducer
    deployment: str
    tasks: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)

    def relay(self, name: str = "relay", relay: Relay | None = None) -> Relay:
        """Start a relay of the north."""
        chosen = relay or self.new_relay()
        self.tasks[name] = asyncio.create_task(chosen.run())
        return chosen

    def new_relay(self) -> Relay:
        """Another process's relay of the north."""
        side = self.north
        return Relay(NORTH, self.deployment, side.pool, side.room.queries, self.producer, self.clock)

    async def end(self, name: str = "relay") -> None:
        """End a task as a death does."""
        task = self.tasks.pop(name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def strike(self, bell: str, *nths: int, how: str = "", at: datetime = AT) -> None:
        """Commit these facts in the north."""
        for nth in nths:
            await self.north.room.commit([_order(bell, nth, how, at)])

    async def strike_here(self, bell: str, nth: int) -> None:
        """Have the north's own writer commit this fact, which tells whoever listens to it."""
        answer = await self.north.writer.submit_command(_order(bell, nth, "", AT))
        assert isinstance(answer, Accepted), answer

    async def bells(self) -> dict[str, Bell]:
        """What the listener knows."""
        rows = await self.listener.pool.fetch("SELECT id, state FROM bell")
        return {row["id"]: Bell.model_validate_json(row["state"]) for row in rows}

    async def rung(self, bell: str = "e1.a") -> tuple[int, ...]:
        """How a bell was rung."""
        state = (await self.bells()).get(bell)
        return state.rung if state else ()

    async def gaps(self) -> list[tuple[int, int, bool]]:
        """Gaps ever noticed: first missing, seen, closed."""
        rows = await self.listener.pool.fetch("SELECT missing_from, seen, closed_at FROM gap ORDER BY noticed_at")
        return [(row["missing_from"], row["seen"], row["closed_at"] is not None) for row in rows]

    async def pretend_published(self, number: int, bell: str = "e1.a") -> None:
        """What a broker that lost acknowledged records looks like."""
        await self.north.pool.execute("UPDATE published SET number = $1 WHERE lane = $2", number, lane_of(bell))

    async def send(self, headers: Sequence[tuple[str, bytes | None]], body: bytes, bell: str = "e1.a") -> None:
        """Put a record on the north's topic by hand."""
        partition = partition_of(lane_of(bell), PARTITIONS)
        await self.producer.send_and_wait(TOPIC_OF[NORTH], body, partition=partition, headers=headers)


def _order(bell: str, nth: int, how: str, at: datetime) -> CommandInput:
    content = {"bell_id": bell, "nth": nth, "how": how}
    order = accept(Asked(NORTH_MAP.commands[0], content, f"{bell}-{nth}", at.isoformat(), OPERATOR), stepped_to=at)
    assert isinstance(order, CommandInput), order
    return order


async def until(condition: Callable[[], Awaitable[Any]], within_s: float = WITHIN_S) -> None:
    """Wait until it holds; an assertion when it does not in time."""
    deadline = time.monotonic() + within_s
    while not await condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.05)


async def has_rung(bus: Bus, *nths: int) -> None:
    async def there() -> bool:
        return await bus.rung() == nths

    await until(there)


@asynccontextmanager
async def joined(databases: Databases, broker: TestBroker, deployment: str) -> AsyncIterator[Bus]:
    """Both services on fresh schemas, consuming; no relay yet."""
    database = await databases.fresh()
    house = await House.build(database.dsn, [(NORTH_MAP, small.SQL), (LISTENER, small.SQL)], AT)
    await ensure_topics(broker.bootstrap, topics((NORTH, NAME)), broker.admin)
    idempotent = broker.is_apache_kafka
    clock = HandClock(AT)
    async with AsyncExitStack() as stack:
        producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all", enable_idempotence=idempotent)
        await producer.start()
        stack.push_async_callback(producer.stop)
        sides = {}
        for name, room in house.rooms.items():
            pool = await stack.enter_async_context(await open_writer(dsn_as(database.dsn, name), name))
            transactor = Transactor(room.map, shipped_policy(), room.queries, Tracing(deployment), stepped=True)
            writer = Writer(room.map, pool, room.queries, transactor, clock, Barrier(room.map.producers()))
            relay = Relay(name, deployment, pool, room.queries, producer, clock)
            kafka = KafkaBroker(broker.bootstrap, apply_types=False)
            shown = ParkedTopic(name, deployment, producer)
            consumer = Consumer(kafka, writer, relay, pool, room.queries, producer, deployment, shown)
            consumer.subscribe()
            writer.on_commit.append(shown.committed)
            sides[name] = Side(room, pool, writer, relay, consumer)
        bus = Bus(sides[NORTH], sides[NAME], clock, producer, deployment)
        for side in sides.values():
            bus.tasks[f"writer {side.room.map.name}"] = asyncio.create_task(side.writer.run())
            bus.tasks[f"gaps {side.room.map.name}"] = asyncio.create_task(side.consumer.watch_gaps())
        stack.push_async_callback(_end_all, bus)
        for side in sides.values():
            await side.consumer.broker.start()
            stack.push_async_callback(side.consumer.stop)
        for side in sides.values():
            await asyncio.wait_for(side.consumer.assigned.wait(), WITHIN_S)
        yield bus
    await house.close()
    await databases.drop(database)


async def _end_all(bus: Bus) -> None:
    for name in list(bus.tasks):
        await bus.end(name)
