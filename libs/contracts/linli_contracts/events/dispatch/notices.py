"""What staff are told, and whether they have read it (DSP-20)."""

from linli_contracts.event import Event, Id, Instant, Key, Level
from linli_contracts.events.dispatch.words import NoticeKind
from linli_contracts.topics import DISPATCH


class StaffNotified(Event):
    """Somebody of the staff is told of what concerns them in a case, by the policy also outside their work list."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    number: int
    """Tells the notices of a case apart: what is read, and told again, is this one."""
    kind: NoticeKind
    about: str
    """The desk that has the case, the step of the ladder, the deadline, the office that commands, the application."""
    person_id: str
    times: int
    """The so-manieth person told of this; a later one because those before them did not read it."""
    level: Level
    urgent: bool
    """It is to be read; else it goes to the next person."""
    read_by: Instant | None = None
    notified_at: Instant


class NoticeConfirmed(Event):
    """Somebody who was told has read an urgent notice: nobody else is told."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    number: int
    person_id: str
    read_at: Instant


class NoticeExhausted(Event):
    """Everybody who can be told of an urgent notice was, and nobody has read it: a shortage."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    number: int
    kind: NoticeKind
    about: str
    person_ids: tuple[str, ...]
    """Who was told."""
    exhausted_at: Instant
