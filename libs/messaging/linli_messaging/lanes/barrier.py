"""How far each lane's incoming facts are complete: a timer never overtakes the event that would have stopped it.

A producer tells, every second, each lane's head and the instant (promise 3). Once our inbox has reached a head told at
an instant, no fact at or before that instant is still on its way, nor will an overdue clock of the producer tell one: a
lane that has such a clock is told as of that clock's instant. Pure: instants and numbers in, instants out; rebuilt from
the next heads after a restart, so it is kept in memory only.
"""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from linli_messaging.lanes.inbox import LaneOf

PENDING: Final = 64
"""Heads told but not reached, kept a lane; under constant load older ones are reached first, so a minute's worth is
enough."""
PATIENCE: Final = timedelta(seconds=30)
"""How long a timer waits for a producer that tells nothing (it is down), or whose overdue clock does not fire: then our
clocks run without it. Assumed."""
STANDSTILL_S: Final = 2.0
"""What a longer break between two looks at the bus counts for: whoever does not listen (frozen, or its database away)
knows nothing of silence. Twice the wait of one look."""
LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)
INSTANT: Final = timedelta(microseconds=1)
"""The grain of time, as the database has it."""


class Barrier:
    """What one process knows of the lanes of its producers."""

    def __init__(self, producers: Iterable[str]) -> None:
        """Nothing is known yet: no timer is free to fire."""
        self._producers = tuple(producers)
        self._last: dict[LaneOf, int] = {}
        self._told: dict[LaneOf, deque[tuple[int, datetime]]] = defaultdict(deque)
        self._complete: dict[LaneOf, datetime] = {}
        self._overdue: dict[LaneOf, tuple[datetime, float]] = {}
        """The overdue clock that a lane was last told of, and since when."""
        self._listened_s = 0.0
        self._looked_s: float | None = None
        self._heard_s: dict[str, float] = {}

    def listen(self, monotonic_s: float) -> None:
        """The bus was looked at just now: silence counts only as far as somebody listened."""
        if self._looked_s is not None:
            self._listened_s += min(monotonic_s - self._looked_s, STANDSTILL_S)
        self._looked_s = monotonic_s

    def tell(
        self, producer: str, at: datetime, heads: Mapping[int, int], overdue: Mapping[int, datetime] | None = None
    ) -> None:
        """A producer told its heads at an instant, and of lanes that have an overdue clock, when that is due."""
        self._heard_s[producer] = self._listened_s
        for lane, head in heads.items():
            place = (producer, lane)
            waiting = self._told[place]
            waiting.append((head, self._told_of(place, at, (overdue or {}).get(lane, at))))
            if len(waiting) > PENDING:
                del waiting[PENDING // 2]
            self._settle(place)

    def _told_of(self, place: LaneOf, at: datetime, due: datetime) -> datetime:
        """The instant that the heads of a lane stand for: an overdue clock holds it back, though not for ever."""
        if due >= at:
            self._overdue.pop(place, None)
            return at
        before, since_s = self._overdue.get(place, (due, self._listened_s))
        since_s = since_s if before == due else self._listened_s
        self._overdue[place] = due, since_s
        return due if self._listened_s - since_s < PATIENCE.total_seconds() else at

    def reach(self, reached: Mapping[LaneOf, int]) -> bool:
        """Our inboxes stand here now; whether that came up to told heads, so that timers may be free to fire."""
        freed = False
        for place, number in reached.items():
            self._last[place] = max(number, self._last.get(place, 0))
            freed |= self._settle(place)
        return freed

    def stands(self, place: LaneOf) -> int:
        """Where our inbox stood when this process last saw it."""
        return self._last.get(place, 0)

    def standing(self) -> dict[LaneOf, int]:
        """Where every inbox stood when this process last saw it."""
        return dict(self._last)

    def _settle(self, place: LaneOf) -> bool:
        """Whether told heads have been reached."""
        last, waiting, freed = self._last.get(place, 0), self._told[place], False
        while waiting and waiting[0][0] <= last:
            _, at = waiting.popleft()
            if at > self._complete.get(place, LONG_AGO):
                self._complete[place], freed = at, True
        return freed

    def complete(self, place: LaneOf, reached: int) -> datetime:
        """Every fact of a producer's lane that happened by then is here once its inbox stands at ``reached``."""
        until = self._complete.get(place, LONG_AGO)
        for head, at in self._told.get(place, ()):
            if head > reached:
                break
            until = max(until, at)
        return until

    def next_is(self, place: LaneOf, at: datetime) -> None:
        """The next record of a producer's lane is in hand: its lane is complete to just before it."""
        self._complete[place] = max(at - INSTANT, self._complete.get(place, LONG_AGO))

    def until(self, lane: int, now: datetime) -> datetime:
        """How far this lane's timers may fire: every producer's facts are complete to there, or it is long silent."""
        return min([now, *(self._complete.get((producer, lane), LONG_AGO) for producer in self._awaited())])

    def known(self, owned: Collection[int]) -> "Known":
        """What a transaction that begins now may rely on."""
        return Known(self, self._awaited(), owned)

    def _awaited(self) -> tuple[str, ...]:
        """The producers that are not long silent."""
        long_ago_s = self._listened_s - PATIENCE.total_seconds()
        return tuple(name for name in self._producers if self._heard_s.get(name, 0.0) >= long_ago_s)


@dataclass(frozen=True, slots=True)
class Known:
    """What one process knows of its lanes: nothing is ever unlearned, so it stays true while a transaction runs."""

    barrier: Barrier
    producers: tuple[str, ...]
    """Those whose facts are waited for."""
    owned: Collection[int]
    """The lanes whose inboxes this process moves."""
