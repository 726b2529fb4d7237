"""The runner of outside effects beside a house: the real one, on the house's database, until nothing is due."""

import asyncio
import time
from collections.abc import Iterable
from typing import Final

import asyncpg
from linli_messaging.any_clock import Clock
from linli_messaging.outside.effects import EffectRunner, Sender, by_kind
from linli_messaging.queries import Queries
from linli_messaging.service_map import ServiceMap
from linli_runtime.database import open_writer

from linli_testkit.house import House
from linli_testkit.roles import dsn_as

WITHIN_S: Final = 30.0
LOOK_S: Final = 0.02


def runner_of(
    service: ServiceMap, queries: Queries, pool: "asyncpg.Pool[asyncpg.Record]", senders: Iterable[Sender], clock: Clock
) -> EffectRunner:
    """A runner as a process of the service has it; nobody is woken when an effect ends."""
    tells = frozenset(entry.kind for entry in service.outcomes)
    return EffectRunner(pool, queries, clock, by_kind(senders), tells, lambda: None)


async def until_nothing_is_due(pool: "asyncpg.Pool[asyncpg.Record]", queries: Queries, clock: Clock) -> None:
    """Wait until nothing is due or under way; an assertion when that does not come about in time."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        row = await pool.fetchrow(queries["count_intents"], clock.now())
        if row is not None and not row["due"] and not row["sending"]:
            return
        assert time.monotonic() < deadline, dict(row or {})
        await asyncio.sleep(LOOK_S)


async def carry_out(house: House, dsn: str, service: str, senders: Iterable[Sender], clock: Clock) -> None:
    """Send what is due now with a runner of its own, tell what became of it, and deliver that."""
    room = house.rooms[service]
    async with await open_writer(dsn_as(dsn, service), service) as pool:
        runner = runner_of(room.map, room.queries, pool, senders, clock)
        task = asyncio.create_task(runner.run())
        try:
            await until_nothing_is_due(pool, room.queries, clock)
        finally:
            runner.stop()
            await task
    await house.deliver()
