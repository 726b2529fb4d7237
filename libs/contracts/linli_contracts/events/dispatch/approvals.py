"""Applications before the offices: asked, decided (DSP-04, DSP-14, WAR-20)."""

from typing import Literal

from linli_contracts.event import Event, Fen, Id, Instant, Key
from linli_contracts.events.dispatch.words import ApplicationKind, WhyReplaced
from linli_contracts.topics import DISPATCH


class ApprovalAsked(Event):
    """An office has an application before it, and a time to decide (DSP-04, DSP-14, DSP-15, WAR-20)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    application_id: Id
    kind: ApplicationKind
    submission: int
    """A resubmission begins the chain again."""
    office: str
    person_ids: tuple[str, ...]
    """Who may sign now; nobody: the office and all above it are vacant."""
    amount_fen: Fen | None = None
    library_fen: Fen | None = None
    """What the price library says the same work costs (DSP-14)."""
    proposed_by: str
    asked_at: Instant
    due_at: Instant
    again: WhyReplaced | None = None
    """Asked again of others, because of who is there; the time to decide goes on."""


class ApprovalDecided(Event):
    """An office decided about an application, or its proposer took it back."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    application_id: Id
    kind: ApplicationKind
    submission: int
    office: str
    decision: Literal["approved", "returned", "rejected", "withdrawn"]
    decided_by: str
    acts_for: str | None = None
    """The absent person, or the vacant office, for whom the decision was made."""
    reason: str | None = None
    amount_fen: Fen | None = None
    final: bool
    """Nobody else is asked about this submission."""
    decided_at: Instant
