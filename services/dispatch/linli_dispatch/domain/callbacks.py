"""What the callback found (FUP-01, FUP-04): satisfied closes, unsatisfied reopens, unreachable closes as told."""

from linli_contracts.events.dispatch import TicketReopened
from linli_contracts.events.followup import CallbackCompleted, CustomerUnreachable

from linli_dispatch.domain.amending import make_up
from linli_dispatch.domain.approvals.plans import goes_on
from linli_dispatch.domain.blueprints.failing import count_satisfaction
from linli_dispatch.domain.closing import close_once_settled, unread_of_claims
from linli_dispatch.domain.crises.crisis import follow_level
from linli_dispatch.domain.deadlines.running_clock import NO_TIME
from linli_dispatch.domain.level import COMPLEX_FROM_LEVEL
from linli_dispatch.domain.lifecycle import Happening, after
from linli_dispatch.domain.opening import begin_round
from linli_dispatch.domain.repairs.order import Acceptance
from linli_dispatch.domain.repairs.repair import asks_coverage
from linli_dispatch.domain.repairs.repair_records import report_again
from linli_dispatch.domain.turn import Turn


def follow_callback(turn: Turn, found: CallbackCompleted) -> None:
    """The customer was reached. A callback of an earlier round, or of a closed case, changes nothing."""
    if not _fits(turn, found.round, "satisfied" if found.satisfied else "unsatisfied"):
        return
    if found.satisfied:
        count_satisfaction(turn, None)
        close_once_settled(turn, "satisfied")
        return
    count_satisfaction(turn, "not_satisfied")
    make_up(turn)
    reopen(turn, "unsatisfied_with_coverage_asked" if asks_coverage(turn.ticket) else "unsatisfied")


def follow_unreachable(turn: Turn, found: CustomerUnreachable) -> None:
    """All tries failed: closed, neither satisfied nor unsatisfied (FUP-04). Unsigned repairs await mail (DSP-12)."""
    if not _fits(turn, found.round, "unreachable"):
        return
    if turn.ticket.acceptance.awaited:
        turn.because(
            "DSP-12", "unreachable, but the signature is awaited: express mail follows", {"round": found.round}
        )
        return
    count_satisfaction(turn, "unreachable")
    close_once_settled(turn, "unreachable")


def reopen(turn: Turn, happening: Happening) -> None:
    """The next round of the same case (FUP-01).

    Its deadlines count from now, its ladder starts at the first step, the handler of the last round is preferred, and a
    repair asks warranty again. The age goes on from the first receipt (`clocks.py`), and an unsettled claim too.
    """
    ticket = turn.ticket
    desk = turn.terms.desk(ticket.desk)
    turn.change(
        status=after(ticket.status, happening),
        round=ticket.round + 1,
        round_from=turn.at,
        kept_before=ticket.kept,
        missed_before=ticket.missed,
        waited_in_round=NO_TIME,
        handler_id=None,
        storm_order_id=None,
        complex=desk.department or ticket.graded_level <= COMPLEX_FROM_LEVEL,
        passed_on_at=None,
        passed_on=0,
        redirected_at=None,
        redirected=0,
        counted_anew_at=None,
        answer_from=None,
        answered_at=None,
        report_from=turn.at,
        report_by=None,
        reports=0,
        reports_missed=0,
        not_cured_by=ticket.order.contractor_id if ticket.order and not ticket.order.replacement_id else None,
        free_of_charge=False,
        caused_by_customer=False,
        quotation=None,
        liable=None,
        order=None,
        orders_recalled=0,
        plan=goes_on(ticket),
        crisis=None,
        notices=unread_of_claims(ticket),
        reported=(),
        conversation=None,
        measure=None,
        steps=(),
        completed_at=None,
        acceptance=Acceptance(),
        inspect_from=turn.at,
        turned_repair=0,
    )
    turn.tell(
        TicketReopened(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=turn.ticket.round,
            reason="unsatisfied",
            reopened_at=turn.at,
        )
    )
    turn.because("FUP-01", "reopened: the customer is not satisfied", {"round": turn.ticket.round})
    begin_round(turn, desk, served_by=ticket.handler_id)
    follow_level(turn)
    report_again(turn)


def _fits(turn: Turn, round_: int, happening: Happening) -> bool:
    """Whether the callback is about the completed round; says in the timeline when it is not."""
    ticket = turn.ticket
    if round_ == ticket.round and after(ticket.status, happening) is not None and ticket.closes_as is None:
        return True
    facts = {"round": round_, "ticket_round": ticket.round, "status": ticket.status}
    turn.because("FUP-01", "callback is about an earlier state: nothing changes", facts)
    return False
