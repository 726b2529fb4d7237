"""Nobody is called in quiet hours, 21:00 to 09:00 by the estate's own clock: 21:00:00 is quiet, 09:00:00 is not."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_followup.domain.calling_hours import DayPart

HOURS = DayPart(opens=time(9), closes=time(21))
SHANGHAI, NEW_YORK, KATHMANDU = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu")
ZONES = (SHANGHAI, NEW_YORK, KATHMANDU, ZoneInfo("Africa/Cairo"), ZoneInfo("Pacific/Apia"), UTC)
START = datetime(2001, 1, 1, tzinfo=UTC)
INSTANTS = st.timedeltas(timedelta(0), timedelta(days=14_000)).map(lambda passed: START + passed)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.rule("FUP-03")
@pytest.mark.parametrize(
    ("given_at", "allowed", "next_at", "last_at"),
    [
        ("2026-03-10 08:59:59", False, "2026-03-10 09:00:00", "2026-03-09 20:59:59"),
        ("2026-03-10 09:00:00", True, "2026-03-10 09:00:00", "2026-03-10 09:00:00"),
        ("2026-03-10 20:59:59", True, "2026-03-10 20:59:59", "2026-03-10 20:59:59"),
        ("2026-03-10 21:00:00", False, "2026-03-11 09:00:00", "2026-03-10 20:59:59"),
        ("2026-03-10 00:00:00", False, "2026-03-10 09:00:00", "2026-03-09 20:59:59"),
        ("2026-02-28 23:59:59", False, "2026-03-01 09:00:00", "2026-02-28 20:59:59"),
        ("2024-02-28 21:00:00", False, "2024-02-29 09:00:00", "2024-02-28 20:59:59"),
        ("2026-12-31 21:00:00", False, "2027-01-01 09:00:00", "2026-12-31 20:59:59"),
    ],
)
def test_boundaries(given_at: str, allowed: bool, next_at: str, last_at: str) -> None:  # noqa: FBT001 - one column of the table
    instant = at(given_at)
    assert HOURS.holds(instant, SHANGHAI) is allowed
    assert HOURS.next_at_or_after(instant, SHANGHAI) == at(next_at)
    assert HOURS.last_at_or_before(instant, SHANGHAI) == at(last_at)


@pytest.mark.rule("FUP-03")
@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        (date(2026, 3, 7), "2026-03-07T14:00:00+00:00", "2026-03-08T01:59:59+00:00"),
        (date(2026, 3, 8), "2026-03-08T13:00:00+00:00", "2026-03-09T00:59:59+00:00"),  # clocks went forward at 02:00
        (date(2026, 11, 1), "2026-11-01T14:00:00+00:00", "2026-11-02T01:59:59+00:00"),  # and back again
    ],
)
def test_local_hours_hold_when_the_clocks_change(day: date, opens: str, closes: str) -> None:
    assert HOURS.first_on(day, NEW_YORK).isoformat() == opens
    assert HOURS.last_on(day, NEW_YORK).isoformat() == closes


@pytest.mark.rule("FUP-03")
@given(INSTANTS, st.sampled_from(ZONES))
def test_the_next_instant_is_allowed_and_nothing_allowed_lies_between(instant: datetime, zone: ZoneInfo) -> None:
    following = HOURS.next_at_or_after(instant, zone)
    assert HOURS.holds(following, zone)
    assert instant <= following <= instant + timedelta(hours=37)  # Apia once had no 30 December
    if following > instant:
        assert not HOURS.holds(following - timedelta(microseconds=1), zone)


@pytest.mark.rule("FUP-03")
@given(INSTANTS, st.sampled_from(ZONES))
def test_the_last_instant_is_allowed_and_not_later(instant: datetime, zone: ZoneInfo) -> None:
    last = HOURS.last_at_or_before(instant, zone)
    assert HOURS.holds(last, zone)
    assert last <= instant
    if last < instant:
        assert not HOURS.holds(last + timedelta(seconds=1), zone)
