"""A span says itself how long it is where no calendar is needed, and refuses where one is."""

from datetime import timedelta

import pytest
from linli_rulebook import Kind, Span, Unit, WrongEntryTypeError

pytestmark = pytest.mark.rule("ORG-03", "ORG-04")

ELAPSED = {
    Unit.SECONDS: timedelta(seconds=2),
    Unit.MINUTES: timedelta(minutes=2),
    Unit.HOURS: timedelta(hours=2),
    Unit.DAYS: timedelta(hours=48),
    Unit.WEEKS: timedelta(hours=336),
}
MONTHS = {Unit.MONTHS: 2, Unit.YEARS: 24}
SPANS = [unit for unit in Unit if unit.kind is Kind.SPAN]


@pytest.mark.parametrize("unit", SPANS)
def test_a_span_is_elapsed_time_or_months_or_needs_a_calendar(unit: Unit) -> None:
    span = Span(2, unit)
    if unit in ELAPSED:
        assert span.elapsed == ELAPSED[unit]
    else:
        with pytest.raises(WrongEntryTypeError, match=f"2 {unit} is not elapsed time"):
            _ = span.elapsed
    if unit in MONTHS:
        assert span.months == MONTHS[unit]
    else:
        with pytest.raises(WrongEntryTypeError, match=f"2 {unit} is not a number of months"):
            _ = span.months


def test_spans_of_different_clocks_do_not_fit() -> None:
    alone = (Unit.CALENDAR_DAYS, Unit.WORKING_HOURS, Unit.WORKING_DATE_HOURS, Unit.WORKING_DAYS)
    clocks = [set(ELAPSED), set(MONTHS), *({unit} for unit in alone)]
    for one in SPANS:
        for other in SPANS:
            assert one.fits(other) is any({one, other} <= clock for clock in clocks)
