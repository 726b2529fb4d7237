"""The clocks of a ticket, as one table: when each runs, from which fact it counts, when it is due.

Every due instant is worked out from the history of the case: receipt, rounds, passing on, waits. `wind` compares the
table with the clocks that run: a clock whose fact is there starts, one whose fact is gone was done in time, one that
counts from another fact begins anew. It costs the number of clocks, whatever the case has lived through, and asks the
calendar only for those that start, and for the provisional ones, until the year they reach into is published
(ORG-04). The steps of the ladder have clocks too; `ladder.py` winds them, one for each step. So have the steps of a
blueprint that have a standard of their own: their deadlines stand in the case's course, set when each began.

A deadline that was missed no longer runs, but stays owed (`Ticket.overdue`) until its fact is gone. The report to the
customer comes back after a miss, each time later, so a case in hand always has a clock that runs (DSP-19).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from linli_contracts.events.dispatch import ApplicationKind, Clock
from linli_contracts.events.intake import Channel
from linli_rulebook import ChannelKind, Due, passing_on_due

from linli_dispatch.domain.lifecycle import COMPLETED, IN_HAND, Status
from linli_dispatch.domain.terms import Terms
from linli_dispatch.domain.ticket import HANDLED_AT_ONCE, NO_TIME, RunningClock, Ticket
from linli_dispatch.domain.turn import Turn

STEP_CLOCK: Final[Clock] = "blueprint_step"
"""The clock of every step of a blueprint; its number tells them apart."""
_NOT_IN_TABLE: Final[frozenset[Clock]] = frozenset({"ladder_step", STEP_CLOCK})
_CHANNEL_KIND: Final[dict[Channel, ChannelKind]] = {"hotline": "phone", "callback": "phone", "email": "email"}
_Name = TypeVar("_Name", bound=str)


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One row: a clock runs while the ticket has one of these statuses and ``since`` names the fact it counts from."""

    name: Clock
    rule: str
    since: Callable[[Ticket], datetime | None]
    due: Callable[[Ticket, Terms, datetime], Due]
    step: Callable[[Ticket], int] | None = None
    """Tells those of one name in one round apart; None: there is one."""
    during: frozenset[Status] = IN_HAND
    deadline: bool = True
    """A miss is told, counted, and takes a step of the ladder (DSP-06)."""
    pauses: bool = False
    """Stands still while the case waits for the customer (DSP-06)."""
    comes_back: bool = False
    """Runs anew after a miss."""
    moves: bool = False
    """Its due instant may change while it runs, because a fact besides ``since`` counts: worked out each time."""


# -- from which fact -----------------------------------------------------------------------------------------------


def _not_passed_on(ticket: Ticket) -> datetime | None:
    return ticket.round_from if ticket.passed_on_at is None else None


def _no_answer(ticket: Ticket) -> datetime | None:
    return ticket.answer_from if ticket.answered_at is None else None


def _contractor_away(ticket: Ticket) -> datetime | None:
    order = ticket.order
    return order.called_at if order is not None and order.arrived_at is None else None


def _not_reentrusted(ticket: Ticket) -> datetime | None:
    order = ticket.order
    if order is None or order.arrived_at is not None or order.replacement_id or "late_arrival" in order.grounds:
        return None
    return order.called_at


def _not_reported(ticket: Ticket) -> datetime | None:
    order = ticket.order
    if order is None or order.delayed_at is not None or order.replacement_id or "over_limit" in order.grounds:
        return None
    return order.called_at


def _order_unfinished(ticket: Ticket) -> datetime | None:
    return ticket.order.called_at if ticket.order is not None and "order_overdue" not in ticket.reported else None


def _before_an_office(kind: ApplicationKind) -> Callable[[Ticket], datetime | None]:
    def since(ticket: Ticket) -> datetime | None:
        application = ticket.application(kind)
        return application.since if application is not None and application.pending else None

    return since


# -- by when -------------------------------------------------------------------------------------------------------


def _passing_on(ticket: Ticket, terms: Terms, since: datetime) -> Due:
    channel = _CHANNEL_KIND.get(ticket.channel, "other") if ticket.round == 1 else "phone"
    due = passing_on_due(since, channel, terms.departments, terms.policy)
    if terms.desk(ticket.desk).department and ticket.level in HANDLED_AT_ONCE:
        # The form to the department (DSP-02) is this very passing on: the earlier of the two dates holds.
        due = min(due, terms.departments.due(since, terms.forward_to_department), key=lambda one: one.at)
    if not ticket.emergency and ticket.graded_level > 1:
        return due
    return min(due, Due(since + terms.emergency_passed_on_within), key=lambda one: one.at)


def _department_answer(ticket: Ticket, terms: Terms, since: datetime) -> Due:
    return terms.departments.due(since, terms.department_answer)


