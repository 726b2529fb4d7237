"""The quiet hours of a place (FUP-03): when nobody is contacted, on the clocks of an estate, but in an emergency.

They are one stretch of the night, which holds midnight, begins with it or ends with it. They begin with their first
second and end before their last: at 09:00:00 a message may go out. Who is called or told then is for the services.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from linli_rulebook.errors import RulebookError
from linli_rulebook.policy import Policy

QUIET_HOURS: Final = "followup.quiet_hours"
MIDNIGHT: Final = time()
_END_OF_DAY: Final = "24:00"
_TIME_OF_DAY: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A stretch of the local day, over midnight where it begins later than it ends."""

    begins: time
    ends: time

    def first_free(self, at: datetime, zone: tzinfo) -> datetime:
        """``at`` itself, or the end of the quiet hours it lies in; UTC."""
        local = at.astimezone(zone)
        clock = local.time()
        over_midnight = self.ends <= self.begins
        quiet = (clock >= self.begins or clock < self.ends) if over_midnight else self.begins <= clock < self.ends
        if not quiet:
            return at
        day = local.date() + timedelta(days=1) if over_midnight and clock >= self.begins else local.date()
        return datetime.combine(day, self.ends, tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=1024)
def quiet_hours(policy: Policy) -> QuietHours:
    """As the policy has them. Raises `RulebookError`, with the file, for what is no stretch of the night."""
    entry = policy.table(QUIET_HOURS)
    where = f"{policy.explain(QUIET_HOURS).file}: {QUIET_HOURS}"
    try:
        hours = QuietHours(time_of_day(entry.get("from")), end_of_stretch(entry.get("to")))
    except RulebookError as error:
        raise RulebookError(f"{where}: {error}") from error
    if hours.begins == hours.ends:
        raise RulebookError(f"{where}: from {hours.begins:%H:%M} round the clock nobody could ever be reached")
    if MIDNIGHT < hours.begins < hours.ends:
        raise RulebookError(
            f"{where}: {hours.begins:%H:%M} to {hours.ends:%H:%M} of one day would leave the night loud: they hold "
            "midnight, begin with 00:00 or end with 24:00"
        )
    return hours


def time_of_day(text: object) -> time:
    """`09:00` as a time. Raises `RulebookError` for anything else."""
    match = _TIME_OF_DAY.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise RulebookError(f"{text!r} is not a time of day such as 09:00")
    return time(int(match[1]), int(match[2]))


def end_of_stretch(text: object) -> time:
    """The same of the end of a stretch, which may be the end of the day: midnight, `24:00` or `00:00`."""
    return MIDNIGHT if text == _END_OF_DAY else time_of_day(text)
