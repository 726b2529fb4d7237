"""What becomes of a ticket when somebody with a place in it is away, or has left it or its desk (DSP-19, DSP-20).

Its handler's work goes to the deputy (代理人) first; else it is routed anew (DSP-08), and by that to the next level's
pool with a shortage where nobody is free. Its owner, its crisis's commander and those who may sign for an office are
followed by `succession.py` and `approving.py`. No clock is touched (DSP-02). Whoever comes back does not get back what
was handed over.
"""

from collections.abc import Iterable
from dataclasses import replace

from linli_rulebook.decision import Decision

from linli_dispatch.domain.approvals.approving import ask_again
from linli_dispatch.domain.assigning.assigning import give
from linli_dispatch.domain.assigning.handover import Handover, handover_of
from linli_dispatch.domain.assigning.routing import Choice
from linli_dispatch.domain.assigning.succession import route_anew, succeed_commander, succeed_owner
from linli_dispatch.domain.group.offices import deputy_in
from linli_dispatch.domain.group.places import Absence, Estate, Staff, Workload
from linli_dispatch.domain.ticket import HANDLED_AT_ONCE
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
            decided += turn.decision()
            moved += 1
    return decided, moved


def hand_over(turn: Turn, handover: Handover, estate: Estate) -> bool:
    """Hands the person's places in the case over that must be; False: it stays, or they have none any more."""
    ticket, person, why = turn.ticket, handover.staff_id, handover.why
    absence = estate.absence_of(person, turn.at) if why == "absence" else None
    gone = why == "roster" and not estate.lines_of(person)
    gives = ticket.in_hand and ticket.handler_id == person and _must(turn, handover, absence)
    leaves = ticket.owner_id == person and (gone or (absence is not None and _cannot_wait(turn, absence)))
    if gives:
        choice = _successor(turn, absence)
        give(turn, turn.terms.desk(ticket.desk), replace(choice, reasons=("handed_over", why, *choice.reasons)))
    if leaves:
        succeed_owner(turn, why, absence)
    if gives or turn.ticket.owner_id != ticket.owner_id:
        turn.because("DSP-19", "handed over", {
            "from": person, "to": turn.ticket.handler_id, "why": why, "owner_id": turn.ticket.owner_id,
        })  # fmt: skip
    crisis = turn.ticket.crisis
    # A crisis waits for nobody's return (DSP-01).
    if crisis is not None and crisis.running and crisis.commander_id == person and (gone or absence is not None):
        succeed_commander(turn, crisis, why, absence)
    ask_again(turn, why)
    return turn.ticket is not turn.known


def cover_the_absent(turn: Turn) -> None:
    """A case that became a crisis waits for nobody's return: who is away hands over what they have in it (DSP-01)."""
    ticket = turn.ticket
    for person in dict.fromkeys((ticket.handler_id, ticket.owner_id)):
        if person is not None and turn.estate.absence_of(person, turn.at) is not None:
            hand_over(turn, handover_of(None, ticket.estate_id, person, "absence"), turn.estate)


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
    return absence is not None and _cannot_wait(turn, absence)


def _cannot_wait(turn: Turn, absence: Absence) -> bool:
    """Whether the case cannot wait for the person's return; a crisis never can (DSP-01)."""
    ticket = turn.ticket
    short = absence.until_at - absence.from_at <= turn.terms.short_absence
    due_in_it = any(clock.due_at <= absence.until_at for clock in ticket.clocks)
    return not short or due_in_it or ticket.level not in HANDLED_AT_ONCE


def _successor(turn: Turn, absence: Absence | None) -> Choice:
    """The deputy while they are there, else whoever DSP-08 chooses."""
    deputy = _deputy(turn, absence)
    return route_anew(turn) if deputy is None else Choice(deputy, ("deputy",))


def _deputy(turn: Turn, absence: Absence | None) -> Staff | None:
    deputy = deputy_in(turn.estate, absence, turn.at) if absence else None
    return turn.estate.line_for(deputy, turn.ticket.desk) if deputy else None
