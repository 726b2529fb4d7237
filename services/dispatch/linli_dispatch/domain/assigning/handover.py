"""The handing over of one person's open work at one estate (DSP-19, DSP-20), which goes on until nothing is left.

What is under way lives here; what becomes of a ticket is `handing_over.py`'s.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal

from linli_contracts.lanes import id_under, key_of
from linli_rulebook.decision import State, Timer
from pydantic import AwareDatetime

Why = Literal["absence", "roster"]
HAND_OVER: Final = "hand_over"
MOST_CASES: Final = 100
"""A round looks at so many tickets, as ``load_work_of`` does: it is one transaction, and other cases wait for it."""
BETWEEN: Final = timedelta(seconds=1)
"""Rounds are apart, so that each reads what the one before it has committed."""
CONFIRMING: Final = 2
"""A pass that moves nothing ends it, but not the first: work given out just before may not have been stored yet."""


class Handover(State):
    """Whose work is handed over from which instant on, and how far that is. One for each person and cause."""

    table: ClassVar[str] = "handover"

    staff_id: str
    why: Why
    desks: tuple[str, ...] = ()
    """The desks whose roster the person has left; an absence is one from all."""
    due_at: AwareDatetime | None = None
    """When the next round is; None: all is handed over."""
    round: int = 0
    """Counts on for ever, so that no two rounds are the same."""
    passes: int = 1
    """How often it has gone through the person's work, this time included."""
    moved: int = 0
    """Tickets that this pass has handed over."""
    after: str = ""
    """The ticket that this pass has come to."""

    @property
    def estate_id(self) -> str:
        """Where."""
        return key_of(self.id)

    @property
    def work_id(self) -> str:
        """The tickets that the next round looks at: :class:`WorkOf`. Each round reads anew, so no id comes twice."""
        return id_under(self.estate_id, f"{self.staff_id}|{self.after}|{self.why}|{self.round}")

    def timers(self) -> Iterator[Timer]:
        """The next round."""
        if self.due_at is not None:
            yield Timer(self.due_at, HAND_OVER, step=self.round + 1)

    def begun(self, at: datetime, desks: tuple[str, ...] = ()) -> "Handover":
        """To be gone through from the beginning, from this instant on."""
        kept = self.desks if self.due_at is not None else ()
        return self.model_copy(
            update={
                "due_at": at,
                "desks": (*kept, *(desk for desk in desks if desk not in kept)),
                "round": self.round + 1,
                "passes": 1,
                "moved": 0,
                "after": "",
            }
        )

    def looked_through(self, case_ids: tuple[str, ...], moved: int, at: datetime) -> "Handover":
        """After a round: on with the pass, with another one, or done."""
        whole = self.moved + moved
        facts: dict[str, object] = {"round": self.round + 1, "due_at": at + BETWEEN}
        if len(case_ids) == MOST_CASES:
            facts |= {"moved": whole, "after": case_ids[-1]}
        elif whole or self.passes < CONFIRMING:
            facts |= {"moved": 0, "after": "", "passes": self.passes + 1}
        else:
            facts |= {"moved": 0, "after": "", "due_at": None, "desks": ()}
        return self.model_copy(update=facts)

    def dropped(self) -> "Handover":
        """The person is back before it began, or before it ended."""
        return self.model_copy(update={"round": self.round + 1, "due_at": None, "desks": ()})


class WorkOf(State):
    """The open tickets that a person handles or owns, behind one of them: read from the tickets, never saved."""

    table: ClassVar[str] = "work_of"

    case_ids: tuple[str, ...] = ()


def handover_id(estate_id: str, staff_id: str, why: Why) -> str:
    """The id of the one handover of a person for this cause."""
    return id_under(estate_id, f"{why}-{staff_id}")


def handover_of(known: Handover | None, estate_id: str, staff_id: str, why: Why) -> Handover:
    """The one that is known, or a new one that has nothing to do yet."""
    return known or Handover(id=handover_id(estate_id, staff_id, why), staff_id=staff_id, why=why)
