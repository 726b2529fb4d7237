"""What is reported about repairs, the measures that follow, and small works the developer pays (DSP-13, DSP-15)."""

from linli_contracts.event import Event, Fen, Id, Instant, Key
from linli_contracts.events.dispatch.words import ReportGround, SmallWorksKind
from linli_contracts.topics import DISPATCH


class RepairReported(Event):
    """A repair is reported to the property service manager, who is to propose a measure (DSP-13)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    ground: ReportGround
    person_ids: tuple[str, ...]
    """Who holds the manager's office now; empty: it is vacant."""
    reported_at: Instant


class ConversationRecorded(Event):
    """The property service manager spoke to the customer of an overdue repair (DSP-13)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    held_by: str
    acts_for: str | None = None
    """The manager who is away, or the office that nobody holds."""
    result: str
    """A code."""
    held_at: Instant


class MeasureApproved(Event):
    """The property general manager approved the measure that the service manager proposed (DSP-13)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    application_id: Id
    measure: str
    """A code."""
    proposed_by: str
    approved_at: Instant


class SmallWorksApproved(Event):
    """Small works that the developer pays were approved by all offices (DSP-15)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    application_id: Id
    kind: SmallWorksKind
    reason: str
    budget_fen: Fen
    granted_fen: Fen
    """All that was approved for this case so far, this included."""
    approved_at: Instant
