"""Mainland China's statutory working dates: the State Council's holidays and make-up working days (调休).

The days come from the `holidays` package, by way of a table made from it (`statutory_table.py`). For a year that is not
published the package silently returns the holidays without any make-up day, so which years are published is said here.
Publishing a year is: raise `PUBLISHED_YEARS`, raise the package's version, write the table; the tests refuse one
without the others. This is a fact of the world and no policy: a case keeps the policy version it was opened under, and
still must see a year that is published later.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

PUBLISHED_YEARS = range(2007, 2027)
"""The years whose notice (国务院办公厅关于部分节假日安排的通知) is out and contained in the package."""

# A year's notice may still move the last days of December before it: those of 2007, 2008, 2012, 2019 and 2023 did, and
# the earliest day any of them touched was 29 December.
_FIRST_DAY_OF_NEXT_NOTICE = (12, 29)

SETTLED_FROM = date(PUBLISHED_YEARS.start, 1, 1)
SETTLED_UNTIL = date(PUBLISHED_YEARS.stop - 1, *_FIRST_DAY_OF_NEXT_NOTICE) - timedelta(days=1)
"""The last date that no notice still to come can change. Deadlines that touch a later one are provisional (ORG-04)."""

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class _YearsNotice:
    days_off: frozenset[date]
    make_up_days: frozenset[date]


def is_settled(day: date) -> bool:
    """Whether it is final that `day` is, or is not, a statutory working date (ORG-04)."""
    return SETTLED_FROM <= day <= SETTLED_UNTIL


def is_statutory_working_date(day: date) -> bool:
    """Whether `day` is a working date in mainland China (ORG-03); in an unsettled year, as far as the law tells."""
    notice = _notice(day.year)
    if day in notice.make_up_days:
        return True
    return day.weekday() < _SATURDAY and day not in notice.days_off


@cache
def _notice(year: int) -> _YearsNotice:
    days = _table().get(str(year), {"off": [], "make_up": []})
    return _YearsNotice(days_off=_days_of(year, days["off"]), make_up_days=_days_of(year, days["make_up"]))


@cache
def _table() -> Mapping[str, Mapping[str, list[str]]]:
    return tomllib.loads((files("linli_rulebook") / "statutory_days.toml").read_text(encoding="utf-8"))


def _days_of(year: int, month_days: Iterable[str]) -> frozenset[date]:
    return frozenset(date.fromisoformat(f"{year}-{month_day}") for month_day in month_days)
