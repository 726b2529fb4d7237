"""The closing callbacks of a contract's warranty (到期回访): the latest count of each estate, their sums (WAR-09)."""

from linli_contracts.events.followup import ClosingCallbacksCompleted
from linli_rulebook.decision import NOTHING, Because, Decision
from pydantic import BaseModel, ConfigDict

from linli_warranty.domain.deposit import Deposit
from linli_warranty.domain.water import remember_water


class ClosingSum(BaseModel):
    """The counts of all estates of a contract together."""

    model_config = ConfigDict(frozen=True)

    missing_estates: tuple[str, ...]
    unnamed_top_floors: tuple[str, ...]
    """Estates whose count says nothing of top-floor homes, not even that there are none."""
    occupied_homes: int
    called_back_homes: int
    top_floor_homes: int
    top_floor_visited: int
    leaks_found: int
    unreserved_problems: int


def count_closing(deposit: Deposit, count: ClosingCallbacksCompleted, number: int) -> Decision:
    """Keeps an estate's count; a later one replaces it, an older one, that was parked meanwhile, does not.

    ``number``: of the fact, in its lane, which says what is older, also of two counts of one instant.
    A count of an estate that the contract is not about counts for nothing, and says so: followup knows no contracts.
    A leak that was found is remembered for good, in whatever order it is told (WAR-11).
    """
    if count.estate_id not in deposit.estate_ids:
        return Decision(because=(_because(deposit, count, "count_of_another_estate_ignored"),))
    known = next((known for known in deposit.closing_counts if known.estate_id == count.estate_id), None)
    known_number = deposit.closing_numbers.get(count.estate_id, 0)
    if known == count and known_number == number:
        return NOTHING
    counted, water = remember_water(deposit, count.estate_id) if count.leaks_found else (deposit, ())
    if known_number > number:
        return Decision(save=(counted,), because=water) if count.leaks_found else NOTHING
    others = tuple(other for other in deposit.closing_counts if other.estate_id != count.estate_id)
    numbers = {**deposit.closing_numbers, count.estate_id: number}
    counted = counted.model_copy(update={"closing_counts": (*others, count), "closing_numbers": numbers})
    return Decision(save=(counted,), because=(_because(deposit, count, "closing_callbacks_counted"), *water))


def sum_closing(deposit: Deposit, estate_id: str | None = None) -> ClosingSum:
    """The figures of the closing callbacks over all estates of the contract, and the estates not counted yet; with
    `estate_id`, over that one alone.
    """
    counts = [count for count in deposit.closing_counts if estate_id in {None, count.estate_id}]
    counted = {count.estate_id for count in counts}
    return ClosingSum(
        missing_estates=tuple(one for one in deposit.estate_ids if estate_id in {None, one} and one not in counted),
        unnamed_top_floors=tuple(
            count.estate_id for count in counts if not (count.top_floor_homes or count.top_floors_named)
        ),
        occupied_homes=sum(count.occupied_homes for count in counts),
        called_back_homes=sum(count.called_back_homes for count in counts),
        top_floor_homes=sum(count.top_floor_homes for count in counts),
        top_floor_visited=sum(count.top_floor_visited for count in counts),
        leaks_found=sum(count.leaks_found for count in counts),
        unreserved_problems=sum(max(0, count.open_problems - count.reserved_problems) for count in counts),
    )


def _because(deposit: Deposit, count: ClosingCallbacksCompleted, what: str) -> Because:
    return Because(
        rule="WAR-09",
        what=what,
        subject=deposit.id,
        policy_version=deposit.policy_version,
        facts=count.model_dump(mode="json"),
    )
