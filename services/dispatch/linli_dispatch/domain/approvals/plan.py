"""What a ticket knows of its resolution plan, the compensation in it, and small works: data that offices decide on."""

from dataclasses import dataclass
from typing import Literal

from linli_contracts.events.dispatch import SmallWorksKind

PlanStatus = Literal["proposed", "approved", "accepted", "rejected", "refused", "confirmed"]
"""*rejected* by the customer, *refused* by an office; both are followed by another plan."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Compensation within a plan (WAR-20 ff.)."""

    amount_fen: int
    cause: str
    """What it is paid for: claims of one case for one cause count together (WAR-23)."""
    reasonable: bool = True
    """The facts hold, and professionals find the amount within range (WAR-20)."""
    by_property: bool = False
    """The property company pays, not the developer (WAR-22)."""
    recovered: bool = False
    """From the contractor's deposit (WAR-24)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A resolution plan (处理方案): approved by offices, accepted by the customer, carried out until they sign."""

    number: int
    desk: str
    status: PlanStatus
    claim: Claim | None = None
    carried_out: int = 0
    contract_id: str | None = None
    """From whose deposit a claim of an earlier round is recovered; None: from that of the round's own order."""


@dataclass(frozen=True, slots=True)
class SmallWorks:
    """Small works (零星工程) that are, or were last, applied for (DSP-15)."""

    kind: SmallWorksKind
    reason: str
    """A code."""
    budget_fen: int
