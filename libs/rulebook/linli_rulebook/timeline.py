"""Open time as a number line: how much of it lies between two instants, and where a given amount of it is done.

Instants and amounts are whole microseconds (instants since the epoch), so nothing is ever rounded. Each year is a
sorted table with running totals, built when first needed; a question costs one bisection, and one addition a year.
Nothing here knows about desks, holidays or time zones.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable

from linli_rulebook.errors import CalendarError

FIRST_YEAR = 1990
LAST_YEAR = 2099
"""The years a calendar answers for: older than any of the group's records, later than any deadline. The bound of every
search and of the memory (some 20 KB a year)."""


class OpenYear:
    """The open stretches of one year, and the time open before each of them. A stretch holds its start, not its end."""

    def __init__(self, stretches: Iterable[tuple[int, int]]) -> None:
        """From (opens, closes), ascending; what overlaps or is empty (a clock set forward cut it away) is clipped."""
        self.opens, self.closes, self.before = array("q"), array("q"), array("q")
        self.total = 0
        for starts, closes in stretches:
            opens = max(starts, self.closes[-1]) if self.closes else starts
            if opens < closes:
                self.opens.append(opens)
                self.closes.append(closes)
                self.before.append(self.total)
                self.total += closes - opens

    def open_until(self, instant: int) -> int:
        """The open time of this year that has passed at `instant`."""
        index = bisect_right(self.opens, instant) - 1
        if index < 0:
            return 0
        return self.before[index] + min(instant, self.closes[index]) - self.opens[index]

    def earliest_after(self, amount: int) -> int:
        """The earliest instant with `amount` passed, 0 < amount ≤ total: a stretch's end rather than the next start."""
        index = bisect_left(self.before, amount) - 1
        return self.opens[index] + amount - self.before[index]

    def latest_after(self, amount: int) -> int:
        """The latest instant with `amount` passed, 0 ≤ amount < total: a stretch's start rather than the last end."""
        index = bisect_right(self.before, amount) - 1
        return self.opens[index] + amount - self.before[index]


class Timeline:
    """The open time of all years. Immutable in what it answers; safe to share between threads."""

    def __init__(self, year_of: Callable[[int], int], stretches_of: Callable[[int], Iterable[tuple[int, int]]]) -> None:
        """From the year an instant belongs to, and the open stretches of a year."""
        self._year_of = year_of
        self._stretches_of = stretches_of
        self._years: dict[int, OpenYear] = {}

    def is_open(self, instant: int) -> bool:
        """Whether `instant` lies in a stretch; the end of one does not."""
        year = self._year(self._year_of(instant))
        index = bisect_right(year.opens, instant) - 1
        return index >= 0 and instant < year.closes[index]

    def next_open(self, instant: int) -> int:
        """The earliest open instant at or after `instant`."""
        if self.is_open(instant):
            return instant
        number = self._year_of(instant)
        while not (opens := self._year(number).opens) or opens[-1] < instant:
            number += 1
        return opens[bisect_left(opens, instant)]

    def between(self, start: int, end: int) -> int:
        """The open time from `start` to `end`, for start ≤ end."""
        first, last = self._year_of(start), self._year_of(end)
        whole_years = sum(self._year(number).total for number in range(first, last))
        return whole_years + self._year(last).open_until(end) - self._year(first).open_until(start)

    def after(self, start: int, amount: int) -> int:
        """The earliest instant with `amount` > 0 of open time since `start`."""
        number = self._year_of(start)
        wanted = self._year(number).open_until(start) + amount
        while wanted > (total := self._year(number).total):
            wanted -= total
            number += 1
        return self._year(number).earliest_after(wanted)

    def before(self, end: int, amount: int) -> int:
        """The latest instant with `amount` > 0 of open time until `end`."""
        number = self._year_of(end)
        wanted = self._year(number).open_until(end) - amount
        while wanted < 0:
            number -= 1
            wanted += self._year(number).total
        return self._year(number).latest_after(wanted)

    def _year(self, number: int) -> OpenYear:
        year = self._years.get(number)
        if year is None:
            if not FIRST_YEAR <= number <= LAST_YEAR:
                raise CalendarError(f"the calendar covers {FIRST_YEAR} to {LAST_YEAR}, not {number}")
            year = self._years[number] = OpenYear(self._stretches_of(number))
        return year
