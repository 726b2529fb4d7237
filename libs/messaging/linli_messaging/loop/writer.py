"""The writer loop: one path for everything that changes state (DESIGN section 5).

``take inputs → lock lanes → skip what the inbox has → load → decide → save → commit → answer, acknowledge, wake the
relay``. Events, commands, due timers and stored events share it. What a batch means is decided in
:mod:`linli_messaging.batch.deciding` and stored by :mod:`linli_messaging.loop.transaction`; here is only the taking,
the retrying and the telling.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import asyncpg

from linli_messaging.any_clock import Clock
from linli_messaging.batch.answers import FACTS_ON_THEIR_WAY
from linli_messaging.consuming.parked_share import Clog, TooMuchParkedError, parked_lately
from linli_messaging.gathering import after_commands
from linli_messaging.inputs import Answer, CommandInput, Input, Passing, Record, TimerInput
from linli_messaging.lanes.barrier import LONG_AGO, Barrier, Known
from linli_messaging.lanes.inbox import LaneOf
from linli_messaging.lanes.restored import SuspendedError, WentBackError, note_seen
from linli_messaging.lanes.waiting import Waiting
from linli_messaging.loop.looking import Looking, StoredInput, of_one_transaction
from linli_messaging.loop.passing_by import pass_by
from linli_messaging.loop.queue import Queue, places_of
from linli_messaging.loop.refusing import commands_of, refuse, to_clients
from linli_messaging.loop.taking_apart import Tried, commit_alone
from linli_messaging.loop.telling import log_failures
from linli_messaging.loop.transaction import Committed, Transactor
from linli_messaging.queries import Queries
from linli_messaging.service_map import ServiceMap
from linli_messaging.sqlstate import is_transient

MAX_BATCH: Final = 500
"""Inputs a transaction: smaller batches cost more for each input, larger ones more memory, and hold the lanes longer
(docs/performance/tried.md)."""
MAX_WAITING_COMMANDS: Final = 10_000
"""Commands queued in memory before HTTP answers 503: about twenty batches, about half a second of work each."""
SWEEP_EVERY_S: Final = 0.5
"""How often due timers are looked for on the system clock, below the one-second grain of deadlines; at once when heads
are told, and after a commit that left a state to be woken by now."""
BACKOFF_S: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Writer:
    """The loop of one process. Stopping is graceful: the batch in hand is finished, the rest is not taken."""

    map: ServiceMap
    pool: "asyncpg.Pool[asyncpg.Record]"
    queries: Queries
    transactor: Transactor
    clock: Clock
    barrier: Barrier
    owned: set[int] = field(default_factory=set)
    """Lanes whose partitions this process has been given: whose timers it fires."""
    on_commit: list[Callable[[Committed], None]] = field(default_factory=list)
    between_batches: Callable[[], None] = lambda: None
    """Called when nothing of a batch is in memory any more."""
    fatal: BaseException | None = None
    suspended: bool = False
    """Nothing may be written until an operator says so (promise 8): records wait, commands are refused."""
    held_back: Waiting = field(default_factory=Waiting)
    """Taken, and not to be decided before facts of others have come; while records are here, none is acknowledged."""
    _queue: Queue = field(default_factory=Queue)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _clog: Clog | None = None
    _flows: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while records are taken."""
    _sweep: bool = True
    _swept_s: float = 0.0
    """When due timers were last looked for, in monotonic seconds."""
    _ripe: bool = True
    _try_again: bool = False
    _stored_wait: bool = False
    _stopping: bool = False
    _failing: Exception | None = None
    _in_hand: Sequence[Input | Passing] = ()
    """What the transaction at work has of the bus and of commands."""
    _busy: bool = False
    _commands_taken: int = 0
    looking: Looking = field(init=False)

    def __post_init__(self) -> None:
        """Looks as the map wants it."""
        self.looking = Looking(self.map, self._fetch)
        self._flows.set()

    # -- taking -------------------------------------------------------------------------------------------------------

    async def submit_events(self, records: Sequence[Record]) -> None:
        """Hand over a batch from the bus; returns after its commit, so that the caller may acknowledge it, unless some
        of it is ``held_back``.
        """
        if not self.sound:
            raise ConnectionError("the service is stopping")
        done = self._queue.add_batch(records)
        self._wake.set()
        await done

    async def submit_command(self, command: CommandInput) -> Answer:
        """Hand over a command; its answer after the commit.

        Raises :class:`OverloadedError` when too many wait, :class:`SuspendedError` where nothing may be written.
        """
        if self._queue.commands >= MAX_WAITING_COMMANDS or not self.sound:
            raise to_clients(self.fatal)
        self._queue.add_command(command)
        self._wake.set()
        return await command.answered

    def sweep(self) -> None:
        """Look for due timers now: the clock moved, or heads were told."""
        self._sweep = self._try_again = True
        self._wake.set()

    def suspend(self) -> None:
        """A number above our own heads was seen; the database says when it is over.

        Who has committed anything before may remember a database that is gone: such a process ends, and starts anew.
        """
        if self.transactor.committed and not self.suspended:
            self.fail(WentBackError({}))
        self.suspended = True
        self._wake.set()

    def look_for_ripe(self) -> None:
        """Look for stored events that may run now, and for what became of effects."""
        self._ripe = True
        self._wake.set()

    def clog(self, error: TooMuchParkedError) -> None:
        """Too much is parked (promise 6): records and clocks wait."""
        log.critical("records and clocks wait: %s", error)
        self._clog = Clog(time.monotonic())
        self._flows.clear()
        self._wake.set()

    @property
    def clogged(self) -> bool:
        """True while records and clocks wait, because too much is parked."""
        return self._clog is not None

    async def not_clogged(self) -> None:
        """Returns when records are taken; ``ConnectionError`` when the service stops first."""
        await self._flows.wait()
        if not self.sound:
            raise ConnectionError("the service is stopping")

    @property
    def sound(self) -> bool:
        """True while the loop takes what it is given, and nothing has ended it."""
        return not self._stopping and self.fatal is None and self._failing is None

    @property
    def uncommitted(self) -> set[LaneOf]:
        """Producers' lanes of which records were handed over that are not committed yet: not to be acknowledged."""
        return places_of(self._in_hand) | self._queue.places | self.held_back.places

    @property
    def waiting(self) -> int:
        """Inputs taken and not committed. Looking for due timers or ripe facts is none: the database counts those."""
        return len(self._queue) + len(self.held_back) + int(self._busy)

    # -- the loop -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Take and commit batches until stopped; returns with ``fatal`` set where going on would do harm."""
        try:
            while not self._stopping:
                try:
                    await asyncio.wait_for(self._wake.wait(), self._swept_s + SWEEP_EVERY_S - time.monotonic())
                except TimeoutError:
                    self._look_again()
                self._wake.clear()
                if self._failing is not None:
                    raise self._failing  # noqa: TRY301 - what another part found ends the loop as its own errors do
                await self._drain()
        except Exception as error:
            self.fatal = error
            log.exception("the writer loop stopped")
            raise
        finally:
            self._busy = False
            self._give_up(self.fatal or ConnectionError("the service is stopping"))

    def fail(self, error: Exception) -> None:
        """End the loop, and with it the process, for a reason that another part of it found."""
        self._failing = error
        self._wake.set()

    def stop(self) -> None:
        """Finish the batch in hand and take no more."""
        self._stopping = True
        self._flows.set()
        self._wake.set()

    async def _drain(self) -> None:
        taking = True
        while taking and self.sound and await self._may_take():
            taking = await self._take_and_commit()
            self.between_batches()
            await asyncio.sleep(after_commands(self._commands_taken, self.clock))

    async def _take_and_commit(self) -> bool:
        """One batch of what waits; False where nothing does, or nothing may be taken now."""
        if time.monotonic() - self._swept_s >= SWEEP_EVERY_S:
            self._look_again()  # under load no wait of the loop lasts until then
        self._ripe = self._ripe or (self._try_again and self._stored_wait)
        stored = await self._take_stored() if self._ripe else []
        batches, taken = self._queue.take(MAX_BATCH, records=not self.clogged)
        joined = self.held_back.join(taken)
        again = self._take_again() if self._try_again else []
        self._try_again = False
        self._in_hand = inputs = [*again, *joined]
        self._busy, self._commands_taken = bool(inputs), len(commands_of(joined))
        try:
            timers = await self._take_timers() if self._sweep and not self.clogged else []
            everything: list[Input | Passing] = [*stored, *inputs, *timers]
            if everything:
                self._busy = True
                await self._commit(everything)
        except (SuspendedError, TooMuchParkedError) as error:
            if isinstance(error, SuspendedError):
                self.suspend()
                self._ripe = True
            else:
                # What operators want tried again was given up with the records; it alone may clear some.
                self._ripe = self._ripe or not self.clogged
                self.clog(error)
            self._queue.put_back(batches)
            self.held_back.put_back(again)
            refuse((), commands_of(inputs), error)
            return False
        except BaseException as error:
            # Nobody waits for ever: what was taken and not committed is answered like what was never taken.
            refuse(batches, commands_of(inputs), error)
            raise
        finally:
            self._busy, self._in_hand = False, ()
        for _, done in batches:
            if not done.done():
                done.set_result(None)
        return bool(everything)

    def _take_again(self) -> list[Input | Passing]:
        return list(self.held_back.take_commands()) if self.clogged else self.held_back.take(MAX_BATCH)

    def _look_again(self) -> None:
        """It was not done for a while: look for due timers, and try again what waits."""
        self._sweep = self._try_again = True
        self._swept_s = time.monotonic()

    async def _take_timers(self) -> list[TimerInput]:
        self._sweep, self._swept_s = False, time.monotonic()
        due = await self.looking.due({lane: self._until(lane) for lane in sorted(self.owned)}, MAX_BATCH)
        timers = of_one_transaction(due)
        self._sweep = self._sweep or bool(timers)
        return timers

    async def _take_stored(self) -> list[StoredInput]:
        self._ripe = self._stored_wait = False
        return await self.looking.ripe(self._until, self.clock.now())

    async def _may_take(self) -> bool:
        """Whether anything may be written; where nothing could be lately, the database says whether that is over."""
        if self.suspended:
            self.suspended = (await self._fetch("read_suspended"))[0]["suspended"]
        if self.suspended:
            refuse((), [*self._queue.clear_commands(), *self.held_back.take_commands()], SuspendedError())
        elif self._clog and self._clog.is_over(
            await self.retrying(lambda c: parked_lately(c, self.queries)), time.monotonic()
        ):
            self._clog, self._ripe, self._sweep = None, True, True
            self._flows.set()
            log.warning("records and clocks are taken again")
        return not self.suspended

    def _until(self, lane: int) -> datetime:
        """How far the lane's timers may fire; another process's lane is left to it."""
        if lane not in self.owned:
            return LONG_AGO
        return self.barrier.until(lane, self.clock.now())

    def _takes_along(self, item: Input, lane: int) -> datetime:
        """How far the lane's timers may fire with an input of it: on the stepped clock whosoever the lane is."""
        return (item.at or self.clock.now()) if self.clock.stepped else self._until(lane)

    # -- committing ---------------------------------------------------------------------------------------------------

    async def _commit(
        self, inputs: list[Input | Passing], poisoned: Mapping[int, Exception] | None = None, *,
        tried: Tried = "together",
    ) -> None:  # fmt: skip
        """Commit a batch; one that fails for a reason of its own is halved until the culprit stands alone."""
        apart = tried != "together"
        try:
            committed = await self.retrying(lambda c: self._run(c, inputs, poisoned or {}, apart=apart))
        except (TooMuchParkedError, SuspendedError):
            raise
        except WentBackError as error:
            lost = error.lost
            await self.retrying(lambda connection: note_seen(connection, self.queries, lost))
            raise
        except Exception as error:
            if is_transient(error):
                raise
            if len(inputs) == 1:
                await commit_alone(inputs[0], error, tried, self._commit, self.looking, self._takes_along)
                return
            half = len(inputs) // 2
            await self._commit(inputs[:half])
            rest = self.held_back.join(inputs[half:])
            if rest:
                await self._commit(rest)
            return
        self._hold_back(inputs, committed)
        self._tell(committed)

    async def _run(
        self,
        connection: Any,  # noqa: ANN401 - asyncpg's proxy
        inputs: list[Input | Passing],
        poisoned: Mapping[int, Exception],
        *,
        apart: bool,
    ) -> Committed:
        passed = await pass_by(connection, self.queries, inputs, self.barrier.stands)
        if passed:
            return passed
        stood = self.barrier.standing()  # before the inboxes are read: they only rise, and not by us alone
        return await self.transactor.run(connection, inputs, poisoned, self._known(), stood=stood, apart=apart)

    def _known(self) -> Known | None:
        return None if self.clock.stepped else self.barrier.known(self.owned)

    def _hold_back(self, inputs: Iterable[Input | Passing], committed: Committed) -> None:
        plan, now_s = committed.plan, time.monotonic()
        self._stored_wait = self._stored_wait or any(not isinstance(item, CommandInput) for item in plan.later)
        if plan.woken or self.held_back.lanes & {lane for _, lane in committed.arrivals.last}:
            self._try_again = True
        if not plan.waits and not plan.later:
            return
        self.held_back.keep(inputs, plan, now_s)
        for place, first in plan.waits.items():
            self.barrier.next_is(place, first.at)
            self._sweep = True
        for command in self.held_back.take_impatient(now_s):
            if not command.answered.done():
                command.answered.set_result(FACTS_ON_THEIR_WAY)

    async def _fetch(self, name: str, *args: object) -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = await self.retrying(lambda c: c.fetch(self.queries[name], *args))
        return rows

    async def retrying(self, work: Callable[[Any], Awaitable[Any]]) -> Any:  # noqa: ANN401 - as the work returns
        """Do the work on a connection of the pool, again with growing waits while the error is transient."""
        attempt = 0
        while True:
            try:
                async with self.pool.acquire() as connection:
                    return await work(connection)
            except Exception as error:
                if not is_transient(error) or self._stopping:
                    raise
                wait_s = BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)]
                attempt += 1
                log.warning("database: %s; again in %s s", repr(error), wait_s)
                if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
                    await self.pool.expire_connections()  # they lead to a server that others have left
                await asyncio.sleep(wait_s)

    def _tell(self, committed: Committed) -> None:
        """After the commit: from here on nothing can be taken back, only repeated."""
        log_failures(committed, self.transactor.tracing.deployment)
        for item, answer in committed.plan.answers:
            if not item.answered.done():
                item.answered.set_result(answer)
        freed = self.barrier.reach(committed.arrivals.stands)
        self._sweep = self._sweep or freed or committed.wakes_by(self.clock.now())
        plan = committed.plan
        if plan.ripe or plan.applied or plan.released or plan.settled or plan.stuck:
            self._ripe = True
        for listener in self.on_commit:
            listener(committed)

    def _give_up(self, error: BaseException) -> None:
        commands = [*self._queue.clear_commands(), *self.held_back.take_commands()]
        refuse(self._queue.clear_batches(), commands, error)
        self._flows.set()
