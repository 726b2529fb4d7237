"""What turns out of another level or kind is counted anew from its history; nothing is late before that (DSP-06)."""

from typing import Any

import pytest
from linli_contracts.events.dispatch import DeadlineMissed, NoticeExhausted, StaffNotified, TicketEscalated

from services.dispatch.tests.office import HOUR, NOW, SECOND, Office, graded, local
from services.dispatch.tests.test_amending import QUALITY, amended, clocks

MATTER: dict[str, Any] = {"kind": "public_affairs", "category": "property_management", "subcategory": "decoration"}
NO_MATTER: dict[str, Any] = {"kind": "complaint", "category": "property_management", "subcategory": "noise"}


@pytest.mark.rule("INT-08", "DSP-06", "DSP-20", "ORG-02")
@pytest.mark.parametrize("how", ["graded", "amended"])
def test_what_turns_out_too_late_is_missed_then_and_climbs_from_then_on(office: Office, how: str) -> None:
    """Given a deadline that lies in the past by what is known now, then nobody was told or is late before now."""
    saturday = local("2026-03-14 01:00")
    office.open(saturday, **QUALITY)
    office.told.clear()
    at = saturday + 20 * HOUR
    if how == "graded":
        office.hear(graded(1, office.now, reasons=("published",)), at=at)
    else:
        amended(office, at, emergency=True)
    (missed,) = office.facts(DeadlineMissed)
    (step,) = office.facts(TicketEscalated)
    assert (missed.clock, missed.due_at) == ("passing_on", saturday + 4 * HOUR)
    assert (step.step, step.escalated_at, step.step_due_at) == ("owner", at, local("2026-03-16 17:30"))
    told = office.facts(StaffNotified)
    assert {(one.notified_at, one.read_by) for one in told if one.urgent} == {(at, at + HOUR / 2)}
    assert office.facts(NoticeExhausted) == []


@pytest.mark.rule("DSP-02", "INT-06")
def test_a_case_that_a_person_lowers_is_answered_by_the_department_that_has_it(office: Office) -> None:
    """Given a crisis that a department has, when it is one no more, then the hours count since it had the form."""
    office.open(level=2, **QUALITY)
    office.accepted("pass-on", at=NOW + HOUR)
    assert "department_answer" not in clocks(office)
    office.hear(graded(4, office.now, reasons=("lowered",)), at=NOW + 3 * HOUR)
    assert office.due("department_answer") == NOW + 25 * HOUR
    office.hear(graded(2, office.now, reasons=("published",)), at=NOW + 4 * HOUR)
    assert office.due("department_answer") == NOW + 25 * HOUR
    office.accepted("answer")
    assert office.ticket().kept["department_answer"] == 1


@pytest.mark.rule("DSP-02", "INT-06")
@pytest.mark.parametrize(("late_by", "missed"), [(0, 0), (1, 1)])
def test_an_answer_that_is_owed_too_late_is_missed_then(office: Office, late_by: int, missed: int) -> None:
    office.open(level=2, **QUALITY)
    office.accepted("pass-on", at=NOW + HOUR)
    office.hear(graded(4, office.now, reasons=("lowered",)), at=NOW + 25 * HOUR + late_by * SECOND)
    assert office.ticket().missed.get("department_answer", 0) == missed


@pytest.mark.rule("DSP-02", "DSP-17", "INT-02")
def test_a_department_owes_no_opinion_on_a_matter_and_one_on_what_turns_out_none(office: Office) -> None:
    """Given a complaint that the property department has, when it is a matter with a blueprint, and one no more."""
    office.open(**MATTER)
    office.accepted("pass-on", at=NOW + HOUR)
    assert "department_answer" not in clocks(office)
    amended(office, NOW + 2 * HOUR, **NO_MATTER)
    assert office.due("department_answer") == NOW + 25 * HOUR
    amended(office, NOW + 3 * HOUR, **MATTER)
    assert "department_answer" not in clocks(office)
    assert office.ticket().kept.get("department_answer", 0) == 0
    assert office.facts(DeadlineMissed) == []
