"""The runner of outside effects (promise 9): what was decided and committed is done outside, after the commit.

It holds no lane and has no part in the writer loop's transactions: a slow receiver delays nobody but itself. One a
service is active (an advisory lock). It commits an intent as ``sending``, sends it with the intent's id as idempotency
key, and commits what came of it; what becomes of it at each step is decided in :mod:`linli_messaging.outside.intent`.
"""

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol

import asyncpg

from linli_messaging import crash
from linli_messaging.any_clock import Clock
from linli_messaging.loop.transaction import Committed
from linli_messaging.one_at_a_time import Role
from linli_messaging.outside.intent import FINAL, InDoubt, Intent, Patience, Repeats, Result, Taken, note, take
from linli_messaging.outside.intent_rows import Move, moving, read_intent
from linli_messaging.outside.sharing import Sharing, Slow
from linli_messaging.queries import Queries
from linli_messaging.sqlstate import is_transient

LOCK_SPACE: Final = 0x4C494E45
"""The first half of the advisory lock's key: "LINE", beside the relay's."""
ABANDONED_AT_ONCE: Final = 500
SEND_WITHIN_S: Final = 15.0
"""No answer within this time is no answer. Assumed; partners are told to answer within 10 s."""
LOOK_EVERY_S: Final = 0.5
"""How often due intents are looked for when nothing wakes us: below the one-second grain of deadlines."""
FEED_AFTER_S: Final = 0.1
"""How long facts gather before the feeds look at them: a look costs eleven statements, and the way to whoever is told
outside takes longer than that. On the stepped clock none gather: whoever moves it waits for the end of all this."""
BACKOFF_S: Final = 0.5

log = logging.getLogger(__name__)


class Sender(Protocol):
    """Carries out effects of one kind; knows how recipients are reached, and nothing of intents' storage."""

    @property
    def kind(self) -> str:
        """Of which effects."""
        ...

    @property
    def repeats(self) -> Repeats:
        """What the receiver makes of the same key twice."""
        ...

    def patience(self, now: datetime) -> Patience:
        """How tries follow each other, by the policy in force."""
        ...

    def may_from(self, intent: Intent, now: datetime) -> datetime:
        """When its recipient may be reached: ``now``, or a later instant (quiet hours)."""
        ...

    async def send(self, intent: Intent) -> Result:
        """Send it once, with the intent's id as key. What it raises counts as: nobody knows."""
        ...

    async def ask(self, intent: Intent) -> Result | None:
        """What the receiver knows of the key; None: it never got it. Only asked where ``repeats`` is ``asked``."""
        ...


