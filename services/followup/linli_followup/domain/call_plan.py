"""When a try is to be made: the first within the limit of FUP-01, each further one at another time of day (FUP-04).

Every span begins and ends inside calling hours, on a whole second.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from linli_followup.domain.calling_hours import ONE_SECOND
from linli_followup.domain.calling_policy import CallingPolicy


class CallSpan(NamedTuple):
    """A try is made at or after ``call_from`` and at or before ``call_by``."""

    call_from: datetime
    call_by: datetime


def first_call(finished_at: datetime, zone: ZoneInfo, policy: CallingPolicy) -> CallSpan:
    """The span of the first try after work that was finished then.

    Planned some time after completion; in quiet hours it moves to the next opening, but never beyond the limit: then it
    is the last opening before it. Where quiet hours fill the whole limit, the customer's peace comes first: the call is
    planned, and due, at the next opening.
    """
    hours = policy.hours
    call_by = hours.last_at_or_before(_down(finished_at + policy.within), zone)
    if call_by < finished_at:
        opening = hours.next_at_or_after(_up(finished_at), zone)
        return CallSpan(opening, opening)
    planned = hours.next_at_or_after(_up(finished_at + policy.first_after), zone)
    if planned <= call_by:
        return CallSpan(planned, call_by)
    opening = hours.first_on(call_by.astimezone(zone).date(), zone)
    return CallSpan(min(max(opening, _up(finished_at)), call_by), call_by)


def next_call(called_at: datetime, zone: ZoneInfo, policy: CallingPolicy) -> CallSpan:
    """The span of the next try after one at ``called_at`` that nobody answered: the next time of day, on the next day.

    The tries are spread evenly over the policy's days; more tries than days are made on one day, at later times of it.
    """
    parts = policy.parts
    local = called_at.astimezone(zone)
    begun = sum(part.opens <= local.time() for part in parts)
    part = parts[begun % len(parts)]
    day = local.date() + timedelta(days=policy.tries_within_days // policy.tries)
    if part.first_on(day, zone) <= called_at:
        day += timedelta(days=1)
    return CallSpan(part.first_on(day, zone), part.last_on(day, zone))


def _up(at: datetime) -> datetime:
    return _down(at) + ONE_SECOND if at.microsecond else at


def _down(at: datetime) -> datetime:
    return at.replace(microsecond=0)
