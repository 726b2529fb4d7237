"""Levels 1 and 2 are crises: commanded by one person, told to those who decide until they confirm (DSP-01)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from linli_contracts.events.dispatch import (
    CommanderNamed,
    CrisisAnswered,
    CrisisConfirmed,
    CrisisEnded,
    CrisisLogged,
    CrisisNotified,
    CrisisOpened,
    CrisisTransferred,
    DeadlineMissed,
    TicketLevelRaised,
)
from linli_contracts.events.intake import ComplaintsLinked
from linli_dispatch.domain.crises.crisis import MOST_ENTRIES
from linli_dispatch.domain.crises.crisis_file import Crisis
from linli_dispatch.domain.ticket import Ticket
from linli_messaging.service_map import Actor

from services.dispatch.tests.office import CASE, NOW, SECOND, Office, graded, local, person

HALF_HOUR = NOW + timedelta(minutes=30)
"""By then a notice given now is to be confirmed."""


def crisis_of(office: Office) -> Crisis:
    found = office.ticket().crisis
    assert found is not None
    return found


def told(office: Office) -> list[tuple[str, str, int]]:
    """Office, person, the so-manieth for it."""
    return [(one.office, one.person_id, one.times) for one in office.facts(CrisisNotified)]


# -- opening


@pytest.mark.rule("DSP-01")
@pytest.mark.parametrize(("level", "opens"), [(1, True), (2, True), (3, False), (4, False)])
def test_levels_1_and_2_are_a_crisis(office: Office, level: int, *, opens: bool) -> None:
    office.open(level=level)
    assert len(office.facts(CrisisOpened)) == opens
    assert (office.ticket().crisis is not None) == opens


@pytest.mark.rule("DSP-01", "DSP-04")
def test_the_manager_takes_command_and_who_decides_is_told_at_once(office: Office) -> None:
    office.open(level=1)
    (opened,) = office.facts(CrisisOpened)
    assert (opened.commander_id, opened.level, opened.collective) == ("centre_head", 1, False)
    assert told(office) == [
        ("service_centre", "centre_head", 1), ("marketing_vp", "marketing_vp", 1), ("general_manager", "gm", 1)
    ]  # fmt: skip
    assert {one.confirm_by for one in office.facts(CrisisNotified)} == {HALF_HOUR}


@pytest.mark.rule("DSP-07", "DSP-01")
def test_a_rise_by_the_facts_opens_it_and_a_further_one_tells_those_of_level_1_only(office: Office) -> None:
    office.open(level=3)
    office.hear(graded(2, office.now, reasons=("out_of_control",)))
    assert [one.office for one in office.facts(CrisisNotified)] == ["service_centre", "marketing_vp"]
    office.hear(graded(2, office.now, reasons=("out_of_control",)))
    office.hear(graded(1, office.now, reasons=("injury",)))
    assert told(office)[2:] == [("general_manager", "gm", 1)]
    assert len(office.facts(CrisisOpened)) == 1
    assert len(office.facts(TicketLevelRaised)) == 2


@pytest.mark.rule("DSP-06", "DSP-01")
def test_age_opens_it_a_second_after_a_week(office: Office) -> None:
    office.open()
    week = local("2026-03-17 09:30")
    office.until(week)
    assert office.facts(CrisisOpened) == []
    office.until(week + SECOND)
    assert [(one.level, one.opened_at) for one in office.facts(CrisisOpened)] == [(2, week + SECOND)]


@pytest.mark.rule("DSP-01", "DSP-20")
def test_vacant_offices_are_told_to_those_above_and_nobody_at_all_is_a_shortage() -> None:
    office = Office()
    office.found(without=("centre_head", "marketing_vp"))
    office.open(level=2)
    assert office.facts(CrisisOpened)[0].commander_id == "gm"
    assert told(office) == [("service_centre", "gm", 1), ("marketing_vp", "gm", 1)]
    bare = Office()
    bare.found(without=("centre_head", "marketing_vp", "gm", "group_head"))
    bare.open(level=2)
    assert bare.facts(CrisisOpened)[0].commander_id is None
    assert bare.facts(CrisisNotified) == []
    assert "crisis opened without a commander: a shortage" in {one.what for one in bare.reasons}
    assert "crisis_confirmation" not in {one.name for one in bare.ticket().clocks}


@pytest.mark.rule("DSP-20", "DSP-01")
def test_the_deputy_of_one_who_is_away_is_told_and_commands(office: Office) -> None:
    away = {"staff_id": "centre_head", "deputy_id": "agent1", "from_at": NOW, "until_at": local("2026-03-11 09:30")}
    office.accepted_of("record-absence", estate_id="xh01", **away)
    office.open(level=2)
    assert office.facts(CrisisOpened)[0].commander_id == "agent1"
    assert told(office)[0] == ("service_centre", "agent1", 1)


# -- confirming


@pytest.mark.rule("DSP-20", "OPS-03")
def test_the_next_crisis_of_a_round_is_told_of_under_names_of_its_own(office: Office) -> None:
    """Given a crisis that a person lowered, when it is one again, then no clock of before tells who is told next."""
    office.open(level=2)
    office.until(HALF_HOUR + SECOND)
    office.hear(graded(4, office.now, reasons=("lowered",)))
    office.hear(graded(2, office.now, reasons=("published",)))
    told_then, first = len(told(office)), crisis_of(office)
    office.until(office.now + timedelta(minutes=30) + SECOND)
    assert len(told(office)) > told_then
    assert first.told == told_then


@pytest.mark.rule("DSP-01", "DSP-20", "ORG-04")
def test_who_does_not_confirm_in_time_is_followed_by_the_next_until_all_were_told(office: Office) -> None:
    office.open(level=2)
    office.accepted("confirm-crisis", actor=person("marketing_vp"))
    assert office.due("crisis_confirmation") == HALF_HOUR
    office.until(HALF_HOUR)
    assert len(office.facts(CrisisNotified)) == 2, "in time to the very instant"
    office.until(HALF_HOUR + SECOND)
    assert told(office)[2:] == [("service_centre", "marketing_vp", 2)]
    office.until(local("2026-03-10 12:00"))
    assert told(office)[2:] == [
        ("service_centre", "marketing_vp", 2), ("service_centre", "gm", 3), ("service_centre", "group_head", 4)
    ]  # fmt: skip
    assert "nobody left to tell of the crisis: a shortage" in {one.what for one in office.reasons}
    assert "crisis_confirmation" not in {one.name for one in office.ticket().clocks}
    assert office.facts(DeadlineMissed) == [], "no deadline of the case's"
    office.accepted("confirm-crisis", actor=person("centre_head"))
    assert office.facts(CrisisConfirmed)[-1].offices == ("service_centre",), "a late confirmation counts too"


@pytest.mark.rule("DSP-01")
def test_a_confirmation_at_the_very_instant_keeps_the_next_from_being_told(office: Office) -> None:
    office.open(level=2)
    for who in ("centre_head", "marketing_vp"):
        office.accepted("confirm-crisis", at=HALF_HOUR, actor=person(who))
    office.until(local("2026-03-10 12:00"))
    assert len(office.facts(CrisisNotified)) == 2
    assert [one.person_id for one in office.facts(CrisisConfirmed)] == ["centre_head", "marketing_vp"]
    assert [one.confirmed_by for one in crisis_of(office).duties] == ["centre_head", "marketing_vp"]


@pytest.mark.rule("DSP-01")
def test_only_who_was_told_confirms_and_once(office: Office) -> None:
    assert office.refused("confirm-crisis", case_id="xh01.c9") == "ticket-not-found"
    office.open(level=2)
    assert office.refused("confirm-crisis", actor=person("gm")) == "not-notified"
    office.accepted("confirm-crisis", actor=person("centre_head"))
    assert office.refused("confirm-crisis", actor=person("centre_head")) == "already-confirmed"
    office.open(level=4, case_id="xh01.c2")
    assert office.refused("confirm-crisis", case_id="xh01.c2") == "no-crisis"
    contractor = Actor("x", frozenset({"*"}), contractor_id="builder_co")
    assert office.refused("confirm-crisis", actor=contractor) == "not-your-order"


@pytest.mark.rule("OPS-03", "DSP-01")
def test_after_days_of_downtime_each_was_told_at_its_own_instant(office: Office) -> None:
    office.open(level=2)
    at = [one.notified_at for one in office.facts(CrisisNotified)]
    office.accepted("log-crisis", at=local("2026-03-12 09:30"), code="called_owner")
    late = [one.notified_at for one in office.facts(CrisisNotified) if one.office == "service_centre"]
    step = HALF_HOUR - NOW + SECOND
    assert late == [at[0], NOW + step, NOW + 2 * step, NOW + 3 * step]


# -- leading


@pytest.mark.rule("DSP-01")
def test_one_commander_at_any_instant_named_by_who_leads(office: Office) -> None:
    office.open(level=2)
    assert office.refused("name-commander", person_id="keeper", actor=person("fixer1")) == "not-the-commander"
    assert office.refused("name-commander", person_id="centre_head", actor=person("gm")) == "commands-already"
    assert office.refused("name-commander", person_id="stranger", actor=person("gm")) == "unknown-commander"
    gone = {"staff_id": "keeper", "role": "department", "desk": "property", "weekdays": []}
    office.accepted_of("roster-staff", estate_id="xh01", staff=[gone])
    assert office.refused("name-commander", person_id="keeper", actor=person("gm")) == "unknown-commander"
    office.accepted("name-commander", person_id="property_head", actor=person("centre_head"))
    (named,) = office.facts(CommanderNamed)
    assert (named.commander_id, named.previous_id, named.named_by) == ("property_head", "centre_head", "centre_head")
    office.accepted("name-commander", person_id="centre_head", actor=person("property_head"))
    assert crisis_of(office).commander_id == "centre_head"


@pytest.mark.rule("DSP-01")
def test_what_the_region_cannot_settle_goes_to_the_group_centre_once(office: Office) -> None:
    office.open(level=1)
    assert office.refused("hand-to-group", reason="claims_too_high", actor=person("agent1")) == "not-the-commander"
    office.accepted("hand-to-group", reason="claims_too_high", actor=person("centre_head"))
    (handed,) = office.facts(CrisisTransferred)
    assert (handed.commander_id, handed.reason, crisis_of(office).commander_id) == (
        "group_head", "claims_too_high", "group_head"
    )  # fmt: skip
    assert office.refused("hand-to-group", reason="again", actor=person("group_head")) == "with-the-group"
    office.accepted("log-crisis", entry="measure_ordered", code="rent_hotel", actor=person("group_head"))
    office.accepted("log-crisis", entry="measure_carried_out", code="rent_hotel", actor=person("keeper"))
    assert [(one.number, one.entry, one.by) for one in office.facts(CrisisLogged)] == [
        (1, "measure_ordered", "group_head"), (2, "measure_carried_out", "keeper")
    ]  # fmt: skip
    vacant = Office()
    vacant.found(without=("group_head",))
    vacant.open(level=1)
    assert vacant.refused("hand-to-group", reason="x", actor=person("centre_head")) == "no-group-centre"


@pytest.mark.rule("DSP-01", "INT-13")
def test_decisions_and_orders_are_logged_by_who_leads_and_notes_by_anybody(office: Office) -> None:
    office.open(level=2)
    for entry in ("decision", "measure_ordered"):
        assert office.refused("log-crisis", entry=entry, code="x", actor=person("fixer1")) == "not-the-commander"
    office.accepted("log-crisis", code="press_called", document="press-7", actor=person("fixer1"))
    (line,) = office.facts(CrisisLogged)
    assert (line.entry, line.code, line.document, line.by) == ("note", "press_called", "press-7", "fixer1")


# -- a collective complaint


@pytest.mark.rule("DSP-01", "INT-07")
@pytest.mark.parametrize(("people", "collective"), [(2, False), (3, True)])
def test_a_collective_complaint_is_answered_in_person_before_any_other_answer(
    office: Office, people: int, *, collective: bool
) -> None:
    office.open(level=2, people=people)
    office.hear(graded(2, office.now, reasons=("published",)).model_copy(update={"people": people}))
    assert crisis_of(office).collective == collective
    if not collective:
        assert office.refused("answer-in-person", actor=person("centre_head")) == "not-collective"
        office.accepted("report")
        return
    assert office.refused("report") == "answer-in-person-first"
    assert office.refused("resolve", how="handled") == "answer-in-person-first"
    assert office.refused("answer-in-person", actor=person("agent1")) == "not-the-head"
    office.accepted("answer-in-person", actor=person("centre_head"))
    (answered,) = office.facts(CrisisAnswered)
    assert (answered.answered_by, answered.acts_for) == ("centre_head", None)
    assert office.refused("answer-in-person", actor=person("centre_head")) == "already-answered-in-person"
    office.accepted("report")


@pytest.mark.rule("DSP-01", "INT-07")
def test_a_crisis_that_turns_out_collective_is_answered_in_person_from_then_on(office: Office) -> None:
    office.open(level=2)
    office.accepted("report")
    for number in (2, 3):
        office.open(case_id=f"xh01.c{number}")
    followers = ("xh01.c2", "xh01.c3")
    linked = {"case_id": CASE, "estate_id": "xh01", "group_id": "xh01.g1", "linked_case_ids": followers, "people": 3}
    office.hear(ComplaintsLinked.model_validate({**linked, "linked_by": "agent1", "linked_at": office.now}))
    assert office.refused("report") == "answer-in-person-first"


@pytest.mark.rule("DSP-01")
def test_a_log_has_a_bound_and_its_last_line_is_written(office: Office) -> None:
    office.open(level=2)
    ticket = office.ticket()
    assert ticket.crisis is not None
    full = replace(ticket.crisis, entries=MOST_ENTRIES - 1)
    office.states[Ticket, ticket.id] = ticket.model_copy(update={"crisis": full})
    office.accepted("log-crisis", code="called_owner")
    assert office.facts(CrisisLogged)[-1].number == MOST_ENTRIES
    assert office.refused("log-crisis", code="called_owner") == "crisis-log-full"


# -- the end


@pytest.mark.rule("DSP-01", "DSP-07")
def test_it_ends_when_a_person_lowers_the_level_or_the_customer_takes_it_back(office: Office) -> None:
    office.open(level=2)
    office.hear(graded(3, office.now, reasons=("manager_decided",)))
    assert office.refused("log-crisis", code="x") == "no-crisis"
    office.hear(graded(2, office.now, reasons=("out_of_control",)))
    assert len(office.facts(CrisisOpened)) == 2, "a crisis again, with new notices"
    office.withdrawn()
    assert [one.how for one in office.facts(CrisisEnded)] == ["level_lowered", "withdrawn"]
    assert office.ticket().clocks == ()
