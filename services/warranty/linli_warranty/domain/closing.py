"""The closing callbacks of a contract's warranty (到期回访): the latest count of each estate, their sums (WAR-09)."""

from linli_contracts.events.followup import ClosingCallbacksCompleted
from linli_rulebook.decision import NOTHING, Because, Decision
from pydantic import BaseModel, ConfigDict

from linli_warranty.domain.deposit import Deposit


class ClosingSum(BaseModel):
    """The counts of all estates of a contract together."""

    model_config = ConfigDict(frozen=True)

    missing_estates: tuple[str, ...]
    occupied_homes: int
    called_back_homes: int
    top_floor_homes: int
    top_floor_visited: int
    leaks_found: int
    unreserved_problems: int


def count_closing(deposit: Deposit, count: ClosingCallbacksCompleted) -> Decision:
    """Keeps an estate's count; a later one replaces it, an older one changes nothing."""
    known = next((known for known in deposit.closing_counts if known.estate_id == count.estate_id), None)
    if known and (known == count or known.counted_at > count.counted_at):
        return NOTHING
    others = tuple(other for other in deposit.closing_counts if other.estate_id != count.estate_id)
    why = Because(
        rule="WAR-09",
        what="closing_callbacks_counted",
        subject=deposit.id,
        policy_version=deposit.policy_version,
        facts=count.model_dump(mode="json"),
    )
    return Decision(save=(deposit.model_copy(update={"closing_counts": (*others, count)}),), because=(why,))


def sum_closing(deposit: Deposit) -> ClosingSum:
    """The figures of the closing callbacks over all estates of the contract, and the estates not counted yet."""
    counts = deposit.closing_counts
    counted = {count.estate_id for count in counts}
    return ClosingSum(
        missing_estates=tuple(estate_id for estate_id in deposit.estate_ids if estate_id not in counted),
        occupied_homes=sum(count.occupied_homes for count in counts),
        called_back_homes=sum(count.called_back_homes for count in counts),
        top_floor_homes=sum(count.top_floor_homes for count in counts),
        top_floor_visited=sum(count.top_floor_visited for count in counts),
        leaks_found=sum(count.leaks_found for count in counts),
        unreserved_problems=sum(max(0, count.open_problems - count.reserved_problems) for count in counts),
    )
