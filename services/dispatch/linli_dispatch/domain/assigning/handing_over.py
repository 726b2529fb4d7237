"""One ticket is handed over because its handler is away, has left, or their desk is closed (DSP-19, DSP-20, DSP-08).

To the deputy (代理人) first; else it is routed anew, and by that to the next level's pool with a shortage where nobody
is free. No clock is touched (DSP-02). Whoever comes back does not get back what was handed over.
"""

from collections.abc import Iterable
from dataclasses import replace

from linli_rulebook.decision import Decision

from linli_dispatch.domain.assigning.assigning import give
from linli_dispatch.domain.assigning.handover import Handover
from linli_dispatch.domain.assigning.routing import Choice, choose_handler
from linli_dispatch.domain.group.places import Absence, Estate, Staff, Workload
from linli_dispatch.domain.ticket import HANDLED_AT_ONCE, Ticket
from linli_dispatch.domain.turn import Turn


def hand_over_all(
    handover: Handover, estate: Estate, workload: Workload, turns: Iterable[Turn]
) -> tuple[Decision, int]:
    """Every ticket of a round that must be; how many were. ``turns`` see the counters as they go on here."""
    decided, moved = Decision(), 0
    for turn in turns:
        turn.workload = workload
        if hand_over(turn, handover, estate):
            workload = turn.workload
            decided += replace(turn.decision(), answer=None)
            moved += 1
    return decided, moved


def hand_over(turn: Turn, handover: Handover, estate: Estate) -> bool:
    """Hands the ticket over if it must be; False: it stays, or is not this person's any more."""
    ticket, person = turn.ticket, handover.staff_id
    absence = estate.absence_of(person, turn.at) if handover.why == "absence" else None
    gives = ticket.in_hand and ticket.handler_id == person and _must(turn, handover, absence)
    leaves = handover.why == "roster" and ticket.owner_id == person and not estate.lines_of(person)
    if not (gives or leaves):
        return False
    desk = turn.terms.desk(ticket.desk)
    if gives:
        choice = _successor(turn, absence)
        give(turn, desk, replace(choice, reasons=("handed_over", handover.why, *choice.reasons)))
    if leaves:
        _give_ownership(turn)
    turn.because("DSP-19", "handed over", {
        "from": person, "to": turn.ticket.handler_id, "why": handover.why, "owner_id": turn.ticket.owner_id,
    })  # fmt: skip
    return turn.ticket is not turn.known


def still_holds(handover: Handover, estate: Estate, absence: Absence | None) -> bool:
    """Whether the cause is still there: the person is away, or off the roster of one of the desks."""
    if handover.why == "absence":
        return absence is not None
    on = {line.desk for line in estate.lines_of(handover.staff_id)}
    return any(desk not in on for desk in handover.desks)


def _must(turn: Turn, handover: Handover, absence: Absence | None) -> bool:
    """Whether the handler's cause reaches this ticket."""
    ticket = turn.ticket
    if handover.why == "roster":
        left = turn.estate.lines_of(handover.staff_id)
        return ticket.handler_role not in {line.role for line in left} or (
            ticket.desk in handover.desks and all(line.desk != ticket.desk for line in left)
        )
    if absence is None:
        return False
    # A crisis waits for nobody's return (DSP-01).
    short = absence.until_at - absence.from_at <= turn.terms.short_absence
    due_in_it = any(clock.due_at <= absence.until_at for clock in ticket.clocks)
    return not short or due_in_it or ticket.level not in HANDLED_AT_ONCE


def _successor(turn: Turn, absence: Absence | None) -> Choice:
    """The deputy while they are there, else whoever DSP-08 chooses."""
    deputy = _deputy(turn, absence)
    if deputy is not None:
        return Choice(deputy, ("deputy",))
    ticket = turn.ticket
    return choose_handler(
        ticket, turn.terms.desk(ticket.desk), turn.estate, turn.workload, None, turn.home, turn.terms, turn.at
    )


def _deputy(turn: Turn, absence: Absence | None) -> Staff | None:
    if absence is None or absence.deputy_id is None or turn.estate.absence_of(absence.deputy_id, turn.at) is not None:
        return None
    lines = turn.estate.lines_of(absence.deputy_id)
    return next((line for line in lines if line.desk == turn.ticket.desk), lines[0] if lines else None)


def _give_ownership(turn: Turn) -> None:
    """Whoever handles the case answers for it now; with nobody to handle it, whoever would be chosen, if anybody."""
    ticket: Ticket = turn.ticket
    heir = ticket.handler_id
    if heir is None or not turn.estate.lines_of(heir):
        chosen = _successor(turn, None).handler
        heir = chosen.staff_id if chosen else None
    if heir is not None:
        turn.change(owner_id=heir)
