"""Instants and time zones as people type them."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from linli_cli.complaint import Complaint


def instant_of(text: str, option: str) -> datetime:
    """An aware instant from ISO 8601; a complaint that names the option for anything else."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise Complaint(
            f"{option} 需要带时区的时刻，例如 2026-03-01T08:00:00+08:00，而不是 {text!r}",
            f"{option} takes an instant with an offset such as 2026-03-01T08:00:00+08:00, not {text!r}",
        )
    return instant


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name; a complaint where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Complaint(f"未知时区 {name!r}", f"unknown time zone {name!r}") from error
