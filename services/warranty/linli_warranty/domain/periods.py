"""How long the warranty of a trade runs (WAR-02): the legal minimum, and what a contract agrees beyond it. Dates only.

A warranty that starts on a date ends on the same date years later (clamped, ORG-04); that last day is still covered.
"""

from calendar import isleap
from datetime import date
from typing import Final

from linli_contracts.events.intake import Trade
from linli_rulebook import Policy, Span, Unit, plus_months

SEASONAL: Final[Trade] = "heating_cooling"
MONTHS_PER_YEAR: Final = 12
LEAP_DAY: Final = (2, 29)


def legal_end(trade: Trade, starts_on: date, policy: Policy) -> date:
    """The last day of the legal minimum of `trade` from `starts_on` (WAR-02)."""
    if trade == SEASONAL:
        return _seasonal_end(starts_on, policy)
    return plus_months(starts_on, in_months(policy.span(_entry(trade))))


def agreed_end(trade: Trade, starts_on: date, agreed_months: int | None, policy: Policy) -> date:
    """The last day of an agreed period; without one, or with a shorter one, that of the legal minimum (WAR-02)."""
    legal = legal_end(trade, starts_on, policy)
    return legal if agreed_months is None else max(legal, plus_months(starts_on, agreed_months))


def is_below_minimum(trade: Trade, starts_on: date, agreed_months: int, policy: Policy) -> bool:
    """Whether an agreed period would end before the legal minimum does (WAR-02)."""
    return plus_months(starts_on, agreed_months) < legal_end(trade, starts_on, policy)


def legal_minimum_in_words(trade: Trade, policy: Policy) -> str:
    """The minimum as the policy writes it: `5 years`, `2 seasons`."""
    if trade == SEASONAL:
        return f"{policy.integer(_entry(trade))} {Unit.SEASONS}"
    return str(policy.span(_entry(trade)))


def in_months(span: Span) -> int:
    """A span of months or years, in months. Any other unit is a mistake in the policy and raises `ValueError`."""
    if span.unit is Unit.YEARS:
        return span.amount * MONTHS_PER_YEAR
    if span.unit is Unit.MONTHS:
        return span.amount
    message = f"a warranty period is in months or years, not {span}"
    raise ValueError(message)


def _entry(trade: Trade) -> str:
    return f"warranty.period_{trade}"


def _seasonal_end(starts_on: date, policy: Policy) -> date:
    # Heating and cooling are one trade: both kinds of season must have passed. A season already begun does not count.
    seasons = policy.integer(_entry(SEASONAL))
    kinds = (policy.texts("warranty.heating_season"), policy.texts("warranty.cooling_season"))
    return max(_end_of_season(starts_on, seasons, first, last) for first, last in kinds)


def _end_of_season(starts_on: date, seasons: int, first: str, last: str) -> date:
    year = starts_on.year if _on(starts_on.year, first) >= starts_on else starts_on.year + 1
    year += seasons - 1
    return _on(year if first <= last else year + 1, last)


def _on(year: int, month_day: str) -> date:
    # The last of February is written as the 29th, and is the 28th in most years (ORG-04).
    month, day = map(int, month_day.split("-"))
    return date(year, month, day - 1 if (month, day) == LEAP_DAY and not isleap(year) else day)
