"""The working calendar of one desk (ORG-03, ORG-04): which instants it is open, and when a span of time is due.

Three clocks are kept apart: elapsed time, the desk's working hours, and working dates. All instants go in aware (in any
zone) and come out in UTC; a naive one is a `CalendarError`. Where the numbers come from is in `desk_calendars.py`.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from linli_rulebook.desk_hours import MINUTES_PER_DAY, DeskDays, DeskHours, Window
from linli_rulebook.errors import CalendarError
from linli_rulebook.months import instant_plus_months
from linli_rulebook.statutory_days import SETTLED_FROM, SETTLED_UNTIL, is_settled, is_statutory_working_date
from linli_rulebook.timeline import FIRST_YEAR, LAST_YEAR, Timeline
from linli_rulebook.units import Span, Unit

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ONE_DAY = timedelta(days=1)
_DAYS_KEPT = 4_096
"""Eleven years of days of receipt: deadlines of one day are asked for by every case of it."""
_WHOLE_DATE = (Window(0, MINUTES_PER_DAY),)

_ELAPSED = {
    Unit.SECONDS: timedelta(seconds=1),
    Unit.MINUTES: timedelta(minutes=1),
    Unit.HOURS: timedelta(hours=1),
    Unit.DAYS: timedelta(days=1),
    Unit.WEEKS: timedelta(weeks=1),
}
_MONTHS = {Unit.MONTHS: 1, Unit.YEARS: 12}


@dataclass(frozen=True, slots=True)
class Due:
    """An instant in UTC. Done at it is kept, one second later is missed (ORG-04).

    `provisional` when a date it was counted over may still become a holiday or a working day: such a deadline is worked
    out once more when that year is published (`SETTLED_UNTIL` moves).
    """

    at: datetime
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class CalendarRules:
    """All that a calendar depends on.

    `closed_dates` and `working_dates` are a region's exceptions to the statutory days; a desk that works every day does
    not look at them. Raises `CalendarError` for a date that is both.
    """

    hours: DeskHours
    zone: str = "Asia/Shanghai"
    closed_dates: frozenset[date] = frozenset()
    working_dates: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        """Refuses contradictory exceptions."""
        if both := self.closed_dates & self.working_dates:
            raise CalendarError(f"{min(both)} is both a closed and a working date")


class Calendar:
    """The calendar of one desk. Immutable in what it answers; safe to share between threads."""

    def __init__(self, rules: CalendarRules) -> None:
        """A calendar by `rules`; prefer `calendar_for`, which reads them from the policy and shares the tables."""
        self.rules = rules
        self.zone = ZoneInfo(rules.zone)
        self._hours = Timeline(self._year_of, lambda year: self._stretches(year, rules.hours.windows))
        self._dates = Timeline(self._year_of, lambda year: self._stretches(year, _WHOLE_DATE))
        self._working_dates: dict[int, array[int]] = {}
        self._settled_from = self._midnight(SETTLED_FROM)
        self._settled_until = self._midnight(SETTLED_UNTIL + _ONE_DAY)
        self._years_begin = array("q", (self._midnight(date(year, 1, 1)) for year in range(FIRST_YEAR, LAST_YEAR + 2)))
        self._nth_working_day_after = lru_cache(_DAYS_KEPT)(self._count_working_days)

    def date_of(self, at: datetime) -> date:
        """The local date at the instant `at`."""
        return _aware(at).astimezone(self.zone).date()

    def is_working_date(self, day: date) -> bool:
        """Whether the desk works on `day`: every day, or the statutory working dates with the region's exceptions."""
        if self.rules.hours.days is DeskDays.EVERY_DAY or day in self.rules.working_dates:
            return True
        return day not in self.rules.closed_dates and is_statutory_working_date(day)

    def is_settled(self, day: date) -> bool:
        """Whether it is final that the desk works, or does not work, on `day`."""
        return self.rules.hours.days is DeskDays.EVERY_DAY or is_settled(day)

    def is_open(self, at: datetime) -> bool:
        """Whether the desk is open at `at`: from the opening second on, no longer at the closing one."""
        return self._hours.is_open(_to_number(at))

    def opens_next(self, at: datetime) -> datetime:
        """The earliest instant at or after `at` when the desk is open: `at` itself while it is open."""
        return _to_instant(self._hours.next_open(_to_number(at)))

    def close_of(self, day: date) -> datetime:
        """The instant the desk closes on `day`. Raises `CalendarError` when it does not work then."""
        if not self.is_working_date(day):
            raise CalendarError(f"the desk does not work on {day}, so it does not close either")
        return _to_instant(self._on(day, self.rules.hours.windows[-1].closes))

    def end_of(self, day: date) -> datetime:
        """24:00 of `day` by the local clock."""
        return _to_instant(self._on(day, MINUTES_PER_DAY))

    def add(self, start: datetime, worked: timedelta) -> Due:
        """The earliest instant by which `worked` of the desk's open time has passed since `start`.

        It never lies outside the hours (a closing second counts as inside); nothing to work is due at `start` itself.
        """
        return self._after(self._hours, start, worked)

    def subtract(self, end: datetime, worked: timedelta) -> Due:
        """The latest instant from which `worked` of the desk's open time passes until `end`: the inverse of `add`."""
        wanted, instant = _amount(worked), _to_number(end)
        begun = self._hours.before(instant, wanted) if wanted else instant
        return self._due(begun, begun, instant)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """The desk's open time from `start` to `end`. Raises `CalendarError` when `end` comes first."""
        first, last = _to_number(start), _to_number(end)
        if last < first:
            raise CalendarError(f"{end} is before {start}")
        return self._hours.between(first, last) * _MICROSECOND

    def nth_working_day(self, received_at: datetime, n: int) -> Due:
        """The desk's close on the `n`-th working day (n ≥ 1); the day of receipt does not count (ORG-04)."""
        if n < 1:
            raise CalendarError(f"there is no working day number {n}: the day of receipt does not count")
        return self._nth_working_day_after(self.date_of(received_at), n)

    def _count_working_days(self, day: date, n: int) -> Due:
        dates = self._working_dates_of(day.year)
        year, index = day.year, bisect_right(dates, day.toordinal()) + n - 1
        while index >= len(dates):
            index -= len(dates)
            year += 1
            dates = self._working_dates_of(year)
        closes = _to_number(self.close_of(date.fromordinal(dates[index])))
        return self._due(closes, self._midnight(day), closes)

    def add_working_date_hours(self, start: datetime, hours: int) -> Due:
        """`hours` later, counting only the hours of working dates, but all 24 of each (DSP-02)."""
        return self._after(self._dates, start, timedelta(hours=hours))

    def due(self, start: datetime, span: Span) -> Due:
        """When `span` from `start` is over, by the clock that its unit names (ORG-03, ORG-04).

        Seconds to weeks elapse (a week is 7 x 24 hours); months and years end on the same local date, clamped;
        calendar days end at 24:00 of the local date, the day of `start` not counted.
        """
        if (step := _ELAPSED.get(span.unit)) is not None:
            return Due(_aware(start) + step * span.amount)
        if (months := _MONTHS.get(span.unit)) is not None:
            return Due(instant_plus_months(_aware(start), months * span.amount, self.zone))
        if span.unit is Unit.CALENDAR_DAYS:
            return Due(self.end_of(self.date_of(start) + span.amount * _ONE_DAY))
        if span.unit is Unit.WORKING_HOURS:
            return self.add(start, timedelta(hours=span.amount))
        if span.unit is Unit.WORKING_DATE_HOURS:
            return self.add_working_date_hours(start, span.amount)
        return self.nth_working_day(start, span.amount)

    def due_before(self, end: datetime, span: Span) -> Due:
        """The instant that lies `span` before `end`: for notices that go out ahead of a date.

        Raises `CalendarError` for calendar days, working days and working-date hours: no rule counts them back.
        """
        if (step := _ELAPSED.get(span.unit)) is not None:
            return Due(_aware(end) - step * span.amount)
        if (months := _MONTHS.get(span.unit)) is not None:
            return Due(instant_plus_months(_aware(end), -months * span.amount, self.zone))
        if span.unit is Unit.WORKING_HOURS:
            return self.subtract(end, timedelta(hours=span.amount))
        raise CalendarError(f"no rule says how {span} are counted back")

    def _after(self, timeline: Timeline, start: datetime, worked: timedelta) -> Due:
        wanted, instant = _amount(worked), _to_number(start)
        done = timeline.after(instant, wanted) if wanted else instant
        return self._due(done, instant, done)

    def _due(self, at: int, first: int, last: int) -> Due:
        settled = self._settled_from <= first and last <= self._settled_until
        return Due(_to_instant(at), provisional=not settled and self.rules.hours.days is DeskDays.WORKING_DAYS)

    def _year_of(self, instant: int) -> int:
        place = bisect_right(self._years_begin, instant)
        if 0 < place < len(self._years_begin):
            return FIRST_YEAR - 1 + place
        return _to_instant(instant).astimezone(self.zone).year

    def _working_dates_of(self, year: int) -> "array[int]":
        if year not in self._working_dates:
            self._working_dates[year] = array("l", (day.toordinal() for day in self._days(year)))
        return self._working_dates[year]

    def _days(self, year: int) -> Iterator[date]:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise CalendarError(f"the calendar covers {FIRST_YEAR} to {LAST_YEAR}, not {year}")
        for ordinal in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()):
            if self.is_working_date(day := date.fromordinal(ordinal)):
                yield day

    def _stretches(self, year: int, windows: tuple[Window, ...]) -> Iterator[tuple[int, int]]:
        for day in self._days(year):
            for window in windows:
                yield self._on(day, window.opens), self._on(day, window.closes)

    def _on(self, day: date, minute: int) -> int:
        # A time of day that the clocks show twice means the first; one that they skip is read by the old offset.
        days, minute_of_day = divmod(minute, MINUTES_PER_DAY)
        hour, minute_of_hour = divmod(minute_of_day, 60)
        local = datetime.combine(day + days * _ONE_DAY, time(hour, minute_of_hour), tzinfo=self.zone)
        return _to_number(local)

    def _midnight(self, day: date) -> int:
        return self._on(day, 0)


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise CalendarError(f"{at} is naive: an instant needs its offset")
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _amount(worked: timedelta) -> int:
    if worked < timedelta(0):
        raise CalendarError(f"a span of time cannot be negative: {worked}")
    return worked // _MICROSECOND


def _to_number(at: datetime) -> int:
    return (_aware(at) - _EPOCH) // _MICROSECOND


def _to_instant(number: int) -> datetime:
    return _EPOCH + number * _MICROSECOND
