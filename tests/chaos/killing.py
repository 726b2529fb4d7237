"""Faults of processes: killed at crash points, in a storm, frozen and thawed, more and fewer of them."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Final

from linli_contracts.topics import SERVICES
from linli_messaging import crash
from linli_messaging.consuming.consumer import SESSION_TIMEOUT_MS
from linli_messaging.producing.relay import LOCK_SPACE

from tests.chaos.strike import Strike

SECONDS_BETWEEN_KILLS: Final = (0.5, 3.0)
KILLS: Final = 5
"""In a wave: a process that is killed again before it has started never gets anything done, and shows nothing."""
_LOOK_S: Final = 0.02
WORK_GOES_ON_S: Final = 2.0
"""Facts still come from elsewhere for so long after the last command."""


async def crash_points(service: str, strike: Strike, points: Sequence[str] = crash.POINTS) -> None:
    """SIGKILL at crash points, of the writer loop and the relay, or these, one after the other, while load comes and is
    worked off: first where fewest died before, at once where none did.
    """
    world, before = strike.world, strike.died_at.total()
    strike.died_at.update(dict.fromkeys(points, 0))
    for point in sorted(strike.dice.sample(points, len(points)), key=strike.died_at.__getitem__):
        if strike.sent.is_set():
            break
        passage = strike.dice.randint(1, 2) if strike.died_at[point] else 1
        await world.restart(service, crash_at=f"{point}:{passage}")
        strike.died_at[point] += await _dies(strike, service)
        await world.process(service).stop()
        world.start(service)
        await world.ready(service)
    strike.times = strike.died_at.total() - before


async def _dies(strike: Strike, service: str) -> bool:
    """Wait until it has died at its point; no longer than work comes for it."""
    still_s = WORK_GOES_ON_S
    while strike.world.process(service).running and still_s > 0:
        await asyncio.sleep(_LOOK_S)
        still_s -= _LOOK_S if strike.sent.is_set() else 0
    return not strike.world.process(service).running


async def kill_storm(strike: Strike) -> None:
    """SIGKILL of random services every second or so; each is started again at once."""
    world = strike.world
    for _ in range(KILLS):
        await asyncio.sleep(strike.dice.uniform(*SECONDS_BETWEEN_KILLS))
        service = strike.dice.choice(SERVICES)
        world.process(service).kill()
        world.start(service)
        strike.times += 1
    await world.ready(*SERVICES)


async def down_for_weeks(strike: Strike) -> None:
    """Everything is down for forty days, a holiday among them; on return the clock has leapt, and much is overdue."""
    world = strike.world
    for service in SERVICES:
        world.process(service).kill()
        strike.times += 1
    for service in SERVICES:
        world.start(service)
    await world.ready(*SERVICES)
    await world.client.set_clock(strike.instant)


async def scaled(strike: Strike) -> None:
    """A service from one process to three and back, while load comes: its lanes change hands each time."""
    world, service = strike.world, strike.dice.choice(SERVICES)
    for processes in (2, 3, 2, 1):
        await world.scale(service, processes)
        await world.ready(service)
        await asyncio.sleep(strike.dice.uniform(0.5, 2.0))
        strike.times += 1


async def zombie(strike: Strike) -> None:
    """A process frozen until the group has given its lanes to another one; then it wakes, and goes on as if nothing
    had been.
    """
    world, service = strike.world, strike.dice.choice(SERVICES)
    await world.scale(service, 2)
    await world.all_ready(service)
    await asyncio.sleep(strike.dice.uniform(0.2, 1.0))
    world.process(service).signal(signal.SIGSTOP)
    try:
        strike.times += 1
        await asyncio.sleep(1.5 * SESSION_TIMEOUT_MS / 1000)
    finally:
        world.process(service).signal(signal.SIGCONT)
    await world.ready(service)
    await world.scale(service, 1)


async def two_relays(strike: Strike) -> None:
    """The relay's process is frozen and its lock lost: another process relays, then the first one wakes in mid-work."""
    world, service = strike.world, strike.dice.choice(SERVICES)
    await world.scale(service, 2)
    await world.all_ready(service)
    world.process(service).signal(signal.SIGSTOP)
    try:
        for _ in range(20):
            taken = await world.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 "
                "AND objid::bigint = hashtext($2)::bigint & 4294967295",
                LOCK_SPACE, service,
            )  # fmt: skip
            strike.times += len(taken)
            await asyncio.sleep(0.2)
    finally:
        world.process(service).signal(signal.SIGCONT)
    await world.ready(service)
    await world.scale(service, 1)
