"""What a ticket knows of its crisis: who commands, which offices must know of it, who was told when and has confirmed.

Data only; `crisis.py` opens and leads it, `crisis_notices.py` tells people. It belongs to one round of the case.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import AwareDatetime


@dataclass(frozen=True, slots=True)
class Notice:
    """A person was told at this instant."""

    person_id: str
    told_at: AwareDatetime


@dataclass(frozen=True, slots=True)
class Duty:
    """An office that must know of the crisis: one person after another is told for it, until one has confirmed."""

    office: str
    notices: tuple[Notice, ...] = ()
    confirmed_by: str | None = None
    confirmed_at: AwareDatetime | None = None
    exhausted: bool = False
    """Everybody was told and nobody has confirmed: a shortage, on the timeline."""

    @property
    def waits_since(self) -> datetime | None:
        """Since when a confirmation is awaited that goes to the next person; None: nobody is next."""
        if self.confirmed_at is not None or self.exhausted or not self.notices:
            return None
        return self.notices[-1].told_at

    def told(self, person_id: str) -> bool:
        """Whether this person was told for the office."""
        return any(one.person_id == person_id for one in self.notices)


@dataclass(frozen=True, slots=True)
class Crisis:
    """The crisis of a case of level 1 or 2."""

    opened_at: AwareDatetime
    commander_id: str | None
    ended_at: AwareDatetime | None
    duties: tuple[Duty, ...] = ()
    collective: bool = False
    """Several customers complain together: answered in person first."""
    answered_at: AwareDatetime | None = None
    answered_by: str | None = None
    with_group_since: AwareDatetime | None = None
    """When the region handed it to the group centre."""
    entries: int = 0
    """Lines of its log, which are on the timeline."""
    told_before: int = 0
    """Notices of earlier crises of the same round: with the number below they tell the clock's firings apart."""

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.ended_at is None

    @property
    def awaits_answer_in_person(self) -> bool:
        """Whether nobody else may answer the customers yet."""
        return self.running and self.collective and self.answered_at is None

    @property
    def waits_since(self) -> datetime | None:
        """Since when the longest outstanding confirmation is awaited."""
        if not self.running:
            return None
        return min((since for one in self.duties if (since := one.waits_since)), default=None)

    @property
    def told(self) -> int:
        """How many notices there were in this round of the case."""
        return self.told_before + sum(len(one.notices) for one in self.duties)
