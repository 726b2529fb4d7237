"""Waiting for the customer (DSP-06): dated, with a reason; it pauses the age and completion clocks, and only those."""

from datetime import datetime

from linli_contracts.events.dispatch import TicketResumed, TicketWaiting
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.deadlines.clocks import wind
from linli_dispatch.domain.deadlines.running_clock import Wait
from linli_dispatch.domain.refusals import ALREADY_WAITING, NOT_WAITING, WAIT_NOT_AHEAD
from linli_dispatch.domain.turn import Turn


def wait(turn: Turn, until: datetime, reason: str) -> Refusal | None:
    """The case waits for the customer until that instant at most; it resumes by itself then."""
    ticket = turn.ticket
    if ticket.wait:
        return ALREADY_WAITING
    if not turn.at < until <= turn.at + turn.terms.wait_at_most:
        return WAIT_NOT_AHEAD
    turn.change(wait=Wait(reason=reason, since=turn.at, until=until), waits=ticket.waits + 1)
    wind(turn)
    turn.tell(
        TicketWaiting(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            reason=reason,
            waiting_since=turn.at,
            until=until,
        )
    )
    turn.because("DSP-06", "waits for the customer", {"reason": reason, "until": until.isoformat()})
    return None


def resume(turn: Turn) -> Refusal | None:
    """The customer did what was waited for."""
    if not turn.ticket.wait:
        return NOT_WAITING
    end_wait(turn)
    return None


def end_wait(turn: Turn) -> None:
    """Ends a wait that is on: the paused clocks run again, their due instants later by the time waited."""
    ticket, ended = turn.ticket, turn.ticket.wait
    if ended is None:
        return
    took = turn.at - ended.since
    turn.change(wait=None, waited=ticket.waited + took, waited_in_round=ticket.waited_in_round + took)
    wind(turn)
    turn.tell(TicketResumed(case_id=ticket.id, estate_id=ticket.estate_id, round=ticket.round, resumed_at=turn.at))
    turn.because("DSP-06", "wait ended", {"waiting_since": ended.since.isoformat()})
