"""When a desk is staffed (ORG-03): on which dates, in which windows of the local clock. Knows no holidays, no zone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from linli_rulebook.errors import CalendarError

MINUTES_PER_DAY = 24 * 60

_WINDOW = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")
_LAST_MINUTE_OF_HOUR = 59


class DeskDays(StrEnum):
    """The dates on which a desk works."""

    EVERY_DAY = "every_day"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """An open stretch of a date, in minutes since its midnight: open at `opens`, shut at `closes` (up to 24:00)."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class DeskHours:
    """A desk's dates and windows; the gaps between the windows are its breaks.

    A night is two windows, `22:00-24:00` and `00:00-06:00`, so that each belongs to one date.
    Raises `CalendarError` when the desk never opens, or its windows are out of order or overlap.
    """

    days: DeskDays
    windows: tuple[Window, ...]

    def __post_init__(self) -> None:
        """Refuses a desk that is never open: every deadline on it would be searched for without end."""
        if not self.windows:
            raise CalendarError("a desk without hours never opens")
        for window in self.windows:
            if not 0 <= window.opens < window.closes <= MINUTES_PER_DAY:
                raise CalendarError(f"the window {window} does not lie within one date, opening before it closes")
        for earlier, later in pairwise(self.windows):
            if earlier.closes > later.opens:
                raise CalendarError(f"the windows {earlier} and {later} overlap or are out of order")

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> "DeskHours":
        """Reads `{days = "working_days", hours = ["08:30-12:00", "13:30-17:30"]}`. Raises `CalendarError`."""
        if table.keys() != {"days", "hours"} or not isinstance(table["hours"], list):
            raise CalendarError(f"a desk is given as days and a list of hours, not as {dict(table)!r}")
        try:
            days = DeskDays(table["days"])
        except ValueError as error:
            raise CalendarError(f"a desk works on {' or '.join(DeskDays)}, not on {table['days']!r}") from error
        return cls(days, tuple(_window(text) for text in table["hours"]))


def _window(text: object) -> Window:
    match = _WINDOW.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise CalendarError(f"{text!r} is not a window such as 08:30-17:30")
    opens_hour, opens_minute, closes_hour, closes_minute = map(int, match.groups())
    if max(opens_minute, closes_minute) > _LAST_MINUTE_OF_HOUR:
        raise CalendarError(f"{text!r} has an hour of more than 60 minutes")
    return Window(opens_hour * 60 + opens_minute, closes_hour * 60 + closes_minute)
