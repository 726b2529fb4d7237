"""Repairs (DSP-10): who is to do it is warranty's answer; then the contractor's way from the notice to the end.

Covered: the contractor is notified with a time to arrive and a time to finish, once an engineer has inspected
(`inspecting.py` says when nobody waits for that). Not covered: our own staff, who have it
already, or before the hand-over the developer's engineering department, which gets it then. A contractor may speak for
its own order only; staff may speak for any.
"""

from dataclasses import replace
from uuid import uuid5

from linli_contracts.envelope import NAMESPACE
from linli_contracts.events.dispatch import ContractorArrived, ContractorNotified, CoverageAsked, RepairDone
from linli_contracts.events.warranty import CoverageAnswered
from linli_contracts.lanes import id_under
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.approvals.plans import refuse_without_plan
from linli_dispatch.domain.approvals.small_works import give_up_small_works
from linli_dispatch.domain.assigning.assigning import assign
from linli_dispatch.domain.closing import complete
from linli_dispatch.domain.deadlines.clocks import wind
from linli_dispatch.domain.deadlines.running_clock import ONE_SECOND
from linli_dispatch.domain.lifecycle import after
from linli_dispatch.domain.refusals import ALREADY_VISITED, NO_ORDER, NOT_A_REPAIR, NOT_YOUR_ORDER
from linli_dispatch.domain.repairs.accompanying import ask_for_company, note_missing_company
from linli_dispatch.domain.repairs.order import Liable, Order, Replacement
from linli_dispatch.domain.repairs.reentrusting import propose
from linli_dispatch.domain.repairs.repair_refusals import QUOTATION_UNANSWERED
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn


def asks_coverage(ticket: Ticket) -> bool:
    """Whether a case needs warranty's answer: a repair whose trade is known (WAR-02)."""
    return ticket.kind == "repair" and ticket.trade is not None


def order_id(ticket: Ticket) -> str:
    """The id of the repair order of this round; the same whenever it is worked out, another after a recall."""
    which = f"{ticket.round}.{ticket.orders_recalled}" if ticket.orders_recalled else f"{ticket.round}"
    return id_under(ticket.estate_id, f"o{uuid5(NAMESPACE, f'{ticket.id}|order|{which}').hex[:12]}")


def ask_coverage(turn: Turn) -> None:
    """Asks warranty, in every round anew. The day that counts is that of the first report: the defect is the same."""
    ticket = turn.ticket
    if ticket.trade is None:
        return
    turn.tell(
        CoverageAsked(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            home_id=ticket.home_id,
            trade=ticket.trade,
            asked_on=ticket.received_at.astimezone(turn.terms.zone).date(),
            building=turn.home.building if turn.home else None,
        )
    )


def is_awaited(ticket: Ticket, answer: CoverageAnswered) -> bool:
    """Whether warranty was asked this and has not answered yet."""
    return answer.round == ticket.round and after(ticket.status, "coverage_answered") is not None


def follow_coverage(turn: Turn, answer: CoverageAnswered) -> None:
    """Warranty's answer; one for another round, or after the work is done, changes nothing."""
    ticket = turn.ticket
    if not is_awaited(ticket, answer):
        turn.because("DSP-10", "answer about coverage came too late", {"round": answer.round, "status": ticket.status})
        return
    turn.change(
        status=after(ticket.status, "coverage_answered"),
        free_of_charge=answer.covered or answer.basis == "not_handed_over",
    )
    if answer.basis == "not_handed_over":
        _leave_to_developer(turn)
        return
    if answer.contractor_id is None or not answer.covered:
        turn.because("DSP-10", "not covered: own staff", {"basis": answer.basis, "handler_id": ticket.handler_id})
        return
    if answer.contract_id is not None:
        give_up_small_works(turn)
    turn.change(liable=Liable(answer.contractor_id, answer.contract_id))
    call_liable(turn)
    if turn.ticket.liable is not None:
        facts = {"contractor_id": answer.contractor_id, "handler_id": ticket.handler_id}
        turn.because("DSP-10", "covered: the contractor is called once an engineer has inspected", facts)


def call_liable(turn: Turn) -> None:
    """Whom warranty has named gets the notice, unless an engineer is to inspect first (DSP-10).

    Call it when either changed. An emergency's contractor is called at once (INT-11): the inspection follows.
    """
    ticket, liable = turn.ticket, turn.ticket.liable
    if liable is None or (ticket.owes_inspection and not ticket.emergency):
        return
    turn.change(status=after(ticket.status, "contractor_called"), liable=None)
    _notify(turn, liable)


