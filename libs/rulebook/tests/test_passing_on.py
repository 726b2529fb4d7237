"""A request is passed on an hour after it came or the desk opened, and around days off by 24:00.

In 2026 Saturday 14 February is worked, 15 to 23 February are off, Saturday 28 February is worked; 2 March is a Monday.
"""

from collections.abc import Callable
from datetime import datetime

import pytest
from linli_rulebook import Calendar, CalendarRules, ChannelKind, DeskHours, Policy, calendar_for, passing_on_due

pytestmark = pytest.mark.rule("INT-08")

Local = Callable[[str], datetime]


@pytest.fixture
def departments(shipped: Policy) -> Calendar:
    """Working days 08:30-17:30."""
    return calendar_for(shipped, "departments")


@pytest.mark.parametrize("channel", ["phone", "email", "other"])
@pytest.mark.parametrize(
    ("received", "due"),
    [
        # On a working date within working hours: an hour later, whether or not the desk has closed by then.
        ("2026-03-02 08:30:00", "2026-03-02 09:30:00"),
        ("2026-03-02 16:30:00", "2026-03-02 17:30:00"),
        ("2026-03-02 17:29:59", "2026-03-02 18:29:59"),
        ("2026-03-06 17:29:59", "2026-03-06 18:29:59"),
        ("2026-02-14 10:00:00", "2026-02-14 11:00:00"),
        # Before the opening: an hour after it.
        ("2026-03-02 00:00:00", "2026-03-02 09:30:00"),
        ("2026-03-02 08:29:59", "2026-03-02 09:30:00"),
        # From the close on, with the next date working: an hour after its opening.
        ("2026-03-02 17:30:00", "2026-03-03 09:30:00"),
        ("2026-03-02 23:59:59", "2026-03-03 09:30:00"),
        ("2026-02-13 18:00:00", "2026-02-14 09:30:00"),
        ("2026-02-27 18:00:00", "2026-02-28 09:30:00"),
        # From the close on, with the next date off: by 24:00 of that date.
        ("2026-03-06 17:30:00", "2026-03-08 00:00:00"),
        ("2026-03-06 23:59:59", "2026-03-08 00:00:00"),
        ("2026-02-14 18:00:00", "2026-02-16 00:00:00"),
        # On a date that is off: by 24:00 of it.
        ("2026-03-07 00:00:00", "2026-03-08 00:00:00"),
        ("2026-03-07 23:59:59", "2026-03-08 00:00:00"),
        ("2026-03-08 10:00:00", "2026-03-09 00:00:00"),
        ("2026-02-15 00:00:00", "2026-02-16 00:00:00"),
        ("2026-02-23 23:00:00", "2026-02-24 00:00:00"),
    ],
)
def test_when_it_must_have_been_passed_on(
    departments: Calendar, shipped: Policy, local: Local, channel: ChannelKind, received: str, due: str
) -> None:
    assert passing_on_due(local(received), channel, departments, shipped).at == local(due)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-02 11:59:59", "2026-03-02 12:59:59"),
        ("2026-03-02 12:00:00", "2026-03-02 14:30:00"),
        ("2026-03-02 13:29:59", "2026-03-02 14:30:00"),
        ("2026-03-06 12:30:00", "2026-03-06 14:30:00"),  # The next date is off, but this one opens again.
        ("2026-03-02 13:30:00", "2026-03-02 14:30:00"),
    ],
)
def test_a_break_is_outside_working_hours(shipped: Policy, local: Local, received: str, due: str) -> None:
    lunch = Calendar(CalendarRules(DeskHours.of({"days": "working_days", "hours": ["08:30-12:00", "13:30-17:30"]})))
    assert passing_on_due(local(received), "phone", lunch, shipped).at == local(due)


@pytest.mark.rule("ORG-04")
@pytest.mark.parametrize(
    ("received", "provisional"),
    [
        ("2026-12-28 10:00", False),
        ("2026-12-28 18:00", True),  # Tuesday 29 December may still become a day off.
        ("2026-12-29 10:00", True),
        ("2027-01-02 10:00", True),
    ],
)
def test_it_is_provisional_where_a_notice_may_still_move_the_date(
    departments: Calendar,
    shipped: Policy,
    local: Local,
    received: str,
    provisional: bool,  # noqa: FBT001 - a table's column.
) -> None:
    assert passing_on_due(local(received), "phone", departments, shipped).provisional is provisional


def test_a_desk_that_works_every_day_always_opens_again(shipped: Policy, local: Local) -> None:
    complaints = calendar_for(shipped, "complaints")
    assert passing_on_due(local("2026-02-15 20:00"), "phone", complaints, shipped).at == local("2026-02-16 09:00")
