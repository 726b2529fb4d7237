"""One trial: a round of load in a calm world and in one that a fault strikes; then the books of both compared.

Rounds don't meet: each has estates, contracts and customers of its own. So a struck world lives through one fault after
the other, and is replaced only when one of them broke it or left something behind, or when the next wants another
number of brokers.
"""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from linli_cli.stack.home import ClockKind
from linli_runtime.clock import SystemClock

from tests.chaos.books import Differences, differences, left_by
from tests.chaos.faults import Fault
from tests.chaos.load import LONG, Round, Size
from tests.chaos.quick_policy import where_it_is_morning
from tests.chaos.strike import Strike
from tests.chaos.world import World, world

ROUNDS: Final = 20
"""In one pair of worlds: their clock goes on by weeks a round, and working calendars are published for few years."""
TRIAL_S: Final = 900.0
"""Whatever takes longer hangs: the slowest fault takes two minutes on two idle cores."""


@dataclass(slots=True)
class Result:
    """What came of a trial."""

    fault: str
    times: int = 0
    """How often something was broken in it."""
    died_at: Counter[str] = field(default_factory=Counter)
    """How often a process died at each crash point that was to be tried."""
    books: Differences = field(default_factory=Differences)
    seconds_to_rest: float = 0.0
    """From the end of the fault and of the load, at worst of its waves."""
    violations: list[str] = field(default_factory=list)
    """What `linli audit` found in either world."""
    error: str = ""
    said: Mapping[str, str] = field(default_factory=dict)
    """What the services of the struck world wrote last, where the trial ended with an error."""

    @property
    def equal(self) -> bool:
        """Whether the books of all services are those of the calm world."""
        return self.books.none and not self.error

    @property
    def sound(self) -> bool:
        """Whether it struck, came to rest, and left everything as it must be."""
        return self.times > 0 and self.equal and not self.violations


class Chaos:
    """The two worlds, and the rounds played in them: `async with Chaos(…) as chaos: await chaos.trial(fault)`."""

    def __init__(self, directory: Path, seed: int, size: Size, clock: ClockKind = "stepped") -> None:
        """Nothing runs yet; the worlds will live in the directory."""
        self._directory = directory
        self._seed = seed
        self._size = size
        self._round = 0
        self._worlds = 0
        self._died_at: dict[str, Counter[str]] = defaultdict(Counter)
        zone = where_it_is_morning(SystemClock().now())
        self._calm = _Place(clock, zone)
        self._struck = _Place(clock, zone)

    async def __aenter__(self) -> Self:
        """Nothing runs before it is needed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop both worlds."""
        await self._struck.close()
        await self._calm.close()

    async def trial(self, fault: Fault) -> Result:
        """Play the next round in both worlds; the fault strikes one of them."""
        self._round += 1
        result = Result(fault.name)
        try:
            async with asyncio.timeout(TRIAL_S):
                calm, struck = await self._open(fault)
                quiet = self._next(calm, fault)
                await _leave_alone(calm, fault, quiet)
                load = self._next(struck, fault)
                await _strike(struck, fault, load, result, self._died_at[fault.name])
                before = await left_by(quiet, calm, fault)
                after = await left_by(load, struck, fault, fault.leaves)
                result.books = differences(before, after)
                result.violations = before.violations + after.violations
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is what came of the trial
            result.error = _told(error)
            result.said = self._struck.world.logs() if self._struck.world is not None else {}
        if not result.sound or fault.weeks or fault.leaves:
            await self._struck.close()
        if result.error or fault.weeks or self._round == ROUNDS:  # an error may be the calm one's
            await self._calm.close()
            await self._struck.close()
            self._round = 0
        return result

    def _next(self, where: World, fault: Fault) -> Round:
        return Round(
            self._round, self._seed, self._size, where.client, where.partner, fault.weeks or LONG, where.system_clock
        )

    async def _open(self, fault: Fault) -> tuple[World, World]:
        """Both worlds, started side by side where they are not there."""
        if fault.fresh or self._struck.like != (fault.brokers, fault.disk_mb):
            await self._struck.close()
        self._worlds += 1
        calm, struck = self._directory / f"calm-{self._worlds}", self._directory / f"struck-{self._worlds}"
        async with asyncio.TaskGroup() as group:
            one = group.create_task(self._calm.opened(calm, 1, 0))
            other = group.create_task(self._struck.opened(struck, fault.brokers, fault.disk_mb))
        return one.result(), other.result()


@dataclass(slots=True)
class _Place:
    """Room for one world."""

    clock: ClockKind
    zone: str
    world: World | None = None
    like: tuple[int, int] = (0, 0)
    """Its brokers and the size of its disk."""
    _exits: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def opened(self, path: Path, brokers: int, disk_mb: int) -> World:
        if self.world is None:
            self.world = await self._exits.enter_async_context(
                world(path, self.clock, self.zone, brokers=brokers, disk_mb=disk_mb)
            )
            self.like = (brokers, disk_mb)
        return self.world

    async def close(self) -> None:
        await self._exits.aclose()
        self.world = None


async def _leave_alone(calm: World, fault: Fault, load: Round) -> None:
    for wave in load.waves:
        if fault.weeks and wave == load.waves[-1]:
            await calm.step_clock(load.instant(wave))
        else:
            await calm.move_clock(load.instant(wave))
        await load.play(wave)
        await calm.rest()


async def _strike(struck: World, fault: Fault, load: Round, result: Result, died_at: Counter[str]) -> None:
    before = died_at.copy()
    dice = random.Random(f"{load.seed}-{load.number}-{fault.name}")
    waves = (load.waves[-1],) if fault.at_the_end else fault.waves
    for wave in load.waves:
        if not (fault.at_the_end and wave in waves):
            await struck.move_clock(load.instant(wave))
        if wave not in waves:
            await load.play(wave)
            await struck.rest()
            continue
        strike = Strike(struck, dice, wave, load.instant(wave), asyncio.Event(), asyncio.Event(), died_at)
        async with asyncio.TaskGroup() as group:
            group.create_task(fault.strike(strike))
            if fault.prepares:
                await strike.prepared.wait()
            await load.play(wave)
            strike.sent.set()
        result.times += strike.times
        result.died_at = Counter({point: times - before[point] for point, times in died_at.items()})
        began = time.monotonic()
        await struck.rest()
        result.seconds_to_rest = max(result.seconds_to_rest, time.monotonic() - began)


def _told(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"
