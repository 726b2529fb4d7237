"""The injected clock: the one module that reads the machine's time, and the stepped kind that a conductor moves.

Decisions take their instants from the database (system clock) or from the input (stepped clock); this says up to which
instant timers are due.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
from linli_messaging.queries import Queries


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
    instant: datetime = datetime(1, 1, 1, tzinfo=UTC)
    stepped: bool = True

    def now(self) -> datetime:
        """The instant the conductor set last."""
        return self.instant

    async def read(self) -> None:
        """Take up the stored instant (at start)."""
        self.instant = await self.pool.fetchval(self.queries["read_stepped"]) or self.instant

    async def move(self, instant: datetime) -> datetime:
        """Store and take a later instant; returns the one in force."""
        self.instant = max(self.instant, await self.pool.fetchval(self.queries["set_stepped"], instant))
        return self.instant


AnyClock = SystemClock | SteppedClock
