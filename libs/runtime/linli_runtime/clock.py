"""The injected clock: the one module that reads the machine's time, and the stepped kind that a conductor moves.

Decisions take their instants from the database (system clock) or from the input (stepped clock); this says up to which
instant timers are due.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
from linli_messaging.queries import Queries

Retrying = Callable[[Callable[[Any], Awaitable[Any]]], Awaitable[Any]]
"""Does work on a connection, again while the database is away."""
LOOK_S: Final = 0.2
"""How soon a process sees that the stepped clock was moved by way of another one."""
NOT_SET: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Where the stepped clock stands before anybody has set it. Not the first instant that Python knows: the database would
give that one back as one without a zone.
"""


def wall_ns() -> int:
    """The machine's time in nanoseconds, for spans: when something was processed, never when it happened."""
    return time.time_ns()


class SystemClock:
    """The machine's time; deadlines are decided by the database's, this one only says when to look."""

    stepped = False

    def now(self) -> datetime:
        """The instant, UTC."""
        return datetime.now(UTC)


@dataclass(slots=True)
class SteppedClock:
    """An instant that is stored, and moves only when the conductor says so; never backwards."""

    pool: "asyncpg.Pool"
    queries: Queries
    instant: datetime = NOT_SET
    stepped: bool = True

    def now(self) -> datetime:
        """The instant the conductor set last."""
        return self.instant

    async def read(self) -> None:
        """Take up the stored instant (at start)."""
        self.instant = await self.pool.fetchval(self.queries["read_stepped"]) or self.instant

    async def follow(self, retrying: "Retrying", moved: Callable[[], None]) -> None:
        """Take up what another process of the service was told, and say that it moved; until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            stored = await retrying(lambda connection: connection.fetchval(self.queries["read_stepped"]))
            if stored is not None and stored > self.instant:
                self.instant = stored
                moved()

    async def move(self, instant: datetime) -> datetime:
        """Store and take a later instant; returns the one in force."""
        self.instant = max(self.instant, await self.pool.fetchval(self.queries["set_stepped"], instant))
        return self.instant


AnyClock = SystemClock | SteppedClock
