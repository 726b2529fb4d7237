"""Water (WAR-11): a waterproofing or leak problem is remembered, and forbids part payment from then on.

For good, unless it was none: the order that showed it was taken back, because the repair was another trade's.
"""

from typing import Final

from linli_contracts.events.intake import Trade
from linli_rulebook.decision import Because

from linli_warranty.domain.deposit import Deposit

WATER: Final[Trade] = "waterproofing"


def remember_water(deposit: Deposit, seen_in: str) -> tuple[Deposit, tuple[Because, ...]]:
    """The deposit that knows of the problem, and why nothing is paid in part; the first one is the one remembered.

    `seen_in` is the case of a repair, or the estate whose closing callbacks found a leak.
    """
    if deposit.water_problem is not None:
        # One that was remembered before sightings were counted is one of them.
        return deposit.model_copy(update={"water_sightings": max(deposit.water_sightings, 1) + 1}), ()
    changed = deposit.model_copy(update={"water_problem": seen_in, "water_sightings": 1})
    return changed, (_because(changed, "no_part_payment", {"seen_in": seen_in, "trade": WATER}),)


def forget_water(deposit: Deposit) -> tuple[Deposit, tuple[Because, ...]]:
    """One sighting was none. What others showed too stays, and what was remembered before sightings were counted."""
    left = deposit.water_sightings - 1
    if left < 0 or deposit.water_problem is None:
        return deposit, ()
    changed = deposit.model_copy(
        update={"water_sightings": left, "water_problem": deposit.water_problem if left else None}
    )
    why = () if left else (_because(changed, "no_water_problem_after_all", {"seen_in": deposit.water_problem}),)
    return changed, why


def _because(deposit: Deposit, what: str, facts: dict[str, object]) -> Because:
    return Because(rule="WAR-11", what=what, subject=deposit.id, policy_version=deposit.policy_version, facts=facts)
