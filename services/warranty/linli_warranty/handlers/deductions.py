"""Deductions are confirmed, disputed, decided (WAR-04); a contractor reaches only its own and decides none (WAR-07)."""

from collections.abc import Iterable
from typing import TypeAlias

from linli_contracts.lanes import key_of
from linli_messaging.batch.working_set import not_loaded
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import More, Outcome, Refusal

from linli_warranty.commands import ConfirmDeduction, DecideDispute, DisputeDeduction
from linli_warranty.domain import refusals
from linli_warranty.domain.claims import Claim, bear_again
from linli_warranty.domain.deductions import COMPENSATION, Deduction, confirm, decide_dispute, dispute
from linli_warranty.domain.deposit import Deposit
from linli_warranty.domain.estate import Estate
from linli_warranty.handlers.asking import is_contractor, own, policy_in_force, policy_of, stamp_of

Body: TypeAlias = ConfirmDeduction | DisputeDeduction | DecideDispute


def needs_of_deduction(body: Body) -> Iterable[Ref]:
    """The deduction and its account."""
    yield Deduction, body.deduction_id
    yield Deposit, key_of(body.deduction_id)


def org_of_deduction(facts: Facts, body: Body) -> str | None:
    """The account's place."""
    deposit = facts.get(Deposit, key_of(body.deduction_id))
    return deposit.org if deposit else None


def handle_confirm_deduction(facts: Facts, body: ConfirmDeduction, ctx: Context) -> Outcome:
    """A deduction is signed."""
    if (found := _find(facts, body, ctx)) is None:
        return refusals.deduction_not_found(body.deduction_id)
    deposit, deduction = found
    return confirm(deposit, deduction, stamp_of(policy_of(deposit, ctx), ctx))


def handle_dispute_deduction(facts: Facts, body: DisputeDeduction, ctx: Context) -> Outcome:
    """A deduction is disputed."""
    if (found := _find(facts, body, ctx)) is None:
        return refusals.deduction_not_found(body.deduction_id)
    deposit, deduction = found
    return dispute(deposit, deduction, body.reason, stamp_of(policy_of(deposit, ctx), ctx))


def handle_decide_dispute(facts: Facts, body: DecideDispute, ctx: Context) -> Outcome:
    """A dispute is decided by the group; who bears a compensation then is booked with it (WAR-24)."""
    if is_contractor(ctx):
        return refusals.not_for_contractors()
    if (found := _find(facts, body, ctx)) is None:
        return refusals.deduction_not_found(body.deduction_id)
    deposit, deduction = found
    stamp = stamp_of(policy_of(deposit, ctx), ctx)
    decided = decide_dispute(deposit, deduction, body.document, stamp, upheld=body.upheld)
    if isinstance(decided, Refusal) or body.upheld or deduction.ground != COMPENSATION:
        return decided
    # Which claim was deducted stands in the deduction, so it can be asked for only now.
    estate_id = key_of(deduction.order_id)
    missing = not_loaded(facts, ((Claim, deduction.order_id), (Estate, estate_id)))
    if missing:
        return More(missing)
    claim, estate = facts.get(Claim, deduction.order_id), facts.get(Estate, estate_id)
    if claim is None or estate is None:
        return decided
    return decided + bear_again(claim, body.document, stamp_of(policy_in_force(ctx, estate), ctx))


def _find(facts: Facts, body: Body, ctx: Context) -> tuple[Deposit, Deduction] | None:
    deduction = facts.get(Deduction, body.deduction_id)
    deposit = own(facts.get(Deposit, key_of(body.deduction_id)), ctx)
    return (deposit, deduction) if deposit and deduction else None
