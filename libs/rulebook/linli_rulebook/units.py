"""The units a policy entry may have, the kind of value each one takes, and which of them can be compared."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from linli_rulebook.errors import WrongEntryTypeError


class Kind(StrEnum):
    """The type of an entry's value; each kind has one getter on `Policy`."""

    SPAN = "span"
    INTEGER = "integer"
    SHARE = "share"
    FEN = "fen"
    FLAG = "flag"
    TEXT = "text"
    TEXTS = "texts"
    TABLE = "table"


class Unit(StrEnum):
    """What an entry's value counts. The three `working_` units and calendar days are different clocks (ORG-03)."""

    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"
    CALENDAR_DAYS = "calendar_days"
    WORKING_HOURS = "working_hours"
    WORKING_DATE_HOURS = "working_date_hours"
    WORKING_DAYS = "working_days"

    COUNT = "count"
    POINTS = "points"
    SCORE = "score"
    SEASONS = "seasons"
    DAY_OF_MONTH = "day_of_month"
    MONTH_OF_YEAR = "month_of_year"

    SHARE = "share"
    FEN = "fen"
    FLAG = "flag"
    TEXT = "text"
    TEXTS = "texts"
    TABLE = "table"

    @property
    def kind(self) -> Kind:
        """The kind of value an entry of this unit holds."""
        return _KIND_OF[self]

    def fits(self, other: "Unit") -> bool:
        """Whether values of the two units can stand for each other: the same unit, or spans of the same clock."""
        return self is other or (self in _CLOCK_OF and _CLOCK_OF[self] is _CLOCK_OF.get(other))


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as the policy writes it: `amount` of `unit`; only a `Calendar` turns it into an instant."""

    amount: int
    unit: Unit

    @property
    def elapsed(self) -> timedelta:
        """The length of a span of seconds to weeks. Raises `WrongEntryTypeError` for one that needs a calendar."""
        self._must_fit(Unit.SECONDS, "elapsed time")
        return timedelta(seconds=in_smallest_unit(self))

    @property
    def months(self) -> int:
        """The number of months of a span of months or years. Raises `WrongEntryTypeError` for any other span."""
        self._must_fit(Unit.MONTHS, "a number of months")
        return in_smallest_unit(self)

    def __str__(self) -> str:
        """`24 hours`: for messages and reports in English."""
        return f"{self.amount} {self.unit}"

    def _must_fit(self, unit: Unit, wanted: str) -> None:
        if not self.unit.fits(unit):
            raise WrongEntryTypeError(f"{self} is not {wanted}")


_INTEGERS = (Unit.COUNT, Unit.POINTS, Unit.SCORE, Unit.SEASONS, Unit.DAY_OF_MONTH, Unit.MONTH_OF_YEAR)

# How many of a clock's smallest unit each unit of that clock is worth. Spans of different clocks are not comparable:
# whether 3 working days are stricter than 4 days depends on the day one asks.
_CLOCKS: tuple[dict[Unit, int], ...] = (
    {Unit.SECONDS: 1, Unit.MINUTES: 60, Unit.HOURS: 3_600, Unit.DAYS: 86_400, Unit.WEEKS: 604_800},
    {Unit.MONTHS: 1, Unit.YEARS: 12},
    {Unit.CALENDAR_DAYS: 1},
    {Unit.WORKING_HOURS: 1},
    {Unit.WORKING_DATE_HOURS: 1},
    {Unit.WORKING_DAYS: 1},
)

_CLOCK_OF: dict[Unit, dict[Unit, int]] = {unit: clock for clock in _CLOCKS for unit in clock}

_KIND_OF: dict[Unit, Kind] = {
    **dict.fromkeys(_CLOCK_OF, Kind.SPAN),
    **dict.fromkeys(_INTEGERS, Kind.INTEGER),
    Unit.SHARE: Kind.SHARE,
    Unit.FEN: Kind.FEN,
    Unit.FLAG: Kind.FLAG,
    Unit.TEXT: Kind.TEXT,
    Unit.TEXTS: Kind.TEXTS,
    Unit.TABLE: Kind.TABLE,
}


def in_smallest_unit(span: Span) -> int:
    """The span counted in its clock's smallest unit, so that it compares with the others of that clock."""
    return span.amount * _CLOCK_OF[span.unit][span.unit]
