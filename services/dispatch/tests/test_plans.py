"""A plan is approved by level and amount, accepted by the customer, carried out until they sign (DSP-04, DSP-05)."""

from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    ApprovalAsked,
    CompensationAgreed,
    PlanAccepted,
    PlanApproved,
    PlanExecuted,
    PlanProposed,
    PlanRejected,
    TicketResolved,
)
from linli_dispatch.domain.approvals.plan import Claim
from linli_dispatch.domain.approvals.plans import chain_of_plan
from linli_dispatch.domain.terms import Terms, terms_of
from linli_messaging.service_map import Actor
from linli_testkit.facts import shipped_policy

from services.dispatch.tests.office import Office, graded, local, person

HOLDER = {
    "service_centre_manager": "centre_head",
    "service_centre": "centre_head",
    "property_service_manager": "property_head",
    "property_general_manager": "property_gm",
    "legal": "lawyer",
    "cost_and_contract": "pricer",
    "finance": "cashier",
    "marketing_vp": "marketing_vp",
    "general_manager": "gm",
}
SMALL, LARGE = 100_000, 100_001
"""Exactly 1,000 yuan, and a fen more."""


@pytest.fixture
def terms() -> Terms:
    book = shipped_policy()
    return terms_of(book.policy(book.versions[-1]), "Asia/Shanghai")


def draft(office: Office, kind: str = "plan", **claim: Any) -> None:  # noqa: ANN401 - fields of a claim
    """The agent drafts a plan, with compensation if an amount is given, and all its offices approve."""
    body: dict[str, Any] = {"claim": {"cause": "leak_damage"} | claim} if claim else {}
    office.accepted("propose-plan", actor=person("agent1"), desk="service_centre", **body)
    for name in [*office.ticket().applications[-1].chain]:
        office.approve(HOLDER[name], kind)


# -- who approves


@pytest.mark.rule("DSP-04")
@pytest.mark.parametrize(
    ("level", "chain"),
    [
        (4, ("service_centre_manager",)),
        (3, ("marketing_vp",)),
        (2, ("marketing_vp",)),
        (1, ("marketing_vp", "general_manager")),
    ],
)
def test_the_level_says_who_approves(terms: Terms, level: int, chain: tuple[str, ...]) -> None:
    assert chain_of_plan(level, None, 0, terms) == chain


CENTRE, VP, GM = "service_centre_manager", "marketing_vp", "general_manager"
REVIEW = ("cost_and_contract", "legal", "finance")
CHAINS: dict[str, tuple[dict[str, bool], dict[int, tuple[str, ...]]]] = {
    "WAR-20": ({}, {
        SMALL - 1: (CENTRE, *REVIEW, VP),
        SMALL: (CENTRE, *REVIEW, VP),
        LARGE: (CENTRE, *REVIEW, VP, GM),
    }),
    "WAR-21": ({"reasonable": False}, {
        SMALL - 1: (CENTRE, "legal", VP),
        SMALL: (CENTRE, "legal", VP),
        LARGE: (CENTRE, "legal", VP, GM),
    }),
    "WAR-22": ({"by_property": True}, {
        SMALL - 1: ("property_service_manager", "property_general_manager"),
        SMALL: ("property_service_manager", "property_general_manager"),
        LARGE: ("property_service_manager", "service_centre", VP, GM),
    }),
    "WAR-22 unreasonable": ({"by_property": True, "reasonable": False}, {
        1: ("property_service_manager", GM),
        SMALL: ("property_service_manager", GM),
        LARGE: ("property_service_manager", GM),
    }),
}  # fmt: skip
"""By rule: the claim, and its whole chain at each amount. Legal reviews whatever the developer pays (DSP-04)."""


@pytest.mark.rule("WAR-20", "WAR-21", "WAR-22", "DSP-04", "ORG-04")
@pytest.mark.parametrize(
    ("rule", "amount_fen"), [(rule, amount) for rule, (_, chains) in CHAINS.items() for amount in chains]
)
def test_each_claim_goes_through_its_whole_chain_at_its_exact_amount(
    office: Office, rule: str, amount_fen: int
) -> None:
    """Given a level 4 case, then exactly these offices are asked, in this order, and the last one approves."""
    claim, chains = CHAINS[rule]
    office.open(level=4)
    draft(office, "compensation", amount_fen=amount_fen, **claim)
    assert tuple(event.office for event in office.facts(ApprovalAsked)) == chains[amount_fen]
    assert [event.compensation_fen for event in office.facts(PlanApproved)] == [amount_fen]


@pytest.mark.rule("DSP-04")
def test_with_an_amount_the_higher_authority_approves_once(terms: Terms) -> None:
    """A level 1 case with a small amount goes to the general manager; a level 4 case with a large one too, once."""
    grave = chain_of_plan(1, Claim(SMALL, "leak"), 0, terms)
    dear = chain_of_plan(4, Claim(LARGE, "leak"), 0, terms)
    assert grave[-1] == dear[-1] == "general_manager"
    assert len(set(grave)) == len(grave)
    assert grave.count("marketing_vp") == dear.count("service_centre_manager") == 1


