"""The life of a deduction (WAR-04, WAR-06): once for each order or claim, visible and held back in every state.

| state       | step    | next        | money moves                                                                   |
|-------------|---------|-------------|-------------------------------------------------------------------------------|
| –           | deduct  | unconfirmed | deposit_liability → deducted_unconfirmed; beyond what is held: a receivable   |
| unconfirmed | confirm | confirmed   | deducted_unconfirmed → deducted_confirmed                                     |
| unconfirmed | dispute | disputed    | deducted_unconfirmed → disputed                                               |
| disputed    | uphold  | confirmed   | disputed → deducted_confirmed                                                 |
| disputed    | reject  | rejected    | disputed → what the contractor owes is set off first, the rest is free again  |

So a contractor never has money to be released while it owes some. The contractor's own repairs cost nothing (WAR-05):
only a re-entrusted order deducts, and compensation that was paid for their defect (`claims.py`).
"""

from collections.abc import Mapping
from typing import ClassVar, Final, Literal, NamedTuple, Self
from uuid import uuid5

from linli_contracts.envelope import NAMESPACE
from linli_contracts.event import Instant
from linli_contracts.events.dispatch import RepairReentrusted
from linli_contracts.events.warranty import DeductionConfirmed, DeductionDisputed, DeductionReversed, DepositDeducted
from linli_contracts.lanes import id_under
from linli_rulebook.decision import Because, Decision, Refusal, State

from linli_warranty.domain import refusals
from linli_warranty.domain.chart import Account
from linli_warranty.domain.deposit import Deposit, book
from linli_warranty.domain.ledger import Posting, Stamp

COMPENSATION: Final = "compensation"
"""The ground of a deduction for what a customer was paid; its order is the claim."""
Status = Literal["unconfirmed", "disputed", "confirmed", "rejected"]


class Deduction(State):
    """A cost taken from a deposit, in the contract's lane; its id follows from the order, so it exists once."""

    table: ClassVar[str] = "deduction"

    contract_id: str
    contractor_id: str
    case_id: str
    order_id: str
    amount_fen: int
    held_fen: int
    """The part that was taken from the deposit."""
    receivable_fen: int
    """The part beyond what was held: the contractor owes it."""
    ground: str
    status: Status
    deducted_at: Instant
    settled_at: Instant | None = None
    settled_by: str | None = None

    @property
    def case(self) -> str:
        """Its id does not name it."""
        return self.case_id

    def tally(self) -> Mapping[str, int]:
        """What `GET /figures` tells of it, in its contract's part."""
        return {"deductions": 1}


class Cost(NamedTuple):
    """What a contractor's defect cost: a re-entrusted repair, or compensation paid to a customer (WAR-06)."""

    case_id: str
    order_id: str
    """The order, or the claim: one is deducted once."""
    amount_fen: int
    ground: str

    @classmethod
    def of_repair(cls, event: RepairReentrusted) -> Self:
        """The lump-sum price of the replacement."""
        return cls(event.case_id, event.order_id, event.price_fen, event.ground)


def deduction_id_of(contract_id: str, order_id: str) -> str:
    """The id of the deduction that this order, or this claim, brings about."""
    return id_under(contract_id, f"d{uuid5(NAMESPACE, order_id).hex[:12]}")


def deduct(deposit: Deposit, cost: Cost, stamp: Stamp) -> Decision:
    """Takes a cost from the deposit, unconfirmed; the excess is owed (WAR-04, WAR-06)."""
    held_fen = min(cost.amount_fen, deposit.balances.free_fen)
    deduction = Deduction(
        id=deduction_id_of(deposit.id, cost.order_id),
        contract_id=deposit.id,
        contractor_id=deposit.contractor_id,
        case_id=cost.case_id,
        order_id=cost.order_id,
        amount_fen=cost.amount_fen,
        held_fen=held_fen,
        receivable_fen=cost.amount_fen - held_fen,
        ground=cost.ground,
        status="unconfirmed",
        deducted_at=stamp.at,
    )
    postings = (
        Posting(
            debit=Account.DEPOSIT_LIABILITY,
            credit=Account.DEDUCTED_UNCONFIRMED,
            amount_fen=deduction.held_fen,
            reason="deducted",
            document=cost.order_id,
            cause=f"{deduction.id}.deducted.held",
        ),
        Posting(
            debit=Account.RECEIVABLE,
            credit=Account.DEDUCTED_UNCONFIRMED,
            amount_fen=deduction.receivable_fen,
            reason="deducted",
            document=cost.order_id,
            cause=f"{deduction.id}.deducted.beyond",
        ),
    )
    booked, rows = book(deposit, postings, stamp)
    told = DepositDeducted(
        contract_id=deposit.id,
        contractor_id=deposit.contractor_id,
        deduction_id=deduction.id,
        case_id=cost.case_id,
        amount_fen=deduction.amount_fen,
        receivable_fen=deduction.receivable_fen,
        reason=cost.ground,
        deducted_at=stamp.at,
    )
    why = _because(deposit, deduction, "WAR-06", "deducted")
    return Decision(save=(booked, deduction), events=(told,), append=rows, because=(why,))


