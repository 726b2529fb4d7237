"""How far lanes are complete while one batch is decided, and which producers' lanes have come to wait. Pure.

An input fires the overdue clocks of the states it touches only as far as no fact can be on its way that would have
stopped them. Two things show that: heads that were told and reached (:mod:`linli_messaging.lanes.barrier`), and the
records in hand, because the instants of a lane rise: nothing that happened before its next record is still to come. On
the stepped clock nobody waits here: its conductor lets everything come to rest before it moves.
"""

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise

from linli_messaging.inputs import EventInput
from linli_messaging.lanes.barrier import INSTANT, LONG_AGO, Known
from linli_messaging.lanes.inbox import Arrivals, LaneOf, place_of

FOR_EVER = datetime.max.replace(tzinfo=LONG_AGO.tzinfo)


class Completeness:
    """One pass over a batch: follows the records that are decided."""

    def __init__(self, known: Known, reached: Mapping[LaneOf, int], arrivals: Arrivals) -> None:
        """``reached``: where the inboxes stand before these arrivals."""
        self._known = known
        self._reached = {**reached, **arrivals.last}
        self._ends = dict(arrivals.last)
        self._before: dict[LaneOf, datetime] = {}
        """Everything of a producer's lane that happened before this has been decided."""
        self._next: dict[int, EventInput] = {}
        self.waits: dict[LaneOf, EventInput] = {}
        """The first record that waits, of each lane that does."""
        lines: dict[LaneOf, list[EventInput]] = {}
        for record in arrivals.next:
            lines.setdefault(place_of(record), []).append(record)
        for place, line in lines.items():
            self._before[place] = line[0].at
            self._reached[place] = reached.get(place, 0)
            self._next.update({id(one): other for one, other in pairwise(line)})

    def until(self, lane: int) -> datetime:
        """Every fact of this lane that happened by then has been decided. Of a lane whose inboxes another process moves
        nothing is known: that process fires its clocks.
        """
        if lane not in self._known.owned:
            return LONG_AGO
        return min((self._until((producer, lane)) for producer in self._known.producers), default=FOR_EVER)

    def _until(self, place: LaneOf) -> datetime:
        told = self._known.barrier.complete(place, self._reached.get(place, 0))
        return max(told, self._before.get(place, LONG_AGO + INSTANT) - INSTANT)

    def decided(self, record: EventInput) -> None:
        """A record of the bus has been decided."""
        place = place_of(record)
        following = self._next.get(id(record))
        self._reached[place] = record.number if following else self._ends[place]
        self._before[place] = following.at if following else record.at

    def stop(self, record: EventInput) -> None:
        """This record waits, and with it everything behind it in its lane."""
        self.waits.setdefault(place_of(record), record)

    def stopped(self, record: EventInput) -> bool:
        """True when one before it in its lane waits."""
        return place_of(record) in self.waits
