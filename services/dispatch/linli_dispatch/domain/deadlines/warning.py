"""Staff are told of a deadline about to be missed (DSP-20): when the policy's share of its time is used, once.

Told is who is to act: the office whose turn it is, or whose step (DSP-17), else the handler, else the owner; the deputy
of one who is away. A clock that begins anew, or whose due instant moves, warns anew.
"""

from dataclasses import replace

from linli_contracts.events.dispatch import DeadlineApproached

from linli_dispatch.domain.approvals.approving import may_sign
from linli_dispatch.domain.blueprints.performing import who_of_office
from linli_dispatch.domain.deadlines.clock_table import STEP_CLOCK
from linli_dispatch.domain.deadlines.running_clock import RunningClock
from linli_dispatch.domain.group.offices import stand_in
from linli_dispatch.domain.notices.telling import tell_staff
from linli_dispatch.domain.repairs.replacement_work import who_still_accept
from linli_dispatch.domain.repairs.reporting import able_managers
from linli_dispatch.domain.turn import Turn


def warn(turn: Turn) -> None:
    """Tells of every deadline whose warning is due at ``turn.at``; what is over by then is a miss, not a warning."""
    ticket = turn.ticket
    near = [clock for clock in ticket.clocks if clock.warn_at is not None and clock.warn_at <= turn.at]
    turn.change(
        clocks=tuple(replace(clock, warn_at=None) if clock in near else clock for clock in ticket.clocks),
        warnings=ticket.warnings + 1,
    )
    for clock in near:
        if clock.due_at >= turn.at:
            _tell(turn, clock)


def _tell(turn: Turn, clock: RunningClock) -> None:
    person_ids = tuple(_to_act(turn, clock))
    turn.tell(
        DeadlineApproached(
            case_id=turn.ticket.id,
            estate_id=turn.ticket.estate_id,
            round=turn.ticket.round,
            clock=clock.name,
            due_at=clock.due_at,
            person_ids=person_ids,
            policy_version=turn.terms.version,
        )
    )
    tell_staff(turn, "deadline_near", person_ids, clock.name)
    facts = {"clock": clock.name, "due_at": clock.due_at.isoformat(), "person_ids": list(person_ids)}
    turn.because("DSP-20", "deadline near", facts)


def _to_act(turn: Turn, clock: RunningClock) -> list[str]:
    """Empty: nobody who is there; the miss that follows climbs past them (DSP-06)."""
    for application in turn.ticket.applications:
        if application.pending and clock.name == f"{application.kind}_approval":
            return sorted(may_sign(turn, application))
    if clock.name == "conversation":
        return sorted(able_managers(turn))
    if clock.name == "replacement_acceptance":
        return who_still_accept(turn)
    if clock.name == STEP_CLOCK:
        able = _who_does_step(turn, clock.step)
        if able:
            return able
    person_id = turn.ticket.handler_id or turn.ticket.owner_id
    present = stand_in(turn.estate, person_id, turn.at)
    return [] if present is None else [present]


def _who_does_step(turn: Turn, number: int) -> list[str]:
    course = turn.ticket.course
    step = course.numbered_step(number) if course else None
    rule = turn.terms.blueprints[course.blueprint].step(step.name) if course and step else None
    return sorted(who_of_office(turn, rule)) if rule else []
