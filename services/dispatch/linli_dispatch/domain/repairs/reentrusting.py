"""Re-entrusting (DSP-14): permitted by five grounds, applied for by the property service manager, approved by offices.

A ground permits it, no more: until every office has approved, the order stays with the original contractor. The price
is a lump sum, shown to every office beside what the price library says for the same work. A contractor that comes after
all, or finishes, ends it only if the manager takes the application back, or the work is done.
"""

from dataclasses import replace
from typing import Final

from linli_contracts.events.dispatch import (
    Ground,
    OrderDelayed,
    OrderRefused,
    ReentrustingProposed,
    RepairReentrusted,
    ReplacementNotified,
)
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.approvals.approval import Application
from linli_dispatch.domain.approvals.approving import apply, finish
from linli_dispatch.domain.deadlines.clocks import drop, wind
from linli_dispatch.domain.deadlines.running_clock import RunningClock
from linli_dispatch.domain.group.offices import LAST_RESORT, signatories
from linli_dispatch.domain.group.places import PriceLibrary
from linli_dispatch.domain.refusals import (
    ALREADY_ARRIVED,
    ALREADY_REFUSED,
    APPLICATION_PENDING,
    NO_ORDER,
    NO_PROPOSAL,
    NOT_YOUR_OFFICE,
    NOT_YOUR_ORDER,
    REPLACED,
    REPLACEMENT_MISSING,
    REPLACEMENT_UNFIT,
)
from linli_dispatch.domain.repairs.order import Offer, Order
from linli_dispatch.domain.repairs.reporting import MANAGER, report
from linli_dispatch.domain.turn import Turn

PRICING: Final = "cost_and_contract"
"""Prices what is beyond a small amount."""


# -- the grounds ---------------------------------------------------------------------------------------------------


def propose(turn: Turn, ground: Ground) -> None:
    """A ground appeared: it is told once. Once another contractor is entrusted, none matters any more."""
    ticket, order = turn.ticket, turn.ticket.order
    if order is None or order.replacement_id is not None or ground in order.grounds:
        return
    turn.change(order=replace(order, grounds=(*order.grounds, ground)))
    turn.tell(
        ReentrustingProposed(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            order_id=order.order_id,
            contractor_id=order.contractor_id,
            ground=ground,
            proposed_at=turn.at,
        )
    )
    turn.because("DSP-14", "re-entrusting proposed", {"ground": ground, "contractor_id": order.contractor_id})


def propose_for_lateness(turn: Turn, clock: RunningClock) -> None:
    """The contractor is later on arrival than the policy bears."""
    propose(turn, "late_arrival")


def propose_over_limit(turn: Turn, clock: RunningClock) -> None:
    """The time to finish is over, and the contractor did not report that it needs longer."""
    propose(turn, "over_limit")


def refuse_order(turn: Turn, contractor_id: str | None, reason: str) -> Refusal | None:
    """The contractor refuses to come; ``contractor_id`` is the sender's own, None for staff who record it."""
    ticket, order = turn.ticket, turn.ticket.order
    refusal = _not_the_first(order, contractor_id)
    if order is None or refusal:
        return refusal
    if order.arrived_at is not None:
        return ALREADY_ARRIVED
    if order.refused_at is not None:
        return ALREADY_REFUSED
    turn.change(order=replace(order, refused_at=turn.at))
    turn.tell(
        OrderRefused(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            order_id=order.order_id,
            contractor_id=order.contractor_id,
            reason=reason,
            refused_at=turn.at,
        )
    )
    propose(turn, "refused")
    wind(turn)
    return None


def report_delay(turn: Turn, contractor_id: str | None, reason: str) -> Refusal | None:
    """The contractor says that it needs longer: it may still be late, but not without having reported."""
    ticket, order = turn.ticket, turn.ticket.order
    refusal = _not_the_first(order, contractor_id)
    if order is None or refusal:
        return refusal
    turn.change(order=replace(order, delayed_at=turn.at))
    wind(turn)
    turn.tell(
        OrderDelayed(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            order_id=order.order_id,
            contractor_id=order.contractor_id,
            reason=reason,
            reported_at=turn.at,
        )
    )
    turn.because("DSP-14", "contractor reported a delay", {"reason": reason})
    return None


def complain_of_people(turn: Turn, reason: str, by: str) -> Refusal | None:
    """Somebody complained strongly about the contractor's people."""
    refusal = _not_the_first(turn.ticket.order, None)
    if refusal:
        return refusal
    propose(turn, "strong_complaint")
    report(turn, "strong_complaint")
    turn.because("DSP-13", "strong complaint about the contractor's people", {"reason": reason, "by": by})
    return None


# -- the manager ---------------------------------------------------------------------------------------------------


def may_decide(turn: Turn, by: str) -> bool:
    """Whether a person acts for the property service manager."""
    offices = turn.terms.offices
    above = (offices["property_company"], offices[LAST_RESORT])
    return by in signatories(turn.estate, offices[MANAGER], above, turn.at)


def decline(turn: Turn, by: str) -> Refusal | None:
    """The original contractor is to come after all; what is before an office is taken back."""
    order = turn.ticket.order
    if order is None or order.open_ground is None:
        return NO_PROPOSAL
    if not may_decide(turn, by):
        return NOT_YOUR_OFFICE
    application = turn.ticket.application("reentrusting")
    if application is not None and application.pending:
        finish(turn, application, "withdrawn", by, None, "declined")
    _drop_grounds(turn)
    turn.because("DSP-14", "re-entrusting declined", {"decided_by": by})
    return None


