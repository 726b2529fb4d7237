"""The level rises while a plan is before the offices: those who now have to approve it do, in order (DSP-04)."""

from typing import Any

import pytest
from linli_contracts.events.dispatch import ApprovalAsked, ApprovalDecided, PlanApproved, StaffNotified
from linli_dispatch.domain.terms import NoticeRule, terms_of
from linli_testkit.facts import shipped_policy

from services.dispatch.tests.office import Office, graded, local, person


def proposed(office: Office, level: int, **claim: Any) -> None:  # noqa: ANN401 - fields of a claim
    """A plan is before its first office."""
    office.open(level=level)
    body: dict[str, Any] = {"claim": {"cause": "leak_damage"} | claim} if claim else {}
    office.accepted("propose-plan", actor=person("agent1"), desk="service_centre", **body)


def chain(office: Office, kind: str = "plan") -> tuple[str, ...]:
    """The offices of the newest submission."""
    return next(one.chain for one in office.ticket().applications if one.kind == kind)


@pytest.mark.rule("DSP-04", "DSP-07")
def test_a_plan_of_a_case_that_turns_grave_begins_again_at_its_new_authorities(office: Office) -> None:
    """Given a plan before the manager of a level 4 case, when it is of level 1, then VP and GM approve it."""
    proposed(office, 4)
    office.hear(graded(1, office.now, reasons=("published",)))
    ended = office.facts(ApprovalDecided)[-1]
    assert (ended.decision, ended.reason, ended.submission) == ("withdrawn", "level_raised", 1)
    asked = office.facts(ApprovalAsked)[-1]
    assert (asked.office, asked.submission, asked.person_ids) == ("marketing_vp", 2, ("marketing_vp",))
    assert office.not_approved("centre_head", "plan") == "not-your-office"
    assert office.not_approved("marketing_vp", "plan", submission=1) == "stale-application"
    office.approve("marketing_vp", "plan")
    assert office.facts(PlanApproved) == []
    office.approve("gm", "plan")
    assert len(office.facts(PlanApproved)) == 1
    assert office.ticket().kept.get("plan_approval") == 2


@pytest.mark.rule("DSP-04", "DSP-06", "ORG-04")
def test_a_rise_by_age_asks_the_higher_authority_too_and_drops_what_the_lower_one_missed(office: Office) -> None:
    """Proposed on the first day and left lying: due on 11 March; a week after its receipt the case is of level 2."""
    proposed(office, 4)
    week = local("2026-03-17 09:30")
    office.until(week)
    assert (office.ticket().level, chain(office)) == (4, ("service_centre_manager",))
    assert "plan_approval" in office.ticket().overdue
    office.until(local("2026-03-17 09:30:01"))
    assert (office.ticket().level, chain(office)) == (2, ("marketing_vp",))
    assert "plan_approval" not in office.ticket().overdue
    assert office.due("plan_approval") == local("2026-03-18 17:30")


@pytest.mark.rule("DSP-04", "DSP-07")
@pytest.mark.parametrize("signed", [False, True])
def test_an_office_that_is_the_first_before_and_after_keeps_its_time_unless_it_has_signed(
    office: Office, *, signed: bool
) -> None:
    """Given a claim of a level 4 case before the manager, when it is of level 1, then the GM comes after the VP."""
    proposed(office, 4, amount_fen=100_000)
    due = office.due("compensation_approval")
    if signed:
        office.approve("centre_head", "compensation")
    office.hear(graded(1, office.now, reasons=("published",)))
    assert chain(office, "compensation")[-2:] == ("marketing_vp", "general_manager")
    assert office.facts(ApprovalAsked)[-1].submission == (2 if signed else 1)
    assert office.due("compensation_approval") == due
    for who in ("centre_head", "pricer", "lawyer", "cashier", "marketing_vp", "gm"):
        assert office.facts(PlanApproved) == []
        office.approve(who, "compensation")
    assert len(office.facts(PlanApproved)) == 1


@pytest.mark.rule("DSP-20", "DSP-04")
def test_who_is_asked_anew_is_told_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    terms = terms_of(shipped_policy().policy("2000.1"), "Asia/Shanghai")
    monkeypatch.setitem(terms.notices, "approval", NoticeRule(frozenset({1}), frozenset({1})))
    proposed(office, 4)
    office.hear(graded(1, office.now, reasons=("published",)))
    told = [event.person_id for event in office.facts(StaffNotified) if event.kind == "approval"]
    assert told == ["marketing_vp"]


@pytest.mark.rule("DSP-04", "WAR-20")
def test_the_amount_goes_with_it(office: Office) -> None:
    proposed(office, 4, amount_fen=100_000)
    office.approve("centre_head", "compensation")
    assert chain(office, "compensation")[-1] == "marketing_vp"
    office.hear(graded(1, office.now, reasons=("published",)))
    asked = office.facts(ApprovalAsked)[-1]
    assert (asked.office, asked.amount_fen, asked.submission) == ("service_centre_manager", 100_000, 2)
    assert chain(office, "compensation")[-1] == "general_manager"


@pytest.mark.rule("DSP-04")
@pytest.mark.parametrize(("before", "after"), [(3, 2), (2, 4), (1, 2)])
def test_where_those_who_are_asked_suffice_nobody_is_asked_again(office: Office, before: int, after: int) -> None:
    proposed(office, before)
    office.hear(graded(after, office.now, reasons=("lowered",)))
    assert [event.submission for event in office.facts(ApprovalAsked)] == [1]


@pytest.mark.rule("DSP-04", "WAR-20")
def test_what_was_signed_counts_where_a_rise_asks_nobody_else(office: Office) -> None:
    """Given a claim that the VP approves at level 3 and at level 2 alike, then the rise takes no signature away."""
    proposed(office, 3, amount_fen=100_000)
    office.approve("centre_head", "compensation")
    office.hear(graded(2, office.now, reasons=("out_of_control",)))
    assert [(event.office, event.submission) for event in office.facts(ApprovalAsked)] == [
        ("service_centre_manager", 1), ("cost_and_contract", 1),
    ]  # fmt: skip


@pytest.mark.rule("DSP-04")
def test_what_every_office_approved_and_what_was_sent_back_stay_so(office: Office) -> None:
    proposed(office, 4)
    office.approve("centre_head", "plan", "returned", reason="too_vague")
    office.hear(graded(3, office.now, reasons=("repeated_after_handling",)))
    assert len(office.facts(ApprovalAsked)) == 1
    office.accepted("propose-plan", actor=person("agent1"), desk="service_centre")
    office.approve("marketing_vp", "plan")
    office.hear(graded(1, office.now, reasons=("published",)))
    assert [event.submission for event in office.facts(ApprovalAsked)] == [1, 2]
    plan = office.ticket().plan
    assert plan is not None
    assert plan.status == "approved"