# -- the life of a plan


@pytest.mark.rule("DSP-04", "DSP-05")
def test_approved_accepted_carried_out_until_the_customer_signs(office: Office) -> None:
    office.open(level=4)
    draft(office)
    assert [event.office for event in office.facts(ApprovalAsked)] == ["service_centre_manager"]
    assert office.facts(PlanApproved)[0].compensation_fen is None
    assert office.refused("carry-out-plan", satisfied=True) == "no-plan"
    office.accepted("answer-plan", accepted=True, consent="recorded")
    assert office.facts(PlanAccepted)[0].consent == "recorded"
    assert office.refused("resolve") == "plan-not-signed"
    office.accepted("carry-out-plan", satisfied=False)
    assert office.refused("resolve") == "plan-not-signed"
    office.accepted("carry-out-plan", satisfied=True)
    assert [(event.times, event.satisfied) for event in office.facts(PlanExecuted)] == [(1, False), (2, True)]
    assert office.refused("carry-out-plan", satisfied=True) == "no-plan"
    office.accepted("resolve")
    assert len(office.facts(TicketResolved)) == 1
    assert office.facts(CompensationAgreed) == []


@pytest.mark.rule("DSP-04")
def test_a_plan_that_the_customer_rejects_is_followed_by_another(office: Office) -> None:
    office.open(level=3)
    assert office.refused("answer-plan", accepted=True) == "no-plan"
    draft(office)
    assert office.refused("propose-plan", desk="service_centre") == "plan-underway"
    assert office.refused("answer-plan", accepted=False) == "reason-missing"
    office.accepted("answer-plan", accepted=False, reason="wants_more")
    assert office.facts(PlanRejected)[0].plan == 1
    draft(office)
    assert [event.plan for event in office.facts(PlanProposed)] == [1, 2]


@pytest.mark.rule("DSP-04")
@pytest.mark.parametrize("verdict", ["returned", "rejected"])
def test_a_plan_that_an_office_does_not_approve_is_drafted_anew(office: Office, verdict: str) -> None:
    office.open(level=4)
    office.accepted("propose-plan", actor=person("agent1"), desk="service_centre")
    assert office.refused("propose-plan", desk="service_centre") == "plan-underway"
    assert office.not_approved("centre_head", "plan", amount_fen=1) == "not-to-price"
    office.approve("centre_head", "plan", verdict, reason="too_vague")
    assert office.refused("answer-plan", accepted=True) == "no-plan"
    draft(office)
    assert office.facts(ApprovalAsked)[-1].submission == 2


@pytest.mark.rule("DSP-04")
def test_what_a_plan_may_not_be(office: Office) -> None:
    office.open(level=4)
    assert office.refused("propose-plan", desk="no_such_desk") == "unknown-desk"
    claim = {"amount_fen": 1, "cause": "leak", "recovered": True}
    assert office.refused("propose-plan", desk="service_centre", claim=claim) == "nothing-to-recover-from"


@pytest.mark.rule("DSP-04", "DSP-06", "ORG-04")
def test_an_office_that_does_not_decide_misses_its_deadline(office: Office) -> None:
    """Drafted on a Tuesday: due on Wednesday at the end of the day; nothing is approved by silence."""
    office.open(level=4)
    office.accepted("propose-plan", actor=person("agent1"), desk="service_centre")
    due = local("2026-03-11 17:30")
    assert office.due("plan_approval") == due
    office.until(due)
    assert "plan_approval" not in office.ticket().overdue
    office.until(local("2026-03-11 17:30:01"))
    assert "plan_approval" in office.ticket().overdue
    assert office.facts(PlanApproved) == []


# -- compensation


@pytest.mark.rule("WAR-23", "WAR-24")
def test_accepted_a_settlement_is_agreed_at_the_approved_amount(office: Office) -> None:
    office.open(level=4)
    draft(office, "compensation", amount_fen=SMALL)
    office.accepted("answer-plan", accepted=True)
    (agreed,) = office.facts(CompensationAgreed)
    assert (agreed.amount_fen, agreed.cause, agreed.contract_id) == (SMALL, "leak_damage", None)
    assert any(reason.rule == "WAR-24" for reason in office.reasons)


@pytest.mark.rule("WAR-24")
@pytest.mark.parametrize(("recovered", "contract_id"), [(True, "k1"), (False, None)])
def test_whether_the_deposit_pays_is_decided_with_the_claim(
    office: Office, contract_id: str | None, *, recovered: bool
) -> None:
    office.open_repair()
    office.covered()
    draft(office, "compensation", amount_fen=SMALL, recovered=recovered)
    office.accepted("answer-plan", accepted=True)
    assert office.facts(CompensationAgreed)[0].contract_id == contract_id


