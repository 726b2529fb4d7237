"""The handing over of one person's open work at one estate (DSP-19, DSP-20), which goes on until nothing is left.

What is under way lives here; what becomes of a ticket is `handing_over.py`'s.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Final, Literal

from linli_contracts.lanes import id_under
from linli_rulebook.decision import Timer

from linli_dispatch.domain.assigning.going_through import GoingThrough

Why = Literal["absence", "roster"]
HAND_OVER: Final = "hand_over"


class Handover(GoingThrough):
    """Whose work is handed over from which instant on, and how far that is. One for each person and cause."""

    table: ClassVar[str] = "handover"

    staff_id: str
    why: Why
    desks: tuple[str, ...] = ()
    """The desks whose roster the person has left; an absence is one from all."""

    @property
    def work_id(self) -> str:
        """The tickets that the next round looks at: those that the person handles or owns, and those held by office."""
        return self.looks_at(self.staff_id, self.why)

    def timers(self) -> Iterator[Timer]:
        """The next round."""
        if self.due_at is not None:
            yield Timer(self.due_at, HAND_OVER, step=self.round + 1)

    def begun(self, at: datetime, desks: tuple[str, ...] = ()) -> "Handover":
        """To be gone through from the beginning, from this instant on."""
        kept = self.desks if self.due_at is not None else ()
        return self.from_start(at).model_copy(update={"desks": (*kept, *(desk for desk in desks if desk not in kept))})

    def looked_through(self, case_ids: tuple[str, ...], moved: int, at: datetime) -> "Handover":
        """After a round: on with the pass, with another one, or done."""
        after = self.gone_on(case_ids, moved, at)
        return after.model_copy(update={"desks": ()}) if after.due_at is None else after

    def dropped(self) -> "Handover":
        """The person is back before it began, or before it ended."""
        return self.model_copy(update={"round": self.round + 1, "due_at": None, "desks": ()})


def handover_id(estate_id: str, staff_id: str, why: Why) -> str:
    """The id of the one handover of a person for this cause."""
    return id_under(estate_id, f"{why}-{staff_id}")


def handover_of(known: Handover | None, estate_id: str, staff_id: str, why: Why) -> Handover:
    """The one that is known, or a new one that has nothing to do yet."""
    return known or Handover(id=handover_id(estate_id, staff_id, why), staff_id=staff_id, why=why)
