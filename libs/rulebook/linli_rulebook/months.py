"""Calendar months and years: the same date of a later or earlier month, clamped to its last day (ORG-04)."""

from calendar import monthrange
from datetime import UTC, date, datetime, tzinfo


def plus_months(day: date, months: int) -> date:
    """The same date `months` later (earlier when negative): 31 January + 1 month is 28 or 29 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def instant_plus_months(at: datetime, months: int, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which clocks in `zone` show the same time of day on the date `months` later.

    A time of day that the clocks skip on that date is read by the offset before the change, so one hour on.
    """
    local = at.astimezone(zone)
    return datetime.combine(plus_months(local.date(), months), local.timetz()).astimezone(UTC)
