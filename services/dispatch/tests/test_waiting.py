"""Waiting for the customer pauses the age and completion clocks, and only those; it is dated and ends by itself."""

from datetime import timedelta

import pytest
from linli_contracts.events.dispatch import DeadlineMissed, TicketResumed, TicketWaiting

from services.dispatch.tests.office import NOW, SECOND, Office, local

PAUSED = {"completion", "age_level_2", "age_level_1"}


def running(office: Office) -> set[str]:
    return {clock.name for clock in office.ticket().clocks}


@pytest.mark.rule("DSP-06", "DSP-19")
def test_a_wait_pauses_age_and_completion_and_nothing_else(office: Office) -> None:
    office.open()
    office.accepted("assess", finding="justified")
    before = running(office)
    office.accepted("wait", at=local("2026-03-11 09:30"), until=local("2026-03-20 09:30"), reason="key_missing")
    assert before - running(office) == PAUSED
    assert office.facts(TicketWaiting)[0].reason == "key_missing"
    office.until(local("2026-03-20 09:29:59"))
    assert [event.clock for event in office.facts(DeadlineMissed)] == ["customer_report"]
    assert office.ticket().level == 4


@pytest.mark.rule("DSP-06")
def test_the_paused_deadlines_move_by_the_time_waited(office: Office) -> None:
    office.open()
    office.accepted("wait", at=local("2026-03-11 09:30"), until=local("2026-03-20 09:30"))
    office.accepted("resume", at=local("2026-03-13 10:00:07"))
    waited = timedelta(days=2, minutes=30, seconds=7)
    assert office.due("completion") == NOW + timedelta(days=7) + waited
    assert office.due("age_level_2") == NOW + timedelta(days=7) + waited
    assert office.due("age_level_1") == local("2026-04-10 09:30") + waited
    assert office.due("customer_report") == local("2026-03-13 17:30")


@pytest.mark.rule("DSP-06", "DSP-19")
def test_a_wait_ends_by_itself_on_its_date(office: Office) -> None:
    office.open()
    end = local("2026-03-12 09:30")
    office.accepted("wait", at=local("2026-03-11 09:30"), until=end)
    office.until(end)
    assert office.facts(TicketResumed)[0].resumed_at == end
    assert office.due("completion") == NOW + timedelta(days=8)


@pytest.mark.rule("DSP-06")
def test_a_wait_of_an_earlier_round_counts_for_the_age_but_not_for_the_new_completion(office: Office) -> None:
    office.open()
    office.accepted("wait", at=local("2026-03-11 09:30"), until=local("2026-03-12 09:30"))
    office.accepted("resolve", at=local("2026-03-12 10:00"))
    reopened = local("2026-03-14 10:00")
    office.called_back(reopened, satisfied=False)
    assert office.due("completion") == reopened + timedelta(days=7)
    assert office.due("age_level_2") == NOW + timedelta(days=8)


@pytest.mark.rule("DSP-06", "DSP-03")
def test_completed_while_waiting_is_kept(office: Office) -> None:
    office.open()
    office.accepted("wait", until=local("2026-03-30 09:30"))
    office.accepted("resolve", at=local("2026-03-29 09:30"))
    assert office.ticket().kept["completion"] == 1
    assert office.ticket().wait is None
    assert len(office.facts(TicketResumed)) == 1


@pytest.mark.rule("ORG-04")
def test_a_wait_that_begins_too_late_saves_nothing(office: Office) -> None:
    office.open()
    office.accepted("wait", at=NOW + timedelta(days=7) + SECOND, until=local("2026-03-30 09:30"))
    assert office.ticket().missed["completion"] == 1
    assert office.ticket().level == 2


@pytest.mark.rule("DSP-06")
def test_refusals(office: Office) -> None:
    office.open()
    assert office.refused("resume") == "not-waiting"
    assert office.refused("wait", until=office.now) == "wait-not-ahead"
    assert office.refused("wait", until=office.now + timedelta(days=30) + SECOND) == "wait-not-ahead"
    office.accepted("wait", until=office.now + timedelta(days=30))
    assert office.refused("wait", until=office.now + SECOND) == "already-waiting"


@pytest.mark.rule("DSP-06", "OPS-04")
def test_many_waits_add_up_without_piling_up(office: Office) -> None:
    office.open()
    sizes = []
    for _ in range(50):
        office.accepted("wait", at=office.now + timedelta(minutes=1), until=NOW + timedelta(days=6))
        office.accepted("resume", at=office.now + timedelta(minutes=1, microseconds=1))
        sizes.append(len(office.ticket().stored()))
    assert max(sizes) - min(sizes) < 40
    assert office.ticket().waited == timedelta(minutes=50, microseconds=50)
    assert office.due("completion") == NOW + timedelta(days=7, minutes=50, microseconds=50)