def _customer_report(ticket: Ticket, terms: Terms, since: datetime) -> Due:
    if ticket.report_by is not None:
        return Due(ticket.report_by)
    if ticket.reports_missed:
        return Due(since + terms.report_again * 2 ** (ticket.reports_missed - 1))
    return terms.departments.due(since, terms.report_within)


def _completion(ticket: Ticket, terms: Terms, since: datetime) -> Due:
    if ticket.round == 1 and ticket.complete_by is not None:
        return Due(ticket.complete_by + ticket.waited_in_round)
    ordinary = terms.resolve_complex_within if ticket.complex else terms.resolve_ordinary_within
    within = _by_blueprint(ticket, terms) or ordinary
    due = since + within + ticket.waited_in_round
    order = ticket.order
    if order is not None:
        due = min(due, order.finish_by + ticket.waited_in_round - order.waited_before)
    return Due(due)


def _by_blueprint(ticket: Ticket, terms: Terms) -> timedelta | None:
    """The time that a blueprint gives to the whole of a case (DSP-17)."""
    return terms.blueprints[ticket.course.blueprint].within if ticket.course else None


# The age counts from the first receipt, across rounds. The time between a completion and its reopening counts too: the
# problem was never gone, and the age is ours unless a wait for the customer is recorded (DSP-06). What takes its time
# by its blueprint ages once that time is over: until then nothing of it is unresolved (assumed).


def _age_level_2(ticket: Ticket, terms: Terms, since: datetime) -> Due:
    return Due(since + (_by_blueprint(ticket, terms) or NO_TIME) + terms.age_level_2 + ticket.waited)


def _age_level_1(ticket: Ticket, terms: Terms, since: datetime) -> Due:
    ages_from = since + (_by_blueprint(ticket, terms) or NO_TIME)
    return Due(terms.departments.due(ages_from, terms.age_level_1).at + ticket.waited)


def _arrival(ticket: Ticket, terms: Terms, since: datetime) -> Due:
    return Due(ticket.order.arrive_by if ticket.order else since)


def _lateness(ticket: Ticket, terms: Terms, since: datetime) -> Due:
    return Due(_arrival(ticket, terms, since).at + terms.reentrust_after_lateness)


def _over_limit(ticket: Ticket, terms: Terms, since: datetime) -> Due:
    order = ticket.order
    return Due(order.finish_by + ticket.waited_in_round - order.waited_before if order else since)


def _overdue_report(ticket: Ticket, terms: Terms, since: datetime) -> Due:
    return Due(_over_limit(ticket, terms, since).at + terms.overdue_reported_after)


def _approval(ticket: Ticket, terms: Terms, since: datetime) -> Due:
    return terms.approvers.due(since, terms.approval_step_limit)


def _asked(kind: ApplicationKind) -> Callable[[Ticket], int]:
    def step(ticket: Ticket) -> int:
        application = ticket.application(kind)
        return application.asked if application is not None else 0

    return step


def _approval_clock(name: Clock, rule: str, kind: ApplicationKind) -> ClockRule:
    """The clock of the office whose turn it is: another office, or another submission, makes another clock."""
    return ClockRule(name, rule, _before_an_office(kind), _approval, step=_asked(kind))


def _called_back(ticket: Ticket) -> datetime | None:
    return None if ticket.acceptance.awaited else ticket.completed_at


def _unsigned(ticket: Ticket) -> datetime | None:
    return ticket.acceptance.mail_asked_at or ticket.completed_at if ticket.acceptance.awaited else None


def _express_mail(ticket: Ticket, terms: Terms, since: datetime) -> Due:
    asked = ticket.acceptance.mails_asked
    if asked:
        return Due(since + terms.express_mail_again * 2 ** (asked - 1))
    return terms.departments.due(since, terms.unsigned_closed_after)


def _confirmation(ticket: Ticket, terms: Terms, since: datetime) -> Due:
    return Due(since + terms.crisis_confirm_within)


def _callback_close(ticket: Ticket, terms: Terms, since: datetime) -> Due:
    return terms.departments.due(since, terms.close_within)


