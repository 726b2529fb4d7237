"""The closing callbacks of a contract's homes, counted estate by estate (WAR-09); the gate of WAR-10 is warranty's."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Final

from linli_contracts.events.followup import ClosingCallbacksCompleted
from linli_contracts.lanes import id_under
from linli_rulebook.decision import Because, Decision, Outcome, Refusal, State
from pydantic import AwareDatetime, BaseModel, ConfigDict

RULE: Final = "WAR-09"


class ClosingFigures(BaseModel):
    """One count of a contract's homes: how many were called, signed, visited, and what was found."""

    model_config = ConfigDict(frozen=True)

    occupied_homes: int
    called_back_homes: int
    sheets_signed: int
    top_floor_homes: int = 0
    top_floors_named: bool = False
    """Whether somebody said how many there are."""
    top_floor_visited: int = 0
    leaks_found: int = 0
    open_problems: int = 0
    reserved_problems: int = 0


class ClosingCount(State):
    """The latest count of a contract's homes in one estate; its id is the contract's key and the estate's."""

    table: ClassVar[str] = "closing_count"

    estate_id: str
    figures: ClosingFigures
    counted_at: AwareDatetime
    counts: int = 1
    """How often it was counted: each count replaces the one before."""


def closing_count_id(contract_id: str, estate_id: str) -> str:
    """The id of a count: a contract may span estates, and each is counted by its own people."""
    return id_under(contract_id, estate_id)


def count_closing_callbacks(
    known: ClosingCount | None, contract_id: str, estate_id: str, figures: ClosingFigures, now: datetime
) -> Outcome:
    """Keeps and tells a count. Refuses figures that cannot be, naming each; the same figures again change nothing."""
    faults = tuple(_impossible(figures))
    if faults:
        zh, en = "到期回访的数字互相矛盾", "The figures of the closing callbacks contradict each other"
        return Refusal("closing-figures-impossible", RULE, zh, en, status=422, fields=faults)
    answer = {"contract_id": contract_id, "estate_id": estate_id, "counts": known.counts if known else 1}
    if known is not None and known.figures == figures:
        return Decision(answer=answer)
    counts = 1 if known is None else known.counts + 1
    identity = closing_count_id(contract_id, estate_id)
    count = ClosingCount(id=identity, estate_id=estate_id, figures=figures, counted_at=now, counts=counts)
    told = ClosingCallbacksCompleted(
        contract_id=contract_id, estate_id=estate_id, counted_at=now, **figures.model_dump()
    )
    because = Because(rule=RULE, what="closing callbacks counted", subject=contract_id, facts=figures.model_dump())
    return Decision(save=(count,), events=(told,), because=(because,), answer={**answer, "counts": counts})


def _impossible(figures: ClosingFigures) -> Iterator[tuple[str, str]]:
    for part, whole in _AT_MOST:
        if getattr(figures, part) > getattr(figures, whole):
            yield part, f"≤ {whole} ({getattr(figures, whole)})"


_AT_MOST: Final = (
    ("called_back_homes", "occupied_homes"),
    ("sheets_signed", "called_back_homes"),
    ("top_floor_visited", "top_floor_homes"),
    ("reserved_problems", "open_problems"),
)
