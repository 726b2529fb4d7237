"""What happens when a clock runs out: one table, clock → consequence.

A deadline that ran out is told and counted, and takes a step of the ladder where it climbs (DSP-06). Clocks run out in
the order of their instants; what a command or fact at the same second would have stopped has run out before it
(ORG-04).
"""

from collections.abc import Callable, Mapping
from typing import Final

from linli_contracts.events.dispatch import Clock, DeadlineMissed
from linli_rulebook.decision import Append, Timer

from linli_dispatch.domain.blueprints.failing import mark_missed
from linli_dispatch.domain.blueprints.starting import move_provisional
from linli_dispatch.domain.closing import close
from linli_dispatch.domain.crises.crisis_notices import tell_next_person
from linli_dispatch.domain.deadlines.clock_table import STEP_CLOCK
from linli_dispatch.domain.deadlines.clocks import counted, published_later, wind
from linli_dispatch.domain.deadlines.ladder import climb
from linli_dispatch.domain.deadlines.running_clock import (
    DEADLINE_NEAR,
    NOTICE_UNREAD,
    RUNS_OUT_WHEN_DUE,
    WAIT_ENDS,
    RunningClock,
)
from linli_dispatch.domain.deadlines.waiting import end_wait
from linli_dispatch.domain.deadlines.warning import warn
from linli_dispatch.domain.level import raise_by_age
from linli_dispatch.domain.notices.telling import tell_next_of_staff
from linli_dispatch.domain.repairs.acceptance import ask_for_mail
from linli_dispatch.domain.repairs.conversing import report_overdue
from linli_dispatch.domain.repairs.reentrusting import propose_for_lateness, propose_over_limit
from linli_dispatch.domain.turn import Turn

MISSED_DEADLINE: Final = "missed_deadline"
"""The append-only table of missed deadlines, for people who ask which ones."""


def miss(turn: Turn, clock: RunningClock) -> None:
    """A deadline was missed: it stays owed. A report to the customer comes back, each time later (`clocks.py`)."""
    row = turn.terms.clocks[clock.name]
    facts: dict[str, object] = {}
    if row.comes_back:
        ticket = turn.ticket
        facts = {
            "report_from": turn.at,
            "report_by": None,
            "reports": ticket.reports + 1,
            "reports_missed": ticket.reports_missed + 1,
        }
    _note(turn, clock, row.rule, facts)
    if row.climbs:
        climb(turn, because=clock.name, remedies=clock.name)


def miss_step(turn: Turn, clock: RunningClock) -> None:
    """A step of the blueprint is over its time standard, and still to be done (DSP-17); or its year was published."""
    if move_provisional(turn, clock.step):
        return
    which = mark_missed(turn, clock.step)
    if which is not None:
        _note(turn, clock, "DSP-17", {}, which)
        climb(turn, because=clock.name, remedies=clock.name)


def _note(
    turn: Turn, clock: RunningClock, rule: str, facts: Mapping[str, object], of: tuple[str, str] | None = None
) -> None:
    """A missed deadline is told, counted, and kept as a row."""
    ticket = turn.ticket
    overdue = ticket.overdue if clock.name in ticket.overdue else (*ticket.overdue, clock.name)
    turn.change(overdue=overdue, missed=counted(ticket.missed, clock.name), **facts)
    turn.tell(
        DeadlineMissed(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            clock=clock.name,
            due_at=clock.due_at,
            customer_ref=ticket.customer_ref,
            provisional=clock.provisional,
            rule=rule,
            policy_version=turn.terms.version,
            blueprint=of[0] if of else None,
            blueprint_step=of[1] if of else None,
        )
    )
    turn.rows.append(
        Append(
            MISSED_DEADLINE,
            ticket.estate_id,
            {
                "id": f"{ticket.id}.{ticket.round}.{clock.name}.{clock.step}",
                "case_id": ticket.id,
                "clock": clock.name,
                "round": ticket.round,
                "due_at": clock.due_at.isoformat(),
                "missed_at": turn.at.isoformat(),
            },
        )
    )
    named = {"clock": clock.name, "due_at": clock.due_at.isoformat()}
    turn.because(rule, "deadline missed", named | ({"step": f"{of[0]}.{of[1]}"} if of else {}))


def expire_step(turn: Turn, clock: RunningClock) -> None:
    """A step of the ladder did not help in its time: the next one follows."""
    if clock.remedies is not None:
        climb(turn, because="ladder_step", remedies=clock.remedies)


def close_uncalled(turn: Turn, clock: RunningClock) -> None:
    """Nobody called back within the month: the case is closed at its end (FUP-01)."""
    close(turn, turn.ticket.closes_as or "time_limit")


CONSEQUENCES: Final[dict[Clock, Callable[[Turn, RunningClock], None]]] = {
    "passing_on": miss,
    "first_assessment": miss,
    "feedback_answer": miss,
    "department_answer": miss,
    "customer_report": miss,
    "completion": miss,
    "arrival": miss,
    "reentrust_lateness": propose_for_lateness,
    "reentrust_over_limit": propose_over_limit,
    "reentrusting_approval": miss,
    "plan_approval": miss,
    "compensation_approval": miss,
    "small_works_approval": miss,
    "measure_approval": miss,
    "overdue_report": report_overdue,
    "conversation": miss,
    "replacement_acceptance": miss,
    "crisis_confirmation": tell_next_person,
    "age_level_2": raise_by_age,
    "age_level_1": raise_by_age,
    STEP_CLOCK: miss_step,
    "ladder_step": expire_step,
    "callback_close": close_uncalled,
    "express_mail": ask_for_mail,
}


def run_out(turn: Turn, timer: Timer) -> None:
    """Fires one clock of the ticket, at ``turn.at``; one that the ticket no longer has changes nothing."""
    if timer.clock == WAIT_ENDS:
        end_wait(turn)
        return
    if timer.clock == NOTICE_UNREAD:
        tell_next_of_staff(turn)
        return
    if timer.clock == DEADLINE_NEAR:
        warn(turn)
        return
    ticket = turn.ticket
    clock = next((one for one in ticket.clocks if (one.name, one.step) == (timer.clock, timer.step)), None)
    if clock is None:
        return
    if not published_later(turn, clock):
        turn.change(clocks=tuple(one for one in ticket.clocks if one is not clock))
        CONSEQUENCES[clock.name](turn, clock)
    wind(turn)


def catch_up(turn: Turn) -> None:
    """Fires, each at its own instant, what has run out by now, so that what follows cannot stop it any more.

    The end of the time for a callback is left alone: an answer that is here counts more than a date.
    """
    now = turn.at
    while True:
        timer = next(iter(turn.ticket.timers()), None)
        if timer is None or timer.due_at > now or timer.clock in RUNS_OUT_WHEN_DUE:
            break
        turn.at = timer.due_at
        run_out(turn, timer)
    turn.at = now
