"""Accounts of contracts: opened at the settlement, documents filed, expiry announced (WAR-01, WAR-08, WAR-12)."""

from collections.abc import Iterable

from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import Outcome, Timer

from linli_warranty.commands import OpenDeposit, RecordDocument
from linli_warranty.domain import refusals
from linli_warranty.domain.deposit import Contract, Deposit, open_deposit, record_document
from linli_warranty.domain.estate import Estate, shared_org
from linli_warranty.domain.expiry import announce_expiry
from linli_warranty.handlers.asking import is_contractor, policy_in_force, stamp_of


def needs_of_opening(body: OpenDeposit) -> Iterable[Ref]:
    """The account, and every estate that is told the contract's terms: as many lanes as there are keys."""
    yield Deposit, body.contract_id
    for estate_id in body.estate_ids:
        yield Estate, estate_id


def handle_open_deposit(facts: Facts, body: OpenDeposit, ctx: Context) -> Outcome:
    """Opens an account at the settlement."""
    if is_contractor(ctx):
        return refusals.not_for_contractors()
    estates = {estate_id: facts.get(Estate, estate_id) for estate_id in body.estate_ids}
    if unknown := [estate_id for estate_id, estate in estates.items() if estate is None]:
        return refusals.estates_unknown(unknown)
    known = tuple(estate for estate in estates.values() if estate)
    policies = tuple(policy_in_force(ctx, estate) for estate in known)
    contract = Contract.model_validate(body.model_dump(exclude={"command_id"}))
    stamp = stamp_of(policy_in_force(ctx, *known), ctx)
    return open_deposit(facts.get(Deposit, body.contract_id), known, contract, policies, stamp)


def org_of_opening(facts: Facts, body: OpenDeposit) -> str | None:
    """The innermost part of the organisation that holds all its estates."""
    estates = tuple(estate for estate_id in body.estate_ids if (estate := facts.get(Estate, estate_id)))
    return shared_org(estates) if estates else None


def needs_of_document(body: RecordDocument) -> Iterable[Ref]:
    """The account."""
    yield Deposit, body.contract_id


def handle_record_document(facts: Facts, body: RecordDocument, ctx: Context) -> Outcome:
    """A document of the contract is there."""
    if is_contractor(ctx):
        return refusals.not_for_contractors()
    deposit = facts.get(Deposit, body.contract_id)
    return record_document(deposit, body.document) if deposit else refusals.deposit_not_found(body.contract_id)


def org_of_document(facts: Facts, body: RecordDocument) -> str | None:
    """The account's place."""
    deposit = facts.get(Deposit, body.contract_id)
    return deposit.org if deposit else None


def handle_expiring(facts: Facts, deposit: Deposit, timer: Timer, ctx: Context) -> Outcome:
    """Two months before a warranty ends."""
    return announce_expiry(deposit, timer)
