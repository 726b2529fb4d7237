"""Noticing what is missing: a jump in the numbers, or a published number that never came (a lost tail). Pure.

Instants here are monotonic seconds of this process. The gaps themselves are rows (``gap``): a jump is stored by the
transaction that saw it, a lost tail by the consumer, who asks for both.
"""

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass, field
from typing import Final

from linli_messaging.lanes.inbox import LaneOf

GRACE_S: Final = 2.0
"""How long a published number may be on its way: twice the interval of the heads."""
ASK_AGAIN_S: Final = 2.0
"""How long to wait for an answer before asking again; the producer may be down."""
ASK_AGAIN_UNREAD_S: Final = 30.0
"""The same where the partition has more to read, for the answer may be among it: a new consumer reads for minutes, and
each ask makes the relay begin again. The ask may have been lost, so it is not for ever."""


@dataclass(slots=True)
class GapWatch:
    """What one process misses, and when it last asked for it."""

    _published: dict[LaneOf, int] = field(default_factory=dict)
    _last: dict[LaneOf, int] = field(default_factory=dict)
    _behind_since: dict[LaneOf, float] = field(default_factory=dict)
    _open: dict[LaneOf, float] = field(default_factory=dict)
    _fallen: dict[LaneOf, float] = field(default_factory=dict)

    def told(self, producer: str, published: Mapping[int, int], now_s: float) -> None:
        """A producer told how far it has published."""
        for lane, number in published.items():
            place = (producer, lane)
            self._published[place] = max(number, self._published.get(place, 0))
            if self._published[place] > self._last.get(place, 0):
                self._behind_since.setdefault(place, now_s)

    def told_heads(self, producer: str, heads: Mapping[int, int]) -> None:
        """A head below what we have handled: ask for what comes next, which tells the producer how far it was once.

        An old record of the heads does no harm: the producer knows better (promise 8).
        """
        for lane, head in heads.items():
            place = (producer, lane)
            if head < self._last.get(place, 0):
                self._fallen.setdefault(place, 0.0)
            else:
                self._fallen.pop(place, None)

    @property
    def fallen_back(self) -> bool:
        """Whether a producer tells of less than we have handled."""
        return bool(self._fallen)

    def reached(self, last: Mapping[LaneOf, int], now_s: float) -> None:
        """Our inboxes stand here; whoever moved is not stuck."""
        for place, number in last.items():
            if number <= self._last.get(place, -1):
                continue
            self._last[place] = number
            self._open.pop(place, None)
            if self._published.get(place, 0) > number:
                self._behind_since[place] = now_s
            else:
                self._behind_since.pop(place, None)

    def jumped(self, places: Mapping[LaneOf, tuple[int, int]]) -> None:
        """A record showed that numbers before it are missing: ask at the next look."""
        for place in places:
            self._open.setdefault(place, 0.0)

    def stuck(self, now_s: float) -> dict[LaneOf, tuple[int, int]]:
        """Lost tails: published for longer than the grace, and still not here (first missing, told)."""
        return {
            place: (self._last.get(place, 0) + 1, self._published[place])
            for place, since in self._behind_since.items()
            if now_s - since > GRACE_S and place not in self._open
        }

    @property
    def open(self) -> Collection[LaneOf]:
        """Where something is known to be missing."""
        return self._open.keys()

    def to_ask(self, now_s: float, unread: Container[LaneOf] = frozenset()) -> dict[LaneOf, int]:
        """What to ask for now: the first missing number of every open gap not asked for lately.

        ``unread``: places whose partition has more to read.
        """
        due = set()
        for waiting in (self._open, self._fallen):
            for place, asked in waiting.items():
                if now_s - asked > (ASK_AGAIN_UNREAD_S if place in unread else ASK_AGAIN_S) or asked == 0.0:
                    waiting[place] = now_s
                    due.add(place)
        return {place: self._last.get(place, 0) + 1 for place in sorted(due)}

    def forget(self, lanes: set[int]) -> None:
        """These lanes belong to another process now."""
        for known in (self._behind_since, self._open, self._fallen):
            for place in [place for place in known if place[1] in lanes]:
                del known[place]
