"""Going through open tickets of one estate because people come or go (DSP-19): in bounded rounds, a second apart.

A pass looks at all of them, some at a time; it is followed by another until one changes nothing. What a round does to
a ticket is the business of those who go through them: `handing_over.py`, `filling_up.py`.
"""

from datetime import datetime, timedelta
from typing import ClassVar, Final, Self

from linli_contracts.lanes import id_under, key_of
from linli_rulebook.decision import State
from pydantic import AwareDatetime

MOST_CASES: Final = 100
"""A round looks at so many tickets, as ``load_work_of`` does: it is one transaction, and other cases wait for it."""
BETWEEN: Final = timedelta(seconds=1)
"""Rounds are apart, so that each reads what the one before it has committed."""
CONFIRMING: Final = 2
"""A pass that moves nothing ends it, but not the first: work given out just before may not have been stored yet."""


class GoingThrough(State):
    """How far it is."""

    due_at: AwareDatetime | None = None
    """When the next round is; None: all is gone through."""
    round: int = 0
    """Counts on for ever, so that no two rounds are the same."""
    passes: int = 1
    """How often it has gone through, this time included."""
    moved: int = 0
    """Tickets that this pass has changed."""
    after: str = ""
    """The ticket that this pass has come to."""

    @property
    def estate_id(self) -> str:
        """Where."""
        return key_of(self.id)

    def looks_at(self, person: str, what: str) -> str:
        """The id of the :class:`WorkOf` that the next round looks at. Each round reads anew, so no id comes twice."""
        return id_under(self.estate_id, f"{person}|{self.after}|{what}|{self.round}")

    def from_start(self, at: datetime) -> Self:
        """To be gone through from the beginning, from this instant on."""
        return self.model_copy(update={"due_at": at, "round": self.round + 1, "passes": 1, "moved": 0, "after": ""})

    def gone_on(self, case_ids: tuple[str, ...], moved: int, at: datetime) -> Self:
        """After a round: on with the pass, with another one, or done."""
        whole = self.moved + moved
        facts: dict[str, object] = {"round": self.round + 1, "due_at": at + BETWEEN}
        if len(case_ids) == MOST_CASES:
            facts |= {"moved": whole, "after": case_ids[-1]}
        elif whole or self.passes < CONFIRMING:
            facts |= {"moved": 0, "after": "", "passes": self.passes + 1}
        else:
            facts |= {"moved": 0, "after": "", "due_at": None}
        return self.model_copy(update=facts)


class WorkOf(State):
    """The open tickets that a person handles or owns and those that are held by office, behind one of them.

    Read from the tickets, never saved. With no person, only the latter: in a crisis, before an office, or in the hands
    of somebody for want of one who fits.
    """

    table: ClassVar[str] = "work_of"

    case_ids: tuple[str, ...] = ()
