"""Where clocks are set forward and back, no hour counts twice and none is lost (ORG-04)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from linli_rulebook import Span, Unit

from libs.rulebook.tests.desks import desk

pytestmark = pytest.mark.rule("ORG-03", "ORG-04")

Local = Callable[[str], datetime]


def test_a_date_has_23_or_25_hours_where_clocks_change() -> None:
    every_hour = desk("00:00-24:00", days="every_day", zone="America/New_York")
    for day, hours in ((date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 6, 1), 24)):
        midnight = every_hour.end_of(day - timedelta(days=1))
        assert every_hour.elapsed(midnight, every_hour.end_of(day)) == timedelta(hours=hours)


def test_windows_around_the_hour_that_is_skipped_do_not_count_twice() -> None:
    early = desk("01:00-02:30", "03:00-05:00", days="every_day", zone="America/New_York")
    midnight = early.end_of(date(2026, 3, 7))
    # 01:00-02:00 EST, then 03:00-05:00 EDT: 02:30 is read as 03:30, and 03:00-03:30 belongs to the first window alone.
    assert early.elapsed(midnight, early.end_of(date(2026, 3, 8))) == timedelta(hours=3)


def test_a_window_that_the_skipped_hour_cuts_away_takes_nothing_from_the_next() -> None:
    early = desk("02:18-03:04", "03:06-03:07", days="every_day", zone="America/New_York")
    midnight = early.end_of(date(2026, 3, 7))
    # 02:18 is read as 03:18, after its close; the minute from 03:06 on is there as on any other day.
    assert early.elapsed(midnight, early.end_of(date(2026, 3, 8))) == timedelta(minutes=1)
    assert early.elapsed(midnight, early.end_of(date(2026, 3, 9))) == timedelta(minutes=1 + 46 + 1)


def test_a_window_in_the_hour_that_comes_twice_is_open_the_first_time() -> None:
    early = desk("01:00-01:30", days="every_day", zone="America/New_York")
    first, second = datetime(2026, 11, 1, 5, 15, tzinfo=UTC), datetime(2026, 11, 1, 6, 15, tzinfo=UTC)
    assert early.is_open(first)
    assert not early.is_open(second)


def test_a_month_keeps_the_time_of_day_where_clocks_change() -> None:
    office = desk("09:00-17:00", zone="Europe/Berlin")
    winter = datetime(2026, 3, 15, 9, 0, tzinfo=UTC)  # 10:00 in Berlin.
    assert office.due(winter, Span(1, Unit.MONTHS)).at == datetime(2026, 4, 15, 8, 0, tzinfo=UTC)


def test_a_month_that_ends_in_the_skipped_hour_ends_an_hour_on() -> None:
    office = desk("09:00-17:00", zone="Europe/Berlin")
    before = datetime(2026, 2, 28, 1, 30, tzinfo=UTC)  # 02:30 in Berlin, which 29 March does not have.
    assert office.due(before + timedelta(days=1), Span(1, Unit.MONTHS)).at == datetime(2026, 4, 1, 0, 30, tzinfo=UTC)
    skipped = office.due(datetime(2026, 1, 29, 1, 30, tzinfo=UTC), Span(2, Unit.MONTHS)).at
    assert skipped == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
