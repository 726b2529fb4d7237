"""Small works go through engineering, its VP and the general manager, each office seeing what was granted before."""

from typing import Any

import pytest
from linli_contracts.events.dispatch import ApprovalAsked, ApprovalDecided, SmallWorksApproved

from services.dispatch.tests.office import Office, local, person
from services.dispatch.tests.test_amending import amended

OFFICES = ("builder", "engineering_vp", "gm")
WORKS: dict[str, Any] = {"kind": "left_over_facility", "reason": "broken_gate"}


def approved(office: Office, budget_fen: int) -> None:
    """Applied for by an agent and approved by every office."""
    office.accepted("apply-small-works", actor=person("agent1"), **WORKS, budget_fen=budget_fen)
    for who in OFFICES:
        office.approve(who, "small_works")


@pytest.mark.rule("DSP-15")
def test_three_offices_approve_one_after_another(office: Office) -> None:
    office.open()
    office.accepted("apply-small-works", actor=person("agent1"), **WORKS, budget_fen=1)
    assert office.not_approved("gm", "small_works") == "not-your-office"
    for who in OFFICES:
        assert office.facts(SmallWorksApproved) == []
        office.approve(who, "small_works")
    assert [one.office for one in office.facts(ApprovalAsked)] == ["engineering", "engineering_vp", "general_manager"]
    (told,) = office.facts(SmallWorksApproved)
    assert (told.kind, told.reason, told.budget_fen, told.granted_fen) == ("left_over_facility", "broken_gate", 1, 1)
    assert office.not_approved("gm", "small_works") == "no-application", "approved once"


@pytest.mark.rule("DSP-15")
def test_what_is_split_is_shown_as_a_sum(office: Office) -> None:
    office.open()
    approved(office, 60_000)
    assert "further small works of one case: the offices see the sum" not in {one.what for one in office.reasons}
    approved(office, 40_000)
    assert [one.granted_fen for one in office.facts(SmallWorksApproved)] == [60_000, 100_000]
    (seen,) = [one for one in office.reasons if one.what.startswith("further small works")]
    assert seen.facts == {"granted_fen": 60_000, "budget_fen": 40_000}


@pytest.mark.rule("DSP-15", "DSP-20")
def test_another_budget_begins_the_chain_again_and_a_refusal_grants_nothing(office: Office) -> None:
    office.open()
    body: dict[str, Any] = {**WORKS, "budget_fen": 90_000}
    office.accepted("apply-small-works", actor=person("agent1"), **body)
    assert office.refused("apply-small-works", actor=person("agent1"), **body) == "application-pending"
    office.approve("builder", "small_works")
    office.approve("engineering_vp", "small_works", "returned", reason="too_dear")
    office.accepted("apply-small-works", actor=person("agent1"), **WORKS, budget_fen=70_000)
    application = office.ticket().application("small_works")
    assert application is not None
    assert (application.office, application.submission, application.amount_fen) == ("engineering", 2, 70_000)
    office.approve("builder", "small_works", "rejected", reason="not_ours")
    assert (office.ticket().small_works_fen, office.facts(SmallWorksApproved)) == (0, [])


@pytest.mark.rule("DSP-15", "WAR-02")
def test_what_a_contractor_answers_for_is_no_small_work(office: Office) -> None:
    office.open_repair()
    office.covered()
    assert office.refused("apply-small-works", **WORKS, budget_fen=1) == "warranty-covers"


@pytest.mark.rule("DSP-15", "DSP-06", "ORG-04")
def test_each_office_has_its_time_and_nobody_approves_their_own(office: Office) -> None:
    office.open()
    office.accepted("apply-small-works", actor=person("builder"), **WORKS, budget_fen=1)
    assert office.not_approved("builder", "small_works") == "not-your-office"
    due = office.due("small_works_approval")
    office.until(due)
    assert office.ticket().missed.get("small_works_approval", 0) == 0
    office.until(local("2026-03-12 18:00"))
    assert office.ticket().missed["small_works_approval"] == 1
    office.approve("engineering_vp", "small_works")


@pytest.mark.rule("DSP-15", "WAR-02")
def test_nothing_is_applied_for_while_warranty_has_not_answered(office: Office) -> None:
    """Given a repair of which nobody knows whose it is, then it is refused by name; one that is not covered, not."""
    office.open_repair()
    assert office.refused("apply-small-works", **WORKS, budget_fen=1) == "warranty-asked"
    office.covered(covered=False, contractor_id=None, contract_id=None, basis="expired")
    office.accepted("apply-small-works", **WORKS, budget_fen=1)


@pytest.mark.rule("DSP-15", "WAR-02", "INT-02")
@pytest.mark.parametrize("covered", [True, False])
def test_what_turns_out_covered_is_taken_back_from_the_offices(office: Office, *, covered: bool) -> None:
    """Given small works before an office, and a trade that is known only later: the contractor repairs, nobody pays."""
    office.open_repair(trade=None)
    office.accepted("apply-small-works", actor=person("agent1"), **WORKS, budget_fen=1)
    office.approve("builder", "small_works")
    amended(office, trade="waterproofing")
    named: dict[str, Any] = {} if covered else {"contractor_id": None, "contract_id": None, "basis": "expired"}
    office.covered(covered=covered, **named)
    ends = [(one.decision, one.reason) for one in office.facts(ApprovalDecided) if one.kind == "small_works"]
    assert ends == [("approved", None), ("withdrawn", "warranty_covers")][: 2 if covered else 1]
    assert ("small_works_approval" in {one.name for one in office.ticket().clocks}) is not covered
    assert office.ticket().missed.get("small_works_approval", 0) == 0
