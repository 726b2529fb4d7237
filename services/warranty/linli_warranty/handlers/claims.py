"""Agreed compensation: its form, the approval of its payment, the payment, and what is recovered (WAR-23, WAR-24)."""

from collections.abc import Iterable
from typing import TypeAlias

from linli_contracts.events.dispatch import CompensationAgreed
from linli_contracts.lanes import key_of
from linli_messaging.batch.working_set import not_loaded
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import NOTHING, Early, More, Outcome

from linli_warranty.commands import ApprovePayment, CompleteForm, PayCompensation
from linli_warranty.domain import refusals
from linli_warranty.domain.claims import Claim, agree, approve_payment, complete_form, pay
from linli_warranty.domain.deposit import Deposit
from linli_warranty.domain.estate import Estate
from linli_warranty.handlers.asking import is_contractor, policy_in_force, policy_of, stamp_of

Body: TypeAlias = CompleteForm | ApprovePayment | PayCompensation


def needs_of_agreement(event: CompensationAgreed) -> Iterable[Ref]:
    """The claim that this fact may have brought already, and its estate."""
    yield Claim, event.claim_id
    yield Estate, event.estate_id


def handle_compensation_agreed(facts: Facts, event: CompensationAgreed, ctx: Context) -> Outcome:
    """The customer is owed the amount, once for the claim (WAR-23); no deposit is touched before it is paid."""
    if facts.get(Claim, event.claim_id):
        return NOTHING
    estate = facts.get(Estate, event.estate_id)
    if estate is None:
        return Early(Estate.table, event.estate_id)
    return agree(estate, event, stamp_of(policy_in_force(ctx, estate), ctx, who="dispatch"))


def needs_of_claim(body: Body) -> Iterable[Ref]:
    """The claim, and its estate, whose policy says which day it is in the books."""
    yield Claim, body.claim_id
    yield Estate, key_of(body.claim_id)


def org_of_claim(facts: Facts, body: Body) -> str | None:
    """The estate's place."""
    estate = facts.get(Estate, key_of(body.claim_id))
    return estate.org if estate else None


def handle_complete_form(facts: Facts, body: CompleteForm, ctx: Context) -> Outcome:
    """The form is complete."""
    if is_contractor(ctx):
        return refusals.not_for_contractors()
    claim = facts.get(Claim, body.claim_id)
    return complete_form(claim, body.form) if claim else refusals.claim_not_found(body.claim_id)


def handle_approve_payment(facts: Facts, body: ApprovePayment, ctx: Context) -> Outcome:
    """Finance approves."""
    if is_contractor(ctx):
        return refusals.not_for_contractors()
    claim, estate = facts.get(Claim, body.claim_id), facts.get(Estate, key_of(body.claim_id))
    if claim is None or estate is None:
        return refusals.claim_not_found(body.claim_id)
    return approve_payment(claim, stamp_of(policy_in_force(ctx, estate), ctx))


def handle_pay_compensation(facts: Facts, body: PayCompensation, ctx: Context) -> Outcome:
    """Finance pays, once; the deposit of the contract that the claim names is deducted in the same transaction."""
    if is_contractor(ctx):
        return refusals.not_for_contractors()
    claim, estate = facts.get(Claim, body.claim_id), facts.get(Estate, key_of(body.claim_id))
    if claim is None or estate is None:
        return refusals.claim_not_found(body.claim_id)
    bearer = None
    if claim.contract_id is not None and claim.status == "approved":
        # Which contract bears it stands in the claim, so its account can be asked for only now.
        missing = not_loaded(facts, ((Deposit, claim.contract_id),))
        if missing:
            return More(missing)
        deposit = facts.get(Deposit, claim.contract_id)
        if deposit is None:
            return refusals.deposit_not_found(claim.contract_id)
        bearer = deposit, stamp_of(policy_of(deposit, ctx), ctx)
    return pay(claim, bearer, body.document, stamp_of(policy_in_force(ctx, estate), ctx))
