"""Water (WAR-11): a waterproofing or leak problem is remembered for good, and forbids part payment from then on."""

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
        return deposit, ()
    why = Because(
        rule="WAR-11",
        what="no_part_payment",
        subject=deposit.id,
        policy_version=deposit.policy_version,
        facts={"seen_in": seen_in, "trade": WATER},
    )
    return deposit.model_copy(update={"water_problem": seen_in}), (why,)
