"""The books of compensation (WAR-03, WAR-23): what a claim costs, what is owed to the customer, what was paid.

| account                  | side   | what stands on it                                                        |
|--------------------------|--------|--------------------------------------------------------------------------|
| compensation_cost        | debit  | what the payer bears: agreed, and not taken from a contractor's deposit  |
| recovered_from_deposit   | debit  | what a deposit bears instead; the deposit's own ledger says how (WAR-24) |
| owed_to_customer         | credit | agreed and not yet paid                                                  |
| paid_to_customer         | credit | money that left the payer's bank                                         |

Every claim has its own four accounts, in its estate's lane. As in `ledger.py`, a movement is both sides at once, is
only ever appended, and never moves money twice for one cause. Nothing here knows why money moves; `claims.py` does.
"""

from datetime import date
from enum import StrEnum
from typing import Final, Literal

from linli_contracts.event import Instant
from linli_contracts.lanes import key_of
from linli_rulebook.decision import Append
from pydantic import BaseModel, ConfigDict, Field

from linli_warranty.domain.ledger import Stamp

ClaimReason = Literal["agreed", "paid", "recovered", "reversed"]


class ClaimAccount(StrEnum):
    """Where the money of a claim stands. An account is added here and by a migration."""

    COST = "compensation_cost"
    RECOVERED = "recovered_from_deposit"
    OWED = "owed_to_customer"
    PAID = "paid_to_customer"


SIDES: Final[dict[ClaimReason, tuple[ClaimAccount, ClaimAccount]]] = {
    "agreed": (ClaimAccount.COST, ClaimAccount.OWED),
    "paid": (ClaimAccount.OWED, ClaimAccount.PAID),
    "recovered": (ClaimAccount.RECOVERED, ClaimAccount.COST),
    "reversed": (ClaimAccount.COST, ClaimAccount.RECOVERED),
}
"""Which account each step debits, and which it credits."""


class ClaimMovement(BaseModel):
    """A row of the claims' ledger: two entries in one, so that they cannot differ."""

    model_config = ConfigDict(frozen=True)

    claim_id: str
    debit_account: ClaimAccount
    credit_account: ClaimAccount
    amount_fen: int = Field(gt=0)
    reason: ClaimReason
    document: str
    cause: str
    reverses: str | None
    """The cause of the movement that this one takes back."""
    who: str
    at: Instant
    booked_on: date

    def row(self) -> Append:
        """The row to append, in the lane of the claim's estate."""
        counts = {
            f"claim_ledger.{self.debit_account}": self.amount_fen,
            f"claim_ledger.{self.credit_account}": -self.amount_fen,
        }
        estate_id = key_of(self.claim_id)
        return Append("claim_movement", estate_id, self.model_dump(mode="json"), counts, estate_id)


def move(claim_id: str, reason: ClaimReason, amount_fen: int, document: str, stamp: Stamp) -> Append:
    """The one movement of this step of a claim, in fen; a step happens once, so its cause is the claim and the step."""
    debit, credit = SIDES[reason]
    return ClaimMovement(
        claim_id=claim_id,
        debit_account=debit,
        credit_account=credit,
        amount_fen=amount_fen,
        reason=reason,
        document=document,
        cause=f"{claim_id}.{reason}",
        reverses=f"{claim_id}.recovered" if reason == "reversed" else None,
        who=stamp.who,
        at=stamp.at,
        booked_on=stamp.on,
    ).row()