@pytest.mark.rule("DSP-04", "DSP-05", "WAR-23")
@pytest.mark.parametrize("accepted", [True, False])
def test_a_claim_that_every_office_approved_outlives_the_repair(office: Office, *, accepted: bool) -> None:
    """Given approved compensation for a leak, when the contractor finishes first, then the customer still answers."""
    office.open_repair()
    office.covered()
    draft(office, "compensation", amount_fen=SMALL)
    office.accepted("finish", actor=Actor("x", frozenset({"*"}), contractor_id="builder_co"))
    office.accepted("answer-plan", accepted=accepted, reason="wants_more")
    assert [event.amount_fen for event in office.facts(CompensationAgreed)] == [SMALL] * accepted
    assert office.ticket().compensated == {"leak_damage": SMALL * accepted}
    if accepted:
        office.accepted("carry-out-plan", satisfied=True)
    else:
        assert office.refused("carry-out-plan", satisfied=True) == "no-plan"
    office.called_back(satisfied=True)
    assert office.refused("answer-plan", accepted=True) == "not-in-hand"


@pytest.mark.rule("WAR-21", "WAR-22")
@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ({"reasonable": False}, ("general_manager",)),
        ({"by_property": True}, ("service_centre", "marketing_vp", "general_manager")),
        ({}, ()),
    ],
)
def test_what_is_small_is_filed_with_those_above(office: Office, claim: dict[str, bool], told: tuple[str, ...]) -> None:
    office.open(level=4)
    draft(office, "compensation", amount_fen=SMALL, **claim)
    assert office.facts(PlanApproved)[0].filed_with == told


@pytest.mark.rule("WAR-23", "ORG-04")
@pytest.mark.parametrize(
    ("first", "second", "cause", "approver"),
    [
        (60_000, 40_000, "leak_damage", "marketing_vp"),
        (60_000, 40_001, "leak_damage", "general_manager"),
        (60_000, 60_000, "lost_rent", "marketing_vp"),
    ],
)
def test_splitting_a_claim_below_the_limit_is_seen(
    office: Office, first: int, second: int, cause: str, approver: str
) -> None:
    """Same case and same cause: the sum decides, up to the limit exactly; another cause counts for itself."""
    office.open(level=4)
    draft(office, "compensation", amount_fen=first)
    office.accepted("answer-plan", accepted=True)
    office.accepted("carry-out-plan", satisfied=True)
    office.accepted("resolve")
    office.called_back(satisfied=False)
    draft(office, "compensation", amount_fen=second, cause=cause)
    assert office.ticket().applications[-1].chain[-1] == approver
    split = [reason for reason in office.reasons if "split" in reason.what]
    assert len(split) == (approver == "general_manager")


@pytest.mark.rule("WAR-23")
def test_what_the_customer_did_not_take_was_not_granted(office: Office) -> None:
    office.open(level=4)
    draft(office, "compensation", amount_fen=SMALL)
    office.accepted("answer-plan", accepted=False, reason="wants_more")
    draft(office, "compensation", amount_fen=SMALL)
    assert office.ticket().applications[-1].chain[-1] == "marketing_vp"


@pytest.mark.rule("DSP-04", "DSP-01")
@pytest.mark.parametrize(("level", "needed"), [(1, True), (2, True), (3, False), (4, False)])
def test_a_grave_case_is_completed_only_by_an_accepted_plan(office: Office, level: int, *, needed: bool) -> None:
    office.open(level=level)
    if not needed:
        office.accepted("resolve")
        return
    assert office.refused("resolve") == "plan-missing"
    draft(office)
    assert office.refused("resolve") == "plan-missing", "approved is not accepted"
    office.accepted("answer-plan", accepted=False, reason="too_slow")
    assert office.refused("resolve") == "plan-missing", "a rejected plan is followed by another"
    draft(office)
    office.accepted("answer-plan", accepted=True)
    assert office.refused("resolve") == "plan-not-signed"
    office.accepted("carry-out-plan", satisfied=True)
    office.accepted("resolve")


@pytest.mark.rule("DSP-04", "DSP-10")
def test_a_grave_repair_too_and_finishing_carries_the_plan_out(office: Office) -> None:
    office.open_repair(level=2)
    office.covered()
    builder_co = Actor("x", frozenset({"*"}), contractor_id="builder_co")
    assert office.refused("finish", actor=builder_co) == "plan-missing"
    draft(office)
    office.accepted("answer-plan", accepted=True)
    office.accepted("finish", actor=builder_co)


@pytest.mark.rule("DSP-04", "DSP-06")
def test_age_alone_asks_for_no_plan_and_a_new_round_for_a_new_one(office: Office) -> None:
    office.open()
    office.until(local("2026-03-18 09:30"))
    assert office.ticket().level == 2
    office.accepted("resolve")
    office.called_back(satisfied=False)
    office.hear(graded(2, office.now, reasons=("repeated_after_handling",)))
    assert office.refused("resolve") == "plan-missing"
