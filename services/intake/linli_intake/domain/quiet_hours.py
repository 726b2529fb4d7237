"""When a customer may be reached (FUP-03, INT-16): not within the quiet hours on the clocks of their estate.

Quiet hours begin with their first second and end before their last: at 09:00:00 a message may go out.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from linli_rulebook import Policy
from linli_rulebook.errors import RulebookError

_TIME_OF_DAY: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


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
    """As the policy has them. Raises :class:`RulebookError` for what is no time of day."""
    entry = policy.table("followup.quiet_hours")
    return QuietHours(_time(entry.get("from")), _time(entry.get("to")))


def _time(text: object) -> time:
    match = _TIME_OF_DAY.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise RulebookError(f"followup.quiet_hours: {text!r} is not a time of day such as 09:00")
    return time(int(match[1]), int(match[2]))
