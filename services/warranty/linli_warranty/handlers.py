"""The map of warranty: every input, the states it needs, the rule that decides it, the rules it serves.

A deposit, its deductions and releases live in their contract's lane; estates, homes and the orders of cases in their
estate's. Tokens of contractors reach their own contracts only, and none of the group's decisions (WAR-07).
"""

from collections.abc import Iterable
from typing import Final

from linli_contracts.events.dispatch import (
    ContractorNotified,
    CoverageAsked,
    EstateRegistered,
    HomeRegistered,
    RepairDone,
    RepairReentrusted,
    TicketClosed,
)
from linli_contracts.events.followup import ClosingCallbacksCompleted
from linli_contracts.lanes import key_of
from linli_messaging.service_map import Context, Facts, OnCommand, OnEvent, OnTimer, Ref, ServiceMap
from linli_rulebook import Policy, calendar_for
from linli_rulebook.decision import NOTHING, Because, Decision, Early, More, Outcome, Timer

from linli_warranty.commands import (
    ConfirmDeduction,
    DecideDispute,
    DisputeDeduction,
    OpenDeposit,
    PayRelease,
    RecordDocument,
    RequestRelease,
)
from linli_warranty.domain import refusals
from linli_warranty.domain.closing import count_closing
from linli_warranty.domain.coverage import answer_coverage, unknown_home
from linli_warranty.domain.deductions import Deduction, confirm, decide_dispute, deduct, deduction_id_of, dispute
from linli_warranty.domain.deposit import EXPIRING, Contract, Deposit, open_deposit, record_document
from linli_warranty.domain.estate import Estate, Home, learn_estate, learn_home, shared_org
from linli_warranty.domain.expiry import announce_expiry
from linli_warranty.domain.ledger import Stamp
from linli_warranty.domain.orders import CaseOrders, close_orders, open_order
from linli_warranty.domain.release import Release, pay_release, request_release

# What handlers share: the policy of a place, the stamp of a booking, whose contract it is.


def policy_of_estate(estate: Estate, ctx: Context) -> Policy:
    """The policy in force now in an estate."""
    version = ctx.policies.version_in_force(ctx.now)
    return ctx.policies.policy(version, region=estate.region_id, estate=estate.id)


def policy_of(deposit: Deposit, ctx: Context) -> Policy:
    """The policy under which the account was opened (ORG-02), where all its estates lie."""
    return ctx.policies.policy(deposit.policy_version, region=deposit.region_id, estate=deposit.estate_id)


def stamp_of(policy: Policy, ctx: Context, who: str = "system") -> Stamp:
    """Who books now, and on which date of finance's books; a command is booked by its sender."""
    return Stamp(
        who=ctx.actor.subject if ctx.actor else who, at=ctx.now, on=calendar_for(policy, "finance").date_of(ctx.now)
    )


def own(deposit: Deposit | None, ctx: Context) -> Deposit | None:
    """The deposit, unless the sender is another contractor (WAR-07)."""
    return deposit if deposit and deposit.belongs_to(ctx.actor.contractor_id if ctx.actor else None) else None


def is_contractor(ctx: Context) -> bool:
    """Whether the sender is a contractor, who may not do what the group decides."""
    return ctx.actor is not None and ctx.actor.contractor_id is not None


# Places and coverage.


def handle_estate_registered(facts: Facts, event: EstateRegistered, ctx: Context) -> Outcome:
    """An estate is known from now on."""
    return learn_estate(facts.get(Estate, event.estate_id), event)


def handle_home_registered(facts: Facts, event: HomeRegistered, ctx: Context) -> Outcome:
    """A home and its hand-over are known from now on."""
    return learn_home(facts.get(Home, event.home_id), event)


def _needs_coverage(event: CoverageAsked) -> Iterable[Ref]:
    yield Estate, event.estate_id
    if event.home_id:
        yield Home, event.home_id


def handle_coverage_asked(facts: Facts, event: CoverageAsked, ctx: Context) -> Outcome:
    """One answer to each question (WAR-02)."""
    estate = facts.get(Estate, event.estate_id)
    if estate is None:
        return Early(Estate.table, event.estate_id)
    home = (facts.get(Home, event.home_id) or unknown_home(event.home_id)) if event.home_id else None
    return answer_coverage(estate, home, event, policy_of_estate(estate, ctx), ctx.now)


# Repairs under a contract.


def _needs_order(event: ContractorNotified) -> Iterable[Ref]:
    yield CaseOrders, event.case_id
    if event.contract_id:
        yield Deposit, event.contract_id


