"""Points as lots (LOY-03): each earned at once with one expiry, spent first-expiring first, never below zero.

A lot is valid through the whole of its last day, and expires at the start of the next one in Asia/Shanghai: a member's
points do not depend on where the member lives.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from linli_contracts.events.loyalty import PointsKind

ZONE: Final = ZoneInfo("Asia/Shanghai")
_ONE_DAY: Final = timedelta(days=1)


class Lot(NamedTuple):
    """What is left of one earning."""

    expires_on: date
    """The last day on which the points are valid."""
    number: int
    """The number of the ledger entry that earned it."""
    kind: PointsKind
    points: int
    """Greater than zero: an empty lot is dropped."""
    cause_id: str


Lots = tuple[Lot, ...]
"""In the order of their expiry, then of their earning."""


class Taken(NamedTuple):
    """What is left, and what was taken from which lot."""

    left: Lots
    taken: Lots
    """The lots that were touched, each with the points that were taken from it."""


# A member's few lots expire on few dates; some years of them are a thousand.
@lru_cache(maxsize=4_096)
def expiry_instant(expires_on: date) -> datetime:
    """When points valid through ``expires_on`` are gone: the start of the next day."""
    return datetime.combine(expires_on + _ONE_DAY, time(), tzinfo=ZONE).astimezone(UTC)


def local_date(at: datetime) -> date:
    """The date in Asia/Shanghai at an instant."""
    return at.astimezone(ZONE).date()


def with_lots(lots: Lots, earned: Iterable[Lot]) -> Lots:
    """The lots with further ones, in order."""
    return tuple(sorted((*lots, *earned)))


def balance(lots: Lots, kind: PointsKind) -> int:
    """The points of one kind."""
    return sum(lot.points for lot in lots if lot.kind == kind)


def spendable(lots: Lots, now: datetime) -> int:
    """The reward points that are valid at ``now``."""
    return sum(lot.points for lot in lots if _is_spendable(lot, now))


def spend(lots: Lots, points: int, now: datetime) -> Taken | None:
    """Takes reward points that are valid at ``now``, first-expiring first; None when there are not enough of them."""
    left: list[Lot] = []
    taken: list[Lot] = []
    owed = points
    for lot in lots:
        take = min(owed, lot.points) if _is_spendable(lot, now) else 0
        owed -= take
        if take:
            taken.append(lot._replace(points=take))
        if take < lot.points:
            left.append(lot._replace(points=lot.points - take))
    return None if owed else Taken(tuple(left), tuple(taken))


def expire(lots: Lots, now: datetime) -> Taken:
    """Takes all that is no longer valid at ``now``."""
    taken = tuple(lot for lot in lots if expiry_instant(lot.expires_on) <= now)
    return Taken(lots[len(taken) :], taken)


def _is_spendable(lot: Lot, now: datetime) -> bool:
    return lot.kind == "reward" and now < expiry_instant(lot.expires_on)
