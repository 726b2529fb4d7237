"""Somebody joins an estate's roster or comes back (DSP-08, DSP-19): what waits there for want of people is given out.

Whose coming is awaited lives here; what becomes of a ticket is `filling_up.py`'s.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Final

from linli_contracts.lanes import id_under
from linli_rulebook.decision import Timer
from pydantic import AwareDatetime

from linli_dispatch.domain.assigning.going_through import GoingThrough
from linli_dispatch.domain.group.places import Estate

FILL: Final = "fill"


class Filling(GoingThrough):
    """When somebody comes, and how far the tickets are gone through. One for each estate."""

    table: ClassVar[str] = "filling"

    comes_at: tuple[AwareDatetime, ...] = ()
    """The instants at which somebody comes, the next first: as many as there are people away, and one who joined."""

    @property
    def work_id(self) -> str:
        """The tickets that the next round looks at."""
        return self.looks_at("", FILL)

    def timers(self) -> Iterator[Timer]:
        """The next round: of the pass that is under way, else of one for who comes next."""
        at = self.due_at or next(iter(self.comes_at), None)
        if at is not None:
            yield Timer(at, FILL, step=self.round + 1)

    def expecting(self, estate: Estate, now: datetime, *, joined: bool) -> "Filling":
        """Those come back who are away from this estate and have not come yet; ``joined``: somebody is new."""
        back = {one.until_at for one in estate.absences if one.until_at > now}
        kept = {at for at in self.comes_at if at <= now}
        return self.model_copy(update={"comes_at": tuple(sorted(back | kept | ({now} if joined else set())))})

    def begun(self, at: datetime) -> "Filling":
        """Whoever has come by now is there: a pass for them all, unless one is under way."""
        if self.due_at is not None:
            return self
        later = tuple(one for one in self.comes_at if one > at)
        return self.model_copy(update={"comes_at": later, "passes": 1, "moved": 0, "after": ""})


def filling_id(estate_id: str) -> str:
    """The id of the one of an estate."""
    return id_under(estate_id, "filling")


def filling_of(known: Filling | None, estate_id: str) -> Filling:
    """The one that is known, or a new one that expects nobody."""
    return known or Filling(id=filling_id(estate_id))
