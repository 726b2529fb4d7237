"""Re-entrusting (DSP-14): proposed when the contractor is too late, decided by the property service manager.

A ground permits it, no more: until somebody decides, the order stays with the original contractor. The price is
recorded with who had to price it; the chain of approvals belongs to a later rule.
"""

from dataclasses import replace

from linli_contracts.events.dispatch import ReentrustingProposed, RepairReentrusted
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.clocks import drop, wind
from linli_dispatch.domain.refusals import NO_PROPOSAL, REPLACEMENT_MISSING, REPLACEMENT_UNFIT
from linli_dispatch.domain.ticket import Order, RunningClock
from linli_dispatch.domain.turn import Turn


def propose_for_lateness(turn: Turn, clock: RunningClock) -> None:
    """The contractor is later than the policy bears: a ground appeared."""
    ticket, order = turn.ticket, turn.ticket.order
    if order is None:
        return
    turn.change(order=replace(order, ground="late_arrival", proposed_at=turn.at))
    turn.tell(
        ReentrustingProposed(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            order_id=order.order_id,
            contractor_id=order.contractor_id,
            ground="late_arrival",
            proposed_at=turn.at,
        )
    )
    turn.because(
        "DSP-14", "re-entrusting proposed", {"ground": "late_arrival", "arrive_by": order.arrive_by.isoformat()}
    )


def decline_reentrusting(turn: Turn, decided_by: str) -> Refusal | None:
    """The original contractor is to come after all."""
    order = turn.ticket.order
    if order is None or not _undecided(order):
        return NO_PROPOSAL
    turn.change(order=replace(order, declined_at=turn.at))
    turn.because("DSP-14", "re-entrusting declined", {"decided_by": decided_by})
    return None


def reentrust(turn: Turn, replacement_id: str | None, price_fen: int | None, decided_by: str) -> Refusal | None:
    """Another contractor does the work at a lump-sum price; it gets a time to arrive and to finish of its own."""
    ticket, terms, order = turn.ticket, turn.terms, turn.ticket.order
    if order is None or order.ground is None or not _undecided(order):
        return NO_PROPOSAL
    if replacement_id is None or price_fen is None or price_fen <= 0:
        return REPLACEMENT_MISSING
    fit = (one.contractor_id for one in turn.estate.contractors if ticket.trade in one.trades)
    if replacement_id == order.contractor_id or replacement_id not in fit:
        return REPLACEMENT_UNFIT
    drop(turn, "arrival")
    turn.change(
        order=replace(
            order,
            replacement_id=replacement_id,
            price_fen=price_fen,
            called_at=turn.at,
            arrive_by=turn.at + terms.arrive_within,
            finish_by=turn.at + terms.finish_within,
            waited_before=ticket.waited_in_round,
            arrived_at=None,
        ),
        reentrusted=ticket.reentrusted + 1,
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
            replacement_id=replacement_id,
            price_fen=price_fen,
            ground=order.ground,
            decided_by=decided_by,
            reentrusted_at=turn.at,
        )
    )
    priced_by = "property_company" if price_fen <= terms.reentrust_small_amount_fen else "cost_and_contract"
    turn.because(
        "DSP-14", "repair re-entrusted", {"price_fen": price_fen, "priced_by": priced_by, "decided_by": decided_by}
    )
    return None


def _undecided(order: Order) -> bool:
    return order.proposed_at is not None and order.declined_at is None and order.replacement_id is None
