"""Each deadline is kept one second before it is due and at that instant, and missed one second later (ORG-04)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linli_contracts.events.dispatch import (
    ContractorArrived,
    DeadlineMissed,
    RepairDone,
    TicketEscalated,
    TicketResolved,
)
from linli_dispatch.domain.terms import terms_of
from linli_dispatch.domain.ticket import Ticket
from linli_rulebook import ChannelKind, passing_on_due
from linli_testkit.facts import shipped_policy

from services.dispatch.tests.office import CASE, SECOND, Office, graded, local

Stop = Callable[[Office, datetime], object]


def engineering(office: Office) -> None:
    office.open(category="engineering_quality")


def passed_on(office: Office) -> None:
    engineering(office)
    office.accepted("pass-on", at=local("2026-03-10 10:00"))


def notified(office: Office) -> None:
    office.open_repair()
    office.covered(local("2026-03-10 10:00"))


# What stops each clock: the deadline, its due instant by hand, and how it is done.
DEADLINES: dict[str, tuple[Callable[[Office], object], str, str]] = {
    "passing_on": (engineering, "2026-03-10 10:30", "pass-on"),
    "department_answer": (passed_on, "2026-03-11 10:00", "answer"),
    "customer_report": (lambda office: office.open(), "2026-03-13 17:30", "report"),
    "completion": (lambda office: office.open(), "2026-03-17 09:30", "resolve"),
    "arrival": (notified, "2026-03-11 10:00", "arrive"),
}


@pytest.mark.rule("ORG-04", "INT-08", "DSP-02", "DSP-03", "DSP-10")
@pytest.mark.parametrize("clock", DEADLINES)
@pytest.mark.parametrize(("late_by", "missed"), [(-1, 0), (0, 0), (1, 1), (3600, 1)])
def test_done_at_the_due_instant_is_kept_and_one_second_later_is_missed(
    office: Office, clock: str, late_by: int, missed: int
) -> None:
    prepare, due_text, command = DEADLINES[clock]
    prepare(office)
    due = local(due_text)
    assert office.due(clock) == due
    office.accepted(command, at=due + late_by * SECOND)
    told = [event for event in office.facts(DeadlineMissed) if event.clock == clock]
    assert [(event.due_at, event.case_id, event.round) for event in told] == [(due, CASE, 1)] * missed
    ticket = office.ticket()
    assert (ticket.kept.get(clock, 0), ticket.missed.get(clock, 0)) == (1 - missed, missed)
    assert clock not in ticket.overdue
    assert [row.values["clock"] for row in office.rows if row.values["clock"] == clock] == [clock] * missed


@pytest.mark.rule("ORG-04", "DSP-06")
@pytest.mark.parametrize("clock", DEADLINES)
def test_a_deadline_that_nobody_keeps_is_missed_one_second_after_it_is_due_and_once(office: Office, clock: str) -> None:
    prepare, due_text, _ = DEADLINES[clock]
    prepare(office)
    due = local(due_text)

    def misses() -> int:
        return sum(event.clock == clock and event.due_at == due for event in office.facts(DeadlineMissed))

    office.until(due + SECOND - timedelta(microseconds=1))
    assert misses() == 0
    office.until(due + SECOND)
    assert misses() == 1
    assert clock in office.ticket().overdue
    office.until(due + timedelta(days=60))
    assert misses() == 1


@pytest.mark.rule("INT-08")
def test_a_repair_is_passed_on_by_its_assignment(office: Office) -> None:
    ticket = office.open_repair()
    assert ticket.passed_on_at == office.now
    assert "passing_on" not in {clock.name for clock in ticket.clocks}


@pytest.mark.rule("INT-08")
def test_an_emergency_reaches_the_desk_within_4_hours_at_night_too(office: Office) -> None:
    at = local("2026-03-14 01:00")  # a Saturday: else by 24:00
    office.open(at, category="engineering_quality", emergency=True)
    assert office.due("passing_on") == at + timedelta(hours=4)


@pytest.mark.rule("INT-08")
@pytest.mark.parametrize(("level", "due"), [(1, "2026-03-14 05:00"), (2, "2026-03-15 00:00")])
def test_a_major_matter_reaches_the_desk_within_4_hours_too(office: Office, level: int, due: str) -> None:
    office.open(local("2026-03-14 01:00"), level=level, category="engineering_quality")
    assert office.due("passing_on") == local(due)


@pytest.mark.rule("DSP-02")
def test_only_the_hours_of_working_dates_count_for_a_department(office: Office) -> None:
    office.open(local("2026-03-13 15:00"), category="engineering_quality")  # a Friday
    office.accepted("pass-on", at=local("2026-03-13 15:30"))
    assert office.due("department_answer") == local("2026-03-16 15:30")


@pytest.mark.rule("DSP-02", "ORG-03")
def test_a_department_need_not_answer_over_national_day_week(office: Office) -> None:
    office.open(local("2026-09-30 16:00"), category="engineering_quality")
    office.accepted("pass-on", at=local("2026-09-30 16:30"))
    assert office.due("department_answer") == local("2026-10-08 16:30")


@pytest.mark.rule("DSP-02")
def test_a_level_2_case_has_no_clock_for_the_department_but_takes_its_answer(office: Office) -> None:
    office.open(level=2, category="engineering_quality")
    office.accepted("pass-on")
    assert "department_answer" not in {clock.name for clock in office.ticket().clocks}
    office.accepted("answer")
    assert office.refused("answer") == "no-answer-owed"


@pytest.mark.rule("DSP-03")
def test_every_report_sets_the_next_date(office: Office) -> None:
    office.open()
    office.accepted("report", at=local("2026-03-12 10:00"))
    assert office.due("customer_report") == local("2026-03-17 17:30")
    named = local("2026-03-16 12:00")
    office.accepted("report", at=local("2026-03-13 10:00"), next_report_by=named)
    assert office.due("customer_report") == named
    assert office.refused("report", next_report_by=local("2026-03-18 17:30:01")) == "report-too-late"
    assert office.refused("report", next_report_by=office.now) == "report-too-late"
    latest = local("2026-03-18 17:30")
    office.accepted("report", next_report_by=latest)
    assert office.due("customer_report") == latest
    assert office.ticket().kept == {"passing_on": 1, "customer_report": 3}


@pytest.mark.rule("DSP-03", "DSP-19")
def test_a_missed_report_comes_back_each_time_later(office: Office) -> None:
    office.open()
    office.until(local("2026-03-13 17:30:01"))
    first = office.now
    assert office.due("customer_report") == first + timedelta(days=7)
    office.until(first + timedelta(days=7) + SECOND)
    assert office.due("customer_report") == office.now + timedelta(days=14)
    office.accepted("report", at=office.now + timedelta(hours=1))
    ticket = office.ticket()
    assert (ticket.missed["customer_report"], ticket.kept.get("customer_report", 0)) == (2, 0)
    assert "customer_report" not in ticket.overdue
    assert office.due("customer_report") < office.now + timedelta(days=7)


@pytest.mark.rule("DSP-03")
def test_a_completion_deadline_that_came_with_the_request_counts_instead_of_the_policys(office: Office) -> None:
    promised = local("2026-06-01 12:00")
    office.open(complete_by=promised)
    assert office.due("completion") == promised
    office.accepted("resolve", at=promised)
    assert office.facts(TicketResolved)[-1].in_time
    office.called_back(satisfied=False)
    assert office.due("completion") == promised + timedelta(days=7)


@pytest.mark.rule("DSP-03", "DSP-06")
def test_a_wait_for_the_customer_moves_the_deadline_that_came_with_the_request(office: Office) -> None:
    promised = local("2026-06-01 12:00")
    office.open(complete_by=promised)
    office.accepted("wait", until=office.now + timedelta(days=2))
    office.until(office.now + timedelta(days=2))
    assert office.due("completion") == promised + timedelta(days=2)


@pytest.mark.rule("DSP-03", "ORG-04")
@pytest.mark.parametrize(
    ("due_after", "done_after", "missed"),
    [
        (3600, 3599, 0),
        (3600, 3600, 0),
        (3600, 3601, 1),
        (0, 0, 0),  # due, and done, in the second in which it came
        (0, 1, 1),
        (1, 0, 0),
        (-1, 0, 1),  # due before it came
        (-86_400 * 30, 0, 1),
        (-86_400 * 30, 86_400 * 30, 1),
    ],
)
def test_what_a_file_says_about_its_deadline_is_what_is_counted(
    office: Office, due_after: int, done_after: int, missed: int
) -> None:
    office.open(complete_by=office.now + due_after * SECOND)
    due = office.now + due_after * SECOND
    office.accepted("pass-on", desk="engineering")
    office.accepted("resolve", at=office.now + done_after * SECOND)
    told = [event.due_at for event in office.facts(DeadlineMissed) if event.clock == "completion"]
    assert told == [due] * missed
    assert office.facts(TicketResolved)[-1].in_time is not bool(missed)
    ticket = office.ticket()
    assert (ticket.kept.get("completion", 0), ticket.missed.get("completion", 0)) == (1 - missed, missed)


@pytest.mark.rule("DSP-03")
@pytest.mark.parametrize(("late_by", "in_time"), [(0, True), (1, False)])
def test_a_resolution_says_whether_it_was_in_time(office: Office, late_by: int, *, in_time: bool) -> None:
    office.open()
    office.accepted("resolve", at=office.due("completion") + late_by * SECOND)
    assert office.facts(TicketResolved)[-1].in_time is in_time


@pytest.mark.rule("DSP-10", "DSP-06")
@pytest.mark.parametrize(("late_by", "in_time"), [(-1, True), (0, True), (1, False)])
def test_the_orders_date_is_the_deadline_of_completion(office: Office, late_by: int, *, in_time: bool) -> None:
    notified(office)
    finish_by = local("2026-03-17 10:00")
    assert office.due("completion") == finish_by
    office.accepted("arrive", at=local("2026-03-11 10:00"))
    assert not office.facts(ContractorArrived)[-1].late
    office.accepted("finish", at=finish_by + late_by * SECOND)
    ticket = office.ticket()
    assert (ticket.kept.get("completion", 0), ticket.missed.get("completion", 0)) == (int(in_time), int(not in_time))
    assert office.facts(RepairDone)[-1].in_time is in_time


@pytest.mark.rule("DSP-10", "DSP-06")
def test_only_waits_since_the_notice_move_the_orders_date(office: Office) -> None:
    office.open_repair()
    office.accepted("wait", at=local("2026-03-10 09:40"), until=local("2026-03-10 09:50"))
    office.covered(local("2026-03-10 10:00"))
    office.accepted("wait", at=local("2026-03-11 09:30"), until=local("2026-03-12 09:30"))
    office.until(local("2026-03-12 09:30"))
    assert office.due("completion") == local("2026-03-18 10:00")


@pytest.mark.rule("DSP-10", "DSP-14")
def test_a_replacement_has_its_own_date(office: Office) -> None:
    notified(office)
    office.until(local("2026-03-11 14:00:01"))
    office.reentrust(1)
    assert office.due("completion") == local("2026-03-18 14:00:01")


@pytest.mark.rule("DSP-02", "INT-08")
@settings(max_examples=300, deadline=None)
@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - made aware
    channel=st.sampled_from(["phone", "email", "other"]),
)
def test_who_passes_on_in_time_has_sent_the_form_in_time(at: datetime, channel: ChannelKind) -> None:
    """So one clock watches both: one working day (DSP-02) is never shorter than the hours of INT-08."""
    terms = terms_of(shipped_policy().policy("2000.1"), "Asia/Shanghai")
    form = terms.departments.due(at, terms.policy.span("dispatch.forward_to_department_within"))
    assert passing_on_due(at, channel, terms.departments, terms.policy).at <= form.at


@pytest.mark.rule("ORG-04")
def test_a_deadline_over_an_unpublished_year_is_marked(office: Office) -> None:
    office.open(local("2027-03-09 09:30"))
    office.accepted("assess", finding="justified")
    office.until(local("2027-03-13 00:00"))
    missed = office.facts(DeadlineMissed)[0]
    assert (missed.clock, missed.provisional, missed.rule) == ("customer_report", True, "DSP-03")


@pytest.mark.rule("ORG-04")
@pytest.mark.parametrize("touched", [True, False])
def test_a_provisional_deadline_is_worked_out_again_once_the_year_is_published(
    office: Office, *, touched: bool
) -> None:
    office.open()
    office.accepted("assess", finding="justified")
    due = office.due("customer_report")
    before = office.ticket()
    # As it was counted before the year was published: a day earlier, and marked.
    clocks = (replace(before.clocks[0], due_at=due - timedelta(days=1), provisional=True), *before.clocks[1:])
    office.states[Ticket, CASE] = before.model_copy(update={"clocks": clocks})
    assert clocks[0].name == "customer_report"
    if touched:
        office.hear(graded(3, office.now))
    else:
        office.until(due - timedelta(days=1) + SECOND)
    assert office.due("customer_report") == due
    assert not any(clock.provisional for clock in office.ticket().clocks)
    office.until(due)
    assert office.facts(DeadlineMissed) == []
    office.until(due + SECOND)
    assert [(event.clock, event.due_at) for event in office.facts(DeadlineMissed)] == [("customer_report", due)]


@pytest.mark.rule("DSP-03", "DSP-06")
def test_regrading_lengthens_completion_and_a_fall_does_not_take_the_time_back(office: Office) -> None:
    office.open()
    received_at = office.now
    office.hear(graded(3, office.now), at=local("2026-03-12 09:00"))
    assert office.due("completion") == received_at + timedelta(days=30)
    office.hear(graded(4, office.now, reasons=("mistaken",)), at=local("2026-03-20 09:00"))
    assert office.due("completion") == received_at + timedelta(days=30)
    assert not [event for event in office.facts(TicketEscalated) if event.because == "completion"]
