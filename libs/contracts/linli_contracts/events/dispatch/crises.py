"""Crisis cases: opened by levels 1 and 2, commanded by one person, told to those who decide (DSP-01)."""

from typing import Literal

from linli_contracts.event import Event, Id, Instant, Key, Level
from linli_contracts.events.dispatch.words import WhyReplaced
from linli_contracts.topics import DISPATCH

CrisisEntry = Literal["note", "decision", "measure_ordered", "measure_carried_out"]
"""What a line of a crisis's log is about."""


class CrisisOpened(Event):
    """A case is of level 1 or 2: a crisis, under the command of one person (DSP-01, DSP-07)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    level: Level
    commander_id: str | None
    """None: nobody can be found, which is a shortage."""
    collective: bool
    """The head of the service centre answers in person first."""
    policy_version: str
    opened_at: Instant


class CrisisNotified(Event):
    """Somebody was told of a crisis, and is to confirm by then; else the next person is told (DSP-01, DSP-20)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    office: str
    person_id: str
    times: int
    """The so-manieth person told for this office."""
    notified_at: Instant
    confirm_by: Instant


class CrisisConfirmed(Event):
    """Somebody who was told of a crisis has confirmed it (DSP-01)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    offices: tuple[str, ...]
    """For which offices."""
    person_id: str
    confirmed_at: Instant


class CommanderNamed(Event):
    """Another person commands the crisis from now on (DSP-01)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    commander_id: str
    previous_id: str | None
    named_by: str
    """``system`` where it follows by rule from who is there."""
    named_at: Instant
    why: WhyReplaced | None = None
    """Why by rule; None: a person named them."""


class CommandVacated(Event):
    """Whoever commanded a crisis is away or has left, and nobody can take command: a shortage (DSP-01, DSP-19)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    previous_id: str
    why: WhyReplaced
    vacated_at: Instant


class CrisisAnswered(Event):
    """The head of the service centre answered a collective complaint in person: others may answer now (DSP-01)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    answered_by: str
    acts_for: str | None
    answered_at: Instant


class CrisisTransferred(Event):
    """The region cannot settle it: the group centre takes over, the region carries out its measures (DSP-01)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    reason: str
    commander_id: str
    handed_by: str
    handed_at: Instant


class CrisisLogged(Event):
    """A line of a crisis's log: a code and the number of a document, never free text (DSP-01, INT-13)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    number: int
    """Counts the lines of this crisis."""
    entry: CrisisEntry
    code: str
    document: str | None
    by: str
    logged_at: Instant


class CrisisEnded(Event):
    """The case is a crisis no more: completed, withdrawn, or lowered by a person (DSP-01)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    how: Literal["completed", "withdrawn", "level_lowered"]
    ended_at: Instant