def handle_contractor_notified(facts: Facts, event: ContractorNotified, ctx: Context) -> Outcome:
    """A defect under a contract is open."""
    if event.contract_id is None:
        return NOTHING
    deposit = facts.get(Deposit, event.contract_id)
    if deposit is None:
        return Early(Deposit.table, event.contract_id)
    return open_order(facts.get(CaseOrders, event.case_id), deposit, event)


def _close(facts: Facts, case: CaseOrders, order_ids: frozenset[str]) -> Outcome:
    contracts = case.open_contracts()
    try:
        deposits = tuple(deposit for contract in contracts if (deposit := facts.get(Deposit, contract)))
    except KeyError:
        # Which contracts a case touches stands in its state, so they can be asked for only now.
        return More(tuple((Deposit, contract) for contract in contracts))
    return close_orders(case, deposits, order_ids)


def handle_repair_done(facts: Facts, event: RepairDone, ctx: Context) -> Outcome:
    """The order no longer stands against a release. Own staff's repairs are no contractor's orders (WAR-05: cost nothing)."""
    case = facts.get(CaseOrders, event.case_id)
    if case is None and event.done_by == "own_staff":
        return NOTHING
    case = case or CaseOrders(id=event.case_id)
    known = case.find(event.order_id)
    if known and known.status == "done":
        return NOTHING
    return _close(facts, case, frozenset({event.order_id}))


def handle_ticket_closed(facts: Facts, event: TicketClosed, ctx: Context) -> Outcome:
    """Orders of a closed case (withdrawn, say) are no open defects any more."""
    case = facts.get(CaseOrders, event.case_id)
    open_ids = frozenset(order.order_id for order in case.orders if order.status == "open") if case else frozenset()
    return _close(facts, case, open_ids) if case and open_ids else NOTHING


def _needs_deduction(event: RepairReentrusted) -> Iterable[Ref]:
    yield CaseOrders, event.case_id
    if event.contract_id:
        yield Deposit, event.contract_id
        yield Deduction, deduction_id_of(event.contract_id, event.order_id)


def handle_repair_reentrusted(facts: Facts, event: RepairReentrusted, ctx: Context) -> Outcome:
    """The price is deducted, once for the order; the contractor's order is over (WAR-04, WAR-06)."""
    if event.contract_id is None:
        facts_of_it = {"order_id": event.order_id, "price_fen": event.price_fen}
        return Decision(because=(Because("WAR-06", "no_deposit_to_deduct_from", event.case_id, facts=facts_of_it),))
    deposit = facts.get(Deposit, event.contract_id)
    if deposit is None:
        return Early(Deposit.table, event.contract_id)
    if facts.get(Deduction, deduction_id_of(event.contract_id, event.order_id)):
        return NOTHING
    case = facts.get(CaseOrders, event.case_id) or CaseOrders(id=event.case_id)
    closed = close_orders(case, (deposit,), frozenset({event.order_id}))
    if event.price_fen == 0:
        return closed
    settled = next(state for state in closed.save if isinstance(state, Deposit))
    return closed + deduct(settled, event, stamp_of(policy_of(deposit, ctx), ctx, who=event.decided_by))


def handle_closing_callbacks(facts: Facts, event: ClosingCallbacksCompleted, ctx: Context) -> Outcome:
    """The closing callbacks of a contract were counted (WAR-09)."""
    deposit = facts.get(Deposit, event.contract_id)
    return count_closing(deposit, event) if deposit else Early(Deposit.table, event.contract_id)


# Commands.


def _needs_opening(body: OpenDeposit) -> Iterable[Ref]:
    yield Deposit, body.contract_id
    for estate_id in body.estate_ids:
        yield Estate, estate_id


def handle_open_deposit(facts: Facts, body: OpenDeposit, ctx: Context) -> Outcome:
    """Opens an account at the settlement (WAR-01)."""
    if is_contractor(ctx):
        return refusals.not_for_contractors()
    estates = {estate_id: facts.get(Estate, estate_id) for estate_id in body.estate_ids}
    group = ctx.policies.policy(ctx.policies.version_in_force(ctx.now))
    policies = [policy_of_estate(estate, ctx) for estate in estates.values() if estate] or [group]
    contract = Contract.model_validate(body.model_dump())
    return open_deposit(facts.get(Deposit, body.contract_id), estates, contract, policies, stamp_of(group, ctx))


