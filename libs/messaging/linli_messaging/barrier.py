"""How far each lane's incoming facts are complete: a timer never overtakes the event that would have stopped it.

A producer tells, every second, each lane's head and the instant (promise 3). Once our inbox has reached a head told at
an instant, no fact at or before that instant is still on its way. Pure: instants and numbers in, instants out; rebuilt
from the next heads after a restart, so it is kept in memory only.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from linli_messaging.inbox import LaneOf

PENDING: Final = 64
"""Heads told but not reached, kept a lane; under constant load older ones are reached first, so a minute's worth is
enough."""
PATIENCE: Final = timedelta(seconds=30)
"""How long a timer waits for a producer that tells nothing (it is down): then its clocks run without it. Assumed."""
LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)


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

    def missing(self) -> dict[LaneOf, int]:
        """Lanes whose told head we have not reached, with that head: a lost tail, if it stays so."""
        return {place: waiting[-1][0] for place, waiting in self._told.items() if waiting}

    def until(self, lane: int, now: datetime, started_s: float, monotonic_s: float) -> datetime:
        """How far this lane's timers may fire: every producer's facts are complete to there, or it is long silent."""
        free = now
        for producer in self._producers:
            if monotonic_s - self._heard.get(producer, started_s) > PATIENCE.total_seconds():
                continue
            free = min(free, self._complete.get((producer, lane), LONG_AGO))
        return free
