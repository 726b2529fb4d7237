"""What a callback found closes the case or opens its next round; one about an earlier state changes nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import CoverageAsked, TicketAssigned, TicketClosed, TicketReopened, TicketResolved
from linli_dispatch.domain.group.places import Workload

from services.dispatch.tests.office import NOW, SECOND, Office, local, received

DONE = local("2026-03-12 10:00")


def resolved(office: Office) -> None:
    office.open()
    office.accepted("resolve", at=DONE)


@pytest.mark.rule("FUP-01", "FUP-04", "INT-15")
@pytest.mark.parametrize(
    ("end", "how"),
    [
        (lambda office: office.called_back(satisfied=True), "satisfied"),
        (lambda office: office.unreachable(), "unreachable"),
        (lambda office: office.withdrawn(), "withdrawn"),
        (lambda office: office.until(local("2026-04-12 10:00")), "time_limit"),
    ],
)
def test_a_completed_case_is_closed_by_one_right_and_once(
    office: Office, end: Callable[[Office], object], how: str
) -> None:
    resolved(office)
    for _ in range(2):
        end(office)
        (closed,) = office.facts(TicketClosed)
        assert (closed.how, closed.received_at, closed.level) == (how, NOW, 4)
    assert office.ticket().status == "closed"
    assert not tuple(office.ticket().timers())


@pytest.mark.rule("FUP-01")
def test_without_a_callback_the_case_closes_one_month_after_completion_not_before(office: Office) -> None:
    resolved(office)
    office.until(local("2026-04-12 09:59:59"))
    assert office.ticket().status == "completed"
    office.until(local("2026-04-12 10:00"))
    assert office.facts(TicketClosed)[0].closed_at == local("2026-04-12 10:00")


@pytest.mark.rule("FUP-01", "ORG-04")
def test_an_answer_at_the_very_end_of_the_month_counts(office: Office) -> None:
    resolved(office)
    office.called_back(local("2026-04-12 10:00"), satisfied=False)
    assert office.ticket().round == 2


@pytest.mark.rule("FUP-01", "DSP-05")
def test_unsatisfied_opens_the_next_round_of_the_same_case(office: Office) -> None:
    office.open(category="engineering_quality")
    office.accepted("pass-on")
    office.accepted("answer")
    office.accepted("resolve", at=DONE)
    reopened = local("2026-03-14 10:00")  # a Saturday
    office.called_back(reopened, satisfied=False)
    (told,) = office.facts(TicketReopened)
    ticket = office.ticket()
    assert (told.round, told.reopened_at, ticket.round, ticket.status) == (2, reopened, 2, "open")
    assert office.facts(TicketAssigned)[-1].round == 2
    assert office.due("customer_report") == local("2026-03-18 17:30")
    assert office.due("completion") == reopened + timedelta(days=30)
    assert office.due("passing_on") == local("2026-03-15 00:00")
    assert office.refused("answer") == "no-answer-owed"
    office.accepted("pass-on")
    assert office.due("department_answer") == local("2026-03-17 00:00")
    office.accepted("resolve")
    office.called_back(satisfied=True, round_=2)
    assert office.facts(TicketClosed)[0].round == 2


@pytest.mark.rule("FUP-01", "DSP-03", "DSP-06")
def test_what_was_missed_or_waited_for_before_does_not_lengthen_the_next_round(office: Office) -> None:
    office.open()
    office.until(local("2026-03-18 10:00"))  # the report, then completion were missed; by age it is level 2
    assert (office.ticket().reports_missed, office.ticket().level) == (1, 2)
    office.accepted("resolve")
    reopened = local("2026-03-19 10:00")
    office.called_back(reopened, satisfied=False)
    assert office.due("customer_report") == local("2026-03-24 17:30")
    assert office.due("completion") == reopened + timedelta(days=7)


@pytest.mark.rule("FUP-01", "DSP-10")
def test_a_reopened_repair_asks_warranty_again(office: Office) -> None:
    office.open_repair()
    office.covered()
    first = office.ticket().order
    office.accepted("finish", at=DONE)
    office.called_back(satisfied=False)
    assert [event.round for event in office.facts(CoverageAsked)] == [1, 2]
    assert (office.ticket().status, office.ticket().order) == ("coverage_asked", None)
    office.covered(round_=1)
    assert office.ticket().status == "coverage_asked"
    office.covered(round_=2)
    second = office.ticket().order
    assert first
    assert second
    assert first.order_id != second.order_id


@pytest.mark.rule("FUP-01")
@pytest.mark.parametrize("satisfied", [True, False])
def test_a_callback_of_an_earlier_round_changes_nothing_and_says_so(office: Office, *, satisfied: bool) -> None:
    resolved(office)
    office.called_back(satisfied=False)
    office.accepted("resolve", at=DONE + SECOND)
    before, told = office.ticket(), list(office.told)
    outcome = office.called_back(satisfied=satisfied, round_=1)
    assert (office.ticket(), office.told) == (before, told)
    assert "nothing changes" in office.reasons[-1].what
    assert getattr(outcome, "save", None) == ()


@pytest.mark.rule("FUP-01", "DSP-02", "INT-10")
@pytest.mark.parametrize(
    ("kind", "body", "how", "status"),
    [
        ("consultation", {"how": "standard_answer"}, "standard_answer", "closed"),
        ("complaint", {"how": "standard_answer", "consented": True}, "standard_answer", "closed"),
        ("complaint", {"how": "standard_answer"}, "handled", "completed"),
        ("consultation", {"how": "handled"}, "handled", "completed"),
        ("complaint", {"how": "handled", "consented": True}, "handled", "completed"),
    ],
)
def test_a_standard_answer_closes_a_consultation_or_with_consent(
    office: Office, kind: str, body: dict[str, Any], how: str, status: str
) -> None:
    office.open(kind=kind)
    office.accepted("resolve", **body)
    assert office.facts(TicketResolved)[0].how == how
    assert office.ticket().status == status
    assert [event.how for event in office.facts(TicketClosed)] == (["standard_answer"] if status == "closed" else [])
    assert office.ticket().kept == {"passing_on": 1, "first_assessment": 1, "customer_report": 1, "completion": 1}


@pytest.mark.rule("DSP-01", "DSP-02")
def test_a_crisis_is_not_settled_by_a_standard_answer(office: Office) -> None:
    office.open(level=2)
    assert office.refused("resolve", how="standard_answer", consented=True) == "no-standard-answer"


def loads(office: Office) -> dict[str, int]:
    """Who has how many open cases in hand."""
    workload = office.states.get((Workload, "xh01"), Workload(id="xh01"))
    assert isinstance(workload, Workload)
    return dict(workload.in_hand)


@pytest.mark.rule("INT-15")
@pytest.mark.parametrize(
    ("stage", "in_hand"),
    [
        ("received", {}),
        ("open", {"agent1": 1}),
        ("coverage_asked", {"fixer1": 1}),
        ("contractor_notified", {"fixer1": 1}),
    ],
)
def test_a_withdrawn_case_closes_at_any_stage_and_owes_nothing(
    office: Office, stage: str, in_hand: dict[str, int]
) -> None:
    if stage == "received":
        office.hear(received(office.now))
    elif stage == "open":
        office.open()
    else:
        office.open_repair()
        if stage == "contractor_notified":
            office.covered()
    assert office.ticket().status == stage
    assert loads(office) == in_hand
    kept = dict(office.ticket().kept)
    office.withdrawn()
    assert office.facts(TicketClosed)[0].how == "withdrawn"
    assert (office.ticket().kept, office.ticket().missed) == (kept, {})
    assert loads(office) == {}
    office.until(office.now + timedelta(days=90))
    assert office.fired == 0
    for command in ("report", "resume", "resolve"):
        assert office.refused(command) == "not-in-hand"


@pytest.mark.rule("DSP-19")
def test_an_unknown_case_is_refused(office: Office) -> None:
    assert office.refused("resolve", case_id="xh01.nowhere") == "ticket-not-found"
    assert office.refused("resolve", case_id="elsewhere.c1") == "ticket-not-found"
