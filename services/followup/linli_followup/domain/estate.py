"""What followup knows of an estate: where it lies in the organisation, and by which local time its people live."""

from functools import lru_cache
from typing import ClassVar, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from linli_contracts.events.dispatch import EstateRegistered
from linli_rulebook.decision import NOTHING, Decision, State

DEFAULT_ZONE: Final = "Asia/Shanghai"
"""Mainland China has one time zone; it also stands in for an estate that nobody has registered."""


class Estate(State):
    """An estate of the group (its id is the estate's key)."""

    table: ClassVar[str] = "estate"

    region_id: str
    org: str
    """Its organisation path: ``group/<region>/<project>/<estate>``."""
    zone: str


def register_estate(known: Estate | None, event: EstateRegistered) -> Decision:
    """Remembers the estate, or its new place and zone; told again unchanged, nothing happens."""
    estate = Estate(
        id=event.estate_id,
        region_id=event.region_id,
        org=f"group/{event.region_id}/{event.project_id}/{event.estate_id}",
        zone=event.zone if is_zone(event.zone) else DEFAULT_ZONE,
    )
    return NOTHING if estate == known else Decision(save=(estate,))


# The world has some 600 zones.
@lru_cache(maxsize=1_024)
def is_zone(name: str) -> bool:
    """Whether the tz database knows the name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
