"""From the policy to a desk's calendar: hours (`calendar.desk_<desk>`), zone and the region's exceptions (ORG-03)."""

from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from linli_rulebook.desk_hours import DeskHours
from linli_rulebook.errors import CalendarError
from linli_rulebook.policy import Policy
from linli_rulebook.working_calendar import Calendar, CalendarRules

_DESK = "calendar.desk_"


# One for each desk of each place that refines something: some hundred places. Beyond that it is only worked out anew.
@lru_cache(maxsize=4_096)
def calendar_for(policy: Policy, desk: str, *, zone: str | None = None) -> Calendar:
    """The calendar of `desk` (`complaints`, `repair`, `departments`, `approvers`, `finance`, …) under `policy`.

    `zone` is an IANA name and replaces the policy's. Cached: places with the same rules share one object.
    Raises `UnknownEntryError` for a desk the policy does not have, `CalendarError` for hours that make no sense.
    """
    return _calendar(calendar_rules(policy, desk, zone=zone))


def desks_of(policy: Policy) -> list[str]:
    """The desks that `policy` gives hours to."""
    return [name.removeprefix(_DESK) for name in policy.entries if name.startswith(_DESK)]


def calendar_rules(policy: Policy, desk: str, *, zone: str | None = None) -> CalendarRules:
    """What the calendar of `desk` depends on. Raises as `calendar_for` does, naming the entry and its file."""
    name = f"{_DESK}{desk}"
    table = policy.table(name)
    try:
        return CalendarRules(
            hours=DeskHours.of(table),
            zone=_known(zone or policy.text("calendar.zone")),
            closed_dates=_dates(policy.texts("calendar.closed_dates")),
            working_dates=_dates(policy.texts("calendar.working_dates")),
        )
    except CalendarError as error:
        raise CalendarError(f"{policy.explain(name).file}: {name}: {error}") from error


# Distinct rules are few (desks x kinds of hours x regional exceptions); each holds some 20 KB for a year in use.
@lru_cache(maxsize=1_024)
def _calendar(rules: CalendarRules) -> Calendar:
    return Calendar(rules)


def _known(zone: str) -> str:
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise CalendarError(f"{zone!r} is not a time zone") from error


def _dates(texts: list[str]) -> frozenset[date]:
    try:
        return frozenset(date.fromisoformat(text) for text in texts)
    except ValueError as error:
        raise CalendarError(f"calendar.closed_dates or calendar.working_dates: {error}") from error
