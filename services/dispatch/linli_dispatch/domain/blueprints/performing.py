"""Who carries a special service out: a person of the estate's roster, or one of its contractors (DSP-16)."""

from dataclasses import replace

from linli_contracts.events.dispatch import TicketAssigned
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.blueprints.step_refusals import PERFORMER_AWAY, UNKNOWN_PERFORMER
from linli_dispatch.domain.turn import Turn


def name_performer(turn: Turn, performer_id: str) -> Refusal | None:
    """Names who does the work; a person of the roster has the case in hand from now on, so nobody who is away."""
    ticket = turn.ticket
    course = ticket.course
    staff = next(iter(turn.estate.lines_of(performer_id)), None)
    contractor = any(one.contractor_id == performer_id for one in turn.estate.contractors)
    if course is None or not (staff or contractor):
        return UNKNOWN_PERFORMER
    if staff is not None and turn.estate.absence_of(performer_id, turn.at) is not None:
        return PERFORMER_AWAY
    turn.change(course=replace(course, performer_id=performer_id))
    if staff is None or staff.staff_id == ticket.handler_id:
        return None
    turn.hand_over(ticket.handler_id, staff.staff_id)
    turn.change(handler_id=staff.staff_id, handler_role=staff.role)
    turn.tell(
        TicketAssigned(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            handler_id=staff.staff_id,
            role=staff.role,
            desk=ticket.desk,
            reasons=("named",),
            assigned_at=turn.at,
        )
    )
    return None