class Feed(Protocol):
    """Makes effects of what the service has stored; asked by one runner at a time, on its connection."""

    async def begin(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's proxy
        """Before the first step of a runner."""
        ...

    async def step(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's proxy
        """Look at a bounded part of what there is to look at."""
        ...


@dataclass(slots=True)
class EffectRunner:
    """The runner of one process; waits for the lock, then works until stopped or its connection is lost."""

    pool: "asyncpg.Pool[asyncpg.Record]"
    queries: Queries
    clock: Clock
    senders: Mapping[str, Sender]
    tells: frozenset[str]
    """The kinds whose end the service's map wants to know."""
    on_end: Callable[[], None]
    """Called after an intent came to its end."""
    noted: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many intents of a kind came into a status, for the metrics."""
    feeds: Sequence[Feed] = ()
    """What makes effects of the service's own facts."""
    on_sent: Callable[[Intent, Result, float], None] | None = None
    """Called after each try, with what came of it and the seconds it took; for traces."""
    active: bool = False
    run_id: str = field(default_factory=lambda: secrets.token_hex(8))
    _under_way: dict["asyncio.Task[Result]", Intent] = field(default_factory=dict)
    _slow: Slow = field(default_factory=Slow)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _gathering: bool = False
    """While facts gather for the feeds, which are woken at the end of it."""
    _ends: bool = False
    """Whether intents were moved to an end that is not told yet."""

    def committed(self, committed: Committed) -> None:
        """A listener of the writer loop: effects that were decided are due at once, unless they say otherwise; facts
        that were told are looked at soon.
        """
        told = self.feeds and committed.plan.told
        if committed.plan.effects or (told and self.clock.stepped):
            self._wake.set()
        elif told and not self._gathering:
            self._gathering = True
            asyncio.get_running_loop().call_later(FEED_AFTER_S, self._gathered)

    def _gathered(self) -> None:
        self._gathering = False
        self._wake.set()

    def wake(self) -> None:
        """Look for due intents now: the clock moved."""
        self._wake.set()

    def stop(self) -> None:
        """Take no more; what is under way is waited for, no longer than one sending may take."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Hold the lock and send; a lost connection begins again, and does not lose what is under way."""
        role = Role(self.queries, LOCK_SPACE)
        try:
            while not self._stopping:
                try:
                    async with self.pool.acquire() as connection, role.of(connection) as mine:
                        if mine:
                            await self._work(connection)
                except Exception as error:
                    if not is_transient(error):
                        log.exception("the runner of outside effects stopped")
                        raise
                    log.warning("outside effects: %s; again in %s s", repr(error), BACKOFF_S)
                finally:
                    self.active = False
                if not self._stopping:
                    await asyncio.sleep(BACKOFF_S)
        finally:
            for task in self._under_way:
                task.cancel()

    async def _work(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's proxy
        await self._doubt_abandoned(connection)
        for feed in self.feeds:
            await feed.begin(connection)
        self.active = True
        self.on_end()  # this one may have ended some just now, or whoever had the lock before and died
        while not self._stopping:
            self._wake.clear()
            for feed in self.feeds:
                await feed.step(connection)
            more = await self._start_due(connection)
            if not more:
                await self._wait()
            await self._note_ended(connection)
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=SEND_WITHIN_S)
            await self._note_ended(connection)

    async def _wait(self) -> None:
        """Until something ended, was committed, or may have come due."""
        woken = asyncio.ensure_future(self._wake.wait())
        await asyncio.wait({woken, *self._under_way}, timeout=LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
        woken.cancel()

    # -- the steps ----------------------------------------------------------------------------------------------------

    async def _doubt_abandoned(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's proxy
        """What a dead run was sending: nobody knows whether it was received."""
        while True:
            here = [intent.cause for intent in self._under_way.values()]
            async with connection.transaction():
                rows = await connection.fetch(
                    self.queries["abandoned_intents"], self.run_id, here, ABANDONED_AT_ONCE, sorted(self.senders)
                )
                moves = [
                    (intent, row["run"], self._after(intent, InDoubt("no_answer", at_once=True)), row["run"])
                    for row in rows
                    for intent in (read_intent(row),)
                ]
                await self._move(connection, moves)
            if len(rows) < ABANDONED_AT_ONCE:
                return

    async def _start_due(self, connection: Any) -> bool:  # noqa: ANN401 - asyncpg's proxy
        """Commit what is due as ``sending`` and begin to send it; True where there may be more to begin at once."""
        sharing = Sharing(self._under_way.values(), self.senders, self._slow)
        room = sharing.room
        if room <= 0:
            return False
        crash.point("effect-before-taking")
        now = self.clock.now()
        async with connection.transaction():
            rows = await connection.fetch(self.queries["due_intents"], now, sharing.full, room, sharing.kinds)
            chosen = [(intent, row["run"]) for row in rows for intent in (read_intent(row),) if sharing.take(intent)]
            moves: list[Move] = [(intent, had, self._taken(intent), self.run_id) for intent, had in chosen]
            moved = await self._move(connection, moves)
        again = sharing.room_for_slow and self._slow.begin_round()
        self._tell_ends()
        crash.point("effect-after-taking")
        for _, _, intent, _ in moves:
            if intent.status == "sending" and intent.cause in moved:
                self._under_way[asyncio.create_task(self._send(intent))] = intent
        return bool(rows) or again

    async def _send(self, intent: Intent) -> Result:
        began_s = time.monotonic()
        result = await self._try(intent)
        took_s = time.monotonic() - began_s
        self._slow.note(intent.recipient, took_s)
        if self.on_sent is not None:
            self.on_sent(intent, result, took_s)
        return result

    async def _try(self, intent: Intent) -> Result:
        sender = self.senders[intent.kind]
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                known = await sender.ask(intent) if intent.doubtful and sender.repeats == "asked" else None
                return known or await sender.send(intent)
        except TimeoutError:
            return InDoubt("no_answer")
        except Exception:  # a bug in a sender leaves this intent in doubt, and the others go on
            log.exception("%s %s could not be sent", intent.kind, intent.cause)
            return InDoubt("sender_failed")

    async def _note_ended(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's proxy
        """Commit what came of what has ended; only then is it forgotten here."""
        ended = [task for task in self._under_way if task.done()]
        if not ended:
            return
        crash.point("effect-after-sending")
        results = {self._under_way[task].cause: task.result() for task in ended}
        moves: list[Move] = [
            (intent, self.run_id, self._after(intent, results[intent.cause]), self.run_id)
            for intent in (self._under_way[task] for task in ended)
        ]
        moved = await self._move(connection, moves)
        late = [move for move in moves if move[0].cause not in moved and isinstance(results[move[0].cause], Taken)]
        await self._move(connection, [(_unknown(was), had, now, run) for was, had, now, run in late])
        self._tell_ends()
        for task in ended:
            del self._under_way[task]
        crash.point("effect-after-noting")

    def _taken(self, intent: Intent) -> Intent:
        now, sender = self._instant_of(intent), self.senders[intent.kind]
        return take(intent, sender.repeats, now, sender.may_from(intent, now))

    def _after(self, intent: Intent, result: Result) -> Intent:
        now, sender = self._instant_of(intent), self.senders[intent.kind]
        return note(intent, result, sender.repeats, sender.patience(now), now)

    def _instant_of(self, intent: Intent) -> datetime:
        """On the stepped clock each keeps its own, as clocks do: what came due within a step was not late."""
        return intent.next_at if self.clock.stepped else self.clock.now()

    async def _move(self, connection: Any, moves: Sequence[Move]) -> frozenset[str]:  # noqa: ANN401 - asyncpg's proxy
        """Commit the moves; the causes of those that nobody else had moved."""
        if not moves:
            return frozenset()
        rows = await connection.fetch(self.queries["move_intents"], *moving(moves), sorted(self.tells))
        moved = frozenset(row["cause"] for row in rows)
        ends = [now for _, _, now, _ in moves if now.cause in moved and now.status in FINAL]
        self.noted.update((intent.kind, intent.status) for intent in ends)
        for intent in ends:
            if intent.status != "sent":
                log.warning("%s %s is %s: %s", intent.kind, intent.cause, intent.status, intent.error)
        self._ends = self._ends or bool(ends)
        return moved

    def _tell_ends(self) -> None:
        """Have the ends told that were moved to: once they are committed, or whoever looks would not see them."""
        if self._ends:
            self._ends = False
            self.on_end()


def _unknown(intent: Intent) -> Intent:
    """As another run has marked it, when this one was taken for dead."""
    return replace(intent, status="unknown", doubtful=True)


def by_kind(senders: Iterable[Sender]) -> dict[str, Sender]:
    """The senders, found by their kind; a kind that two carry out is a bug and raises."""
    found: dict[str, Sender] = {}
    for sender in senders:
        if sender.kind in found:
            raise ValueError(f"two senders of {sender.kind}")
        found[sender.kind] = sender
    return found
