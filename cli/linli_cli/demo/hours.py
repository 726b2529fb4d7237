"""When people of the demonstration work, and when they call. What falls into the night waits for morning. Pure."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from linli_cli.demo.calls import ZONE

_BEGINS: Final = time(8, 30)
_ENDS: Final = time(17, 30)
_CALLING_BEGINS: Final = time(9)
_CALLING_ENDS: Final = time(21)
"""Callers know the policy's quiet hours (FUP-03); a call in them would be recorded as one."""


def by_day(at: datetime, zone: ZoneInfo = ZONE) -> datetime:
    """The instant itself by day, else the next morning; a night's tasks keep their order, some seconds apart."""
    local = at.astimezone(zone)
    if _BEGINS <= local.time() < _ENDS:
        return at
    morning = local.date() if local.time() < _BEGINS else local.date() + timedelta(days=1)
    opens = datetime.combine(morning, _BEGINS, tzinfo=zone)
    night = opens - datetime.combine(morning - timedelta(days=1), _ENDS, tzinfo=zone)
    into_the_night = at - (opens - night)
    # A night of fifteen hours becomes the first hour of the morning.
    return opens + timedelta(seconds=round(3600 * (into_the_night / night)))


def when_calling(at: datetime, zone: ZoneInfo = ZONE) -> datetime:
    """The instant itself outside the quiet hours, else some minutes after they end."""
    local = at.astimezone(zone)
    if _CALLING_BEGINS <= local.time() < _CALLING_ENDS:
        return at
    morning = local.date() if local.time() < _CALLING_BEGINS else local.date() + timedelta(days=1)
    return datetime.combine(morning, _CALLING_BEGINS, tzinfo=zone) + timedelta(minutes=local.minute)