def confirm(deposit: Deposit, deduction: Deduction, stamp: Stamp) -> Decision | Refusal:
    """The contractor signs the deduction (WAR-04)."""
    if deduction.status != "unconfirmed":
        return refusals.deduction_settled(deduction.id, deduction.status, "unconfirmed")
    posting = Posting(
        debit=Account.DEDUCTED_UNCONFIRMED,
        credit=Account.DEDUCTED_CONFIRMED,
        amount_fen=deduction.amount_fen,
        reason="confirmed",
        document=deduction.order_id,
        cause=f"{deduction.id}.confirmed",
    )
    return _settle(deposit, deduction, "confirmed", (posting,), stamp)


def dispute(deposit: Deposit, deduction: Deduction, reason: str, stamp: Stamp) -> Decision | Refusal:
    """The contractor disputes the deduction: it stays held back until it is decided (WAR-04)."""
    if deduction.status != "unconfirmed":
        return refusals.deduction_settled(deduction.id, deduction.status, "unconfirmed")
    posting = Posting(
        debit=Account.DEDUCTED_UNCONFIRMED,
        credit=Account.DISPUTED,
        amount_fen=deduction.amount_fen,
        reason="disputed",
        document=deduction.order_id,
        cause=f"{deduction.id}.disputed",
    )
    booked, rows = book(deposit, (posting,), stamp)
    disputed = deduction.model_copy(update={"status": "disputed"})
    told = DeductionDisputed(
        contract_id=deposit.id,
        deduction_id=deduction.id,
        case_id=deduction.case_id,
        reason=reason,
        disputed_at=stamp.at,
    )
    return Decision(
        save=(booked, disputed),
        events=(told,),
        append=rows,
        because=(_because(deposit, disputed, "WAR-04", "disputed"),),
        answer=_answer(disputed),
    )


def decide_dispute(
    deposit: Deposit, deduction: Deduction, document: str, stamp: Stamp, *, upheld: bool
) -> Decision | Refusal:
    """A person decides: upheld, the deduction stands; rejected, reversing entries take it back (WAR-03, WAR-04)."""
    if deduction.status != "disputed":
        return refusals.deduction_settled(deduction.id, deduction.status, "disputed")
    if upheld:
        posting = Posting(
            debit=Account.DISPUTED,
            credit=Account.DEDUCTED_CONFIRMED,
            amount_fen=deduction.amount_fen,
            reason="upheld",
            document=document,
            cause=f"{deduction.id}.upheld",
        )
        return _settle(deposit, deduction, "confirmed", (posting,), stamp)
    return _settle(deposit, deduction, "rejected", _reversal(deposit, deduction, document), stamp)


def _reversal(deposit: Deposit, deduction: Deduction, document: str) -> tuple[Posting, ...]:
    # What was taken beyond the deposit may have been set off since, and the other way round: so the money goes first
    # where the contractor owes, whichever deduction made it owe.
    owed_fen = min(deduction.amount_fen, deposit.balances.fen(Account.RECEIVABLE))
    return (
        Posting(
            debit=Account.DISPUTED,
            credit=Account.RECEIVABLE,
            amount_fen=owed_fen,
            reason="reversed",
            document=document,
            cause=f"{deduction.id}.rejected.owed",
            reverses=f"{deduction.id}.disputed",
        ),
        Posting(
            debit=Account.DISPUTED,
            credit=Account.DEPOSIT_LIABILITY,
            amount_fen=deduction.amount_fen - owed_fen,
            reason="reversed",
            document=document,
            cause=f"{deduction.id}.rejected.free",
            reverses=f"{deduction.id}.disputed",
        ),
    )


def _settle(
    deposit: Deposit, deduction: Deduction, status: Status, postings: tuple[Posting, ...], stamp: Stamp
) -> Decision:
    booked, rows = book(deposit, postings, stamp)
    settled = deduction.model_copy(update={"status": status, "settled_at": stamp.at, "settled_by": stamp.who})
    return Decision(
        save=(booked, settled),
        events=(_settled_fact(deposit, settled, stamp),),
        append=rows,
        because=(_because(deposit, settled, "WAR-04", status),),
        answer=_answer(settled),
    )


def _settled_fact(deposit: Deposit, settled: Deduction, stamp: Stamp) -> DeductionConfirmed | DeductionReversed:
    if settled.status == "confirmed":
        return DeductionConfirmed(
            contract_id=deposit.id,
            deduction_id=settled.id,
            case_id=settled.case_id,
            amount_fen=settled.amount_fen,
            confirmed_by=stamp.who,
            confirmed_at=stamp.at,
        )
    return DeductionReversed(
        contract_id=deposit.id,
        deduction_id=settled.id,
        case_id=settled.case_id,
        amount_fen=settled.amount_fen,
        decided_by=stamp.who,
        reversed_at=stamp.at,
    )


def _answer(deduction: Deduction) -> dict[str, object]:
    return {"deduction_id": deduction.id, "status": deduction.status, "amount_fen": deduction.amount_fen}


def _because(deposit: Deposit, deduction: Deduction, rule: str, what: str) -> Because:
    return Because(
        rule=rule,
        what=what,
        subject=deduction.case_id,
        policy_version=deposit.policy_version,
        facts={
            "deduction_id": deduction.id,
            "amount_fen": deduction.amount_fen,
            "receivable_fen": deduction.receivable_fen,
        },
    )
