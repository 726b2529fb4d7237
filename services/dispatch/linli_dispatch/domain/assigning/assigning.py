"""A ticket gets its handler: by DSP-08 for itself, or whoever was chosen for it; the counters and the facts follow."""

from collections.abc import Iterator
from dataclasses import replace

from linli_contracts.events.dispatch import TicketAssigned

from linli_dispatch.domain.assigning.routing import Choice, choose_handler
from linli_dispatch.domain.notices.paging import page
from linli_dispatch.domain.notices.telling import tell_staff
from linli_dispatch.domain.terms import Desk
from linli_dispatch.domain.turn import Turn


def assign(turn: Turn, desk: Desk, served_by: str | None) -> None:
    """Chooses the handler at ``desk`` (DSP-08); a desk with a work list has the request in its hands with that."""
    give(
        turn,
        desk,
        choose_handler(turn.ticket, desk, turn.estate, turn.workload, served_by, turn.home, turn.terms, turn.at),
    )


def give(turn: Turn, desk: Desk, choice: Choice) -> None:
    """The ticket goes to whom was chosen; they carry out what the person who had it was named for (DSP-16)."""
    ticket, handler = turn.ticket, choice.handler
    handler_id = handler.staff_id if handler else None
    turn.hand_over(ticket.handler_id, handler_id, desk.name if handler and handler.desk == desk.name else None)
    facts: dict[str, object] = {
        "desk": desk.name,
        "handler_id": handler_id,
        "handler_role": handler.role if handler else None,
        "short": choice.shortage,
    }
    if handler and not desk.department:
        facts["passed_on_at"] = ticket.passed_on_at or turn.at
    course = ticket.course
    if handler and course is not None and course.performer_id not in {None, *_contractors(turn)}:
        facts["course"] = replace(course, performer_id=handler_id)
    turn.change(**facts)
    turn.tell(
        TicketAssigned(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            handler_id=handler_id,
            role=handler.role if handler else None,
            desk=desk.name,
            reasons=choice.reasons,
            runners_up=choice.runners_up,
            shortage=choice.shortage,
            assigned_at=turn.at,
        )
    )
    turn.because("DSP-08", "shortage: assigned elsewhere" if choice.shortage else "assigned", {
        "handler_id": handler_id, "desk": desk.name, "reasons": list(choice.reasons),
        "runners_up": [one.model_dump() for one in choice.runners_up],
    })  # fmt: skip
    if not page(turn):
        tell_staff(turn, "assignment", (handler_id,) if handler_id else (), desk.name)


def _contractors(turn: Turn) -> Iterator[str]:
    return (one.contractor_id for one in turn.estate.contractors)
