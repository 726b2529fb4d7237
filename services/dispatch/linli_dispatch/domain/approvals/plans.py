"""Resolution plans (DSP-04, DSP-05), with or without compensation (WAR-20 to WAR-24).

Drafted, approved by offices, accepted by the customer, carried out until they sign. The level of the case says who
approves; with an amount, the manager and legal review it, and the higher of the two authorities approves, once. Which
chain an amount takes is decided by all that the case was granted for the same cause, so splitting a claim gains
nothing, and is told.
"""

from dataclasses import replace
from typing import Final
from uuid import uuid5

from linli_contracts.envelope import NAMESPACE
from linli_contracts.events.dispatch import (
    ApplicationKind,
    CompensationAgreed,
    Consent,
    PlanAccepted,
    PlanApproved,
    PlanExecuted,
    PlanProposed,
    PlanRejected,
)
from linli_contracts.lanes import id_under
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.approvals.approval import Application
from linli_dispatch.domain.approvals.approving import apply, finish, keep
from linli_dispatch.domain.approvals.plan import Claim, Plan
from linli_dispatch.domain.crises.crisis import refuse_other_answers
from linli_dispatch.domain.refusals import (
    NO_PLAN,
    NOT_IN_HAND,
    NOTHING_TO_RECOVER_FROM,
    PLAN_MISSING,
    PLAN_UNDERWAY,
    REASON_MISSING,
    UNKNOWN_DESK,
)
from linli_dispatch.domain.terms import Terms
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn

LEGAL: Final = "legal"
"""Reviews in writing whatever compensation the developer pays (DSP-04)."""


def rule_of_claim(claim: Claim, granted_fen: int, terms: Terms) -> str:
    """Which rule of the policy a claim follows; ``granted_fen`` was approved before, for the same case and cause."""
    if claim.by_property and not claim.reasonable:
        return "property_unreasonable"
    kind = "property" if claim.by_property else "reasonable" if claim.reasonable else "unreasonable"
    size = "small" if granted_fen + claim.amount_fen <= terms.claim_limits_fen[kind] else "large"
    return f"{kind}_{size}"


def chain_of_plan(level: int, claim: Claim | None, granted_fen: int, terms: Terms) -> tuple[str, ...]:
    """The offices of a plan in order: by level, or with an amount by level and amount together, each once.

    First decides the manager whose opinion it takes; last approves the higher of the two authorities.
    """
    by_level = terms.plan_chains[level]
    if claim is None:
        return by_level
    rule = terms.claim_rules[rule_of_claim(claim, granted_fen, terms)]
    legal = () if claim.by_property or LEGAL in rule.chain else (LEGAL,)
    chain: list[str] = []
    for name in (rule.opinion, *legal, *rule.chain):
        if not _holds(name, chain, terms):
            chain.append(name)
    for name in by_level:
        if not _holds(name, chain, terms) and _rank(name, terms) > _rank(chain[-1], terms):
            chain.append(name)
    return tuple(chain)


def propose_plan(turn: Turn, desk: str, claim: Claim | None, by: str) -> Refusal | None:
    """Somebody drafts a plan; one that an office sent back is drafted anew, its claim even after the work (DSP-04)."""
    ticket = turn.ticket
    if not ticket.in_hand and not (claim is not None and ticket.claim_open):
        return NOT_IN_HAND
    if not _may_follow(turn):
        return PLAN_UNDERWAY
    if desk not in turn.terms.desks and not turn.estate.has_desk(desk):
        return UNKNOWN_DESK
    if claim is not None and claim.recovered and _liable_contract(ticket) is None:
        return NOTHING_TO_RECOVER_FROM
    earlier = ticket.plan.contract_id if ticket.plan is not None else None
    plan = Plan(ticket.plans + 1, desk, "proposed", claim, contract_id=earlier)
    turn.change(plan=plan, plans=plan.number)
    amount_fen = claim.amount_fen if claim else None
    turn.tell(
        PlanProposed(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            plan=plan.number,
            desk=desk,
            compensation_fen=amount_fen,
            proposed_by=by,
            proposed_at=turn.at,
        )
    )
    _tell_splitting(turn, claim)
    chain = chain_of_plan(ticket.level, claim, _granted(turn, claim), turn.terms)
    apply(turn, _kind_of(claim), by, amount_fen, chain)
    return None


