"""The map of warranty: every input, the states it needs, the rule that decides it, the rules it serves.

A deposit, its deductions and releases live in their contract's lane; estates, homes, claims and the orders of cases in
their estate's. Tokens of contractors reach their own contracts only, and none of the group's decisions (WAR-07).
"""

from typing import Final

from linli_contracts.events.dispatch import (
    CompensationAgreed,
    ContractorNotified,
    CoverageAsked,
    EstateRegistered,
    HomeRegistered,
    HomesRegistered,
    OrderRecalled,
    RepairDone,
    RepairReentrusted,
    TicketClosed,
)
from linli_contracts.events.followup import ClosingCallbacksCompleted
from linli_messaging.service_map import OnCommand, OnEvent, OnTimer, ServiceMap

from linli_warranty.commands import (
    ApprovePayment,
    CompleteForm,
    ConfirmDeduction,
    DecideDispute,
    DisputeDeduction,
    OpenDeposit,
    PayCompensation,
    PayRelease,
    RecordDocument,
    RequestRelease,
)
from linli_warranty.domain.claims import Claim
from linli_warranty.domain.deductions import Deduction
from linli_warranty.domain.deposit import EXPIRING, Deposit
from linli_warranty.domain.estate import Estate, Homes
from linli_warranty.domain.orders import CaseOrders
from linli_warranty.domain.release import Release
from linli_warranty.handlers import accounts, claims, deductions, places, releases, repairs

BOOK: Final = "warranty:book"
"""Clerks of the group: open accounts, file documents, decide disputes."""
CONFIRM: Final = "warranty:confirm"
"""Contractors, and clerks who record what a contractor signed: confirm, dispute, apply for a release."""
RELEASE: Final = "warranty:release"
"""Finance: approves payments of compensation, and pays."""

