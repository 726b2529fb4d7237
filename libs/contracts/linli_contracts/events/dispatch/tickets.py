"""A ticket's way: opened, assigned, passed on, answered, told to the customer, waiting, resolved, reopened, closed."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from linli_contracts.event import Event, Id, Instant, Key, Level
from linli_contracts.events.dispatch.words import Finding, Role, WhyReplaced
from linli_contracts.events.intake import Category, RequestKind
from linli_contracts.topics import DISPATCH


class TicketOpened(Event):
    """The request became a ticket with exactly one owner and running clocks (DSP-19)."""

    producer = DISPATCH
    order_critical = True

    case_id: Id
    estate_id: Key
    home_id: Id | None = None
    kind: RequestKind
    category: Category
    subcategory: str
    level: Level
    customer_ref: Key
    owner_id: str
    received_at: Instant
    opened_at: Instant
    complete_by: Instant | None = None
    policy_version: str


class RunnerUp(BaseModel):
    """Somebody who could have been chosen, and why not."""

    model_config = ConfigDict(frozen=True)

    staff_id: str
    why_not: str


class TicketAssigned(Event):
    """A handler was chosen, with the reasons and the runners-up (DSP-08)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    handler_id: str | None
    """None: nobody is rostered at any level; the shortage is in ``reasons`` and the owner keeps the ticket."""
    role: Role | None
    desk: str
    reasons: tuple[str, ...]
    runners_up: tuple[RunnerUp, ...] = ()
    shortage: bool = False
    assigned_at: Instant


class OwnerChanged(Event):
    """Somebody else answers for the case from now on: its owner is away or has left (INT-04, DSP-19)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    owner_id: str
    previous_id: str
    why: WhyReplaced
    as_deputy: bool
    """The deputy (代理人) of the owner before; else chosen by rule."""
    changed_at: Instant


class TicketPassedOn(Event):
    """The responsible desk has the request in its hands (转达, INT-08)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    desk: str
    passed_on_at: Instant


class DepartmentAnswered(Event):
    """The responsible department gave its written opinion (DSP-02)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    desk: str
    answered_at: Instant


class CaseAssessed(Event):
    """The first assessment is made, and the customer was told its result (INT-09)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    finding: Finding
    assessed_at: Instant
    inspected_at: Instant | None = None
    """A repair: when an engineer saw it on the spot (DSP-10)."""


class CustomerReported(Event):
    """The customer was told the result, or the progress and a new date (DSP-03)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    reported_at: Instant
    next_report_by: Instant | None = None


class TicketWaiting(Event):
    """The case waits for the customer until a date: age and completion clocks pause (DSP-06)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    reason: str
    waiting_since: Instant
    until: Instant


class TicketResumed(Event):
    """The wait for the customer ended."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    resumed_at: Instant


class TicketResolved(Event):
    """The handling of a case that is no repair is finished; the callback follows (FUP-01)."""

    producer = DISPATCH
    order_critical = True

    case_id: Id
    estate_id: Key
    round: int
    how: Literal["handled", "standard_answer"]
    customer_ref: Key
    resolved_at: Instant
    in_time: bool


class TicketReopened(Event):
    """The customer is not satisfied: same case, next round (FUP-01)."""

    producer = DISPATCH
    order_critical = True

    case_id: Id
    estate_id: Key
    round: int
    """The new round."""
    reason: str
    reopened_at: Instant


class TicketClosed(Event):
    """The case is closed; ``how`` says by what right (FUP-01)."""

    producer = DISPATCH
    order_critical = True

    case_id: Id
    estate_id: Key
    round: int
    how: Literal["satisfied", "unreachable", "withdrawn", "standard_answer", "time_limit", "notified_by_mail"]
    level: Level
    customer_ref: Key
    received_at: Instant
    closed_at: Instant
