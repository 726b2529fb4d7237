"""How far each lane's incoming facts are complete: a timer never overtakes the event that would have stopped it.

A producer tells, every second, each lane's head and the instant (promise 3). Once our inbox has reached a head told at
an instant, no fact at or before that instant is still on its way. Pure: instants and numbers in, instants out; rebuilt
from the next heads after a restart, so it is kept in memory only.
"""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from linli_messaging.inbox import LaneOf

PENDING: Final = 64
"""Heads told but not reached, kept a lane; under constant load older ones are reached first, so a minute's worth is
enough."""
PATIENCE: Final = timedelta(seconds=30)
"""How long a timer waits for a producer that tells nothing (it is down): then its clocks run without it. Assumed."""
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
        self._heard: dict[str, float] = {}

    def tell(self, producer: str, at: datetime, heads: Mapping[int, int], monotonic_s: float) -> None:
        """A producer told its heads at an instant."""
        self._heard[producer] = monotonic_s
        for lane, head in heads.items():
            place = (producer, lane)
            waiting = self._told[place]
            waiting.append((head, at))
            if len(waiting) > PENDING:
                del waiting[PENDING // 2]
            self._settle(place)

    def reach(self, reached: Mapping[LaneOf, int]) -> None:
        """Our inboxes stand here now."""
        for place, number in reached.items():
            self._last[place] = max(number, self._last.get(place, 0))
            self._settle(place)

    def _settle(self, place: LaneOf) -> None:
        last, waiting = self._last.get(place, 0), self._told[place]
        while waiting and waiting[0][0] <= last:
            _, at = waiting.popleft()
            if at > self._complete.get(place, LONG_AGO):
                self._complete[place] = at

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

    def missing(self) -> dict[LaneOf, int]:
        """Lanes whose told head we have not reached, with that head: a lost tail, if it stays so."""
        return {place: waiting[-1][0] for place, waiting in self._told.items() if waiting}

    def until(self, lane: int, now: datetime, started_s: float, monotonic_s: float) -> datetime:
        """How far this lane's timers may fire: every producer's facts are complete to there, or it is long silent."""
        awaited = self._awaited(started_s, monotonic_s)
        return min([now, *(self._complete.get((producer, lane), LONG_AGO) for producer in awaited)])

    def known(self, owned: Collection[int], started_s: float, monotonic_s: float) -> "Known":
        """What a transaction that begins now may rely on."""
        return Known(self, self._awaited(started_s, monotonic_s), owned)

    def _awaited(self, started_s: float, monotonic_s: float) -> tuple[str, ...]:
        """The producers that are not long silent."""
        long_ago_s = monotonic_s - PATIENCE.total_seconds()
        return tuple(name for name in self._producers if self._heard.get(name, started_s) >= long_ago_s)


@dataclass(frozen=True, slots=True)
class Known:
    """What one process knows of its lanes: nothing is ever unlearned, so it stays true while a transaction runs."""

    barrier: Barrier
    producers: tuple[str, ...]
    """Those whose facts are waited for."""
    owned: Collection[int]
    """The lanes whose inboxes this process moves."""
