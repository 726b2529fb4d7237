"""Instalments of a deposit are applied for and paid (WAR-10, WAR-11, WAR-12)."""

from collections.abc import Iterable

from linli_contracts.lanes import key_of
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import Outcome

from linli_warranty.commands import PayRelease, RequestRelease
from linli_warranty.domain import refusals
from linli_warranty.domain.deposit import Deposit
from linli_warranty.domain.release import Release, pay_release, request_release
from linli_warranty.handlers.asking import is_contractor, own, release_policy_of, stamp_of


def needs_of_request(body: RequestRelease) -> Iterable[Ref]:
    """The account: it knows all that its gates ask."""
    yield Deposit, body.contract_id


def org_of_request(facts: Facts, body: RequestRelease) -> str | None:
    """The account's place."""
    deposit = facts.get(Deposit, body.contract_id)
    return deposit.org if deposit else None


def handle_request_release(facts: Facts, body: RequestRelease, ctx: Context) -> Outcome:
    """An instalment is applied for: approved, or blocked with every failing gate named."""
    deposit = own(facts.get(Deposit, body.contract_id), ctx)
    if deposit is None:
        return refusals.deposit_not_found(body.contract_id)
    policy = release_policy_of(deposit, ctx)
    return request_release(deposit, body.instalment, policy, stamp_of(policy.place, ctx))


def needs_of_payment(body: PayRelease) -> Iterable[Ref]:
    """The release and its account."""
    yield Release, body.release_id
    yield Deposit, key_of(body.release_id)


def org_of_payment(facts: Facts, body: PayRelease) -> str | None:
    """The account's place."""
    deposit = facts.get(Deposit, key_of(body.release_id))
    return deposit.org if deposit else None


def handle_pay_release(facts: Facts, body: PayRelease, ctx: Context) -> Outcome:
    """Finance pays an approved release, once."""
    if is_contractor(ctx):
        return refusals.not_for_contractors()
    release, deposit = facts.get(Release, body.release_id), facts.get(Deposit, key_of(body.release_id))
    if release is None or deposit is None:
        return refusals.release_not_found(body.release_id)
    policy = release_policy_of(deposit, ctx)
    return pay_release(deposit, release, policy, body.document, stamp_of(policy.place, ctx))
