"""A month later is the same date of the next month, clamped to its last day."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_rulebook import plus_months

pytestmark = pytest.mark.rule("ORG-04")


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-01-30", 1, "2026-02-28"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-02-28", 1, "2026-03-28"),
        ("2026-03-31", 1, "2026-04-30"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-31", -2, "2025-11-30"),
        ("2021-06-30", 60, "2026-06-30"),
        ("2026-01-31", 0, "2026-01-31"),
    ],
)
def test_the_same_date_clamped(day: str, months: int, expected: str) -> None:
    assert plus_months(date.fromisoformat(day), months) == date.fromisoformat(expected)


@given(st.dates(date(1990, 1, 1), date(2080, 1, 1)), st.integers(0, 120))
def test_months_forward_and_back_lose_only_what_was_clamped(day: date, months: int) -> None:
    back = plus_months(plus_months(day, months), -months)
    assert (back.year, back.month) == (day.year, day.month)
    assert back.day == min(day.day, plus_months(day, months).day)
