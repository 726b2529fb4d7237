"""The archive: facts that were published long ago leave the hot outbox, a segment a transaction (promise 7).

A segment is copied and taken out of the outbox in one transaction, so a fact is always in exactly one of the two, and
a backup has both. It happens within the database, takes no lane's lock, and rests longer than it works. Who reads old
facts (the relay that sends again, a case's timeline, the audit) reads both.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from linli_messaging import crash
from linli_messaging.any_clock import Clock
from linli_messaging.lanes.barrier import LONG_AGO
from linli_messaging.queries import Queries
from linli_messaging.sqlstate import is_transient

LOCK_SPACE: Final = 0x41524348
"""The first half of the advisory lock's key: "ARCH"."""
SEGMENT_FACTS: Final = 500
"""Facts a segment: enough that compressing and indexing it costs little a fact, few enough that a timeline, which opens
every segment its case is in, stays quick."""
SEGMENT_BYTES: Final = 512 * 1024
"""A segment takes no further fact beyond so many bytes of bodies, so it is at most twice as large: the relay reads some
of them at once."""
RESTS: Final = 3
"""How much longer it rests than it works: it takes a quarter of one of the database's cores at most, which moves some
ten thousand facts a second."""
LOOK_EVERY_S: Final = 60.0
"""Facts become old by the day."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Archiver:
    """The archiver of one process; of several in a service, one works at a time (an advisory lock a segment)."""

    pool: "asyncpg.Pool[asyncpg.Record]"
    queries: Queries
    clock: Clock
    after: timedelta
    """How old a fact must be."""
    archived: int = 0
    """Facts that this process has moved."""
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Look now and then, until stopped; an outage only makes it look later."""
        while not self._stop.is_set():
            try:
                now = self.clock.now()
                if now - LONG_AGO > self.after:  # a stepped clock that nobody has moved yet stands there
                    await self.archive(now - self.after, SEGMENT_FACTS)
            except Exception as error:
                if not is_transient(error):
                    log.exception("the archiver stopped")
                    raise
                log.warning("archiver: %s; looked at again", repr(error))
            await self._rest(LOOK_EVERY_S)

    def stop(self) -> None:
        """Finish the segment in hand."""
        self._stop.set()

    async def archive(self, before: datetime, at_least: int = 1, most: int | None = None) -> int:
        """Move what was published and happened before an instant, segment by segment; how many facts.

        A lane with fewer than ``at_least`` such facts is left alone, so that segments are full. Ends after ``most``
        facts (somewhat more: a segment a lane), when another process archives, or when told to stop. May be called at
        any time and again.
        """
        moved = 0
        while not self._stop.is_set() and (most is None or moved < most):
            async with self.pool.acquire() as connection:
                lanes = await connection.fetch(self.queries["lanes_to_archive"], before, at_least)
            some = 0
            for row in lanes:
                began = time.perf_counter()
                some += await self._move_segment(row["lane"], before)
                await self._rest((time.perf_counter() - began) * RESTS)
            if not some:
                break
            moved += some
        if moved:
            log.info("archived %s facts", moved)
        return moved

    async def _move_segment(self, lane: int, before: datetime) -> int:
        async with self.pool.acquire() as connection, connection.transaction():
            if self._stop.is_set() or not await connection.fetchval(self.queries["try_archive_lock"], LOCK_SPACE):
                return 0
            # Read again: another process may have moved it before we had the lock.
            after = await connection.fetchval(self.queries["archive_ends"], lane)
            made = await connection.fetchrow(
                self.queries["archive_facts"], lane, after, before, SEGMENT_FACTS, SEGMENT_BYTES
            )
            if made is None:
                return 0
            crash.point("archive-after-copy")
            await connection.execute(self.queries["drop_archived"], lane, made["first"], made["last"])
        crash.point("archive-after-commit")
        facts: int = made["facts"]
        self.archived += facts
        return facts

    async def _rest(self, timeout_s: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), timeout_s)
        except TimeoutError:
            return
