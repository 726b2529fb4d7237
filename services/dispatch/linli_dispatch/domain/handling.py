"""What those who handle a case report: passed on, assessed, answered, told, resolved (INT-08, 09, DSP-02, DSP-03)."""

from datetime import datetime
from typing import Literal

from linli_contracts.events.dispatch import (
    CaseAssessed,
    CustomerReported,
    DepartmentAnswered,
    Finding,
    TicketPassedOn,
    TicketResolved,
)
from linli_contracts.events.messages import MessageRequested
from linli_contracts.lanes import id_under, key_of
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.approvals.plans import owes_confirmation, refuse_without_plan
from linli_dispatch.domain.assigning.assigning import assign
from linli_dispatch.domain.blueprints.starting import steps_left
from linli_dispatch.domain.blueprints.step_refusals import STEPS_OPEN
from linli_dispatch.domain.closing import close, complete
from linli_dispatch.domain.crises.crisis import refuse_other_answers
from linli_dispatch.domain.deadlines.clocks import drop, wind
from linli_dispatch.domain.deadlines.opinion import owe_opinion
from linli_dispatch.domain.refusals import (
    ALREADY_ASSESSED,
    ALREADY_PASSED_ON,
    ANSWER_DATE_MISSING,
    IS_A_REPAIR,
    NO_ANSWER_OWED,
    NO_STANDARD_ANSWER,
    PLAN_NOT_SIGNED,
    REPORT_TOO_LATE,
    UNKNOWN_DESK,
)
from linli_dispatch.domain.repairs.inspecting import refuse_inspection
from linli_dispatch.domain.repairs.repair import call_liable
from linli_dispatch.domain.ticket import HANDLED_AT_ONCE
from linli_dispatch.domain.turn import Turn


def pass_on(turn: Turn, desk_name: str | None) -> Refusal | None:
    """The responsible desk has the request in its hands (INT-08); another desk than before gets its own handler.

    A department owes its opinion from now on (DSP-02), and a case with a department is complex (DSP-03). One that
    another desk gets leaves a storm's work order.
    """
    ticket = turn.ticket
    name = desk_name or ticket.desk
    if ticket.kind == "repair":
        return IS_A_REPAIR
    if name not in turn.terms.desks and not turn.estate.has_desk(name):
        return UNKNOWN_DESK
    if name == ticket.desk and ticket.passed_on_at is not None:
        return ALREADY_PASSED_ON
    desk = turn.terms.desk(name)
    if name != ticket.desk:
        drop(turn, "department_answer")
        # A storm's visit is its desk's: it settles nothing for another one (DSP-09).
        turn.change(storm_order_id=None)
        assign(turn, desk, served_by=ticket.handler_id)
    turn.change(
        passed_on_at=turn.at,
        passed_on=ticket.passed_on + 1,
        answer_from=None,
        answered_at=None,
        complex=ticket.complex or desk.department,
    )
    owe_opinion(turn)
    wind(turn)
    turn.tell(
        TicketPassedOn(
            case_id=ticket.id, estate_id=ticket.estate_id, round=ticket.round, desk=name, passed_on_at=turn.at
        )
    )
    turn.because("INT-08", "passed on", {"desk": name})
    return None


def assess(
    turn: Turn, finding: Finding, next_report_by: datetime | None, inspected_at: datetime | None, by: str
) -> Refusal | None:
    """The first assessment is made and the customer told of it (INT-09); with a date it is a report too (DSP-03).

    Once in the life of a case; that of a repair is the engineer's inspection, at ``inspected_at``, by default now, and
    calls the contractor that waited for it (DSP-10). A consultation that can't be answered at once needs the date: the
    customer is told when. Whoever assessed it tells the result, in words that no template has; in writing goes only a
    date that is promised.
    """
    ticket = turn.ticket
    refusal = refuse_other_answers(turn)
    if refusal is not None:
        return refusal
    if not ticket.owes_inspection and (ticket.assessed_at is not None or ticket.round > 1):
        return ALREADY_ASSESSED
    seen_at = inspected_at or (turn.at if ticket.kind == "repair" else None)
    refusal = refuse_inspection(ticket, inspected_at, turn.at)
    if refusal is not None:
        return refusal
    if next_report_by is None and ticket.kind == "consultation":
        return ANSWER_DATE_MISSING
    turn.change(assessed_at=ticket.assessed_at or turn.at, inspected_at=seen_at or ticket.inspected_at)
    turn.tell(
        CaseAssessed(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            finding=finding,
            assessed_at=turn.at,
            inspected_at=seen_at,
        )
    )
    turn.because("INT-09", "first assessed", {"finding": finding})
    if seen_at is not None:
        turn.because("DSP-10", "inspected", {"inspected_at": seen_at.isoformat(), "by": by})
    refusal = report(turn, next_report_by) if next_report_by is not None else None
    wind(turn)
    call_liable(turn)
    return refusal


