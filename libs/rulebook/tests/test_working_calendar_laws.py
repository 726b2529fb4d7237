"""Laws that hold for every desk, zone and instant: adding and measuring agree, nothing is due outside working time."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linli_rulebook import Calendar, CalendarRules, DeskDays, DeskHours, Window

pytestmark = pytest.mark.rule("ORG-03", "ORG-04")

ZONES = ("Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu")
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)

# The first question to a calendar builds the tables of its years, which no deadline on a single example foresees.
law = settings(deadline=None)


def windows() -> st.SearchStrategy[tuple[Window, ...]]:
    """One to three windows that do not overlap; they may touch each other and midnight."""
    edges = st.lists(st.integers(0, 24 * 60), min_size=2, max_size=6, unique=True).map(sorted)
    return edges.map(lambda marks: tuple(Window(*pair) for pair in list(pairwise(marks))[::2]))


calendars = st.builds(
    lambda days, hours, zone: Calendar(CalendarRules(DeskHours(days, hours), zone)),
    st.sampled_from(DeskDays),
    windows(),
    st.sampled_from(ZONES),
)
instants = st.datetimes(datetime(2007, 1, 5), datetime(2026, 12, 20), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given beside.
# At one open minute a date, three days of work take seventeen years: far enough, and within the calendar's years.
worked_times = st.timedeltas(MICROSECOND, timedelta(days=3))


def open_time_by_dates(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """The open time counted date by date, the slow and plain way."""
    total = timedelta(0)
    day = calendar.date_of(start) - DAY
    while day <= calendar.date_of(end):
        if calendar.is_working_date(day):
            latest = datetime.min.replace(tzinfo=UTC)
            for window in calendar.rules.hours.windows:
                midnight = datetime(day.year, day.month, day.day, tzinfo=calendar.zone)
                opens = max(latest, (midnight + timedelta(minutes=window.opens)).astimezone(UTC))
                closes = (midnight + timedelta(minutes=window.closes)).astimezone(UTC)
                if opens < closes:  # else a clock set forward cut it away, and it keeps nobody from opening
                    latest = closes
                    total += max(timedelta(0), min(closes, end) - max(opens, start))
        day += DAY
    return total


@law
@given(calendars, instants, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_elapsed_is_what_counting_date_by_date_gives(calendar: Calendar, start: datetime, span: timedelta) -> None:
    assert calendar.elapsed(start, start + span) == open_time_by_dates(calendar, start, start + span)


@law
@given(calendars, instants, worked_times)
def test_adding_and_then_measuring_gives_back_what_was_added(
    calendar: Calendar, start: datetime, worked: timedelta
) -> None:
    assert calendar.elapsed(start, calendar.add(start, worked).at) == worked


@law
@given(calendars, instants, worked_times)
def test_a_sum_is_the_earliest_such_instant_and_a_difference_the_latest(
    calendar: Calendar, at: datetime, worked: timedelta
) -> None:
    due = calendar.add(at, worked).at
    assert calendar.elapsed(at, due - MICROSECOND) < worked
    begun = calendar.subtract(at, worked).at
    assert calendar.elapsed(begun, at) == worked
    assert calendar.elapsed(begun + MICROSECOND, at) < worked


@law
@given(calendars, instants, worked_times)
def test_nothing_is_due_or_begun_outside_working_time(calendar: Calendar, at: datetime, worked: timedelta) -> None:
    assert calendar.is_open(calendar.add(at, worked).at - MICROSECOND)
    assert calendar.is_open(calendar.subtract(at, worked).at)


@law
@given(calendars, instants, worked_times)
def test_subtracting_undoes_adding(calendar: Calendar, at: datetime, worked: timedelta) -> None:
    opening = calendar.opens_next(at)
    assert calendar.subtract(calendar.add(at, worked).at, worked).at == opening


@law
@given(calendars, instants, worked_times, worked_times)
def test_adding_twice_is_adding_the_sum(calendar: Calendar, at: datetime, one: timedelta, two: timedelta) -> None:
    assert calendar.add(calendar.add(at, one).at, two) == calendar.add(at, one + two)


@law
@given(calendars, instants, st.timedeltas(timedelta(0), timedelta(days=9)), worked_times, worked_times)
def test_who_starts_later_or_works_longer_is_never_done_earlier(
    calendar: Calendar, at: datetime, later: timedelta, one: timedelta, two: timedelta
) -> None:
    assert calendar.add(at, one).at <= calendar.add(at + later, one).at
    assert calendar.add(at, min(one, two)).at <= calendar.add(at, max(one, two)).at


@law
@given(calendars, instants)
def test_the_next_opening_is_open_and_nothing_before_it_is(calendar: Calendar, at: datetime) -> None:
    opening = calendar.opens_next(at)
    assert calendar.is_open(opening)
    assert calendar.elapsed(at, opening) == timedelta(0)
    assert (opening == at) is calendar.is_open(at)


@law
@given(calendars, instants, st.integers(1, 300))
def test_n_working_days_are_n_working_dates_after_the_day_of_receipt(calendar: Calendar, at: datetime, n: int) -> None:
    due = calendar.nth_working_day(at, n).at
    day, counted = calendar.date_of(at), 0
    while counted < n:
        day += DAY
        counted += calendar.is_working_date(day)
    assert due == calendar.close_of(day)


@law
@given(calendars, instants, st.integers(1, 500))
def test_working_date_hours_end_on_a_working_date(calendar: Calendar, at: datetime, hours: int) -> None:
    due = calendar.add_working_date_hours(at, hours).at
    assert calendar.is_working_date(calendar.date_of(due - MICROSECOND))
    every_day = Calendar(CalendarRules(DeskHours(DeskDays.EVERY_DAY, (Window(0, 1440),)), calendar.rules.zone))
    assert every_day.elapsed(at, due) >= timedelta(hours=hours)
