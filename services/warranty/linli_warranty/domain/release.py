"""Releasing a deposit in instalments (WAR-11, WAR-12): asked for, blocked or approved, paid exactly once.

| state    | step    | next               | when                                                               |
|----------|---------|--------------------|--------------------------------------------------------------------|
| –        | request | approved / blocked | every gate holds / one fails; a blocked one is asked for anew      |
| approved | pay     | paid / blocked     | the gates are checked again: what failed since then blocks it      |

The share of an instalment is rounded down to the fen; what rounding leaves stays in the deposit and goes with the rest.
A payment is never more than was approved: only deductions can have come since, and they leave less.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import ClassVar, Final, Literal

from linli_contracts.event import Instant
from linli_contracts.events.warranty import DepositReleased, FailedGate, ReleaseBlocked, ReleaseRequested
from linli_contracts.lanes import id_under
from linli_rulebook import Due, calendar_for, plus_months
from linli_rulebook.decision import Because, Decision, Refusal, State

from linli_warranty.domain import refusals
from linli_warranty.domain.chart import Account
from linli_warranty.domain.deposit import Deposit, Instalment, book
from linli_warranty.domain.gates import failed_gates
from linli_warranty.domain.ledger import Posting, Stamp
from linli_warranty.domain.periods import in_months
from linli_warranty.domain.release_policy import ReleasePolicy

Status = Literal["approved", "blocked", "paid"]

FIRST: Final = 1
REST: Final = 2
ALL: Final = Fraction(1)


class Release(State):
    """One request for an instalment, in the contract's lane."""

    table: ClassVar[str] = "release"

    contract_id: str
    contractor_id: str
    instalment: int
    status: Status
    amount_fen: int
    """What is approved, and once it is paid what was paid."""
    gates: tuple[FailedGate, ...] = ()
    pay_by: Instant
    """By when finance is to pay (WAR-11)."""
    pay_by_provisional: bool = False
    """It reaches a year whose holidays are not published: worked out anew at the next step (ORG-04)."""
    requested_by: str
    requested_at: Instant
    paid_by: str | None = None
    paid_at: Instant | None = None

    def tally(self) -> Mapping[str, int]:
        """What `GET /figures` tells of it, in its contract's part."""
        return {f"releases_{self.status}": 1}


@dataclass(frozen=True, slots=True)
class Claim:
    """When an instalment may be asked for, by when it is to be paid, and which share of the free balance it is."""

    claimable_from: date
    pay_by: Due
    share: Fraction

    def amount_fen(self, free_fen: int) -> int:
        """Its amount, rounded down to the fen."""
        return free_fen * self.share.numerator // self.share.denominator


def claim_of(deposit: Deposit, instalment: int, policy: ReleasePolicy) -> Claim:
    """The terms of an instalment (WAR-11). After a water problem the first waits for the last date, and is then all."""
    part_payment = instalment == FIRST and deposit.water_problem is None
    span = policy.place.span("warranty.release_first_after" if part_payment else "warranty.release_rest_after")
    expires_on = plus_months(deposit.completion_accepted_on, in_months(span))
    finance = calendar_for(policy.place, "finance")
    counted_from = datetime.combine(max(expires_on, deposit.settled_on), time(12), tzinfo=finance.zone)
    return Claim(
        # The last day of a warranty is still covered, so it has expired on the next.
        claimable_from=max(expires_on + timedelta(days=1), deposit.settled_on),
        pay_by=min(
            (finance.due(counted_from, one.span("warranty.release_pay_within")) for one in policy.each),
            key=lambda due: due.at,
        ),
        share=min(one.share("warranty.release_first_share") for one in policy.each) if part_payment else ALL,
    )


def request_release(deposit: Deposit, instalment: int, policy: ReleasePolicy, stamp: Stamp) -> Decision | Refusal:
    """Checks every gate: approved for payment when all hold, else blocked with each failing gate named (WAR-12)."""
    if instalment not in (FIRST, REST):
        return refusals.unknown_instalment(instalment)
    before = _standing(deposit, instalment)
    if before and before.status != "blocked":
        return refusals.instalment_standing(before.release_id, before.status)
    asked = before.asked + 1 if before else 1
    claim = claim_of(deposit, instalment, policy)
    amount_fen = claim.amount_fen(deposit.balances.free_fen)
    gates = failed_gates(deposit, claim.claimable_from, amount_fen, stamp.on, policy)
    release = Release(
        id=id_under(deposit.id, f"r{instalment}-{asked}"),
        contract_id=deposit.id,
        contractor_id=deposit.contractor_id,
        instalment=instalment,
        status="blocked" if gates else "approved",
        amount_fen=0 if gates else amount_fen,
        gates=gates,
        pay_by=claim.pay_by.at,
        pay_by_provisional=claim.pay_by.provisional,
        requested_by=stamp.who,
        requested_at=stamp.at,
    )
    requested = ReleaseRequested(
        contract_id=deposit.id,
        release_id=release.id,
        instalment=instalment,
        requested_by=stamp.who,
        requested_at=stamp.at,
    )
    return Decision(
        save=(_with_standing(deposit, release, asked), release),
        events=(requested, *_blocked(release, stamp)),
        because=(_because(release, policy),),
        answer=_answer(release),
    )