CLOCKS: Final[tuple[ClockRule, ...]] = (
    ClockRule("passing_on", "INT-08", _not_passed_on, _passing_on),
    ClockRule("department_answer", "DSP-02", _no_answer, _department_answer, step=lambda ticket: ticket.passed_on),
    ClockRule(
        "customer_report",
        "DSP-03",
        lambda ticket: ticket.report_from,
        _customer_report,
        step=lambda ticket: ticket.reports + 1,
        comes_back=True,
    ),
    ClockRule("completion", "DSP-03", lambda ticket: ticket.round_from, _completion, pauses=True, moves=True),
    ClockRule(
        "arrival",
        "DSP-10",
        _contractor_away,
        _arrival,
        step=lambda ticket: 2 if ticket.order and ticket.order.replacement_id else 1,
    ),
    ClockRule("reentrust_lateness", "DSP-14", _not_reentrusted, _lateness, deadline=False),
    ClockRule("reentrust_over_limit", "DSP-14", _not_reported, _over_limit, deadline=False, pauses=True, moves=True),
    ClockRule("overdue_report", "DSP-13", _order_unfinished, _overdue_report, deadline=False, pauses=True, moves=True),
    _approval_clock("reentrusting_approval", "DSP-14", "reentrusting"),
    _approval_clock("plan_approval", "DSP-04", "plan"),
    _approval_clock("compensation_approval", "WAR-20", "compensation"),
    _approval_clock("small_works_approval", "DSP-15", "small_works"),
    _approval_clock("measure_approval", "DSP-13", "measure"),
    ClockRule(
        "crisis_confirmation",
        "DSP-20",
        lambda ticket: ticket.crisis.waits_since if ticket.crisis else None,
        _confirmation,
        step=lambda ticket: ticket.crisis.told if ticket.crisis else 0,
        deadline=False,
    ),
    ClockRule(
        "age_level_2",
        "DSP-06",
        lambda ticket: ticket.received_at if ticket.age_level > 2 else None,  # noqa: PLR2004 - the level it rises to
        _age_level_2,
        deadline=False,
        pauses=True,
    ),
    ClockRule(
        "age_level_1",
        "DSP-06",
        lambda ticket: ticket.received_at if ticket.age_level > 1 else None,
        _age_level_1,
        deadline=False,
        pauses=True,
    ),
    ClockRule(
        "callback_close",
        "FUP-01",
        _called_back,
        _callback_close,
        during=COMPLETED,
        deadline=False,
    ),
    ClockRule(
        "express_mail",
        "DSP-12",
        _unsigned,
        _express_mail,
        step=lambda ticket: ticket.acceptance.mails_asked + 1,
        during=COMPLETED,
        deadline=False,
    ),
)
RULE_OF: Final[dict[Clock, ClockRule]] = {row.name: row for row in CLOCKS}


def wind(turn: Turn) -> None:
    """Starts, stops and moves the clocks so that they fit the ticket's facts; call it once, after a rule changed them.

    A deadline that stops here was kept: what was late has run out before (`running_out.py`). To stop one that was
    neither kept nor missed, take it away with `drop` first.
    """
    ticket, terms = turn.ticket, turn.terms
    running: dict[Clock, RunningClock] = {
        clock.name: clock for clock in ticket.clocks if clock.name not in _NOT_IN_TABLE
    }
    wound: list[RunningClock] = []
    owed: list[Clock] = []
    kept: list[Clock] = []
    waiting = ticket.wait is not None
    for row in CLOCKS:
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
            clock = _started(row, ticket, terms, since)
        wound.append(clock)
    steps, late_step = _steps(ticket)
    wound += steps
    owed += [STEP_CLOCK] * late_step
    wound += [clock for clock in ticket.clocks if clock.name == "ladder_step" and clock.remedies in owed]
    wound.sort(key=_by_due)
    changed: dict[str, object] = {"clocks": tuple(wound), "overdue": tuple(owed)}
    if kept:
        changed["kept"] = counted(ticket.kept, *kept)
    turn.change(**changed)


def _steps(ticket: Ticket) -> tuple[list[RunningClock], bool]:
    """The clocks of the open steps of the blueprint, and whether one of them is over its time."""
    course = ticket.course
    if course is None or not ticket.in_hand:
        return [], False
    running = [
        RunningClock(STEP_CLOCK, one.since, one.due_at, one.number, one.provisional)
        for one in course.steps
        if one.running
    ]
    return running, course.owes


def published_later(turn: Turn, clock: RunningClock) -> bool:
    """Whether a provisional deadline that seems to run out lies later, now that the year is published (ORG-04)."""
    row = RULE_OF.get(clock.name)
    if row is None or not clock.provisional:
        return False
    return row.due(turn.ticket, turn.terms, clock.since).at > clock.due_at


def drop(turn: Turn, *names: Clock) -> None:
    """Takes clocks away that are neither kept nor missed: the case goes on without them."""
    ticket = turn.ticket
    turn.change(
        clocks=tuple(clock for clock in ticket.clocks if clock.name not in names),
        overdue=tuple(name for name in ticket.overdue if name not in names),
    )


def drop_all(turn: Turn) -> None:
    """Takes every clock away, neither kept nor missed: the case ends here."""
    turn.change(clocks=(), overdue=())


def counted(counts: Mapping[_Name, int], *names: _Name) -> dict[_Name, int]:
    """The counts with one more for each name."""
    more = dict(counts)
    for name in names:
        more[name] = more.get(name, 0) + 1
    return more


def _by_due(clock: RunningClock) -> tuple[datetime, str, int]:
    return clock.due_at, clock.name, clock.step


def _started(row: ClockRule, ticket: Ticket, terms: Terms, since: datetime) -> RunningClock:
    due = row.due(ticket, terms, since)
    step = row.step(ticket) if row.step else 1
    return RunningClock(name=row.name, since=since, due_at=due.at, step=step, provisional=due.provisional)
