"""INT-08: by when a request that was received must have reached the responsible desk, by the departments' calendar."""

from datetime import datetime, timedelta
from typing import Literal

from linli_rulebook.policy import Policy
from linli_rulebook.working_calendar import Calendar, Due

ChannelKind = Literal["phone", "email", "other"]
"""How it came, as far as INT-08 distinguishes: a call, a mail, or any other channel."""


def passing_on_due(received_at: datetime, channel_kind: ChannelKind, calendar: Calendar, policy: Policy) -> Due:
    """When a request received at `received_at` must have been passed on (转达).

    Within working hours the channel's own span counts; the closing second and a break are outside. Outside them, on a
    working date, it counts from the next opening, if that is on the same or the next date. Without such an opening it
    must be passed on by 24:00: of the date of receipt when that is not a working date, else of the next date.
    """
    today = calendar.date_of(received_at)
    tomorrow = today + timedelta(days=1)
    if not calendar.is_working_date(today):
        return Due(calendar.end_of(today), provisional=not calendar.is_settled(today))

    if calendar.is_open(received_at):
        due = calendar.due(received_at, policy.span(f"intake.passing_on_{channel_kind}"))
        return Due(due.at, provisional=due.provisional or not calendar.is_settled(today))

    opening = calendar.opens_next(received_at)
    provisional = not (calendar.is_settled(today) and calendar.is_settled(tomorrow))
    if calendar.date_of(opening) <= tomorrow:
        due = calendar.due(opening, policy.span("intake.passing_on_after_opening"))
        return Due(due.at, provisional=due.provisional or provisional)
    return Due(calendar.end_of(tomorrow), provisional)
