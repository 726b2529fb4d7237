"""The calendar is exact to the second around openings, closings, breaks, holidays, month ends and changes of the clock.

The tables are written in local time of Shanghai. In 2026 the Spring Festival is off from 15 to 23 February, and the
Saturdays 14 and 28 February are worked instead.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from linli_rulebook import (
    Calendar,
    CalendarError,
    DeskDays,
    DeskHours,
    Due,
    Policy,
    Span,
    Unit,
    Window,
    calendar_for,
)

from libs.rulebook.tests.desks import desk

pytestmark = pytest.mark.rule("ORG-03", "ORG-04")

Local = Callable[[str], datetime]

NIGHT_DESK = ("00:00-06:00", "22:00-24:00")


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-03-02 08:29:59", False),
        ("2026-03-02 08:30:00", True),
        ("2026-03-02 11:59:59", True),
        ("2026-03-02 12:00:00", False),
        ("2026-03-02 13:29:59", False),
        ("2026-03-02 13:30:00", True),
        ("2026-03-02 17:29:59.999999", True),
        ("2026-03-02 17:30:00", False),
        ("2026-02-14 09:00:00", True),
        ("2026-02-16 09:00:00", False),
        ("2026-03-07 09:00:00", False),
    ],
)
def test_a_desk_is_open_from_its_opening_second_until_before_its_closing_one(
    lunch: Calendar,
    local: Local,
    at: str,
    is_open: bool,  # noqa: FBT001 - a table's column.
) -> None:
    assert lunch.is_open(local(at)) is is_open


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-03-02 08:29:59", "2026-03-02 08:30:00"),
        ("2026-03-02 09:00:00", "2026-03-02 09:00:00"),
        ("2026-03-02 12:00:00", "2026-03-02 13:30:00"),
        ("2026-03-02 17:30:00", "2026-03-03 08:30:00"),
        ("2026-03-06 17:30:00", "2026-03-09 08:30:00"),
        ("2026-02-14 17:30:00", "2026-02-24 08:30:00"),
        ("2025-12-31 17:30:00", "2026-01-04 08:30:00"),  # Over the new year; the 4th is a make-up Sunday.
    ],
)
def test_the_next_opening(lunch: Calendar, local: Local, at: str, opens: str) -> None:
    assert lunch.opens_next(local(at)) == local(opens)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-02 08:00:00", 1, "2026-03-02 09:30:00"),
        ("2026-03-02 11:00:00", 1, "2026-03-02 12:00:00"),  # Done as the break begins, not after it.
        ("2026-03-02 11:00:01", 1, "2026-03-02 13:30:01"),
        ("2026-03-02 12:30:00", 1, "2026-03-02 14:30:00"),
        ("2026-03-02 16:30:00", 1, "2026-03-02 17:30:00"),
        ("2026-03-02 16:30:01", 1, "2026-03-03 08:30:01"),
        ("2026-03-06 17:00:00", 1, "2026-03-09 09:00:00"),
        ("2026-02-13 17:00:00", 1, "2026-02-14 09:00:00"),  # The make-up Saturday counts.
        ("2026-02-14 17:00:00", 1, "2026-02-24 09:00:00"),  # Nine days off do not.
        ("2026-02-14 08:30:00", 15, "2026-02-24 17:30:00"),
        ("2025-12-31 16:30:00", 1, "2025-12-31 17:30:00"),  # Done with the last open second of the year.
        ("2025-12-31 16:30:01", 1, "2026-01-04 08:30:01"),
        ("2026-02-16 03:00:00", 0, "2026-02-16 03:00:00"),
    ],
)
def test_working_hours_are_added(lunch: Calendar, local: Local, start: str, hours: int, due: str) -> None:
    assert lunch.add(local(start), timedelta(hours=hours)).at == local(due)
    assert lunch.due(local(start), Span(hours, Unit.WORKING_HOURS)).at == local(due)


@pytest.mark.parametrize(
    ("end", "hours", "begun"),
    [
        ("2026-03-02 09:30:00", 1, "2026-03-02 08:30:00"),
        ("2026-03-02 13:30:00", 1, "2026-03-02 11:00:00"),
        ("2026-03-02 14:30:00", 1, "2026-03-02 13:30:00"),  # Begun as the break ends, not before it.
        ("2026-03-03 08:30:00", 1, "2026-03-02 16:30:00"),
        ("2026-02-24 09:00:00", 1, "2026-02-14 17:00:00"),
        ("2026-01-01 12:00:00", 1, "2025-12-31 16:30:00"),
        ("2026-02-16 03:00:00", 0, "2026-02-16 03:00:00"),
    ],
)
def test_working_hours_are_subtracted(lunch: Calendar, local: Local, end: str, hours: int, begun: str) -> None:
    assert lunch.subtract(local(end), timedelta(hours=hours)).at == local(begun)
    assert lunch.due_before(local(end), Span(hours, Unit.WORKING_HOURS)).at == local(begun)


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [
        ("2026-03-02 08:29:59", "2026-03-02 08:30:00", 0),
        ("2026-03-02 08:29:59", "2026-03-02 08:30:01", 1),
        ("2026-03-02 11:59:59", "2026-03-02 13:30:01", 2),
        ("2026-03-02 17:29:59", "2026-03-03 08:30:01", 2),
        ("2026-02-14 17:29:59", "2026-02-24 08:30:01", 2),
        ("2026-02-15 00:00:00", "2026-02-24 00:00:00", 0),
        ("2024-12-31 17:29:59", "2026-01-04 08:30:01", 2 + 248 * 27_000),  # 248 working dates of 7.5 hours in 2025.
    ],
)
def test_elapsed_counts_the_open_seconds(lunch: Calendar, local: Local, start: str, end: str, seconds: int) -> None:
    assert lunch.elapsed(local(start), local(end)) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("received", "n", "due"),
    [
        ("2026-03-02 00:00:00", 1, "2026-03-03 17:30:00"),
        ("2026-03-02 23:59:59", 1, "2026-03-03 17:30:00"),
        ("2026-03-03 00:00:00", 1, "2026-03-04 17:30:00"),
        ("2026-03-06 09:00:00", 1, "2026-03-09 17:30:00"),
        ("2026-03-07 09:00:00", 1, "2026-03-09 17:30:00"),
        ("2026-02-13 09:00:00", 1, "2026-02-14 17:30:00"),
        ("2026-02-13 09:00:00", 3, "2026-02-25 17:30:00"),
        ("2026-02-14 09:00:00", 1, "2026-02-24 17:30:00"),
        ("2026-02-20 09:00:00", 1, "2026-02-24 17:30:00"),
        ("2025-12-31 09:00:00", 1, "2026-01-04 17:30:00"),
        ("2024-12-31 09:00:00", 249, "2026-01-04 17:30:00"),
    ],
)
def test_the_day_of_receipt_does_not_count_and_the_nth_working_day_ends_at_the_close(
    lunch: Calendar, local: Local, received: str, n: int, due: str
) -> None:
    assert lunch.nth_working_day(local(received), n).at == local(due)
    assert lunch.due(local(received), Span(n, Unit.WORKING_DAYS)).at == local(due)


def test_there_is_no_zeroth_working_day(office: Calendar, local: Local) -> None:
    with pytest.raises(CalendarError, match="no working day number 0"):
        office.nth_working_day(local("2026-03-02"), 0)


def test_the_day_of_receipt_is_the_local_one(office: Calendar) -> None:
    late_on_sunday_in_utc = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)  # Monday 00:00 in Shanghai.
    assert office.nth_working_day(late_on_sunday_in_utc, 1).at == datetime(2026, 3, 3, 9, 30, tzinfo=UTC)


@pytest.mark.rule("DSP-02")
@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-03-02 10:00:00", "2026-03-03 10:00:00"),
        ("2026-03-06 10:00:00", "2026-03-09 10:00:00"),
        ("2026-03-07 10:00:00", "2026-03-10 00:00:00"),  # Sent on a Saturday: all of Monday.
        ("2026-03-06 00:00:00", "2026-03-07 00:00:00"),
        ("2026-02-14 18:00:00", "2026-02-24 18:00:00"),
        ("2026-02-13 18:00:00", "2026-02-14 18:00:00"),
    ],
)
def test_all_24_hours_of_a_working_date_count_and_those_of_others_do_not(
    office: Calendar, local: Local, start: str, due: str
) -> None:
    assert office.add_working_date_hours(local(start), 24).at == local(due)
    assert office.due(local(start), Span(24, Unit.WORKING_DATE_HOURS)).at == local(due)


@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        ("2026-03-02 10:00:00", Span(90, Unit.SECONDS), "2026-03-02 10:01:30"),
        ("2026-03-02 10:00:00", Span(90, Unit.MINUTES), "2026-03-02 11:30:00"),
        ("2026-02-14 18:00:00", Span(24, Unit.HOURS), "2026-02-15 18:00:00"),
        ("2026-02-14 18:00:00", Span(7, Unit.DAYS), "2026-02-21 18:00:00"),
        ("2026-02-14 18:00:00", Span(1, Unit.WEEKS), "2026-02-21 18:00:00"),
        ("2026-01-31 18:00:00", Span(1, Unit.MONTHS), "2026-02-28 18:00:00"),
        ("2024-01-31 18:00:00", Span(1, Unit.MONTHS), "2024-02-29 18:00:00"),
        ("2026-01-31 18:00:00", Span(2, Unit.MONTHS), "2026-03-31 18:00:00"),
        ("2026-12-31 18:00:00", Span(2, Unit.MONTHS), "2027-02-28 18:00:00"),
        ("2024-02-29 18:00:00", Span(1, Unit.YEARS), "2025-02-28 18:00:00"),
        ("2024-02-29 18:00:00", Span(4, Unit.YEARS), "2028-02-29 18:00:00"),
        ("2026-02-01 00:30:00", Span(1, Unit.MONTHS), "2026-03-01 00:30:00"),  # In UTC it still is 31 January.
    ],
)
def test_elapsed_spans_and_months_do_not_look_at_working_days(
    office: Calendar, local: Local, start: str, span: Span, due: str
) -> None:
    assert office.due(local(start), span).at == local(due)


def test_calendar_days_end_at_24_00_and_the_day_of_the_start_does_not_count(office: Calendar, local: Local) -> None:
    for start in ("2026-03-10 00:00", "2026-03-10 09:30", "2026-03-10 23:59:59"):
        assert office.due(local(start), Span(3, Unit.CALENDAR_DAYS)) == Due(local("2026-03-14 00:00"))
    assert office.due(local("2026-02-13 10:00"), Span(1, Unit.CALENDAR_DAYS)) == Due(local("2026-02-15 00:00"))
    assert office.due(local("2026-03-10 09:30"), Span(0, Unit.CALENDAR_DAYS)) == Due(local("2026-03-11 00:00"))


@pytest.mark.parametrize(
    ("end", "span", "begins"),
    [
        ("2026-03-02 10:00:00", Span(1, Unit.WEEKS), "2026-02-23 10:00:00"),
        ("2026-03-31 10:00:00", Span(1, Unit.MONTHS), "2026-02-28 10:00:00"),
        ("2026-01-31 10:00:00", Span(2, Unit.MONTHS), "2025-11-30 10:00:00"),
    ],
)
def test_a_notice_goes_out_ahead_of_a_date(office: Calendar, local: Local, end: str, span: Span, begins: str) -> None:
    assert office.due_before(local(end), span).at == local(begins)


@pytest.mark.parametrize("unit", [Unit.WORKING_DAYS, Unit.WORKING_DATE_HOURS])
def test_working_days_are_not_counted_back(office: Calendar, local: Local, unit: Unit) -> None:
    with pytest.raises(CalendarError, match="no rule says"):
        office.due_before(local("2026-03-02"), Span(1, unit))


def test_a_desk_of_365_days_works_on_holidays(complaints: Calendar, local: Local) -> None:
    spring_festival = date(2026, 2, 17)
    assert complaints.is_working_date(spring_festival)
    assert complaints.close_of(spring_festival) == local("2026-02-17 17:30:00")
    assert complaints.add(local("2026-02-16 17:00:00"), timedelta(hours=1)).at == local("2026-02-17 08:30:00")
    assert complaints.nth_working_day(local("2026-02-16 17:00:00"), 1).at == local("2026-02-17 17:30:00")


def test_a_desk_of_24_hours_only_lets_time_pass(local: Local) -> None:
    repair = desk("00:00-24:00", days="every_day")
    start = local("2025-12-31 23:59:59")
    assert repair.is_open(start)
    assert repair.add(start, timedelta(days=400)).at == start + timedelta(days=400)
    assert repair.elapsed(start, start + timedelta(days=400)) == timedelta(days=400)


def test_a_night_desk_touches_midnight_from_both_sides(local: Local) -> None:
    night = desk(*NIGHT_DESK, days="every_day")
    assert night.is_open(local("2026-03-02 00:00:00"))
    assert night.add(local("2026-03-01 23:00:00"), timedelta(hours=2)).at == local("2026-03-02 01:00:00")
    assert night.close_of(date(2026, 3, 1)) == local("2026-03-02 00:00:00")


def test_the_night_before_a_day_off_ends_at_midnight(local: Local) -> None:
    night = desk(*NIGHT_DESK)
    assert night.add(local("2026-03-06 22:00:00"), timedelta(hours=3)).at == local("2026-03-09 01:00:00")


def test_a_regions_exceptions_go_before_the_statutory_days(local: Local) -> None:
    region = desk("08:30-17:30", closed="2026-03-03", extra="2026-03-07")
    assert region.nth_working_day(local("2026-03-02 10:00"), 1).at == local("2026-03-04 17:30")
    assert region.nth_working_day(local("2026-03-06 10:00"), 1).at == local("2026-03-07 17:30")
    assert not region.is_open(local("2026-03-03 10:00"))


def test_a_desk_does_not_close_on_a_day_off(office: Calendar) -> None:
    with pytest.raises(CalendarError, match="does not work on 2026-02-16"):
        office.close_of(date(2026, 2, 16))


# --- what is a mistake ------------------------------------------------------------------------------------------------

ASK_WITH_NAIVE_INSTANT: dict[str, Callable[[Calendar, datetime], object]] = {
    "date_of": lambda calendar, at: calendar.date_of(at),
    "is_open": lambda calendar, at: calendar.is_open(at),
    "opens_next": lambda calendar, at: calendar.opens_next(at),
    "add": lambda calendar, at: calendar.add(at, timedelta(hours=1)),
    "subtract": lambda calendar, at: calendar.subtract(at, timedelta(hours=1)),
    "elapsed": lambda calendar, at: calendar.elapsed(at, at),
    "nth_working_day": lambda calendar, at: calendar.nth_working_day(at, 1),
    "add_working_date_hours": lambda calendar, at: calendar.add_working_date_hours(at, 1),
    "due": lambda calendar, at: calendar.due(at, Span(1, Unit.HOURS)),
    "due_months": lambda calendar, at: calendar.due(at, Span(1, Unit.MONTHS)),
    "due_before": lambda calendar, at: calendar.due_before(at, Span(1, Unit.HOURS)),
}


@pytest.mark.parametrize("question", ASK_WITH_NAIVE_INSTANT)
def test_a_naive_instant_is_an_error(office: Calendar, question: str) -> None:
    naive = datetime(2026, 3, 2, 10)  # noqa: DTZ001 - the naive instant is the point.
    with pytest.raises(CalendarError, match="naive"):
        ASK_WITH_NAIVE_INSTANT[question](office, naive)


def test_everything_comes_out_in_utc(office: Calendar, local: Local) -> None:
    at = local("2026-03-02 10:00").astimezone(office.zone)
    answers = [office.opens_next(at), office.close_of(date(2026, 3, 2)), office.end_of(date(2026, 3, 2))]
    answers += [office.due(at, Span(1, unit)).at for unit in Unit if unit.kind.value == "span"]
    assert {answer.tzinfo for answer in answers} == {UTC}


def test_an_empty_calendar_is_an_error() -> None:
    with pytest.raises(CalendarError, match="never opens"):
        DeskHours(DeskDays.WORKING_DAYS, ())
    with pytest.raises(CalendarError, match="opening before it closes"):
        DeskHours(DeskDays.WORKING_DAYS, (Window(510, 510),))


def test_negative_work_and_an_end_before_the_start_are_errors(office: Calendar, local: Local) -> None:
    start = local("2026-03-02 10:00")
    with pytest.raises(CalendarError, match="cannot be negative"):
        office.add(start, timedelta(seconds=-1))
    with pytest.raises(CalendarError, match="is before"):
        office.elapsed(start, start - timedelta(seconds=1))


@pytest.mark.parametrize("year", [1989, 2100])
def test_a_calendar_ends_instead_of_searching_for_ever(office: Calendar, year: int) -> None:
    outside = datetime(year, 7, 1, tzinfo=UTC)
    for question in (office.is_open, office.opens_next):
        with pytest.raises(CalendarError, match="the calendar covers 1990 to 2099"):
            question(outside)
    with pytest.raises(CalendarError, match="the calendar covers"):
        office.add(datetime(2099, 12, 1, tzinfo=UTC), timedelta(days=400))
    with pytest.raises(CalendarError, match="the calendar covers"):
        office.subtract(datetime(1990, 2, 1, tzinfo=UTC), timedelta(days=400))
    with pytest.raises(CalendarError, match="the calendar covers"):
        office.nth_working_day(datetime(2099, 12, 1, tzinfo=UTC), 400)


def test_the_departments_calendar_of_the_shipped_policy(shipped: Policy, local: Local) -> None:
    departments = calendar_for(shipped, "departments")
    due = departments.due(local("2026-02-13 10:00"), shipped.span("dispatch.report_within"))
    assert due.at == local("2026-02-25 17:30")
