"""A trial by the system clock takes place in the morning of its estates, whenever it is run."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.chaos.quick_policy import where_it_is_morning


@pytest.mark.parametrize("hour", range(24))
def test_its_estates_have_hours_until_anything_turns(hour: int) -> None:
    now = datetime(2026, 11, 30, hour, 59, 59, tzinfo=UTC)
    there = now.astimezone(ZoneInfo(where_it_is_morning(now)))
    assert (there.hour, there.minute) == (9, 59)
