"""The clocks of a ticket: which run, from which fact, by when; wound after each change of its facts.

Every due instant is worked out from the history of the case: receipt, rounds, passing on, waits. `wind` compares the
policy's table (`clock_table.py`) with the clocks that run: a clock whose fact is there starts, one whose fact is gone
was done in time, one that counts from another fact begins anew. It costs the number of clocks, whatever the case has
lived through, and asks the calendar only for those that start, and for the provisional ones, until the year they reach
into is published (ORG-04). The steps of the ladder have clocks too; `ladder.py` starts them, one for each step. So have
the steps of a blueprint that have a standard of their own: their deadlines stand in the case's course, set when each
began.

A deadline that was missed no longer runs, but stays owed (`Ticket.overdue`) until its fact is gone. The report to the
customer comes back after a miss, each time later, so a case in hand always has a clock that runs (DSP-19).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import TypeVar

from linli_contracts.events.dispatch import Clock
from linli_rulebook import Due

from linli_dispatch.domain.deadlines.clock_table import NOT_IN_TABLE, STEP_CLOCK, ClockRule
from linli_dispatch.domain.deadlines.running_clock import NO_TIME, RunningClock
from linli_dispatch.domain.turn import Turn

_Name = TypeVar("_Name", bound=str)


def wind(turn: Turn) -> None:
    """Starts, stops and moves the clocks so that they fit the ticket's facts; call it once, after a rule changed them.

    A deadline that stops here was kept: what was late has run out before (`running_out.py`). To stop one that was
    neither kept nor missed, take it away with `drop` first.
    """
    ticket, terms = turn.ticket, turn.terms
    running: dict[Clock, RunningClock] = {
        clock.name: clock for clock in ticket.clocks if clock.name not in NOT_IN_TABLE
    }
    wound: list[RunningClock] = []
    owed: list[Clock] = []
    kept: list[Clock] = []
    waiting = ticket.wait is not None
    for row in terms.clocks.values():
        clock = running.get(row.name)
        since = row.since(ticket) if ticket.status in row.during else None
        if clock is None and since is None:
            continue
        late = row.name in ticket.overdue
        done = clock is not None and (clock.since != since or (row.step is not None and clock.step != row.step(ticket)))
        if done and row.deadline and not late:
            kept.append(row.name)
        if since is None:
            continue
        if late and not done:
            owed.append(row.name)
            if not row.comes_back:
                continue
        if waiting and row.pauses:
            continue
        if clock is None or done or row.moves or clock.provisional:
            clock = _started(turn, row, since, None if done else clock)
        wound.append(clock)
    steps, late_step = _steps(turn)
    wound += steps
    owed += [STEP_CLOCK] * late_step
    ladder = (clock for clock in ticket.clocks if clock.name == "ladder_step" and clock.remedies in owed)
    wound += [_published(turn, clock) if clock.provisional else clock for clock in ladder]
    wound.sort(key=_by_due)
    changed: dict[str, object] = {"clocks": tuple(wound), "overdue": tuple(owed)}
    if kept:
        changed["kept"] = counted(ticket.kept, *kept)
    turn.change(**changed)


def _steps(turn: Turn) -> tuple[list[RunningClock], bool]:
    """The clocks of the open steps of the blueprint, and whether one of them is over its time."""
    course = turn.ticket.course
    if course is None or not turn.ticket.in_hand:
        return [], False
    before = {clock.step: clock for clock in turn.ticket.clocks if clock.name == STEP_CLOCK}
    running = [
        RunningClock(
            name=STEP_CLOCK,
            since=one.since,
            due_at=one.due_at,
            step=one.number,
            provisional=one.provisional,
            warn_at=_warns_at(turn, turn.terms.left_when_warned, one.since, one.due_at, before.get(one.number)),
        )
        for one in course.steps
        if one.running
    ]
    return running, course.owes


def published_later(turn: Turn, clock: RunningClock) -> bool:
    """Whether a provisional deadline that seems to run out lies later, now that the year is published (ORG-04)."""
    if clock.name == STEP_CLOCK or not clock.provisional:
        return False
    if clock.name == "ladder_step":
        return ladder_step_due(turn, clock.since).at > clock.due_at
    row = turn.terms.clocks[clock.name]
    return row.count(turn.ticket, turn.terms, row.within, clock.since).at > clock.due_at


def ladder_step_due(turn: Turn, since: datetime) -> Due:
    """By when a step of the ladder that was taken then is to have helped (DSP-06)."""
    return turn.terms.approvers.due(since, turn.terms.ladder_step_limit)


def drop(turn: Turn, *names: Clock) -> None:
    """Takes clocks away that are neither kept nor missed: the case goes on without them."""
    ticket = turn.ticket
    turn.change(
        clocks=tuple(clock for clock in ticket.clocks if clock.name not in names),
        overdue=tuple(name for name in ticket.overdue if name not in names),
    )


def count_anew(turn: Turn, *names: Clock) -> None:
    """What their due instants rest on has changed: they are counted again, from their fact, by the `wind` that follows.

    What was missed already stays so; what lies in the past by that is missed now (`Ticket.watched_from`).
    """
    turn.change(clocks=tuple(clock for clock in turn.ticket.clocks if clock.name not in names), counted_anew_at=turn.at)


def drop_all(turn: Turn) -> None:
    """Takes the clocks away that end with the case, neither kept nor missed: the case ends here."""
    ticket, stay = turn.ticket, {name for name, row in turn.terms.clocks.items() if "closed" in row.during}
    turn.change(
        clocks=tuple(clock for clock in ticket.clocks if clock.name in stay or clock.remedies in stay),
        overdue=tuple(name for name in ticket.overdue if name in stay),
    )


def counted(counts: Mapping[_Name, int], *names: _Name) -> dict[_Name, int]:
    """The counts with one more for each name."""
    more = dict(counts)
    for name in names:
        more[name] = more.get(name, 0) + 1
    return more


def _published(turn: Turn, clock: RunningClock) -> RunningClock:
    """The clock of a step of the ladder, by what is published now (ORG-04)."""
    due = ladder_step_due(turn, clock.since)
    return replace(clock, due_at=due.at, provisional=due.provisional)


def _by_due(clock: RunningClock) -> tuple[datetime, str, int]:
    return clock.due_at, clock.name, clock.step


def _started(turn: Turn, row: ClockRule, since: datetime, before: RunningClock | None) -> RunningClock:
    due = row.count(turn.ticket, turn.terms, row.within, since)
    stood_still = turn.ticket.waited_in_round if row.pauses else NO_TIME
    return RunningClock(
        name=row.name,
        since=since,
        due_at=due.at,
        step=row.step(turn.ticket) if row.step else 1,
        provisional=due.provisional,
        warn_at=_warns_at(turn, row.left_when_warned, since, due.at, before, stood_still),
    )


def _warns_at(
    turn: Turn,
    left: Fraction | None,
    since: datetime,
    due_at: datetime,
    before: RunningClock | None,
    stood_still: timedelta = NO_TIME,
) -> datetime | None:
    """The instant at which staff are told of it (DSP-20), with ``left`` of its time to go; one that is past already
    warns nobody any more.
    """
    if left is None:
        return None
    if before is not None and before.due_at == due_at:
        return before.warn_at
    warn_at = due_at - (due_at - since - stood_still) * left.numerator / left.denominator
    return warn_at if warn_at >= turn.at else None
