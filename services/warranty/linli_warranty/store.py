"""Typed reads of warranty's tables for people; the writer loop has its own queries.

Every read takes a `View`: what the reader may see. A contractor sees its own accounts and no other (WAR-07).
"""

from datetime import date, datetime
from typing import NamedTuple

from linli_contracts.shelves import shelf_of
from linli_messaging.service_map import Actor
from linli_runtime.reads import Reads
from pydantic import BaseModel

from linli_warranty.domain.chart import DEBIT_SIDE, Account
from linli_warranty.domain.claim_ledger import ClaimAccount, ClaimReason
from linli_warranty.domain.claims import Claim
from linli_warranty.domain.claims import Status as ClaimStatus
from linli_warranty.domain.deductions import Deduction
from linli_warranty.domain.deductions import Status as DeductionStatus
from linli_warranty.domain.deposit import Deposit
from linli_warranty.domain.estate import Estate, Home
from linli_warranty.domain.ledger import Reason
from linli_warranty.domain.release import Release
from linli_warranty.domain.release import Status as ReleaseStatus


class View(NamedTuple):
    """What a reader may see: a part of the organisation, and of it one contractor's accounts or all."""

    org: str
    contractor_id: str | None

    @classmethod
    def of(cls, actor: Actor) -> "View":
        """What this token may see."""
        return cls(actor.org, actor.contractor_id)


class Movement(BaseModel):
    """One movement of the ledger."""

    number: int
    debit_account: Account
    credit_account: Account
    amount_fen: int
    reason: Reason
    document: str
    cause: str
    reverses: str | None
    who: str
    at: datetime
    booked_on: date


class BalancesUntil(BaseModel):
    """What stood on each account at the end of a date: debits positive, credits negative, derived from the ledger."""

    contract_id: str
    until: date | None
    accounts: dict[Account, int]
    sum_fen: int
    """Zero, always (WAR-03)."""


class DepositPage(BaseModel):
    """Some accounts in the order of their contracts, and the cursor of the next page."""

    items: list[Deposit]
    next: str | None


class LedgerPage(BaseModel):
    """Some movements in the order in which they were written, and the cursor of the next page."""

    items: list[Movement]
    next: str | None


class DeductionPage(BaseModel):
    """Some deductions in the order of their ids, and the cursor of the next page."""

    items: list[Deduction]
    next: str | None


class ReleasePage(BaseModel):
    """Some releases in the order of their ids, and the cursor of the next page."""

    items: list[Release]
    next: str | None


class ClaimMovement(BaseModel):
    """One movement of a claim's ledger."""

    debit_account: ClaimAccount
    credit_account: ClaimAccount
    amount_fen: int
    reason: ClaimReason
    document: str
    cause: str
    reverses: str | None
    who: str
    at: datetime
    booked_on: date


class ClaimPage(BaseModel):
    """Some agreed compensation in the order of its ids, and the cursor of the next page."""

    items: list[Claim]
    next: str | None


class ClaimLedger(BaseModel):
    """All movements of one claim, in the order of its life: four at most."""

    items: list[ClaimMovement]


class Figures(BaseModel):
    """Sums over accounts, in fen; `ledger_sum_fen` and `accounts_that_differ` are zero or the books are wrong."""

    deposits: int
    retained_fen: int
    """What was retained when the accounts were opened."""
    cash_fen: int
    """What of it is still there."""
    free_fen: int
    deducted_unconfirmed_fen: int
    deducted_disputed_fen: int
    deducted_confirmed_fen: int
    receivable_fen: int
    released_fen: int
    deductions: int
    releases_paid: int
    releases_approved: int
    releases_blocked: int
    compensations_agreed: int
    compensations_approved: int
    compensations_paid: int
    compensation_owed_fen: int
    """Agreed, and the customer has not got it yet."""
    compensation_paid_fen: int
    compensation_recovered_fen: int
    """What deposits bear of it, confirmed or not."""
    compensation_cost_fen: int
    """What the payers bear of it."""
    ledger_sum_fen: int
    """Of the ledgers of deposits and of compensation together."""
    accounts_that_differ: int


async def find_estate(reads: Reads, estate_id: str) -> Estate | None:
    """The estate, if warranty knows it."""
    row = await reads.fetchrow("find_estate", estate_id)
    return None if row is None else Estate.model_validate_json(row["state"])


async def find_home(reads: Reads, home_id: str) -> Home | None:
    """The home, if warranty knows it."""
    row = await reads.fetchrow("find_home", shelf_of(home_id), home_id)
    return None if row is None else Home.model_validate_json(row["home"])


async def deposit_page(reads: Reads, view: View, *, after: str, limit: int) -> DepositPage:
    """The accounts after that contract."""
    rows = await reads.fetch("list_deposits", after, *view, limit + 1)
    items = [Deposit.model_validate_json(row["state"]) for row in rows[:limit]]
    return DepositPage(items=items, next=items[-1].id if len(rows) > limit else None)


