"""The end of the work and the end of the case: completed awaits the callback, closed is closed (FUP-01)."""

from typing import Literal

from linli_contracts.events.dispatch import TicketClosed

from linli_dispatch.domain.approvals.approving import OUTLIVES_WORK, withdraw_applications
from linli_dispatch.domain.blueprints.failing import count_clock_steps
from linli_dispatch.domain.blueprints.starting import drop_steps
from linli_dispatch.domain.crises.crisis import end_crisis
from linli_dispatch.domain.deadlines.clocks import drop, drop_all, wind
from linli_dispatch.domain.deadlines.waiting import end_wait
from linli_dispatch.domain.lifecycle import COMPLETED, after
from linli_dispatch.domain.notices.staff_notice import StaffNotice
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn

How = Literal["satisfied", "unreachable", "withdrawn", "standard_answer", "time_limit", "notified_by_mail"]
"""By what right a case is closed: the happenings of the lifecycle that lead there."""


def complete(turn: Turn) -> bool:
    """The work is done: the deadlines of the round end, the hands are free. Returns whether completion was in time."""
    end_wait(turn)
    withdraw_applications(turn, "case_completed", but=OUTLIVES_WORK)
    end_crisis(turn, "completed")
    drop_steps(turn)
    # Nobody speaks about an overdue repair that is done: neither kept nor missed (DSP-13).
    drop(turn, "conversation")
    in_time = "completion" not in turn.ticket.overdue
    turn.hand_over(turn.ticket.handler_id, None)
    unread = unread_of_claims(turn.ticket)
    turn.change(status=after(turn.ticket.status, "completed"), completed_at=turn.at, notices=unread)
    wind(turn)
    count_clock_steps(turn)
    return in_time


def unread_of_claims(ticket: Ticket) -> tuple[StaffNotice, ...]:
    """What an office is still to read when the work, or its round, ends (DSP-20): that a claim is before it."""
    return tuple(one for one in ticket.notices if one.kind == "approval" and one.about in OUTLIVES_WORK)


def close(turn: Turn, how: How) -> None:
    """A completed case is closed by this right; a claim that is still before an office ends with it."""
    withdraw_applications(turn, "case_closed")
    if turn.ticket.notices:
        turn.change(notices=())
    _end(turn, how)
    wind(turn)


def close_once_settled(turn: Turn, how: Literal["satisfied", "unreachable"]) -> None:
    """What the callback found closes the case, but not before its claim is settled: then `settle` does (DSP-04).

    An offer that the customer rejects after that is not settled: another plan may follow. The month of FUP-01 ends the
    wait: it closes the case as the callback found it, its claim undecided.
    """
    if turn.ticket.claim_open:
        turn.change(closes_as=how)
        turn.because("DSP-04", "called back, but a claim is open: not closed yet", {"how": how})
    else:
        close(turn, how)


def settle(turn: Turn) -> None:
    """A claim was decided or answered: closes the completed case that waited for it, if none is open any more."""
    how = turn.ticket.closes_as
    if how is not None and turn.ticket.status in COMPLETED and not turn.ticket.claim_open:
        close(turn, how)


def withdraw(turn: Turn) -> None:
    """The customer took the request back (INT-15): what was still owed is neither kept nor missed."""
    ticket = turn.ticket
    withdraw_applications(turn, "case_withdrawn")
    if ticket.in_hand:
        end_wait(turn)
        end_crisis(turn, "withdrawn")
        drop_steps(turn)
        turn.hand_over(ticket.handler_id, None)
    turn.change(notices=())
    drop_all(turn)
    _end(turn, "withdrawn")


def _end(turn: Turn, how: How) -> None:
    ticket = turn.ticket
    # What was corrected and nobody will come back to is at least remembered (INT-02).
    turn.change(
        **ticket.amended_later, amended_later={}, status=after(ticket.status, how), closed_at=turn.at, closed_how=how
    )
    turn.tell(
        TicketClosed(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            how=how,
            level=ticket.level,
            customer_ref=ticket.customer_ref,
            received_at=ticket.received_at,
            closed_at=turn.at,
        )
    )
    rule = "INT-15" if how == "withdrawn" else "DSP-12" if how == "notified_by_mail" else "FUP-01"
    turn.because(rule, "ticket closed", {"how": how, "round": ticket.round})