def answer(turn: Turn) -> Refusal | None:
    """The department gave its written opinion (DSP-02)."""
    ticket = turn.ticket
    if not ticket.passed_on or ticket.answered_at is not None or not turn.terms.desk(ticket.desk).department:
        return NO_ANSWER_OWED
    turn.change(answered_at=turn.at)
    wind(turn)
    turn.tell(
        DepartmentAnswered(
            case_id=ticket.id, estate_id=ticket.estate_id, round=ticket.round, desk=ticket.desk, answered_at=turn.at
        )
    )
    turn.because("DSP-02", "department answered", {"desk": ticket.desk})
    return None


def report(turn: Turn, next_report_by: datetime | None) -> Refusal | None:
    """The customer was told (DSP-03).

    While the case is open there is always a next date: the one named, else the latest that the policy allows. A later
    one is refused.
    """
    ticket = turn.ticket
    refusal = refuse_other_answers(turn)
    if refusal is not None:
        return refusal
    if next_report_by is not None:
        latest = turn.terms.departments.due(turn.at, turn.terms.report_within).at
        if not turn.at < next_report_by <= latest:
            return REPORT_TOO_LATE
    turn.change(
        report_from=turn.at,
        report_by=next_report_by,
        reports=ticket.reports + 1,
        reports_missed=0,
        **ticket.facts_of_report(turn.at),
    )
    wind(turn)
    next_by = next(clock.due_at for clock in turn.ticket.clocks if clock.name == "customer_report")
    turn.tell(
        CustomerReported(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            reported_at=turn.at,
            next_report_by=next_by,
        )
    )
    if next_report_by is not None:
        turn.tell(_new_date(turn, next_by))
    turn.because("DSP-03", "customer told", {"next_report_by": next_by.isoformat()})
    return None


def _new_date(turn: Turn, next_by: datetime) -> MessageRequested:
    """The date that was promised to the customer, in writing too (DSP-03, INT-16)."""
    ticket = turn.ticket
    key = key_of(ticket.id)
    return MessageRequested(
        message_id=id_under(key, f"m-date{ticket.round}-{ticket.reports}-{ticket.id[len(key) + 1 :]}"),
        estate_id=ticket.estate_id,
        case_id=ticket.id,
        customer_ref=ticket.customer_ref,
        about="new_date",
        by_at=next_by,
        requested_at=turn.at,
    )


def resolve(turn: Turn, how: Literal["handled", "standard_answer"], *, consented: bool) -> Refusal | None:
    """The handling of a case that is no repair is finished.

    An answered consultation, and a standard answer that the customer agrees to, close the case at once (FUP-01);
    anything else awaits its callback. A standard answer without consent counts as handled.
    """
    ticket = turn.ticket
    if ticket.kind == "repair":
        return IS_A_REPAIR
    if how == "standard_answer" and ticket.level not in HANDLED_AT_ONCE:
        return NO_STANDARD_ANSWER
    refusal = refuse_other_answers(turn) or refuse_without_plan(turn)
    if refusal is not None:
        return refusal
    if owes_confirmation(ticket.plan):
        return PLAN_NOT_SIGNED
    if how == "handled" and steps_left(turn):
        return STEPS_OPEN
    at_once = how == "standard_answer" and (ticket.kind == "consultation" or consented)
    in_time = complete(turn)
    turn.tell(
        TicketResolved(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            how="standard_answer" if at_once else "handled",
            customer_ref=ticket.customer_ref,
            resolved_at=turn.at,
            in_time=in_time,
        )
    )
    turn.because("DSP-03", "resolved", {"how": how, "in_time": in_time})
    if at_once:
        close(turn, "standard_answer")
    return None
