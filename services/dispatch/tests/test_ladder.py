"""Each missed deadline and each expired step takes the next step of the ladder, in order, once a round (DSP-06)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import DeadlineMissed, TicketEscalated
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.handlers import MAP
from linli_rulebook.decision import Decision
from linli_testkit.facts import context

from services.dispatch.tests.office import CASE, ROSTER, SECOND, Office, OfficeFacts, graded, local

FESTIVE = local("2026-02-12 09:30")
"""A Thursday; Saturday 14 February is worked, 15 to 23 February are off."""
STEPS = ["owner", "manager", "vp", "general_manager", "group"]


def steps(office: Office) -> list[tuple[str, str | None, str]]:
    return [(event.step, event.person_id, event.because) for event in office.facts(TicketEscalated)]


@pytest.mark.rule("DSP-06", "ORG-02")
def test_a_department_that_never_answers_is_climbed_over_step_by_step(office: Office) -> None:
    office.open(category="engineering_quality")  # Tuesday
    office.accepted("pass-on", at=local("2026-03-10 10:00"))
    office.until(local("2026-03-11 10:00:01"))
    assert steps(office) == [("owner", "s17", "department_answer")]
    first = office.facts(TicketEscalated)[0]
    assert (first.step_due_at, first.policy_version) == (local("2026-03-12 17:30"), "2000.1")
    office.until(local("2026-03-12 17:30"))
    assert len(steps(office)) == 1
    office.until(local("2026-03-12 17:30:01"))
    assert steps(office)[1:] == [("manager", "centre_head", "ladder_step")]


@pytest.mark.rule("DSP-06", "ORG-04")
@pytest.mark.parametrize("touched", [True, False])
def test_a_provisional_step_is_worked_out_again_once_the_year_is_published(office: Office, *, touched: bool) -> None:
    """Given a step whose limit was counted before the year was published: a day too short, when the year is, then the
    next step follows a second after the date that is right.
    """
    office.open(category="engineering_quality")
    office.accepted("pass-on", at=local("2026-03-10 10:00"))
    office.until(local("2026-03-11 10:00:01"))
    due, before = local("2026-03-12 17:30"), office.ticket()
    early = due - timedelta(days=1)
    counted = [
        replace(clock, due_at=early, provisional=True) if clock.name == "ladder_step" else clock
        for clock in before.clocks
    ]
    clocks = tuple(sorted(counted, key=lambda clock: clock.due_at))
    office.states[Ticket, CASE] = before.model_copy(update={"clocks": clocks})
    if touched:
        office.hear(graded(3, office.now))
    office.until(early + SECOND)
    assert (len(steps(office)), office.due("ladder_step")) == (1, due)
    assert not any(clock.provisional for clock in office.ticket().clocks)
    office.until(due)
    assert len(steps(office)) == 1
    office.until(due + SECOND)
    assert steps(office)[1:] == [("manager", "centre_head", "ladder_step")]


@pytest.mark.rule("DSP-06")
def test_a_step_ends_when_what_was_missed_is_put_right(office: Office) -> None:
    office.open(category="engineering_quality")
    office.accepted("pass-on", at=local("2026-03-10 12:00"))
    assert steps(office) == [("owner", "s17", "passing_on")]
    office.accepted("answer", at=local("2026-03-10 13:00"))
    office.accepted("report", at=local("2026-03-10 14:00"))
    office.until(local("2026-03-13 17:30"))
    assert len(steps(office)) == 1


@pytest.mark.rule("DSP-06", "DSP-19")
def test_nothing_done_climbs_to_the_top_once_and_further_misses_are_only_recorded(office: Office) -> None:
    office.open(category="engineering_quality")
    office.until(local("2026-09-10 09:30"))
    assert [step for step, _, _ in steps(office)] == STEPS
    assert [person for _, person, _ in steps(office)] == ["s17", "centre_head", "engineering_vp", "gm", "group_head"]
    top = office.facts(TicketEscalated)[-1].escalated_at
    later = [event.clock for event in office.facts(DeadlineMissed) if event.due_at > top]
    assert {"completion", "customer_report"} <= set(later)
    assert dict(office.ticket().steps_taken) == dict.fromkeys(STEPS, 1)
    assert office.ticket().clocks


@pytest.mark.rule("DSP-06")
def test_a_vacant_step_is_recorded_as_taken_and_the_next_follows_at_once() -> None:
    office = Office()
    office.found(without=["centre_head", "engineering_vp"])
    office.open(category="engineering_quality")
    office.until(local("2026-03-10 10:30:01"))
    office.until(local("2026-03-11 17:30:01"))
    assert steps(office) == [
        ("owner", "s17", "passing_on"),
        ("manager", None, "ladder_step"),
        ("vp", None, "ladder_step"),
        ("general_manager", "gm", "ladder_step"),
    ]
    assert [event.step_due_at is None for event in office.facts(TicketEscalated)] == [False, True, True, False]


@pytest.mark.rule("DSP-06", "DSP-20")
@pytest.mark.parametrize(
    ("deputy", "told"),
    [
        ("keeper", [("manager", "keeper")]),
        (None, [("manager", None), ("vp", "engineering_vp")]),
        ("gone", [("manager", None), ("vp", "engineering_vp")]),
    ],
)
def test_the_step_of_a_manager_who_is_away_goes_to_the_deputy_else_the_next_follows_at_once(
    office: Office, deputy: str | None, told: list[tuple[str, str | None]]
) -> None:
    office.accepted_of("roster-staff", estate_id="xh01", staff=[{**ROSTER[4], "staff_id": "gone"}])
    office.open(category="engineering_quality")
    away: dict[str, Any] = {"from_at": office.now, "until_at": office.now + timedelta(days=9)}
    for who, acts in (("centre_head", deputy), ("gone", None)):
        office.accepted_of("record-absence", estate_id="xh01", staff_id=who, deputy_id=acts, **away)
    office.until(local("2026-03-11 17:30:01"))
    assert [(step, person) for step, person, _ in steps(office)[1:]] == told


@pytest.mark.rule("DSP-06")
def test_a_ladder_without_anybody_ends() -> None:
    empty = Office()
    empty.found(without=["centre_head", "engineering_vp", "marketing_vp", "gm", "group_head"])
    empty.open(category="engineering_quality")
    empty.until(local("2026-03-20 10:30:01"))
    assert steps(empty)[0] == ("owner", "s17", "passing_on")
    assert [step for step, _, _ in steps(empty)] == STEPS
    assert all(person is None for _, person, _ in steps(empty)[1:])


@pytest.mark.rule("DSP-06", "DSP-19")
def test_a_case_that_nobody_handles_climbs_too() -> None:
    office = Office()
    office.found(without=[line["staff_id"] for line in ROSTER if line["staff_id"] not in {"engineering_vp", "gm"}])
    office.open(category="engineering_quality", at=local("2026-03-10 09:30"))
    assert office.ticket().handler_id == "engineering_vp"  # the next pool; nobody at all is below
    nobody = Office()
    nobody.found(without=[line["staff_id"] for line in ROSTER])
    nobody.open(category="engineering_quality")
    assert nobody.ticket().handler_id is None
    nobody.until(local("2026-03-10 10:30:01"))
    assert steps(nobody) == [("owner", "s17", "passing_on")]
    nobody.until(local("2026-03-11 17:30:01"))
    assert [(step, person) for step, person, _ in steps(nobody)[1:]] == [(step, None) for step in STEPS[1:]]
    assert nobody.ticket().clocks


@pytest.mark.rule("DSP-06", "OPS-03")
def test_after_forty_days_of_downtime_every_step_is_taken_once_in_order_at_its_own_instant(office: Office) -> None:
    """Given a case that nobody looks at, over the spring festival too, then the first input finds all that was due."""
    awake, asleep = Office(now=FESTIVE), Office(now=FESTIVE)
    for one in (awake, asleep):
        one.found()
        one.open(category="engineering_quality")
    later = FESTIVE + timedelta(days=40)
    awake.until(later)
    command = next(entry for entry in MAP.commands if entry.name == "dispatch.report")
    body = command.body.model_validate({"case_id": CASE})
    outcome = command.decide(OfficeFacts(asleep.states), body, context(later))
    assert isinstance(outcome, Decision)
    taken = [event for event in outcome.events if isinstance(event, TicketEscalated)]
    assert taken == awake.facts(TicketEscalated)
    assert [event.step for event in taken] == STEPS
    instants = [event.escalated_at for event in taken]
    assert instants == sorted(instants)
    assert instants[-1] < later


@pytest.mark.rule("DSP-06")
def test_the_ladder_of_a_new_round_starts_at_its_first_step(office: Office) -> None:
    office.open(category="engineering_quality")
    office.accepted("pass-on", at=local("2026-03-10 12:00"))
    office.accepted("resolve", at=local("2026-03-10 13:00"))
    office.called_back(local("2026-03-12 10:00"), satisfied=False)
    assert office.ticket().steps == ()
    office.until(local("2026-03-12 11:00:01"))
    assert steps(office) == [("owner", "s17", "passing_on")] * 2
    assert [event.round for event in office.facts(TicketEscalated)] == [1, 2]
    assert dict(office.ticket().steps_taken) == {"owner": 2}


@pytest.mark.rule("DSP-06")
def test_a_change_of_level_is_no_step(office: Office) -> None:
    ticket = office.open()
    due = ticket.received_at + timedelta(weeks=1)
    for day in ("2026-03-12", "2026-03-16"):
        office.accepted("report", at=local(f"{day} 10:00"))
    office.until(due + SECOND)
    assert office.ticket().level == 2
    assert [because for _, _, because in steps(office)] == ["completion"]
