"""By when a clock is due, worked out from the history of the case: the ways of counting that the policy can name.

Each takes the ticket, its terms, the spans of its row by name, the calendar of its row, and the instant it counts from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from linli_contracts.events.intake import Channel
from linli_rulebook import Calendar, ChannelKind, Due, Span, passing_on_due

from linli_dispatch.domain.deadlines.running_clock import NO_TIME
from linli_dispatch.domain.ticket import HANDLED_AT_ONCE, Ticket

if TYPE_CHECKING:
    from linli_dispatch.domain.terms import Terms

_CHANNEL_KIND: Final[dict[Channel, ChannelKind]] = {"hotline": "phone", "callback": "phone", "email": "email"}


@dataclass(frozen=True, slots=True)
class Within:
    """The spans of one clock by their names, and the calendar that counts them."""

    spans: Mapping[str, Span]
    calendar: Calendar

    def after(self, since: datetime, name: str = "limit") -> Due:
        """When one of the spans from ``since`` is over."""
        return self.calendar.due(since, self.spans[name])

    def elapsed(self, name: str) -> timedelta:
        """One that counts no calendar."""
        return self.spans[name].elapsed


CountDue = Callable[[Ticket, "Terms", Within, datetime], Due]


def _limit(_ticket: Ticket, _terms: "Terms", within: Within, since: datetime) -> Due:
    return within.after(since)


def _passing_on(ticket: Ticket, terms: "Terms", within: Within, since: datetime) -> Due:
    channel = _CHANNEL_KIND.get(ticket.channel, "other") if ticket.round == 1 else "phone"
    due = passing_on_due(since, channel, within.calendar, terms.policy)
    if terms.desk(ticket.desk).department and ticket.level in HANDLED_AT_ONCE:
        # The form to the department (DSP-02) is this very passing on: the earlier of the two dates holds.
        due = min(due, within.after(since, "form"), key=lambda one: one.at)
    if not ticket.emergency and ticket.graded_level > 1:
        return due
    return min(due, Due(since + within.elapsed("emergency")), key=lambda one: one.at)


def _customer_report(ticket: Ticket, _terms: "Terms", within: Within, since: datetime) -> Due:
    if ticket.report_by is not None:
        return Due(ticket.report_by)
    if ticket.reports_missed:
        return Due(since + within.elapsed("again") * 2 ** (ticket.reports_missed - 1))
    return within.after(since)


def _completion(ticket: Ticket, terms: "Terms", within: Within, since: datetime) -> Due:
    if ticket.round == 1 and ticket.complete_by is not None:
        return Due(ticket.complete_by + ticket.waited_in_round)
    time = _by_blueprint(ticket, terms) or within.elapsed("complex" if ticket.complex else "ordinary")
    due = since + time + ticket.waited_in_round
    order = ticket.order
    if order is not None:
        due = min(due, order.finish_by + ticket.waited_in_round - order.waited_before)
    return Due(due)


def _by_blueprint(ticket: Ticket, terms: "Terms") -> timedelta | None:
    """The time that a blueprint gives to the whole of a case (DSP-17)."""
    return terms.blueprints[ticket.course.blueprint].within if ticket.course else None


def _age(ticket: Ticket, terms: "Terms", within: Within, since: datetime) -> Due:
    """The age counts from the first receipt, across rounds (DSP-06).

    The time between a completion and its reopening counts too: the problem was never gone, and the age is ours unless a
    wait for the customer is recorded. What takes its time by its blueprint ages once that time is over: until then
    nothing of it is unresolved (assumed).
    """
    return Due(within.after(since + (_by_blueprint(ticket, terms) or NO_TIME)).at + ticket.waited)


def _arrival(ticket: Ticket, _terms: "Terms", _within: Within, since: datetime) -> Due:
    return Due(ticket.order.arrive_by if ticket.order else since)


def _lateness(ticket: Ticket, terms: "Terms", within: Within, since: datetime) -> Due:
    return Due(_arrival(ticket, terms, within, since).at + within.elapsed("late"))


def _order_finish(ticket: Ticket, _terms: "Terms", within: Within, since: datetime) -> Due:
    """The contractor's own time, which stood still while the customer was waited for, and what may be added to it."""
    order = ticket.order
    if order is None:
        return Due(since)
    more = within.elapsed("late") if "late" in within.spans else NO_TIME
    return Due(order.finish_by + ticket.waited_in_round - order.waited_before + more)


def _express_mail(ticket: Ticket, _terms: "Terms", within: Within, since: datetime) -> Due:
    asked = ticket.acceptance.mails_asked
    return Due(since + within.elapsed("again") * 2 ** (asked - 1)) if asked else within.after(since)


COUNTED: Final[Mapping[str, tuple[CountDue, frozenset[str]]]] = {
    "limit": (_limit, frozenset({"limit"})),
    "passing_on": (_passing_on, frozenset({"form", "emergency"})),
    "customer_report": (_customer_report, frozenset({"limit", "again"})),
    "completion": (_completion, frozenset({"ordinary", "complex"})),
    "age": (_age, frozenset({"limit"})),
    "arrival": (_arrival, frozenset({"limit"})),
    "lateness": (_lateness, frozenset({"late"})),
    "order_finish": (_order_finish, frozenset({"limit"})),
    "express_mail": (_express_mail, frozenset({"limit", "again"})),
}
"""By name: how the due instant is counted, and the spans it needs. A contractor's own times (arrival, finish) were
fixed by their limits when the order was given."""
