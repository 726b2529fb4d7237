"""Compensation that is before an office when the work ends is decided all the same, before the case is closed."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    ApprovalDecided,
    CompensationAgreed,
    DeadlineMissed,
    PlanApproved,
    StaffNotified,
    TicketClosed,
)
from linli_dispatch.domain.terms import NoticeRule, terms_of
from linli_messaging.service_map import Actor
from linli_testkit.facts import shipped_policy

from services.dispatch.tests.office import NOW, SECOND, Office, graded, local, person
from services.dispatch.tests.test_amending import amended
from services.dispatch.tests.test_plans import HOLDER

BUILDER = Actor("x", frozenset({"*"}), contractor_id="builder_co")
CLAIM: dict[str, Any] = {"amount_fen": 60_000, "cause": "leak_damage", "recovered": True}
DUE = local("2026-03-11 17:30")
"""A working day after a Tuesday."""


@pytest.fixture
def done(office: Office) -> Office:
    """A leak that is repaired while the claim for the floor it ruined is before the first office."""
    office.open_repair()
    office.covered()
    office.accepted("propose-plan", actor=person("agent1"), desk="service_centre", claim=CLAIM)
    office.accepted("finish", actor=BUILDER)
    return office


def decide(office: Office) -> None:
    """All offices approve."""
    (application,) = [one for one in office.ticket().applications if one.kind == "compensation"]
    for name in application.chain[len(application.signatures) :]:
        office.approve(HOLDER[name], "compensation")


def closed(office: Office) -> list[str]:
    return [event.how for event in office.facts(TicketClosed)]


@pytest.mark.rule("DSP-04", "WAR-20")
def test_it_goes_on_with_the_offices_clock_and_is_approved_and_agreed_after_the_work(done: Office) -> None:
    assert done.facts(ApprovalDecided) == []
    assert (done.ticket().status, done.due("compensation_approval")) == ("completed", DUE)
    decide(done)
    assert len(done.facts(PlanApproved)) == 1
    done.accepted("answer-plan", accepted=True)
    assert [(event.amount_fen, event.contract_id) for event in done.facts(CompensationAgreed)] == [(60_000, "k1")]
    assert closed(done) == []
    done.called_back(satisfied=True)
    assert closed(done) == ["satisfied"]


@pytest.mark.rule("DSP-04", "FUP-01", "OPS-03")
def test_a_satisfied_customer_closes_it_once_the_claim_is_answered(done: Office) -> None:
    for _ in range(2):
        done.called_back(satisfied=True)
    assert (closed(done), done.ticket().closes_as) == ([], "satisfied")
    done.called_back(satisfied=False)
    assert done.ticket().round == 1, "what was said first counts"
    decide(done)
    assert closed(done) == [], "the customer is asked first"
    done.accepted("answer-plan", accepted=True)
    assert closed(done) == ["satisfied"]
    assert len(done.facts(CompensationAgreed)) == 1


@pytest.mark.rule("DSP-04", "FUP-04")
def test_what_an_office_refuses_closes_it_too(done: Office) -> None:
    done.unreachable()
    assert closed(done) == []
    done.approve("centre_head", "compensation", "rejected", reason="not_ours")
    assert closed(done) == ["unreachable"]
    assert done.facts(CompensationAgreed) == []


@pytest.mark.rule("DSP-04", "FUP-01")
@pytest.mark.parametrize("again", [True, False])
def test_what_the_customer_rejects_after_the_callback_may_be_followed_by_a_new_plan(
    done: Office, *, again: bool
) -> None:
    """Given a customer who was satisfied and then rejects the offer, then the case waits for another one, or for the
    end of the month.
    """
    done.called_back(satisfied=True)
    decide(done)
    done.accepted("answer-plan", accepted=False, reason="too_little")
    assert closed(done) == []
    if again:
        dearer = CLAIM | {"amount_fen": 90_000}
        done.accepted("propose-plan", actor=person("agent1"), desk="service_centre", claim=dearer)
        decide(done)
        done.accepted("answer-plan", accepted=True)
    else:
        done.until(local("2026-04-10 09:30"))
    assert closed(done) == ["satisfied"]
    assert [event.amount_fen for event in done.facts(CompensationAgreed)] == [90_000] * again


@pytest.mark.rule("DSP-04", "FUP-01")
def test_what_the_customer_rejected_before_a_satisfied_callback_is_settled(done: Office) -> None:
    decide(done)
    done.accepted("answer-plan", accepted=False, reason="too_little")
    done.called_back(satisfied=True)
    assert closed(done) == ["satisfied"]


@pytest.mark.rule("DSP-04", "WAR-20")
def test_what_an_office_sends_back_is_drafted_anew_after_the_work(done: Office) -> None:
    again: dict[str, Any] = {"desk": "service_centre", "claim": CLAIM}
    assert done.refused("propose-plan", actor=person("agent1"), **again) == "plan-underway"
    done.approve("centre_head", "compensation", "returned", reason="too_dear")
    done.called_back(satisfied=True)
    assert done.refused("propose-plan", actor=person("agent1"), desk="service_centre") == "not-in-hand"
    done.accepted("propose-plan", actor=person("agent1"), **again)
    decide(done)
    done.accepted("answer-plan", accepted=True)
    assert closed(done) == ["satisfied"]
    assert done.refused("propose-plan", actor=person("agent1"), **again) == "not-in-hand"


@pytest.mark.rule("DSP-04", "DSP-06", "ORG-04")
@pytest.mark.parametrize(("late_by", "late"), [(-1, 0), (0, 0), (1, 1)])
def test_the_office_is_late_after_the_work_as_before_it(done: Office, late_by: int, late: int) -> None:
    done.until(DUE + late_by * SECOND)
    missed = [event.due_at for event in done.facts(DeadlineMissed) if event.clock == "compensation_approval"]
    assert missed == [DUE] * late
    assert ("owner" in done.ticket().steps) is bool(late)


@pytest.mark.rule("DSP-04", "FUP-01", "DSP-19")
@pytest.mark.parametrize("called", [False, True])
def test_the_month_of_the_callback_ends_the_wait(done: Office, *, called: bool) -> None:
    """Given offices that do not decide in a month, then the case is closed at its end, the claim withdrawn by name."""
    if called:
        done.called_back(satisfied=True)
    end = local("2026-04-10 09:30")
    done.until(end - SECOND)
    assert closed(done) == []
    done.until(end)
    assert closed(done) == ["satisfied" if called else "time_limit"]
    assert [(event.decision, event.reason) for event in done.facts(ApprovalDecided)] == [("withdrawn", "case_closed")]
    assert done.ticket().timers() == ()


@pytest.mark.rule("DSP-04", "INT-15")
def test_a_withdrawn_case_takes_it_back(done: Office) -> None:
    done.withdrawn(NOW + timedelta(hours=1))
    assert closed(done) == ["withdrawn"]
    assert [(event.decision, event.reason) for event in done.facts(ApprovalDecided)] == [
        ("withdrawn", "case_withdrawn")
    ]


@pytest.mark.rule("DSP-04", "FUP-01", "WAR-24")
@pytest.mark.parametrize("redrafted", [True, False])
@pytest.mark.parametrize("another", [True, False])
def test_a_customer_who_is_not_satisfied_keeps_it_in_the_next_round(
    done: Office, *, redrafted: bool, another: bool
) -> None:
    """Given a claim for what one round's contractor ruined, then it is recovered from that one in the next round too:
    whether that has a contractor yet, or another one, and whether the claim is drafted anew.
    """
    done.called_back(satisfied=False)
    assert (done.ticket().round, done.due("compensation_approval")) == (2, DUE)
    if another:
        done.covered(round_=2, contractor_id="rescue_co", contract_id="k2")
    if redrafted:
        done.approve("centre_head", "compensation", "returned", reason="too_dear")
        done.accepted("propose-plan", actor=person("agent1"), desk="service_centre", claim=CLAIM)
    decide(done)
    done.accepted("answer-plan", accepted=True)
    assert [(event.round, event.contract_id) for event in done.facts(CompensationAgreed)] == [(2, "k1")]


@pytest.mark.rule("DSP-04", "INT-02", "WAR-24")
def test_nothing_is_recovered_from_whose_order_was_taken_back(office: Office) -> None:
    """Given a claim that is before the offices when the trade is corrected, then who is called instead pays."""
    office.open_repair()
    office.covered()
    office.accepted("propose-plan", actor=person("agent1"), desk="service_centre", claim=CLAIM)
    amended(office, trade="electrical")
    office.covered(contractor_id="lights_co", contract_id="k2")
    decide(office)
    office.accepted("answer-plan", accepted=True)
    assert [event.contract_id for event in office.facts(CompensationAgreed)] == ["k2"]


@pytest.mark.rule("DSP-04")
def test_a_plan_without_compensation_ends_with_the_work(office: Office) -> None:
    office.open_repair()
    office.covered()
    office.accepted("propose-plan", actor=person("agent1"), desk="service_centre")
    office.accepted("finish", actor=BUILDER)
    assert [event.decision for event in office.facts(ApprovalDecided)] == ["withdrawn"]
    office.called_back(satisfied=True)
    assert closed(office) == ["satisfied"]


@pytest.mark.rule("DSP-04", "DSP-20", "INT-06")
def test_a_case_that_rises_after_the_work_tells_who_may_sign(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a policy that tells of levels 1 and 2, when a case rises while its claim is before an office, then who may
    sign is told, and its former handler of nothing.
    """
    terms = terms_of(shipped_policy().policy("2000.1"), "Asia/Shanghai")
    for kind in ("approval", "assignment"):
        monkeypatch.setitem(terms.notices, kind, NoticeRule(frozenset({1, 2}), frozenset({1, 2})))
    office.open_repair()
    office.covered()
    office.accepted("propose-plan", actor=person("agent1"), desk="service_centre", claim=CLAIM)
    office.accepted("finish", actor=BUILDER)
    assert office.facts(StaffNotified) == []
    office.hear(graded(2, office.now, reasons=("publication_threatened",)))
    told = [(event.kind, event.about, event.level) for event in office.facts(StaffNotified)]
    assert told == [("approval", "compensation", 2)]


@pytest.mark.rule("DSP-04", "DSP-20")
@pytest.mark.parametrize("reopened", [True, False])
def test_a_notice_of_it_that_nobody_has_read_goes_on(office: Office, *, reopened: bool) -> None:
    """Given a case that is urgent by its age, then the end of the work does not read what an office is to read, nor
    does another round.
    """
    office.open_repair()
    office.covered()
    office.until(local("2026-03-18 09:30"))
    office.accepted("propose-plan", actor=person("agent1"), desk="service_centre", claim=CLAIM)
    (unread,) = [one for one in office.ticket().notices if one.kind == "approval"]
    office.accepted("finish", actor=BUILDER)
    assert [one.about for one in office.ticket().notices] == ["compensation"]
    if reopened:
        office.called_back(satisfied=False)
        assert [one.about for one in office.ticket().notices if one.kind == "approval"] == ["compensation"]
    office.accepted("read-notice", actor=person(unread.people[0]), number=unread.number)
    assert unread.number not in {one.number for one in office.ticket().notices}