def arrive(turn: Turn, contractor_id: str | None) -> Refusal | None:
    """The contractor is on the spot, for the first time or on another day; ``contractor_id`` is the sender's own, None
    for staff.
    """
    ticket, order = turn.ticket, turn.ticket.order
    if order is None:
        return NO_ORDER
    if contractor_id not in {None, order.performer_id}:
        return NOT_YOUR_ORDER
    zone = turn.terms.zone
    if order.visited_at is not None and turn.at.astimezone(zone).date() == order.visited_at.astimezone(zone).date():
        return ALREADY_VISITED
    first = order.arrived_at is None
    late = first and turn.at >= order.arrive_by + ONE_SECOND
    visit = order.visits + 1
    turn.change(
        order=replace(order, arrived_at=turn.at if first else order.arrived_at, visits=visit, visited_at=turn.at)
    )
    wind(turn)
    turn.tell(
        ContractorArrived(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            order_id=order.order_id,
            contractor_id=order.performer_id,
            arrived_at=turn.at,
            late=late,
            visit=visit,
        )
    )
    facts = {"contractor_id": order.performer_id, "late": late, "visit": visit}
    turn.because("DSP-10", "contractor arrived", facts)
    return None


def finish(turn: Turn, contractor_id: str | None) -> Refusal | None:
    """The repair is done, by whoever does it; a grave case takes an accepted plan (DSP-04)."""
    ticket, order = turn.ticket, turn.ticket.order
    if ticket.kind != "repair":
        return NOT_A_REPAIR
    if contractor_id is not None and (order is None or contractor_id != order.performer_id):
        return NOT_YOUR_ORDER
    refusal = refuse_without_plan(turn)
    if refusal is not None:
        return refusal
    if ticket.quotation is not None and ticket.quotation.accepted is None and not ticket.caused_by_customer:
        return QUOTATION_UNANSWERED
    if order is None:
        # Whoever repairs has seen it (DSP-10).
        turn.change(inspected_at=ticket.inspected_at or turn.at)
    in_time = complete(turn)
    if order is not None and order.replacement_id is not None:
        work = Replacement(order.order_id, order.replacement_id, order.price_fen or 0, turn.at, timed=True)
        turn.change(replacements=(*ticket.replacements, work))
        wind(turn)
    turn.tell(
        RepairDone(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            order_id=order.order_id if order else order_id(ticket),
            done_by="own_staff" if order is None else "replacement" if order.replacement_id else "contractor",
            contractor_id=order.performer_id if order else None,
            customer_ref=ticket.customer_ref,
            done_at=turn.at,
            in_time=in_time,
            charged_fen=ticket.charged_fen,
        )
    )
    turn.because("DSP-10", "repair done", {"in_time": in_time})
    note_missing_company(turn)
    return None


def _leave_to_developer(turn: Turn) -> None:
    """Not handed over: the developer's department does it, which by that makes it complex (DSP-03).

    It has it in its hands with that, as a desk with a work list. Where the estate's roster has nobody of it, or a
    storm's work order serves it, whoever has the case keeps it: somebody is on the spot (assumed).
    """
    ticket, desk = turn.ticket, turn.terms.desk(turn.terms.repair_desk_before_handover)
    facts = {"desk": desk.name, "handler_id": ticket.handler_id}
    if ticket.storm_order_id is not None or not turn.estate.has_desk(desk.name):
        turn.because("DSP-10", "not handed over, and nobody of the developer's department is there: own staff", facts)
        return
    turn.change(desk=desk.name, complex=ticket.complex or desk.department, passed_on_at=ticket.passed_on_at or turn.at)
    turn.because("DSP-10", "not handed over: the developer's department is responsible", facts)
    assign(turn, desk, served_by=ticket.handler_id)
    wind(turn)


def _notify(turn: Turn, liable: Liable) -> None:
    ticket, terms = turn.ticket, turn.terms
    contractor_id, contract_id = liable.contractor_id, liable.contract_id
    if ticket.trade is None:
        return
    order = Order(
        order_id=order_id(ticket),
        contractor_id=contractor_id,
        contract_id=contract_id,
        called_at=turn.at,
        arrive_by=turn.at + terms.arrive_within,
        finish_by=turn.at + terms.finish_within,
        waited_before=ticket.waited_in_round,
    )
    turn.change(order=order, complex=True)
    wind(turn)
    turn.tell(
        ContractorNotified(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            order_id=order.order_id,
            contractor_id=contractor_id,
            contract_id=contract_id,
            trade=ticket.trade,
            home_id=ticket.home_id,
            notified_at=turn.at,
            arrive_by=order.arrive_by,
            finish_by=order.finish_by,
        )
    )
    turn.because(
        "DSP-10", "contractor notified", {"contractor_id": contractor_id, "arrive_by": order.arrive_by.isoformat()}
    )
    ask_for_company(turn)
    if ticket.not_cured_by == contractor_id:
        propose(turn, "not_cured")