MAP: Final = ServiceMap(
    name="warranty",
    states=(Estate, Homes, Deposit, Deduction, Release, CaseOrders, Claim),
    events=(
        OnEvent(EstateRegistered, lambda e: [(Estate, e.estate_id)], places.handle_estate_registered, ("WAR-02",)),
        OnEvent(HomesRegistered, places.needs_of_homes, places.handle_homes_registered, ("WAR-02",)),
        OnEvent(HomeRegistered, places.needs_of_homes, places.handle_homes_registered, ("WAR-02",)),
        OnEvent(CoverageAsked, places.needs_of_question, places.handle_coverage_asked, ("WAR-02", "DSP-10")),
        OnEvent(ContractorNotified, repairs.needs_of_notice, repairs.handle_contractor_notified, ("WAR-10", "WAR-11")),
        OnEvent(
            OrderRecalled, lambda e: [(CaseOrders, e.case_id)], repairs.handle_order_recalled, ("WAR-10", "WAR-11")
        ),
        OnEvent(RepairDone, lambda e: [(CaseOrders, e.case_id)], repairs.handle_repair_done, ("WAR-05", "WAR-10")),
        OnEvent(TicketClosed, lambda e: [(CaseOrders, e.case_id)], repairs.handle_ticket_closed, ("WAR-10",)),
        OnEvent(RepairReentrusted, repairs.needs_of_cost, repairs.handle_repair_reentrusted, ("WAR-04", "WAR-06")),
        OnEvent(CompensationAgreed, claims.needs_of_agreement, claims.handle_compensation_agreed, ("WAR-23",)),
        OnEvent(
            ClosingCallbacksCompleted,
            lambda e: [(Deposit, e.contract_id)],
            repairs.handle_closing_callbacks,
            ("WAR-09", "WAR-10"),
        ),
    ),
    commands=(
        OnCommand(
            name="warranty.open-deposit",
            route="POST /deposits",
            body=OpenDeposit,
            scope=BOOK,
            needs=accounts.needs_of_opening,
            decide=accounts.handle_open_deposit,
            rules=("WAR-01", "WAR-02", "WAR-03"),
            org=accounts.org_of_opening,
            summary="开立质保金台账 · Open the deposit account of a contract at its settlement",
        ),
        OnCommand(
            name="warranty.record-document",
            route="POST /deposits/{contract_id}/documents",
            body=RecordDocument,
            scope=BOOK,
            needs=accounts.needs_of_document,
            decide=accounts.handle_record_document,
            rules=("WAR-12",),
            org=accounts.org_of_document,
            summary="登记付款资料 · Record that a document of the contract is there",
        ),
        OnCommand(
            name="warranty.confirm-deduction",
            route="POST /deductions/{deduction_id}/confirm",
            body=ConfirmDeduction,
            scope=CONFIRM,
            needs=deductions.needs_of_deduction,
            decide=deductions.handle_confirm_deduction,
            rules=("WAR-04", "WAR-07"),
            org=deductions.org_of_deduction,
            summary="确认扣款 · Confirm a deduction",
        ),
        OnCommand(
            name="warranty.dispute-deduction",
            route="POST /deductions/{deduction_id}/dispute",
            body=DisputeDeduction,
            scope=CONFIRM,
            needs=deductions.needs_of_deduction,
            decide=deductions.handle_dispute_deduction,
            rules=("WAR-04", "WAR-07"),
            org=deductions.org_of_deduction,
            summary="对扣款提出异议 · Dispute a deduction",
        ),
        OnCommand(
            name="warranty.decide-dispute",
            route="POST /deductions/{deduction_id}/decide",
            body=DecideDispute,
            scope=BOOK,
            needs=deductions.needs_of_deduction,
            decide=deductions.handle_decide_dispute,
            rules=("WAR-03", "WAR-04"),
            org=deductions.org_of_deduction,
            summary="裁定扣款异议 · Decide a disputed deduction",
        ),
        OnCommand(
            name="warranty.request-release",
            route="POST /deposits/{contract_id}/releases",
            body=RequestRelease,
            scope=CONFIRM,
            needs=releases.needs_of_request,
            decide=releases.handle_request_release,
            rules=("WAR-10", "WAR-11", "WAR-12"),
            org=releases.org_of_request,
            summary="申请支付质保金 · Apply for an instalment of the deposit",
        ),
        OnCommand(
            name="warranty.pay-release",
            route="POST /releases/{release_id}/pay",
            body=PayRelease,
            scope=RELEASE,
            needs=releases.needs_of_payment,
            decide=releases.handle_pay_release,
            rules=("WAR-03", "WAR-12"),
            org=releases.org_of_payment,
            summary="支付质保金 · Pay an approved release",
        ),
        OnCommand(
            name="warranty.complete-form",
            route="POST /claims/{claim_id}/form",
            body=CompleteForm,
            scope=BOOK,
            needs=claims.needs_of_claim,
            decide=claims.handle_complete_form,
            rules=("WAR-23",),
            org=claims.org_of_claim,
            summary="投诉处理表填写完整 · The complaint form of a compensation is complete",
        ),
        OnCommand(
            name="warranty.approve-payment",
            route="POST /claims/{claim_id}/approve",
            body=ApprovePayment,
            scope=RELEASE,
            needs=claims.needs_of_claim,
            decide=claims.handle_approve_payment,
            rules=("WAR-23",),
            org=claims.org_of_claim,
            summary="审批赔偿付款 · Approve the payment of an agreed compensation",
        ),
        OnCommand(
            name="warranty.pay-compensation",
            route="POST /claims/{claim_id}/pay",
            body=PayCompensation,
            scope=RELEASE,
            needs=claims.needs_of_claim,
            decide=claims.handle_pay_compensation,
            rules=("WAR-03", "WAR-06", "WAR-23", "WAR-24"),
            org=claims.org_of_claim,
            summary="支付赔偿 · Pay an approved compensation; the contract's deposit is deducted with it",
        ),
    ),
    timers=(OnTimer(Deposit, EXPIRING, accounts.handle_expiring, ("WAR-08",)),),
    appends=("movement", "claim_movement"),
)
