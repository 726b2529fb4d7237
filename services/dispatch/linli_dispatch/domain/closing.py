"""The end of the work and the end of the case: completed awaits the callback, closed is closed (FUP-01)."""

from typing import Literal

from linli_contracts.events.dispatch import TicketClosed

from linli_dispatch.domain.clocks import drop_all, wind
from linli_dispatch.domain.lifecycle import Happening, after
from linli_dispatch.domain.turn import Turn
from linli_dispatch.domain.waiting import end_wait

How = Literal["satisfied", "unreachable", "withdrawn", "standard_answer", "time_limit"]


def complete(turn: Turn, happening: Happening = "completed") -> bool:
    """The work is done: the deadlines of the round end, the hands are free. Returns whether completion was in time."""
    end_wait(turn)
    in_time = "completion" not in turn.ticket.overdue
    turn.hand_over(turn.ticket.handler_id, None)
    turn.change(status=after(turn.ticket.status, happening), completed_at=turn.at)
    wind(turn)
    return in_time


def close(turn: Turn, how: How) -> None:
    """A completed case is closed by this right."""
    turn.change(status="closed", closed_at=turn.at, closed_how=how)
    wind(turn)
    _tell_closed(turn, how)


def withdraw(turn: Turn) -> None:
    """The customer took the request back (INT-15): what was still owed is neither kept nor missed."""
    ticket = turn.ticket
    if ticket.in_hand:
        end_wait(turn)
        turn.hand_over(ticket.handler_id, None)
    drop_all(turn)
    turn.change(status=after(ticket.status, "withdrawn"), closed_at=turn.at, closed_how="withdrawn")
    _tell_closed(turn, "withdrawn")


def _tell_closed(turn: Turn, how: How) -> None:
    ticket = turn.ticket
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
    turn.because("INT-15" if how == "withdrawn" else "FUP-01", "ticket closed", {"how": how, "round": ticket.round})
