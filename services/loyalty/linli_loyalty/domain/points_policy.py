"""The policy of points, read once for each policy in force: the only place of loyalty that names its entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from linli_contracts.events.loyalty import PointsCause, PointsKind
from linli_rulebook import Policy, Unit, plus_months
from linli_rulebook.errors import RulebookError
from linli_rulebook.units import in_smallest_unit

_ENTRIES: Final[Mapping[PointsCause, str]] = {
    "survey_answered": "points_survey_answered",
    "apology_late_case": "points_apology_late_case",
}


@dataclass(frozen=True, slots=True)
class PointsPolicy:
    """What the policy gives for which cause, and for how long (LOY-02, LOY-03)."""

    version: str
    given: Mapping[PointsCause, tuple[tuple[PointsKind, int], ...]]
    """By cause, the kinds that it earns, each with more than zero points."""
    valid_months: int
    apology_clocks: frozenset[str]
    """The deadlines whose miss is apologised for."""

    def expires_on(self, earned_on: date) -> date:
        """The last day of points earned on that day."""
        return plus_months(earned_on, self.valid_months)


# One for each version: points are the group's, whatever estate they come from.
@lru_cache(maxsize=64)
def points_policy(policy: Policy) -> PointsPolicy:
    """Reads the entries. Raises :class:`RulebookError` where the validity is no number of months or years."""
    valid = policy.span("loyalty.points_expire_after")
    if not valid.unit.fits(Unit.MONTHS):
        raise RulebookError(f"loyalty.points_expire_after must be months or years, not {valid.unit}")
    return PointsPolicy(
        version=policy.version,
        given={cause: tuple(_given(policy, entry)) for cause, entry in _ENTRIES.items()},
        valid_months=in_smallest_unit(valid),
        apology_clocks=frozenset(policy.texts("loyalty.apology_clocks")),
    )


def _given(policy: Policy, entry: str) -> list[tuple[PointsKind, int]]:
    both: tuple[tuple[PointsKind, str], ...] = (("reward", f"loyalty.{entry}"), ("upgrade", f"loyalty.upgrade_{entry}"))
    return [(kind, points) for kind, name in both if (points := policy.integer(name))]
