"""Lives a second with ``STORED=`` old tickets, their timers and their facts in dispatch's tables; the floor is without.

The same stack plays lives empty, is filled while its services are down, and plays on.
"""

import os
import tempfile
import time
from pathlib import Path
from typing import Final

import asyncpg
from linli_cli.stack import Home, Stack, StackOptions
from linli_cli.stack.database import DATABASE
from linli_contracts.lanes import lane_of_key
from linli_contracts.topics import DISPATCH, SERVICES
from linli_messaging.queries import Queries

from bench.figures import Figures
from bench.lifecycle import BROKER, LIVES, WAVE
from bench.repair_life import REST_S, TOWN, UNCALLED, RepairLives

AN_ESTATE: Final = int(os.environ.get("STORED", "1000000")) // TOWN.estates
STORED: Final = AN_ESTATE * TOWN.estates
SQL: Final = Path(__file__).with_name("old.sql")


async def stored() -> Figures:
    """Lifecycles a second, filled and empty."""
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as directory:
        options = StackOptions(home=Home(Path(directory)), broker=BROKER, clock="stepped", watch=False)
        async with Stack(options) as stack:
            lives = RepairLives(stack.client, WAVE)
            await lives.found()
            await lives.waves(UNCALLED)
            empty = await _rate(lives)
            for service in SERVICES:
                await stack.services[service].stop()
            connection = await stack.postgres.server.connect(DATABASE)
            await _fill(connection)
            await connection.close()
            for service in SERVICES:
                stack.services[service].start()
            for service in SERVICES:
                await stack.answers(service, "ready", REST_S)
            lives.others_closed = STORED
            await lives.waves(1)
            return Figures(await _rate(lives), empty)


async def _rate(lives: RepairLives) -> float:
    waves = -(-LIVES // WAVE)
    began_s = time.perf_counter()
    await lives.waves(waves)
    return waves * WAVE / (time.perf_counter() - began_s)


async def _fill(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    queries = Queries.load(SQL)
    keys = [f"e{number}" for number in range(TOWN.estates)]
    await connection.execute(queries["tickets"], keys, [lane_of_key(key) for key in keys], AN_ESTATE)
    for step in ("lists", "timers", "facts", "heads", "published", "figures"):
        await connection.execute(queries[step])
    for service in SERVICES:
        await connection.execute(
            f'UPDATE "{service}".inbox SET last = head FROM dispatch.lane '  # noqa: S608 - a service's own name
            "WHERE lane.lane = inbox.lane AND producer = $1",
            DISPATCH,
        )
    await connection.execute("VACUUM ANALYZE")
    size = await connection.fetchval("SELECT pg_size_pretty(pg_database_size(current_database()))")
    print(f"  {STORED:,} old tickets stored; the database has {size}")