def pay_release(
    deposit: Deposit, release: Release, policy: ReleasePolicy, document: str, stamp: Stamp
) -> Decision | Refusal:
    """Finance pays what was approved, once (WAR-12); a gate that fails by now blocks the release instead."""
    standing = _standing(deposit, release.instalment)
    if release.status == "paid" or (standing and standing.status == "paid"):
        return refusals.instalment_standing(release.id, "paid")
    if release.status == "blocked":
        return refusals.release_not_approved(release.id)
    asked = standing.asked if standing else 1
    claim = claim_of(deposit, release.instalment, policy)
    if release.pay_by_provisional:
        settled = {"pay_by": claim.pay_by.at, "pay_by_provisional": claim.pay_by.provisional}
        release = release.model_copy(update=settled)
    amount_fen = min(release.amount_fen, claim.amount_fen(deposit.balances.free_fen))
    if gates := failed_gates(deposit, claim.claimable_from, amount_fen, stamp.on, policy):
        blocked = release.model_copy(update={"status": "blocked", "gates": gates, "amount_fen": 0})
        return Decision(
            save=(_with_standing(deposit, blocked, asked), blocked),
            events=_blocked(blocked, stamp),
            because=(_because(blocked, policy),),
            answer=_answer(blocked),
        )
    paid = release.model_copy(
        update={"status": "paid", "amount_fen": amount_fen, "paid_by": stamp.who, "paid_at": stamp.at}
    )
    payment = Posting(
        debit=Account.DEPOSIT_LIABILITY,
        credit=Account.CASH_RETAINED,
        amount_fen=amount_fen,
        reason="released",
        document=document,
        # By instalment, not by request: the database itself refuses a second payment of the same instalment.
        cause=f"{deposit.id}.r{release.instalment}.paid",
    )
    booked, rows = book(deposit, (payment,), stamp)
    booked = booked.model_copy(update={"released_fen": deposit.released_fen + amount_fen})
    told = DepositReleased(
        contract_id=deposit.id,
        contractor_id=deposit.contractor_id,
        release_id=release.id,
        instalment=release.instalment,
        amount_fen=amount_fen,
        remaining_fen=booked.balances.free_fen,
        released_at=stamp.at,
    )
    return Decision(
        save=(_with_standing(booked, paid, asked), paid),
        events=(told,),
        append=rows,
        because=(_because(paid, policy),),
        answer=_answer(paid),
    )


def _standing(deposit: Deposit, instalment: int) -> Instalment | None:
    return next((known for known in deposit.instalments if known.number == instalment), None)


def _with_standing(deposit: Deposit, release: Release, asked: int) -> Deposit:
    others = tuple(known for known in deposit.instalments if known.number != release.instalment)
    now = Instalment(number=release.instalment, asked=asked, release_id=release.id, status=release.status)
    return deposit.model_copy(update={"instalments": (*others, now)})


def _blocked(release: Release, stamp: Stamp) -> tuple[ReleaseBlocked, ...]:
    if not release.gates:
        return ()
    return (
        ReleaseBlocked(
            contract_id=release.contract_id,
            release_id=release.id,
            instalment=release.instalment,
            gates=release.gates,
            blocked_at=stamp.at,
        ),
    )


def _answer(release: Release) -> dict[str, object]:
    return {
        "release_id": release.id,
        "status": release.status,
        "amount_fen": release.amount_fen,
        "pay_by": release.pay_by.isoformat(),
        "pay_by_provisional": release.pay_by_provisional,
        "gates": [gate.model_dump() for gate in release.gates],
    }


def _because(release: Release, policy: ReleasePolicy) -> Because:
    return Because(
        rule="WAR-12",
        what=f"release_{release.status}",
        subject=release.contract_id,
        policy_version=policy.place.version,
        facts={
            "release_id": release.id,
            "amount_fen": release.amount_fen,
            "gates": [gate.gate for gate in release.gates],
            **({"stricter_estates": list(policy.stricter)} if policy.stricter else {}),
        },
    )
