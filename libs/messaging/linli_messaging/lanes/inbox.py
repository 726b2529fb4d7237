"""Which records of a producer's lane are next, which are repeated, and which are missing (promise 4). Pure.

Records beyond a gap are dropped, never buffered: they are asked for again, so memory stays bounded and other lanes go
on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from linli_messaging.inputs import EventInput, Passing, Record

LaneOf = tuple[str, int]
"""A producer's lane."""


def place_of(record: Record) -> LaneOf:
    """The producer's lane whose inbox a record moves."""
    return record.producer, record.lane


@dataclass(slots=True)
class Arrivals:
    """What a batch of records means for the inboxes."""

    next: list[EventInput] = field(default_factory=list)
    last: dict[LaneOf, int] = field(default_factory=dict)
    """Where each touched inbox stands after ``next``."""
    stands: dict[LaneOf, int] = field(default_factory=dict)
    """Where every inbox stands that a record came for, moved or not."""
    gaps: dict[LaneOf, tuple[int, int]] = field(default_factory=dict)
    """First missing number and the number that showed it, as far as the batch itself did not bring what was missing."""
    passed: int = 0
    """How many of those that came next were only passing."""
    repeated: int = 0

    def stop_before(self, waits: Mapping[LaneOf, EventInput], last: Mapping[LaneOf, int]) -> None:
        """These records wait: their lanes go no further this time. ``last``: where the inboxes stood before."""
        for place, first in waits.items():
            stood, envelope = last.get(place, 0), first.envelope
            self.stands[place] = max(stood, (envelope.abandoned_from or envelope.number) - 1)
            self.last[place] = self.stands[place]
            if self.last[place] == stood:
                del self.last[place]
        self.next = [record for record in self.next if not _waits(record, waits.get(place_of(record)))]


def sort_arrivals(records: Iterable[Record], last: Mapping[LaneOf, int]) -> Arrivals:
    """Number ≤ last is repeated, last + 1 is next, a jump is a gap and everything beyond it in that lane is dropped.

    No gap is a jump over numbers that their producer has declared as abandoned (promise 8).
    """
    arrivals = Arrivals()
    for record in records:
        place, number = place_of(record), record.number
        reached = arrivals.last.get(place, last.get(place, 0))
        if number <= reached:
            arrivals.repeated += 1
        elif number == reached + 1 or _steps_over(record, reached):
            arrivals.last[place] = number
            if isinstance(record, Passing):
                arrivals.passed += 1
            else:
                arrivals.next.append(record)
        else:
            _, seen = arrivals.gaps.get(place, (0, number))
            arrivals.gaps[place] = (0, max(seen, number))
        arrivals.stands[place] = arrivals.last.get(place, last.get(place, 0))
    arrivals.gaps = {
        place: (arrivals.stands[place] + 1, seen)
        for place, (_, seen) in arrivals.gaps.items()
        if seen > arrivals.stands[place]
    }
    return arrivals


def _waits(record: EventInput, first: EventInput | None) -> bool:
    return first is not None and record.number >= first.number


def _steps_over(record: Record, reached: int) -> bool:
    first = record.abandoned_from
    return first is not None and first <= reached + 1
