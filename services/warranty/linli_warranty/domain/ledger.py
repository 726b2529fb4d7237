"""Double entry (WAR-03): a movement debits one account and credits another with the same amount, so the sum stays zero.

Movements are only ever appended; a mistake is corrected by one that takes the money back and names what it reverses.
Nothing here knows why money moves; `deductions.py` and `release.py` do.
"""

from collections.abc import Iterable
from datetime import date
from typing import Literal

from linli_contracts.event import Instant
from linli_rulebook.decision import Append
from pydantic import BaseModel, ConfigDict, Field, model_validator

from linli_warranty.domain.chart import DEBIT_SIDE, Account

Reason = Literal["opened", "deducted", "confirmed", "disputed", "upheld", "reversed", "released"]


class LedgerBugError(Exception):
    """A movement would put an account on its wrong side. Rules prevent it, so it is a bug, and nothing is stored."""


class Posting(BaseModel):
    """A movement as a rule wants it; with `amount_fen` 0 nothing moves. The same `cause` never moves money twice."""

    model_config = ConfigDict(frozen=True)

    debit: Account
    credit: Account
    amount_fen: int = Field(ge=0)
    reason: Reason
    document: str
    cause: str
    reverses: str | None = None
    """The cause of the movement that this one takes back."""


class Stamp(BaseModel):
    """Who books, at which instant, on which date of finance's books."""

    model_config = ConfigDict(frozen=True)

    who: str
    at: Instant
    on: date


class Movement(BaseModel):
    """A row of the ledger: two entries in one, so that they cannot differ."""

    model_config = ConfigDict(frozen=True)

    contract_id: str
    number: int
    """1, 2, 3 … within the contract, without gaps."""
    debit_account: Account
    credit_account: Account
    amount_fen: int = Field(gt=0)
    reason: Reason
    document: str
    cause: str
    reverses: str | None
    who: str
    at: Instant
    booked_on: date

    def row(self) -> Append:
        """The row to append, in the contract's lane."""
        counts = {f"ledger.{self.debit_account}": self.amount_fen, f"ledger.{self.credit_account}": -self.amount_fen}
        return Append("movement", self.contract_id, self.model_dump(mode="json"), counts, self.contract_id)


class Balances(BaseModel):
    """What stands on each account, debits positive, credits negative: the sums of the movements, kept for decisions."""

    model_config = ConfigDict(frozen=True)

    cash_retained: int = 0
    receivable_from_contractor: int = 0
    deposit_liability: int = 0
    deducted_unconfirmed: int = 0
    disputed: int = 0
    deducted_confirmed: int = 0

    @model_validator(mode="after")
    def _each_on_its_side(self) -> "Balances":
        wrong = [account.value for account in Account if self.fen(account) < 0]
        if wrong or self.sum_fen != 0:
            message = f"accounts on the wrong side: {wrong}; sum of all: {self.sum_fen} fen"
            raise ValueError(message)
        return self

    @property
    def sum_fen(self) -> int:
        """The sum of all accounts: zero at every moment (WAR-03)."""
        return sum(getattr(self, account.value) for account in Account)

    def fen(self, account: Account) -> int:
        """The balance of `account` on its own side, so never negative."""
        signed: int = getattr(self, account.value)
        return signed if account in DEBIT_SIDE else -signed

    @property
    def free_fen(self) -> int:
        """What is held and free of deductions: all that may ever be released."""
        return self.fen(Account.DEPOSIT_LIABILITY)

    def after(self, movements: Iterable[Movement]) -> "Balances":
        """The balances once `movements` are booked. Raises `LedgerBugError` when an account would change its side."""
        signed = self.model_dump()
        for movement in movements:
            signed[movement.debit_account.value] += movement.amount_fen
            signed[movement.credit_account.value] -= movement.amount_fen
        try:
            return Balances(**signed)
        except ValueError as error:
            raise LedgerBugError(str(error)) from error


def number_movements(contract_id: str, booked: int, postings: Iterable[Posting], stamp: Stamp) -> tuple[Movement, ...]:
    """The movements of `postings` after the `booked` ones of the contract; postings of nothing are left out."""
    wanted = (posting for posting in postings if posting.amount_fen)
    return tuple(
        Movement(
            contract_id=contract_id,
            number=number,
            debit_account=posting.debit,
            credit_account=posting.credit,
            amount_fen=posting.amount_fen,
            reason=posting.reason,
            document=posting.document,
            cause=posting.cause,
            reverses=posting.reverses,
            who=stamp.who,
            at=stamp.at,
            booked_on=stamp.on,
        )
        for number, posting in enumerate(wanted, start=booked + 1)
    )
