"""Faults of Postgres and of the way to it."""

import asyncio
import contextlib
from typing import Final

from tests.chaos.strike import Strike

AWAY_S: Final = (1.0, 4.0)
CUTS: Final = 10
"""In a wave: on a slow machine, cuts without an end would let nothing be finished, and show nothing."""
SLOW_S: Final = 0.03
"""Each way: a transaction of some fifteen round trips takes a second."""
FULL_S: Final = 6.0
_BLOCK: Final = 1 << 16


async def postgres_killed(strike: Strike) -> None:
    """Postgres dies and recovers."""
    await asyncio.sleep(strike.dice.uniform(0.1, 1.0))
    strike.world.stack.postgres.kill()
    strike.times += 1
    await asyncio.sleep(strike.dice.uniform(*AWAY_S))
    await strike.world.stack.postgres.start()


async def connections_cut(strike: Strike) -> None:
    """Every connection to Postgres is cut, again and again, whatever is on its way."""
    proxy = await strike.world.through_proxy()
    for _ in range(CUTS):
        await asyncio.sleep(strike.dice.uniform(0.2, 1.0))
        strike.times += proxy.cut() > 0


async def slow_database(strike: Strike) -> None:
    """Everything that is said to Postgres, and that it says, takes its time."""
    proxy = await strike.world.through_proxy()
    proxy.delay_s = SLOW_S
    await strike.sent.wait()
    proxy.delay_s = 0
    strike.times += 1


async def disk_full(strike: Strike) -> None:
    """There is no room left where Postgres lives; after a while somebody makes some."""
    world = strike.world
    postgres = world.stack.postgres
    await asyncio.sleep(strike.dice.uniform(0.3, 1.0))
    ballast = postgres.data_dir / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb") as file:  # closing it writes once more
        while True:
            file.write(bytes(_BLOCK))
            file.flush()
    strike.times += 1
    await asyncio.sleep(FULL_S)
    ballast.unlink()
    if not postgres.running:
        await postgres.start()


async def unheard_commits(strike: Strike) -> None:
    """Commits that Postgres has done and whose answer never comes: nobody knows whether they were."""
    proxy = await strike.world.through_proxy()
    before = proxy.swallowed
    while not strike.sent.is_set():
        proxy.deaf = 1
        await asyncio.sleep(strike.dice.uniform(0.2, 0.8))
    proxy.deaf = 0
    strike.times += proxy.swallowed - before
