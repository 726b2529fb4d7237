"""What a ticket knows of urgent notices that nobody has read yet: who was told when (DSP-20).

Data only; `telling.py` tells people. What is read is on the timeline, and here no more. It belongs to one round.
"""

from dataclasses import dataclass
from datetime import datetime

from linli_contracts.events.dispatch import NoticeKind
from pydantic import AwareDatetime

_ONE_OF_A_KIND = frozenset({"assignment", "command", "emergency"})
"""The case has one handler and one commander, and is one emergency: what is said about another one is past."""


@dataclass(frozen=True, slots=True)
class Told:
    """A person was told at this instant."""

    person_id: str
    told_at: AwareDatetime
    read_by: AwareDatetime
    """Unread by then, the next person is told."""


@dataclass(frozen=True, slots=True)
class StaffNotice:
    """An urgent notice that is to be read: one person after another is told, until one has read it."""

    number: int
    kind: NoticeKind
    about: str
    people: tuple[str, ...]
    """Whom it concerns: those told first."""
    told: tuple[Told, ...]
    exhausted: bool = False
    """Everybody was told and nobody has read it: a shortage, on the timeline."""

    @property
    def read_by(self) -> datetime | None:
        """Until when a reading is in time; after it the next person is told. None: nobody is next."""
        return None if self.exhausted else self.told[-1].read_by

    def was_told(self, person_id: str) -> bool:
        """Whether this person was."""
        return any(one.person_id == person_id for one in self.told)

    def is_past(self, kind: NoticeKind, about: str) -> bool:
        """Whether a newer notice takes its place."""
        return self.kind == kind and (kind in _ONE_OF_A_KIND or self.about == about)
