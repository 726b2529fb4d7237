"""What a ticket knows of its repair: the order to a contractor, the offer and work of another, the acceptance.

Data only: `repair.py`, `reentrusting.py`, `replacement_work.py`, `conversing.py` and `acceptance.py` decide about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from linli_contracts.events.dispatch import AccompanyGround, Ground
from pydantic import AwareDatetime

from linli_dispatch.domain.deadlines.running_clock import NO_TIME


@dataclass(frozen=True, slots=True)
class Offer:
    """Another contractor at a lump-sum price, beside what the price library says for the same work (DSP-14)."""

    replacement_id: str
    price_fen: int
    work_item: str | None = None
    quantity: int | None = None
    library_fen: int | None = None
    """None: the library does not know the work."""

    @property
    def over_library_fen(self) -> int | None:
        """How much dearer than the library, negative where cheaper: every approver sees it."""
        return None if self.library_fen is None else self.price_fen - self.library_fen


@dataclass(frozen=True, slots=True)
class Liable:
    """Who is to repair by warranty's answer, and gets the notice once an engineer has inspected (DSP-10)."""

    contractor_id: str
    contract_id: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """The repair order to a contractor (工程联系单), and to its replacement once it is re-entrusted."""

    order_id: str
    contractor_id: str
    contract_id: str | None
    called_at: AwareDatetime
    """When the one who is to come was told: the notice, later the re-entrusting."""
    arrive_by: AwareDatetime
    finish_by: AwareDatetime
    """Completion's deadline too, later by the waits for the customer since then (DSP-06, DSP-10)."""
    waited_before: timedelta = NO_TIME
    """What the round had waited when the one who is to come was told."""
    arrived_at: AwareDatetime | None = None
    """The first visit: whether it was late is told by it."""
    visits: int = 0
    visited_at: AwareDatetime | None = None
    """The last visit; each is of another day."""
    refused_at: AwareDatetime | None = None
    delayed_at: AwareDatetime | None = None
    """When the contractor last reported that it needs longer."""
    grounds: tuple[Ground, ...] = ()
    """Why re-entrusting was proposed, in the order in which the grounds appeared (DSP-14)."""
    declined: tuple[Ground, ...] = ()
    """The grounds on which the manager did not re-entrust."""
    offer: Offer | None = None
    """Whom the manager wants to entrust: goes through the offices first."""
    replacement_id: str | None = None
    price_fen: int | None = None
    accompany: tuple[AccompanyGround, ...] = ()
    """Why an engineer and the service supervisor are to go with the contractor (DSP-11)."""
    accompanied_by: tuple[str, ...] = ()
    """The engineer and the supervisor who did."""

    @property
    def performer_id(self) -> str:
        """Who is to do the work now."""
        return self.replacement_id or self.contractor_id

    @property
    def open_ground(self) -> Ground | None:
        """The first ground that nobody has decided on: the proposal that is open."""
        if self.replacement_id is not None:
            return None
        return next((ground for ground in self.grounds if ground not in self.declined), None)


@dataclass(frozen=True, slots=True)
class Replacement:
    """Work that another contractor did in the first one's place: accepted by offices together, then paid (DSP-14)."""

    order_id: str
    contractor_id: str
    price_fen: int
    done_at: AwareDatetime
    accepted_by: Mapping[str, str] = field(default_factory=dict)
    """By office: who accepted it."""
    accepted_at: AwareDatetime | None = None
    """When the last of them did."""
    timed: bool = False
    """Whether its acceptance has a clock: work that was done before there was one has none."""
    paid_at: AwareDatetime | None = None
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """The manager is to speak to the customer of an overdue repair, or has (DSP-13)."""

    wanted_at: AwareDatetime
    held_at: AwareDatetime | None = None
    held_by: str | None = None
    result: str | None = None
    """A code."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What the owner did about a finished repair, in this round (DSP-12)."""

    signed_at: AwareDatetime | None = None
    missing_reason: str | None = None
    """The reason on the customer's side why there is no signature."""
    mails_asked: int = 0
    """How often the express mail was asked for."""
    mail_asked_at: AwareDatetime | None = None

    @property
    def awaited(self) -> bool:
        """Whether the signature is missing for a reason on the customer's side."""
        return self.missing_reason is not None and self.signed_at is None
