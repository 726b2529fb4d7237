"""The first assessment is told to the customer within 24 hours; feedback online is answered within 24 (INT-09)."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    CaseAssessed,
    CustomerReported,
    DeadlineApproached,
    DeadlineMissed,
    TicketEscalated,
)
from linli_contracts.events.messages import MessageRequested
from linli_dispatch.domain.ticket import Ticket
from linli_runtime.reads import Reads
from linli_testkit.tables import keep

from services.dispatch.tests.conftest import SQL
from services.dispatch.tests.office import NOW, SECOND, Office, graded, local, person, received

DAY = timedelta(hours=24)
TOLD: dict[str, dict[str, Any]] = {"assess": {"finding": "to_be_examined"}, "report": {}, "resolve": {}}
"""What tells the customer of the first assessment, or more than that."""


def missed(office: Office, clock: str) -> int:
    return sum(event.clock == clock for event in office.facts(DeadlineMissed))


@pytest.mark.rule("INT-09", "ORG-04")
@pytest.mark.parametrize("command", TOLD)
@pytest.mark.parametrize(("late_by", "late"), [(-1, 0), (0, 0), (1, 1)])
def test_the_customer_is_told_within_24_hours_of_receipt(office: Office, command: str, late_by: int, late: int) -> None:
    office.open(local("2026-03-13 17:00"))  # a Friday: the hours count, no calendar
    due = local("2026-03-14 17:00")
    assert office.due("first_assessment") == due
    office.accepted(command, at=due + late_by * SECOND, **TOLD[command])
    ticket = office.ticket()
    assert (ticket.kept.get("first_assessment", 0), missed(office, "first_assessment")) == (1 - late, late)
    assert "first_assessment" not in {*ticket.overdue, *(clock.name for clock in ticket.clocks)}


@pytest.mark.rule("INT-09", "DSP-06", "DSP-20")
def test_a_miss_is_warned_of_told_and_counted_and_takes_no_step_of_the_ladder(office: Office) -> None:
    office.open()
    office.until(NOW + DAY * 4 / 5 - SECOND)
    assert office.facts(DeadlineApproached) == []
    office.until(NOW + DAY * 4 / 5)
    assert [(event.clock, event.person_ids) for event in office.facts(DeadlineApproached)] == [
        ("first_assessment", ("agent1",))
    ]
    office.until(NOW + DAY + SECOND)
    assert [(event.clock, event.due_at, event.rule) for event in office.facts(DeadlineMissed)] == [
        ("first_assessment", NOW + DAY, "INT-09")
    ]
    assert "first_assessment" in office.ticket().overdue
    assert office.facts(TicketEscalated) == []
    assert [row.values["clock"] for row in office.rows] == ["first_assessment"]


@pytest.mark.rule("INT-09", "DSP-03")
def test_the_assessment_alone_is_no_report(office: Office) -> None:
    office.open()
    report_due = office.due("customer_report")
    office.accepted("assess", finding="unjustified", at=NOW + DAY)
    (assessed,) = office.facts(CaseAssessed)
    assert (assessed.finding, assessed.assessed_at, assessed.round) == ("unjustified", NOW + DAY, 1)
    assert office.facts(CustomerReported) == []
    assert office.due("customer_report") == report_due
    assert office.refused("assess", finding="justified") == "already-assessed"


@pytest.mark.rule("INT-09", "DSP-03", "INT-16")
def test_whoever_asked_is_told_when_the_answer_comes(office: Office) -> None:
    office.open(kind="consultation")
    assert office.refused("assess", finding="justified") == "answer-date-missing"
    latest = local("2026-03-13 17:30")
    for wrong in (NOW, latest + SECOND):
        assert office.refused("assess", finding="justified", next_report_by=wrong) == "report-too-late"
    office.accepted("assess", finding="justified", next_report_by=latest)
    assert office.due("customer_report") == latest
    assert [event.next_report_by for event in office.facts(CustomerReported)] == [latest]
    assert [(event.about, event.by_at) for event in office.facts(MessageRequested)] == [("new_date", latest)]


@pytest.mark.rule("INT-09", "ORG-04")
@pytest.mark.parametrize(("late_by", "late"), [(-1, 0), (0, 0), (1, 1)])
def test_feedback_online_is_answered_within_24_hours(office: Office, late_by: int, late: int) -> None:
    office.open(kind="suggestion", channel="app")
    office.accepted("assess", finding="justified", at=NOW + timedelta(hours=1))
    assert office.due("feedback_answer") == NOW + DAY
    office.accepted("report", at=NOW + DAY + late_by * SECOND)
    assert missed(office, "feedback_answer") == late
    assert office.ticket().kept.get("feedback_answer", 0) == 1 - late
    assert office.facts(TicketEscalated) == []


@pytest.mark.rule("INT-09", "LOY-09")
@pytest.mark.parametrize(
    ("fields", "feedback"),
    [
        ({"kind": "praise", "channel": "chat"}, True),
        ({"kind": "complaint", "channel": "social_media"}, True),
        ({"kind": "suggestion", "channel": "hotline"}, False),
        ({"kind": "repair", "channel": "app"}, False),
        ({"kind": "suggestion", "channel": "hotline", "member": True}, True),
        ({"kind": "complaint", "channel": "letter", "member": True}, True),
        ({"kind": "repair", "channel": "hotline", "member": True}, False),
    ],
)
def test_what_is_feedback_online_or_of_a_member(office: Office, fields: dict[str, Any], *, feedback: bool) -> None:
    office.open(**fields)
    names = {clock.name for clock in office.ticket().clocks}
    assert ("feedback_answer" in names, "first_assessment" in names) == (feedback, True)


@pytest.mark.rule("INT-09", "DSP-01")
def test_an_answer_in_person_tells_the_customers(office: Office) -> None:
    office.open(level=2, people=3, channel="app")
    office.hear(graded(2, office.now, reasons=("published",)).model_copy(update={"people": 3}))
    assert office.refused("assess", finding="justified") == "answer-in-person-first"
    office.accepted("answer-in-person", actor=person("centre_head"), at=NOW + DAY)
    assert office.ticket().kept["first_assessment"] == office.ticket().kept["feedback_answer"] == 1


@pytest.mark.rule("INT-09", "FUP-01")
def test_a_reopened_case_was_assessed_when_it_was_received(office: Office) -> None:
    office.open(channel="app")
    office.accepted("resolve")
    office.called_back(satisfied=False)
    assert office.ticket().round == 2
    assert not {"first_assessment", "feedback_answer"} & {clock.name for clock in office.ticket().clocks}
    assert office.refused("assess", finding="justified") == "already-assessed"


@pytest.mark.rule("INT-09", "ORG-04")
def test_what_is_opened_too_late_misses_it_when_it_opens_and_stays_owed(office: Office) -> None:
    office.hear(received(NOW - DAY - 2 * SECOND))
    office.hear(graded(4, NOW))
    assert missed(office, "first_assessment") == 1
    office.until(NOW + timedelta(days=2))
    assert missed(office, "first_assessment") == 1
    assert "first_assessment" in office.ticket().overdue
    office.accepted("assess", finding="justified")
    assert "first_assessment" not in office.ticket().overdue


@pytest.mark.rule("INT-09", "ORG-02")
async def test_a_ticket_of_before_owes_no_first_assessment(reads: Reads, office: Office) -> None:
    """Given open tickets stored before the clock was known, when the migration ran, then it does not start."""
    office.open()
    office.open(case_id="xh01.c2", level=3)
    office.accepted("resolve", case_id="xh01.c2", how="standard_answer", consented=True)
    await keep(reads, office.states.values(), office.rows)
    await reads.pool.execute("UPDATE ticket SET state = state - 'assessed_at' - 'first_report_at' - 'feedback'")
    await reads.pool.execute((SQL / "migrations" / "0019_first_assessments.sql").read_text("utf-8"))
    rows = await reads.pool.fetch("SELECT state::text AS state FROM ticket ORDER BY id")
    stored, closed = (Ticket.model_validate_json(row["state"]) for row in rows)
    assert (stored.assessed_at, closed.assessed_at) == (NOW, None)
    office.states[Ticket, stored.id] = stored
    office.hear(graded(3, office.now))
    assert "first_assessment" not in {clock.name for clock in office.ticket().clocks}
    office.until(NOW + timedelta(days=40))
    assert missed(office, "first_assessment") == 0
