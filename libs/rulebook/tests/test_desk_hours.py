"""A desk's hours are windows within one date, in order and apart; a desk that never opens is refused."""

from datetime import date

import pytest
from linli_rulebook import CalendarError, CalendarRules, DeskDays, DeskHours, Window
from linli_rulebook.desk_calendars import calendar_for
from linli_rulebook.policy import Policy

pytestmark = pytest.mark.rule("ORG-03")


def test_windows_are_read_as_minutes_and_may_touch_midnight() -> None:
    table = {"days": "every_day", "hours": ["00:00-06:00", "08:30-12:00", "22:00-24:00"]}
    assert DeskHours.of(table) == DeskHours(DeskDays.EVERY_DAY, (Window(0, 360), Window(510, 720), Window(1320, 1440)))


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({"days": "every_day", "hours": []}, "never opens"),
        ({"days": "every_day", "hours": ["08:00-08:00"]}, "opening before it closes"),
        ({"days": "every_day", "hours": ["22:00-06:00"]}, "opening before it closes"),
        ({"days": "every_day", "hours": ["08:00-24:01"]}, "opening before it closes"),
        ({"days": "every_day", "hours": ["08:60-10:00"]}, "more than 60 minutes"),
        ({"days": "every_day", "hours": ["8:00-10:00"]}, "is not a window"),
        ({"days": "every_day", "hours": [8]}, "is not a window"),
        ({"days": "every_day", "hours": ["08:00-12:00", "11:59-17:00"]}, "overlap or are out of order"),
        ({"days": "every_day", "hours": ["13:00-17:00", "08:00-12:00"]}, "overlap or are out of order"),
        ({"days": "weekends", "hours": ["08:00-12:00"]}, "every_day or working_days, not on 'weekends'"),
        ({"days": "every_day"}, "given as days and a list of hours"),
        ({"days": "every_day", "hours": "08:00-12:00"}, "given as days and a list of hours"),
        ({"days": "every_day", "hours": ["08:00-12:00"], "break": "12:00"}, "given as days and a list of hours"),
    ],
)
def test_senseless_hours_are_refused(table: dict[str, object], complaint: str) -> None:
    with pytest.raises(CalendarError, match=complaint):
        DeskHours.of(table)


def test_the_desks_of_the_rulebook(shipped: Policy) -> None:
    def hours(desk: str) -> tuple[DeskDays, tuple[Window, ...]]:
        given = calendar_for(shipped, desk).rules.hours
        return given.days, given.windows

    office = (Window(8 * 60 + 30, 17 * 60 + 30),)
    assert hours("complaints") == (DeskDays.EVERY_DAY, (Window(8 * 60, 17 * 60 + 30),))
    assert hours("repair") == (DeskDays.EVERY_DAY, (Window(0, 24 * 60),))
    assert hours("departments") == hours("approvers") == hours("finance") == (DeskDays.WORKING_DAYS, office)


def test_desks_with_the_same_rules_share_one_calendar(shipped: Policy) -> None:
    assert calendar_for(shipped, "departments") is calendar_for(shipped, "finance")
    assert calendar_for(shipped, "departments") is calendar_for(shipped, "departments")
    assert calendar_for(shipped, "departments", zone="America/New_York").zone.key == "America/New_York"


def test_a_zone_that_does_not_exist_is_refused(shipped: Policy) -> None:
    for zone in ("Asia/Nowhere", "../etc/passwd"):
        with pytest.raises(CalendarError, match="is not a time zone"):
            calendar_for(shipped, "repair", zone=zone)


def test_a_date_cannot_be_closed_and_working_at_once() -> None:
    day = frozenset({date(2026, 3, 2)})
    with pytest.raises(CalendarError, match="2026-03-02 is both a closed and a working date"):
        CalendarRules(DeskHours(DeskDays.WORKING_DAYS, (Window(510, 1050),)), closed_dates=day, working_dates=day)
