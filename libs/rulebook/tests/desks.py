"""Calendars of desks, written in a line."""

from datetime import date

from linli_rulebook import (
    Calendar,
    CalendarRules,
    DeskHours,
)


def desk(
    *hours: str, days: str = "working_days", zone: str = "Asia/Shanghai", closed: str = "", extra: str = ""
) -> Calendar:
    def dates(text: str) -> frozenset[date]:
        return frozenset(map(date.fromisoformat, text.split()))

    table = {"days": days, "hours": list(hours)}
    return Calendar(CalendarRules(DeskHours.of(table), zone, dates(closed), dates(extra)))
