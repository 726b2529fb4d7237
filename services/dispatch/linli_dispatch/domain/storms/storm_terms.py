"""The policy of storm mode as dispatch uses it, read once for each place (DSP-09). What it means is in `storm.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from linli_rulebook import Policy, calendar_for

from linli_dispatch.domain.storms.surge import Sensitivity
from linli_dispatch.domain.storms.usual import Place


@dataclass(frozen=True, slots=True)
class Ways:
    """How long a visit takes and the ways between visits, in minutes: what a round reckons with."""

    visit_min: int
    further_min: int
    """For each further request of the same visit."""
    within_phase_min: int
    across_min: int


@dataclass(frozen=True, slots=True, eq=False)
class StormTerms:
    """What holds in storms at one place under one policy version."""

    version: str
    place: Place
    cause_of: Mapping[str, str]
    """The cause that a sub-category shows; one that is not in it shows none."""
    sensitivity: Sensitivity
    stirs: Sensitivity
    """When an estate counts for its region's storm."""
    region: Sensitivity
    """When the stirring estates of a region are a storm."""
    over_after: timedelta
    declared_by: frozenset[str]
    """The roles that may declare and end a storm by hand."""
    round_every: timedelta
    order_at_most: int
    order_waits_at_most: timedelta
    urgency: Mapping[int, int]
    """What a minute of waiting weighs, by level."""
    ways: Ways


# One for each place with rules or a zone of its own, in each policy version.
@lru_cache(maxsize=1_024)
def storm_terms_of(policy: Policy, zone: str) -> StormTerms:
    """The storm terms of the places in ``zone`` that have ``policy``."""
    urgency = policy.table("storm.urgency")
    return StormTerms(
        version=policy.version,
        place=Place(ZoneInfo(zone), calendar_for(policy, "departments", zone=zone)),
        cause_of={
            subcategory: cause
            for cause, subcategories in policy.table("storm.causes").items()
            for subcategory in subcategories
        },
        sensitivity=_sensitivity(policy, "storm.ordinary_at_most_once_in", "storm.least_requests"),
        stirs=_sensitivity(policy, "storm.stirs_once_in", None),
        region=_sensitivity(policy, "storm.ordinary_at_most_once_in", "storm.region_estates"),
        declared_by=frozenset(policy.texts("storm.declared_by")),
        over_after=policy.span("storm.over_after").elapsed,
        round_every=policy.span("storm.round_every").elapsed,
        order_at_most=policy.integer("storm.order_at_most"),
        order_waits_at_most=policy.span("storm.order_waits_at_most").elapsed,
        urgency={level: urgency[f"level_{level}"] for level in range(1, 5)},
        ways=Ways(
            visit_min=_minutes(policy, "storm.visit"),
            further_min=_minutes(policy, "storm.further_request"),
            within_phase_min=_minutes(policy, "storm.way_within_phase"),
            across_min=_minutes(policy, "storm.way_across"),
        ),
    )


def _sensitivity(policy: Policy, once_in: str, at_least: str | None) -> Sensitivity:
    one_day = timedelta(days=1)
    return Sensitivity(
        windows_h=(_hours(policy, "storm.short_window"), _hours(policy, "storm.long_window")),
        chance=float(Fraction(1, policy.integer(once_in))),
        at_least=policy.integer(at_least) if at_least else 1,
        times_usual=policy.integer("storm.times_usual"),
        learning_days=policy.span("storm.learning").elapsed // one_day,
        half_life_days=policy.span("storm.half_life").elapsed / one_day,
    )


def _hours(policy: Policy, name: str) -> int:
    return policy.span(name).elapsed // timedelta(hours=1)


def _minutes(policy: Policy, name: str) -> int:
    return policy.span(name).elapsed // timedelta(minutes=1)
