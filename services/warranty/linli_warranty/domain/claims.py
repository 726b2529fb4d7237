"""The life of agreed compensation until the customer has the money (WAR-06, WAR-23, WAR-24): each step once.

| status   | step                                  | next     | money moves                                            |
|----------|---------------------------------------|----------|--------------------------------------------------------|
| –        | the settlement is signed (dispatch)   | agreed   | compensation_cost → owed_to_customer                   |
| agreed   | the complaint form is complete        | agreed   | –                                                      |
| agreed   | finance approves, with the form there | approved | –                                                      |
| approved | finance pays, by another person       | paid     | owed_to_customer → paid_to_customer; where recovered:  |
|          |                                       |          | recovered_from_deposit → compensation_cost, and the    |
|          |                                       |          | deposit is deducted, unconfirmed (`deductions.py`)     |
| paid     | a disputed deduction is taken back    | paid     | compensation_cost → recovered_from_deposit             |

So a contractor is never charged for what the customer has not got. Paying and deducting are one transaction: neither a
repeated command nor a death in between leaves one without the other.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from linli_contracts.event import Instant
from linli_contracts.events.dispatch import CompensationAgreed, Payer
from linli_contracts.events.warranty import CompensationApproved, CompensationPaid
from linli_rulebook.decision import Because, Decision, Refusal, State

from linli_warranty.domain import refusals
from linli_warranty.domain.claim_ledger import move
from linli_warranty.domain.deductions import COMPENSATION, Cost, deduct
from linli_warranty.domain.deposit import Deposit
from linli_warranty.domain.estate import Estate
from linli_warranty.domain.ledger import Stamp

Status = Literal["agreed", "approved", "paid"]


class Claim(State):
    """Compensation that was agreed with a customer, in its estate's lane; its id is that of the agreement."""

    table: ClassVar[str] = "claim"

    case_id: str
    estate_id: str
    org: str
    """The estate's place when it was agreed."""
    amount_fen: int
    cause: str
    customer_ref: str
    payer: Payer
    contract_id: str | None
    """Whose deposit bears it in the end (WAR-24); None: the payer does."""
    status: Status
    agreed_at: Instant
    form: str | None = None
    """The number of the completed complaint form."""
    approved_by: str | None = None
    approved_at: Instant | None = None
    paid_by: str | None = None
    paid_at: Instant | None = None
    recovered_fen: int = 0

    @property
    def case(self) -> str:
        """Its id does not name it."""
        return self.case_id

    def tally(self) -> Mapping[str, int]:
        """What `GET /figures` tells of it, in its estate's part."""
        return {f"claims_{self.status}": 1}


def agree(estate: Estate, event: CompensationAgreed, stamp: Stamp) -> Decision:
    """The settlement is signed: from now on the customer is owed the amount (WAR-23). Call it once for a claim."""
    claim = Claim(
        id=event.claim_id,
        case_id=event.case_id,
        estate_id=event.estate_id,
        org=estate.org,
        amount_fen=event.amount_fen,
        cause=event.cause,
        customer_ref=event.customer_ref,
        payer=event.payer,
        contract_id=event.contract_id,
        status="agreed",
        agreed_at=event.agreed_at,
    )
    owed = move(claim.id, "agreed", claim.amount_fen, claim.id, stamp)
    return Decision(save=(claim,), append=(owed,), because=(_because(claim, "WAR-23", "compensation_owed"),))


def complete_form(claim: Claim, form: str) -> Decision | Refusal:
    """The complaint form is complete (WAR-23). The same number again is answered alike; it changes until approval."""
    if claim.form == form:
        return Decision(answer=_answer(claim))
    if claim.status != "agreed":
        return refusals.claim_settled(claim.id, claim.status)
    complete = claim.model_copy(update={"form": form})
    why = _because(complete, "WAR-23", "complaint_form_complete")
    return Decision(save=(complete,), because=(why,), answer=_answer(complete))


def approve_payment(claim: Claim, stamp: Stamp) -> Decision | Refusal:
    """Finance approves the payment, once the complaint form is complete (WAR-23)."""
    if claim.status != "agreed":
        return refusals.claim_settled(claim.id, claim.status)
    if claim.form is None:
        return refusals.form_missing(claim.id)
    approved = claim.model_copy(update={"status": "approved", "approved_by": stamp.who, "approved_at": stamp.at})
    told = CompensationApproved(
        case_id=claim.case_id,
        estate_id=claim.estate_id,
        claim_id=claim.id,
        amount_fen=claim.amount_fen,
        form=claim.form,
        approved_by=stamp.who,
        approved_at=stamp.at,
    )
    why = _because(approved, "WAR-23", "payment_approved")
    return Decision(save=(approved,), events=(told,), because=(why,), answer=_answer(approved))


def pay(claim: Claim, bearer: tuple[Deposit, Stamp] | None, document: str, stamp: Stamp) -> Decision | Refusal:
    """The customer gets the money, once, from another person than the one who approved it (WAR-23).

    Where it is recovered, ``bearer``, the account of the claim's contract, is deducted with it (WAR-06, WAR-24), by the
    stamp of its own books; None where nothing is recovered. Amounts are in fen.
    """
    if claim.status == "paid":
        return refusals.claim_settled(claim.id, claim.status)
    if claim.status != "approved":
        return refusals.payment_not_approved(claim.id)
    if stamp.who == claim.approved_by:
        return refusals.approved_it_yourself(claim.id)
    recovered_fen = claim.amount_fen if bearer else 0
    paid = claim.model_copy(
        update={"status": "paid", "paid_by": stamp.who, "paid_at": stamp.at, "recovered_fen": recovered_fen}
    )
    told = CompensationPaid(
        case_id=claim.case_id,
        estate_id=claim.estate_id,
        claim_id=claim.id,
        amount_fen=claim.amount_fen,
        cause=claim.cause,
        customer_ref=claim.customer_ref,
        payer=claim.payer,
        contract_id=claim.contract_id,
        paid_by=stamp.who,
        paid_at=stamp.at,
    )
    payment = Decision(
        save=(paid,),
        events=(told,),
        append=(move(claim.id, "paid", claim.amount_fen, document, stamp),),
        because=(_because(paid, "WAR-23", "compensation_paid"),),
        answer=_answer(paid),
    )
    if bearer is None:
        return payment
    deposit, deducted = bearer
    recovery = Decision(append=(move(claim.id, "recovered", claim.amount_fen, document, stamp),))
    return payment + recovery + deduct(deposit, Cost(claim.case_id, claim.id, claim.amount_fen, COMPENSATION), deducted)


def bear_again(claim: Claim, document: str, stamp: Stamp) -> Decision:
    """The deduction was taken back: the payer bears the cost again (WAR-03). Call it once, with the reversal."""
    borne = claim.model_copy(update={"recovered_fen": 0})
    back = move(claim.id, "reversed", claim.amount_fen, document, stamp)
    return Decision(save=(borne,), append=(back,), because=(_because(borne, "WAR-24", "not_recovered_after_all"),))


def _answer(claim: Claim) -> dict[str, object]:
    return {"claim_id": claim.id, "status": claim.status, "form": claim.form, "amount_fen": claim.amount_fen}


def _because(claim: Claim, rule: str, what: str) -> Because:
    facts = {
        "claim_id": claim.id,
        "amount_fen": claim.amount_fen,
        "payer": claim.payer,
        "contract_id": claim.contract_id,
        "recovered_fen": claim.recovered_fen,
    }
    return Because(rule, what, claim.case_id, facts=facts)