async def find_deposit(reads: Reads, view: View, contract_id: str) -> Deposit | None:
    """The account, if there is one that may be seen."""
    row = await reads.fetchrow("find_deposit", contract_id, *view)
    return None if row is None else Deposit.model_validate_json(row["state"])


async def ledger_page(reads: Reads, contract_id: str, *, until: date | None, after: int, limit: int) -> LedgerPage:
    """The contract's movements after the one with that number, up to the end of a date."""
    rows = await reads.fetch("list_movements", contract_id, after, until, limit + 1)
    items = [Movement.model_validate(dict(row)) for row in rows[:limit]]
    return LedgerPage(items=items, next=str(items[-1].number) if len(rows) > limit else None)


async def balances_until(reads: Reads, contract_id: str, until: date | None) -> BalancesUntil:
    """The balances at the end of a date; without one, as they are now."""
    rows = await reads.fetch("balances_until", contract_id, until)
    booked = {Account(row["account"]): row["fen"] for row in rows}
    accounts = {account: booked.get(account, 0) for account in Account}
    return BalancesUntil(contract_id=contract_id, until=until, accounts=accounts, sum_fen=sum(accounts.values()))


async def deduction_page(
    reads: Reads, view: View, *, status: DeductionStatus | None, contract_id: str | None, after: str, limit: int
) -> DeductionPage:
    """The deductions after that id."""
    rows = await reads.fetch("list_deductions", after, *view, status, contract_id, limit + 1)
    items = [Deduction.model_validate_json(row["state"]) for row in rows[:limit]]
    return DeductionPage(items=items, next=items[-1].id if len(rows) > limit else None)


async def release_page(
    reads: Reads, view: View, *, status: ReleaseStatus | None, contract_id: str | None, after: str, limit: int
) -> ReleasePage:
    """The releases after that id."""
    rows = await reads.fetch("list_releases", after, *view, status, contract_id, limit + 1)
    items = [Release.model_validate_json(row["state"]) for row in rows[:limit]]
    return ReleasePage(items=items, next=items[-1].id if len(rows) > limit else None)


async def claim_page(
    reads: Reads, view: View, *, status: ClaimStatus | None, case_id: str | None, after: str, limit: int
) -> ClaimPage:
    """The agreed compensation after that id; nothing for a contractor."""
    rows = await reads.fetch("list_claims", after, *view, status, case_id, limit + 1)
    items = [Claim.model_validate_json(row["state"]) for row in rows[:limit]]
    return ClaimPage(items=items, next=items[-1].id if len(rows) > limit else None)


async def claim_ledger(reads: Reads, view: View, claim_id: str) -> ClaimLedger:
    """The movements of a claim; none where there is no such claim, or it may not be seen."""
    rows = await reads.fetch("list_claim_movements", claim_id, *view)
    return ClaimLedger(items=[ClaimMovement.model_validate(dict(row)) for row in rows])


async def figures(reads: Reads, view: View) -> Figures:
    """The sums over the accounts that may be seen, as every transaction keeps them up; accounts and movements apart."""
    counted = {row["name"]: row["counted"] for row in await reads.fetch("figures", *view)}
    differ = await reads.fetchrow("count_accounts_that_differ", *view)
    # On its own side, so that a sum is never negative.
    balances = {
        account: counted.get(f"balance.{account}", 0) * (1 if account in DEBIT_SIDE else -1) for account in Account
    }
    counted |= {row["name"]: row["counted"] for row in await reads.fetch("claim_figures", *view)}
    ledger = sum(fen for name, fen in counted.items() if name.startswith(("ledger.", "claim_ledger.")))
    return Figures(
        deposits=counted.get("deposits", 0),
        retained_fen=counted.get("retained_fen", 0),
        cash_fen=balances[Account.CASH_RETAINED],
        free_fen=balances[Account.DEPOSIT_LIABILITY],
        deducted_unconfirmed_fen=balances[Account.DEDUCTED_UNCONFIRMED],
        deducted_disputed_fen=balances[Account.DISPUTED],
        deducted_confirmed_fen=balances[Account.DEDUCTED_CONFIRMED],
        receivable_fen=balances[Account.RECEIVABLE],
        released_fen=counted.get("released_fen", 0),
        deductions=counted.get("deductions", 0),
        releases_paid=counted.get("releases_paid", 0),
        releases_approved=counted.get("releases_approved", 0),
        releases_blocked=counted.get("releases_blocked", 0),
        compensations_agreed=counted.get("claims_agreed", 0),
        compensations_approved=counted.get("claims_approved", 0),
        compensations_paid=counted.get("claims_paid", 0),
        compensation_owed_fen=-counted.get(f"claim_ledger.{ClaimAccount.OWED}", 0),
        compensation_paid_fen=-counted.get(f"claim_ledger.{ClaimAccount.PAID}", 0),
        compensation_recovered_fen=counted.get(f"claim_ledger.{ClaimAccount.RECOVERED}", 0),
        compensation_cost_fen=counted.get(f"claim_ledger.{ClaimAccount.COST}", 0),
        ledger_sum_fen=ledger,
        accounts_that_differ=differ["accounts"] if differ else 0,
    )
