"""China's working dates are those of the State Council's notices, and a year without a notice is not settled."""

import csv
from datetime import date, timedelta
from pathlib import Path

import holidays
import pytest
from linli_rulebook import PUBLISHED_YEARS, SETTLED_UNTIL, statutory_table
from linli_rulebook.statutory_days import is_settled, is_statutory_working_date

pytestmark = pytest.mark.rule("ORG-03")

NOTICES = Path(__file__).resolve().parents[4] / "shared" / "data" / "holidays_cn_2007_2026.csv"
SATURDAY = 5


def test_every_date_agrees_with_the_state_councils_notices() -> None:
    if not NOTICES.exists():
        pytest.skip(f"{NOTICES.name} is not there: the notices were not compared")
    with NOTICES.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    days_off = {date.fromisoformat(row["date"]): row["is_off_day"] == "1" for row in rows}
    years = range(int(rows[0]["year"]), int(rows[-1]["year"]) + 1)
    first, last = date(years.start, 1, 1), date(years.stop, 1, 1)
    every_date = [first + timedelta(days=number) for number in range((last - first).days)]
    expected = {day: not days_off[day] if day in days_off else day.weekday() < SATURDAY for day in every_date}
    assert {day: is_statutory_working_date(day) for day in every_date} == expected
    assert set(years) == set(PUBLISHED_YEARS)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-02-13", True),
        ("2026-02-14", True),  # A make-up Saturday.
        ("2026-02-15", False),
        ("2026-02-23", False),  # The last of nine days off.
        ("2026-02-24", True),
        ("2026-02-28", True),  # A make-up Saturday.
        ("2026-03-07", False),  # Any Saturday.
        ("2018-12-29", True),  # A make-up Saturday of the notice for 2019.
        ("2018-12-31", False),  # A Monday off by that notice.
        ("2015-09-03", False),  # A day off that was declared for that year only.
    ],
)
def test_holidays_make_up_days_and_plain_weekends(day: str, works: bool) -> None:  # noqa: FBT001 - a table's column.
    assert is_statutory_working_date(date.fromisoformat(day)) is works


@pytest.mark.rule("ORG-04")
def test_every_published_year_has_its_make_up_days_in_the_package() -> None:
    """Guards against declaring a year published before the package has its notice."""
    for year in PUBLISHED_YEARS:
        published = holidays.country_holidays("CN", years=year, expand=False)
        assert any(day.year == year for day in published.weekend_workdays), f"{year} has no make-up day"


def test_the_table_is_what_the_package_says() -> None:
    assert statutory_table.TABLE.read_text(encoding="utf-8") == statutory_table.table()


@pytest.mark.rule("ORG-04")
def test_dates_are_settled_up_to_where_the_next_notice_may_reach_back() -> None:
    last_year = PUBLISHED_YEARS.stop - 1
    assert date(last_year, 12, 28) == SETTLED_UNTIL
    assert is_settled(date(last_year, 12, 28))
    assert not is_settled(date(last_year, 12, 29))
    assert is_settled(date(2007, 1, 1))
    assert not is_settled(date(2006, 12, 31))


@pytest.mark.rule("ORG-04")
def test_no_notice_ever_reached_further_back_than_assumed() -> None:
    if not NOTICES.exists():
        pytest.skip(f"{NOTICES.name} is not there: how far notices reach back was not checked")
    with NOTICES.open(encoding="utf-8") as file:
        reaching_back = [row["date"][5:] for row in csv.DictReader(file) if row["date"][:4] != row["year"]]
    assert min(reaching_back) > f"{SETTLED_UNTIL:%m-%d}"