def goes_on(ticket: Ticket) -> Plan | None:
    """What a next round has of this one's plan: nothing, unless its claim is open; that stays about this contractor."""
    plan = ticket.plan
    return replace(plan, contract_id=_liable_contract(ticket)) if plan is not None and ticket.claim_open else None


def approve_plan(turn: Turn, application: Application) -> None:
    """All offices approved: the customer is asked."""
    ticket, plan = turn.ticket, turn.ticket.plan
    if plan is None:
        return
    claim, facts = plan.claim, dict[str, object](plan=replace(plan, status="approved"))
    filed_with: tuple[str, ...] = ()
    if claim is not None:
        granted_fen = _granted(turn, claim)
        filed_with = turn.terms.claim_rules[rule_of_claim(claim, granted_fen, turn.terms)].filed_with
        facts["compensated"] = {**ticket.compensated, claim.cause: granted_fen + claim.amount_fen}
    turn.change(**facts)
    turn.tell(
        PlanApproved(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            plan=plan.number,
            compensation_fen=claim.amount_fen if claim else None,
            filed_with=filed_with,
            approved_at=turn.at,
        )
    )
    turn.because("DSP-04", "plan approved", {"plan": plan.number, "filed_with": list(filed_with)})


def follow_raised_level(turn: Turn) -> ApplicationKind | None:
    """The level rose while a plan is before the offices: where another one has to approve it now, it begins again.

    Who approved a plan for an ordinary case did not see a grave one (DSP-04). Where nobody has signed yet and the same
    office is the first, it goes on at its time, and the others after it. A plan that every office has approved stays
    approved (assumed). Returns the kind of the application that began again, if one did: its office was told.
    """
    plan = turn.ticket.plan
    application = turn.ticket.application(_kind_of(plan.claim)) if plan is not None else None
    if plan is None or plan.status != "proposed" or application is None or not application.pending:
        return None
    chain = chain_of_plan(turn.ticket.level, plan.claim, _granted(turn, plan.claim), turn.terms)
    if set(chain) <= set(application.chain):
        return None
    facts = {"level": turn.ticket.level, "chain": list(chain)}
    if not application.signatures and application.office == chain[0]:
        keep(turn, replace(application, chain=chain))
        turn.because("DSP-04", "the level rose: more offices approve", facts)
        return None
    finish(turn, application, "withdrawn", application.proposer, None, "level_raised")
    turn.because("DSP-04", "the level rose: the chain begins again", facts)
    apply(turn, application.kind, application.proposer, application.amount_fen, chain)
    return application.kind


def refuse_plan(turn: Turn, application: Application) -> None:
    """An office refused: another plan is needed."""
    if turn.ticket.plan is not None:
        turn.change(plan=replace(turn.ticket.plan, status="refused"))


def answer_plan(turn: Turn, reason: str | None, consent: Consent, *, accepted: bool) -> Refusal | None:
    """The customer accepts, by which a settlement is agreed (WAR-23), or rejects with a reason."""
    ticket, plan = turn.ticket, turn.ticket.plan
    if plan is None or plan.status != "approved":
        return NO_PLAN
    refusal = refuse_other_answers(turn)
    if refusal is not None:
        return refusal
    if not accepted:
        if reason is None:
            return REASON_MISSING
        _reject(turn, plan, reason)
        return None
    turn.change(plan=replace(plan, status="accepted"))
    turn.tell(
        PlanAccepted(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            plan=plan.number,
            consent=consent,
            accepted_at=turn.at,
        )
    )
    turn.because("DSP-04", "plan accepted by the customer", {"plan": plan.number, "consent": consent})
    if plan.claim is not None:
        _agree(turn, plan, plan.claim)
    return None


def carry_out(turn: Turn, consent: Consent, *, satisfied: bool) -> Refusal | None:
    """It was carried out: the customer signs, or it is carried out again; the times are counted (DSP-05)."""
    ticket, plan = turn.ticket, turn.ticket.plan
    if plan is None or plan.status != "accepted":
        return NO_PLAN
    times = plan.carried_out + 1
    turn.change(plan=replace(plan, carried_out=times, status="confirmed" if satisfied else "accepted"))
    turn.tell(
        PlanExecuted(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            plan=plan.number,
            times=times,
            satisfied=satisfied,
            consent=consent if satisfied else None,
            carried_out_at=turn.at,
        )
    )
    turn.because("DSP-05", "plan carried out", {"plan": plan.number, "times": times, "satisfied": satisfied})
    return None