def apply_for(turn: Turn, offer: Offer, library: PriceLibrary | None, by: str) -> Refusal | None:
    """The manager wants another contractor at a lump-sum price: the offices are asked, one after another."""
    ticket, order = turn.ticket, turn.ticket.order
    if order is None or order.open_ground is None:
        return NO_PROPOSAL
    if not may_decide(turn, by):
        return NOT_YOUR_OFFICE
    application = ticket.application("reentrusting")
    if application is not None and application.pending:
        return APPLICATION_PENDING
    if offer.price_fen <= 0:
        return REPLACEMENT_MISSING
    fit = (one.contractor_id for one in turn.estate.contractors if one.answers_for(ticket.trade, turn.home))
    if offer.replacement_id == order.contractor_id or offer.replacement_id not in fit:
        return REPLACEMENT_UNFIT
    offer = replace(offer, library_fen=_library_price(offer, library))
    _put_before_offices(turn, order, offer, by)
    return None


# -- the offices ---------------------------------------------------------------------------------------------------


def priced_by(turn: Turn, application: Application) -> str | None:
    """Beyond a small amount the cost department names the price itself; up to it, the property company did (DSP-14).

    What the case was granted before counts with it, so that entrusting it piece by piece gains nothing (WAR-23).
    """
    sum_fen = turn.ticket.reentrusted_fen + (application.amount_fen or 0)
    return PRICING if sum_fen > turn.terms.reentrust_small_amount_fen else None


def reprice(turn: Turn, application: Application, amount_fen: int) -> None:
    """The cost department found another price: every office sees the new one."""
    order = turn.ticket.order
    if order is None or order.offer is None:
        return
    turn.because("DSP-14", "priced otherwise: the chain begins again", {"price_fen": amount_fen})
    _put_before_offices(turn, order, replace(order.offer, price_fen=amount_fen), application.proposer)


def give_up(turn: Turn, application: Application) -> None:
    """An office refused: the original contractor is to come after all."""
    _drop_grounds(turn)


def entrust(turn: Turn, application: Application) -> None:
    """All offices approved: another contractor does the work; it gets a time to arrive and to finish of its own."""
    ticket, terms, order = turn.ticket, turn.terms, turn.ticket.order
    if order is None or order.offer is None or order.open_ground is None:
        return
    ground, offer, priced = order.open_ground, order.offer, priced_by(turn, application)
    drop(turn, "arrival")
    turn.change(
        order=replace(
            order,
            replacement_id=offer.replacement_id,
            price_fen=offer.price_fen,
            called_at=turn.at,
            arrive_by=turn.at + terms.arrive_within,
            finish_by=turn.at + terms.finish_within,
            waited_before=ticket.waited_in_round,
            arrived_at=None,
            visits=0,
            visited_at=None,
        ),
        reentrusted=ticket.reentrusted + 1,
        reentrusted_fen=ticket.reentrusted_fen + offer.price_fen,
    )
    wind(turn)
    turn.tell(
        RepairReentrusted(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            order_id=order.order_id,
            contractor_id=order.contractor_id,
            contract_id=order.contract_id,
            replacement_id=offer.replacement_id,
            price_fen=offer.price_fen,
            ground=ground,
            decided_by=application.proposer,
            reentrusted_at=turn.at,
        )
    )
    turn.tell(
        ReplacementNotified(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            order_id=order.order_id,
            contractor_id=offer.replacement_id,
            trade=ticket.trade,
            home_id=ticket.home_id,
            price_fen=offer.price_fen,
            notified_at=turn.at,
            arrive_by=turn.at + terms.arrive_within,
            finish_by=turn.at + terms.finish_within,
        )
    )
    turn.because(
        "DSP-14",
        "repair re-entrusted",
        {
            "price_fen": offer.price_fen,
            "priced_by": priced or "property_company",
            "library_fen": offer.library_fen,
            "decided_by": application.proposer,
            "approved_by": [signature.by for signature in application.signatures],
        },
    )


# -- inside --------------------------------------------------------------------------------------------------------


def _put_before_offices(turn: Turn, order: Order, offer: Offer, by: str) -> None:
    turn.change(order=replace(order, offer=offer))
    apply(turn, "reentrusting", by, offer.price_fen, turn.terms.reentrusting_chain)
    small_fen, granted_fen = turn.terms.reentrust_small_amount_fen, turn.ticket.reentrusted_fen
    if offer.price_fen <= small_fen < granted_fen + offer.price_fen:
        facts = {"granted_fen": granted_fen, "price_fen": offer.price_fen}
        turn.because("WAR-23", "a price split below the limit: judged by the sum", facts)
    turn.because(
        "DSP-14",
        "re-entrusting applied for",
        {"price_fen": offer.price_fen, "library_fen": offer.library_fen, "over_library_fen": offer.over_library_fen},
    )


def _library_price(offer: Offer, library: PriceLibrary | None) -> int | None:
    work = library.works.get(offer.work_item) if library and offer.work_item else None
    return work.price_fen * (offer.quantity or 1) if work else None


def _drop_grounds(turn: Turn) -> None:
    order = turn.ticket.order
    if order is not None:
        turn.change(order=replace(order, declined=order.grounds))


def _not_the_first(order: Order | None, contractor_id: str | None) -> Refusal | None:
    """Why the sender can't speak for the order that the original contractor has."""
    if order is None:
        return NO_ORDER
    if contractor_id not in {None, order.performer_id}:
        return NOT_YOUR_ORDER
    return REPLACED if order.replacement_id is not None else None