def handle_record_document(facts: Facts, body: RecordDocument, ctx: Context) -> Outcome:
    """A document is there (WAR-12)."""
    if is_contractor(ctx):
        return refusals.not_for_contractors()
    deposit = facts.get(Deposit, body.contract_id)
    return record_document(deposit, body.document) if deposit else refusals.deposit_not_found(body.contract_id)


def _deposit_of_body(body: RecordDocument | RequestRelease) -> Iterable[Ref]:
    yield Deposit, body.contract_id


def _deduction_of_body(body: ConfirmDeduction | DisputeDeduction | DecideDispute) -> Iterable[Ref]:
    yield Deduction, body.deduction_id
    yield Deposit, key_of(body.deduction_id)


def _found(facts: Facts, deduction_id: str, ctx: Context) -> tuple[Deposit, Deduction] | None:
    deduction = facts.get(Deduction, deduction_id)
    deposit = own(facts.get(Deposit, key_of(deduction_id)), ctx)
    return (deposit, deduction) if deposit and deduction else None


def handle_confirm_deduction(facts: Facts, body: ConfirmDeduction, ctx: Context) -> Outcome:
    """A deduction is signed (WAR-04)."""
    if (found := _found(facts, body.deduction_id, ctx)) is None:
        return refusals.deduction_not_found(body.deduction_id)
    return confirm(*found, stamp_of(policy_of(found[0], ctx), ctx))


def handle_dispute_deduction(facts: Facts, body: DisputeDeduction, ctx: Context) -> Outcome:
    """A deduction is disputed (WAR-04)."""
    if (found := _found(facts, body.deduction_id, ctx)) is None:
        return refusals.deduction_not_found(body.deduction_id)
    return dispute(*found, body.reason, stamp_of(policy_of(found[0], ctx), ctx))


def handle_decide_dispute(facts: Facts, body: DecideDispute, ctx: Context) -> Outcome:
    """A dispute is decided by the group (WAR-04)."""
    if is_contractor(ctx):
        return refusals.not_for_contractors()
    if (found := _found(facts, body.deduction_id, ctx)) is None:
        return refusals.deduction_not_found(body.deduction_id)
    return decide_dispute(*found, body.document, stamp_of(policy_of(found[0], ctx), ctx), upheld=body.upheld)


def handle_request_release(facts: Facts, body: RequestRelease, ctx: Context) -> Outcome:
    """An instalment is applied for (WAR-10, WAR-11, WAR-12)."""
    if (deposit := own(facts.get(Deposit, body.contract_id), ctx)) is None:
        return refusals.deposit_not_found(body.contract_id)
    policy = policy_of(deposit, ctx)
    return request_release(deposit, body.instalment, policy, stamp_of(policy, ctx))


def _needs_payment(body: PayRelease) -> Iterable[Ref]:
    yield Release, body.release_id
    yield Deposit, key_of(body.release_id)


def handle_pay_release(facts: Facts, body: PayRelease, ctx: Context) -> Outcome:
    """Finance pays (WAR-12)."""
    if is_contractor(ctx):
        return refusals.not_for_contractors()
    release, deposit = facts.get(Release, body.release_id), facts.get(Deposit, key_of(body.release_id))
    if release is None or deposit is None:
        return refusals.release_not_found(body.release_id)
    policy = policy_of(deposit, ctx)
    return pay_release(deposit, release, policy, body.document, stamp_of(policy, ctx))


# Where in the organisation a command acts.


def _org_of_opening(facts: Facts, body: OpenDeposit) -> str | None:
    estates = tuple(estate for estate_id in body.estate_ids if (estate := facts.get(Estate, estate_id)))
    return shared_org(estates) if estates else None


def _org_of_contract(facts: Facts, body: RecordDocument | RequestRelease) -> str | None:
    deposit = facts.get(Deposit, body.contract_id)
    return deposit.org if deposit else None


def _org_of_deduction(facts: Facts, body: ConfirmDeduction | DisputeDeduction | DecideDispute) -> str | None:
    deposit = facts.get(Deposit, key_of(body.deduction_id))
    return deposit.org if deposit else None


def _org_of_release(facts: Facts, body: PayRelease) -> str | None:
    deposit = facts.get(Deposit, key_of(body.release_id))
    return deposit.org if deposit else None


def handle_expiring(facts: Facts, deposit: Deposit, timer: Timer, ctx: Context) -> Outcome:
    """Two months before a warranty ends (WAR-08)."""
    return announce_expiry(deposit, timer)