def owes_confirmation(plan: Plan | None) -> bool:
    """Whether a plan is on its way: the case is not resolved before the customer signs that it was carried out."""
    return plan is not None and plan.status in {"proposed", "approved", "accepted"}


def refuse_without_plan(turn: Turn) -> Refusal | None:
    """Why the work can't be completed: a case this grave by the facts takes a plan that the customer accepted (DSP-04).

    Age does not count: it would stop an ordinary repair on the very date that it was given.
    """
    ticket = turn.ticket
    if ticket.graded_level > turn.terms.plan_required_from_level:
        return None
    accepted = ticket.plan is not None and ticket.plan.status in {"accepted", "confirmed"}
    return None if accepted else PLAN_MISSING


# -- inside --------------------------------------------------------------------------------------------------------


def _kind_of(claim: Claim | None) -> ApplicationKind:
    return "plan" if claim is None else "compensation"


def _may_follow(turn: Turn) -> bool:
    plan = turn.ticket.plan
    if plan is None or plan.status in {"rejected", "refused"}:
        return True
    application = turn.ticket.application(_kind_of(plan.claim))
    return plan.status == "proposed" and application is not None and application.status == "returned"


def _reject(turn: Turn, plan: Plan, reason: str) -> None:
    ticket, claim = turn.ticket, plan.claim
    turn.change(plan=replace(plan, status="rejected"))
    if claim is not None:
        # What the customer does not take was not granted.
        turn.change(compensated={**ticket.compensated, claim.cause: _granted(turn, claim) - claim.amount_fen})
    turn.tell(
        PlanRejected(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            plan=plan.number,
            reason=reason,
            rejected_at=turn.at,
        )
    )
    turn.because("DSP-04", "plan rejected by the customer", {"plan": plan.number, "reason": reason})


def _agree(turn: Turn, plan: Plan, claim: Claim) -> None:
    ticket = turn.ticket
    claim_id = id_under(ticket.estate_id, f"k{uuid5(NAMESPACE, f'{ticket.id}|claim|{plan.number}').hex[:12]}")
    turn.tell(
        CompensationAgreed(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            claim_id=claim_id,
            amount_fen=claim.amount_fen,
            cause=claim.cause,
            customer_ref=ticket.customer_ref,
            payer="property" if claim.by_property else "developer",
            contract_id=_liable_contract(ticket) if claim.recovered else None,
            agreed_at=turn.at,
        )
    )
    turn.because("WAR-23", "settlement agreed", {"claim_id": claim_id, "amount_fen": claim.amount_fen})
    turn.because("WAR-24", "recovered from the deposit" if claim.recovered else "not recovered", {"claim_id": claim_id})


def _liable_contract(ticket: Ticket) -> str | None:
    """Whose deposit a recovered claim is taken from: by the round it came up in (WAR-24)."""
    if ticket.plan is not None and ticket.plan.contract_id is not None:
        return ticket.plan.contract_id
    return ticket.order.contract_id if ticket.order is not None else None


def _granted(turn: Turn, claim: Claim | None) -> int:
    return turn.ticket.compensated.get(claim.cause, 0) if claim else 0


def _tell_splitting(turn: Turn, claim: Claim | None) -> None:
    granted_fen = _granted(turn, claim)
    if claim is None or rule_of_claim(claim, granted_fen, turn.terms) == rule_of_claim(claim, 0, turn.terms):
        return
    facts = {"cause": claim.cause, "granted_fen": granted_fen, "amount_fen": claim.amount_fen}
    turn.because("WAR-23", "a claim split below the limit: judged by the sum", facts)


def _holds(name: str, chain: list[str], terms: Terms) -> bool:
    """Whether the chain has this office already, under whatever name the rule gives it."""
    office = terms.offices[name]
    return any((office.role, office.desk) == (terms.offices[one].role, terms.offices[one].desk) for one in chain)


def _rank(office: str, terms: Terms) -> int:
    return terms.authorities.index(office) if office in terms.authorities else -1
