"""A deadline that touches a date whose working days are not published yet is provisional (ORG-04)."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from linli_rulebook import (
    Calendar,
    Due,
    Span,
    Unit,
)

pytestmark = pytest.mark.rule("ORG-03", "ORG-04")

Local = Callable[[str], datetime]


@pytest.mark.parametrize(
    ("received", "n", "provisional"),
    [
        ("2026-12-24 10:00:00", 2, False),  # Due on 28 December.
        ("2026-12-24 10:00:00", 3, True),  # 29 December may still be moved by the notice for 2027.
        ("2026-12-30 10:00:00", 3, True),
        ("2027-06-01 10:00:00", 1, True),
        ("2006-12-29 10:00:00", 1, True),
        ("2007-01-04 10:00:00", 1, False),
    ],
)
def test_a_deadline_that_touches_an_unsettled_date_is_provisional(
    office: Calendar,
    local: Local,
    received: str,
    n: int,
    provisional: bool,  # noqa: FBT001 - a table's column.
) -> None:
    assert office.nth_working_day(local(received), n).provisional is provisional
    assert office.add(local(received), timedelta(hours=9 * n)).provisional is provisional
    assert office.add_working_date_hours(local(received), 24 * n).provisional is provisional


def test_what_ends_at_24_00_of_the_last_settled_date_has_not_touched_the_next(office: Calendar, local: Local) -> None:
    midnight = local("2026-12-28 00:00")
    assert office.add_working_date_hours(midnight, 24) == Due(local("2026-12-29 00:00"), provisional=False)
    assert office.add_working_date_hours(midnight + timedelta(seconds=1), 24).provisional


def test_no_notice_can_move_elapsed_time_nor_a_desk_of_365_days(
    office: Calendar, complaints: Calendar, local: Local
) -> None:
    received = local("2027-06-01 10:00:00")
    assert not office.due(received, Span(1, Unit.MONTHS)).provisional
    assert not complaints.due(received, Span(3, Unit.WORKING_DAYS)).provisional
    assert not complaints.add(received, timedelta(hours=30)).provisional


def test_subtracting_across_an_unsettled_date_is_provisional(office: Calendar, local: Local) -> None:
    assert office.subtract(local("2027-01-04 10:00:00"), timedelta(hours=30)).provisional
    assert not office.subtract(local("2026-12-28 10:00:00"), timedelta(hours=30)).provisional