BOOK: Final = "warranty:book"
"""Clerks of the group: open accounts, file documents, decide disputes."""
CONFIRM: Final = "warranty:confirm"
"""Contractors, and clerks who record what a contractor signed: confirm, dispute, apply for a release."""
RELEASE: Final = "warranty:release"
"""Finance: pays."""

MAP: Final = ServiceMap(
    name="warranty",
    states=(Estate, Home, Deposit, Deduction, Release, CaseOrders),
    events=(
        OnEvent(EstateRegistered, lambda e: [(Estate, e.estate_id)], handle_estate_registered, ("WAR-02",)),
        OnEvent(HomeRegistered, lambda e: [(Home, e.home_id)], handle_home_registered, ("WAR-02",)),
        OnEvent(CoverageAsked, _needs_coverage, handle_coverage_asked, ("WAR-02", "DSP-10")),
        OnEvent(ContractorNotified, _needs_order, handle_contractor_notified, ("WAR-10", "WAR-11")),
        OnEvent(RepairDone, lambda e: [(CaseOrders, e.case_id)], handle_repair_done, ("WAR-05", "WAR-10")),
        OnEvent(TicketClosed, lambda e: [(CaseOrders, e.case_id)], handle_ticket_closed, ("WAR-10",)),
        OnEvent(RepairReentrusted, _needs_deduction, handle_repair_reentrusted, ("WAR-04", "WAR-06")),
        OnEvent(
            ClosingCallbacksCompleted,
            lambda e: [(Deposit, e.contract_id)],
            handle_closing_callbacks,
            ("WAR-09", "WAR-10"),
        ),
    ),
    commands=(
        OnCommand(
            name="warranty.open-deposit",
            route="POST /deposits",
            body=OpenDeposit,
            scope=BOOK,
            needs=_needs_opening,
            decide=handle_open_deposit,
            rules=("WAR-01", "WAR-02", "WAR-03"),
            org=_org_of_opening,
            summary="开立质保金台账 · Open the deposit account of a contract at its settlement",
        ),
        OnCommand(
            name="warranty.record-document",
            route="POST /deposits/{contract_id}/documents",
            body=RecordDocument,
            scope=BOOK,
            needs=_deposit_of_body,
            decide=handle_record_document,
            rules=("WAR-12",),
            org=_org_of_contract,
            summary="登记付款资料 · Record that a document of the contract is there",
        ),
        OnCommand(
            name="warranty.confirm-deduction",
            route="POST /deductions/{deduction_id}/confirm",
            body=ConfirmDeduction,
            scope=CONFIRM,
            needs=_deduction_of_body,
            decide=handle_confirm_deduction,
            rules=("WAR-04", "WAR-07"),
            org=_org_of_deduction,
            summary="确认扣款 · Confirm a deduction",
        ),
        OnCommand(
            name="warranty.dispute-deduction",
            route="POST /deductions/{deduction_id}/dispute",
            body=DisputeDeduction,
            scope=CONFIRM,
            needs=_deduction_of_body,
            decide=handle_dispute_deduction,
            rules=("WAR-04", "WAR-07"),
            org=_org_of_deduction,
            summary="对扣款提出异议 · Dispute a deduction",
        ),
        OnCommand(
            name="warranty.decide-dispute",
            route="POST /deductions/{deduction_id}/decide",
            body=DecideDispute,
            scope=BOOK,
            needs=_deduction_of_body,
            decide=handle_decide_dispute,
            rules=("WAR-03", "WAR-04"),
            org=_org_of_deduction,
            summary="裁定扣款异议 · Decide a disputed deduction",
        ),
        OnCommand(
            name="warranty.request-release",
            route="POST /deposits/{contract_id}/releases",
            body=RequestRelease,
            scope=CONFIRM,
            needs=_deposit_of_body,
            decide=handle_request_release,
            rules=("WAR-10", "WAR-11", "WAR-12"),
            org=_org_of_contract,
            summary="申请支付质保金 · Apply for an instalment of the deposit",
        ),
        OnCommand(
            name="warranty.pay-release",
            route="POST /releases/{release_id}/pay",
            body=PayRelease,
            scope=RELEASE,
            needs=_needs_payment,
            decide=handle_pay_release,
            rules=("WAR-03", "WAR-12"),
            org=_org_of_release,
            summary="支付质保金 · Pay an approved release",
        ),
    ),
    timers=(OnTimer(Deposit, EXPIRING, handle_expiring, ("WAR-08",)),),
    appends=("movement",),
)
