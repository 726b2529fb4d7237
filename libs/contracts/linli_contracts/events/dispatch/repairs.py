"""A repair's way: coverage asked, the contractor's order, its end, re-entrusting (DSP-10, DSP-14)."""

from datetime import date
from typing import Literal

from linli_contracts.event import Event, Fen, Id, Instant, Key
from linli_contracts.events.dispatch.words import Ground
from linli_contracts.events.intake import Trade
from linli_contracts.topics import DISPATCH


class CoverageAsked(Event):
    """Dispatch asks warranty: is this defect covered, by whom, until when? (DSP-10, WAR-02)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    home_id: Id | None = None
    trade: Trade
    asked_on: date
    """The local date of the defect's report."""
    building: str | None = None
    """The home's, within its phase: warranty may know the home from a time when it kept no buildings."""


class ContractorNotified(Event):
    """The contractor was told to come (工程联系单), with the times to arrive and to finish (DSP-10)."""

    producer = DISPATCH
    order_critical = True

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    contractor_id: Key
    contract_id: Key | None = None
    trade: Trade
    home_id: Id | None = None
    notified_at: Instant
    arrive_by: Instant
    finish_by: Instant


class OrderRecalled(Event):
    """The order is not the contractor's any more: the repair is another trade's, and nobody had come yet (DSP-10)."""

    producer = DISPATCH
    order_critical = True

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    contractor_id: Key
    trade: Trade
    """For which it was called."""
    recalled_at: Instant


class ContractorArrived(Event):
    """The contractor is on the spot: one visit of a day, as many as the repair takes."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    contractor_id: Key
    arrived_at: Instant
    late: bool
    """The first visit came after its time."""
    visit: int = 1
    """Of this order, from 1."""


class RepairDone(Event):
    """The repair is finished; the callback follows (FUP-01)."""

    producer = DISPATCH
    order_critical = True

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    done_by: Literal["contractor", "replacement", "own_staff"]
    contractor_id: Key | None = None
    customer_ref: Key
    done_at: Instant
    in_time: bool
    charged_fen: Fen | None = None
    """What the customer pays once they have accepted the work; None: nothing (DSP-10)."""


class OrderRefused(Event):
    """The contractor refuses to come: a ground for re-entrusting (DSP-14)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    contractor_id: Key
    reason: str
    refused_at: Instant


class OrderDelayed(Event):
    """The contractor reported that it needs longer (DSP-14: over the limit *without reporting* is a ground)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    contractor_id: Key
    reason: str
    reported_at: Instant


class ReentrustingProposed(Event):
    """A ground for re-entrusting appeared; the property service manager decides (DSP-14)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    contractor_id: Key
    ground: Ground
    proposed_at: Instant


class RepairReentrusted(Event):
    """Another contractor repairs at a lump-sum price, to be recovered from the deposit (DSP-14, WAR-06)."""

    producer = DISPATCH
    order_critical = True

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    contractor_id: Key
    """The original contractor, whose deposit pays."""
    contract_id: Key | None = None
    replacement_id: Key
    price_fen: Fen
    ground: Ground
    decided_by: str
    reentrusted_at: Instant


class ReplacementNotified(Event):
    """Whoever repairs in another contractor's place was told to come, with price and times of its own (DSP-14, PAR-01).

    It is that contractor's to know, and says nothing of the one before it.
    """

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    contractor_id: Key
    trade: Trade | None = None
    home_id: Id | None = None
    price_fen: Fen
    notified_at: Instant
    arrive_by: Instant
    finish_by: Instant


class ReplacementAccepted(Event):
    """Design, engineering and cost have accepted the work of a replacement together: it may be paid (DSP-14)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    order_id: Id
    contractor_id: Key
    """The replacement."""
    price_fen: Fen
    accepted_at: Instant


class ReplacementPaid(Event):
    """Finance has paid the replacement, once for each order (DSP-14)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    order_id: Id
    contractor_id: Key
    price_fen: Fen
    document: Key
    """The number of the payment."""
    paid_at: Instant
