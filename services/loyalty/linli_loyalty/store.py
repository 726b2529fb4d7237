"""Typed reads of loyalty's tables for people; the writer loop has its own queries."""

from datetime import date, datetime
from typing import Final

from linli_contracts.events.loyalty import PointsKind
from linli_runtime.reads import Reads
from pydantic import BaseModel, computed_field

from linli_loyalty.domain.ledger import What
from linli_loyalty.domain.member import Member

KINDS: Final[tuple[PointsKind, ...]] = ("reward", "upgrade")


class LedgerEntry(BaseModel):
    """One movement of a member's points."""

    number: int
    what: What
    kind: PointsKind
    points: int
    """Negative where they were spent or expired."""
    balance: int
    """Of this kind, after this entry."""
    cause: str
    cause_id: str
    lot: int
    expires_on: date
    case_id: str | None
    policy_version: str | None
    at: datetime


class LedgerPage(BaseModel):
    """Some entries of a member's ledger in order, and the cursor of the next page."""

    items: list[LedgerEntry]
    next: str | None


class EarnedByCause(BaseModel):
    """What one cause has earned of one kind."""

    cause: str
    kind: PointsKind
    times: int
    points: int


class Figures(BaseModel):
    """Members and points; ``ledger_balances`` says whether the ledger equals what the members hold."""

    members: int
    earned: int
    spent: int
    expired: int
    reward_held: int
    upgrade_held: int
    reward_ledger: int
    upgrade_ledger: int
    earned_by_cause: list[EarnedByCause]

    @computed_field  # type: ignore[prop-decorator]  # mypy takes no decorator above a property; pydantic asks for it.
    @property
    def balance(self) -> int:
        """All points that members hold."""
        return self.reward_held + self.upgrade_held

    @computed_field  # type: ignore[prop-decorator]  # As above.
    @property
    def ledger_balances(self) -> bool:
        """Whether the ledger and the members agree, kind by kind."""
        return self.reward_held == self.reward_ledger and self.upgrade_held == self.upgrade_ledger


async def find_member(reads: Reads, customer_ref: str) -> Member | None:
    """The member as it stands, if there is one."""
    row = await reads.fetchrow("find_member", customer_ref)
    return None if row is None else Member.model_validate_json(row["state"])


async def ledger_page(reads: Reads, customer_ref: str, *, after: int, limit: int) -> LedgerPage:
    """The member's entries after the one with that number."""
    rows = await reads.fetch("list_points", customer_ref, after, limit + 1)
    items = [LedgerEntry.model_validate(dict(row)) for row in rows[:limit]]
    return LedgerPage(items=items, next=str(items[-1].number) if len(rows) > limit else None)


async def figures(reads: Reads) -> Figures:
    """The counts over all members, as every transaction keeps them up: members and ledger each count for themselves."""
    counted = {row["name"]: row["counted"] for row in await reads.fetch("figures")}
    alone = ("members", "earned", "spent", "expired")
    sides = {f"{kind}_{side}": counted.get(f"{side}.{kind}", 0) for kind in KINDS for side in ("held", "ledger")}
    causes = (name.split(".")[1:] for name in sorted(counted) if name.startswith("times."))
    earned = [
        {
            "cause": cause,
            "kind": kind,
            "times": counted[f"times.{cause}.{kind}"],
            "points": counted.get(f"points.{cause}.{kind}", 0),
        }
        for cause, kind in causes
    ]
    return Figures.model_validate({name: counted.get(name, 0) for name in alone} | sides | {"earned_by_cause": earned})
