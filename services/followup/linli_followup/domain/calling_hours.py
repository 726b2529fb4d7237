"""When a customer may be called (FUP-03): the hours between the quiet hours, by the estate's own clock.

Calling hours open at their first second and are over at the closing second: at 21:00:00 it is quiet, at 20:59:59 it is
not. Those that close at midnight last until the day ends. All instants go in aware and come out in UTC.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from linli_rulebook.quiet_hours import MIDNIGHT

ONE_SECOND: Final = timedelta(seconds=1)
"""The grain of deadlines (ORG-04): the last instant before an hour ends is one second before it."""

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayPart:
    """A stretch of the local day, ``opens`` included and ``closes`` excluded; that midnight is the day's end."""

    opens: time
    closes: time

    @property
    def lasts(self) -> bool:
        """Whether it has a second at all."""
        return not self.is_over(self.opens)

    def is_over(self, clock: time) -> bool:
        """Whether it is over on its day when clocks show this."""
        return self.closes != MIDNIGHT and clock >= self.closes

    def within(self, other: "DayPart") -> "DayPart":
        """What of it lies in the other; it may be nothing, and then does not last."""
        closes = min(self.closes, other.closes, key=lambda clock: (clock == MIDNIGHT, clock))
        return DayPart(max(self.opens, other.opens), closes)

    def first_on(self, day: date, zone: ZoneInfo) -> datetime:
        """Its first instant on the local date ``day``."""
        return datetime.combine(day, self.opens, tzinfo=zone).astimezone(UTC)

    def last_on(self, day: date, zone: ZoneInfo) -> datetime:
        """Its last second on the local date ``day``."""
        closing = day + _ONE_DAY if self.closes == MIDNIGHT else day
        return datetime.combine(closing, self.closes, tzinfo=zone).astimezone(UTC) - ONE_SECOND

    def holds(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether it lasts at the instant ``at``."""
        clock = at.astimezone(zone).time()
        return clock >= self.opens and not self.is_over(clock)

    def next_at_or_after(self, at: datetime, zone: ZoneInfo) -> datetime:
        """``at`` itself while it lasts, else its next first instant."""
        local = at.astimezone(zone)
        if local.time() < self.opens:
            return self.first_on(local.date(), zone)
        if self.is_over(local.time()):
            return self.first_on(local.date() + _ONE_DAY, zone)
        return at

    def last_at_or_before(self, at: datetime, zone: ZoneInfo) -> datetime:
        """``at`` itself while it lasts, else its last second before."""
        local = at.astimezone(zone)
        if local.time() < self.opens:
            return self.last_on(local.date() - _ONE_DAY, zone)
        if self.is_over(local.time()):
            return self.last_on(local.date(), zone)
        return at
