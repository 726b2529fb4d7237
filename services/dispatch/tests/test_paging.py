"""An emergency pages the duty engineer and the manager at once, at any hour, until somebody has read it (INT-11)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import CrisisNotified, StaffNotified
from linli_dispatch.domain.terms import NoticeRule, Terms, terms_of
from linli_dispatch.handlers import turning
from linli_rulebook import Policy

from services.dispatch.tests.office import HOUR, NOW, SECOND, Office, graded, local, person
from services.dispatch.tests.test_amending import amended

GAS: dict[str, Any] = {"kind": "complaint", "category": "customer_service", "subcategory": "gas"}
NIGHT = local("2026-02-17 03:00")
"""The first night of the year, in the middle of nine days off."""


def pages(office: Office) -> list[tuple[str, int]]:
    """Who was paged, each with the so-manieth person that they are."""
    return [(one.person_id, one.times) for one in office.facts(StaffNotified) if one.kind == "emergency"]


@pytest.mark.rule("INT-11", "DSP-20")
@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_an_emergency_pages_its_engineer_and_the_manager_at_any_hour_and_level(level: int) -> None:
    office = Office(now=NIGHT)
    office.found()
    office.open_repair(level=level, emergency=True, inspected=False)
    assert pages(office) == [("fixer1", 1), ("property_head", 2)]
    told = [one for one in office.facts(StaffNotified) if one.kind == "emergency"]
    assert {(one.urgent, one.notified_at, one.read_by) for one in told} == {(True, NIGHT, NIGHT + HOUR / 2)}


@pytest.mark.rule("INT-11")
def test_one_that_no_engineer_handles_pages_one_on_duty_besides(office: Office) -> None:
    office.open(emergency=True, **GAS)
    assert office.ticket().handler_id == "agent1"
    people = [who for who, _ in pages(office)]
    assert people[0] == "agent1"
    assert people[1] in {"fixer1", "fixer2"}
    assert people[2:] == ["centre_head"]


@pytest.mark.rule("INT-11", "DSP-20")
def test_what_nobody_reads_goes_on_a_second_after_its_time_and_what_is_read_does_not(office: Office) -> None:
    office.open_repair(emergency=True)
    due = NOW + timedelta(minutes=30)
    office.until(due)
    assert len(pages(office)) == 2
    office.until(due + SECOND)
    assert pages(office)[2] == ("s17", 3)
    (notice,) = office.ticket().notices
    office.accepted("read-notice", number=notice.number, actor=person("s17"))
    office.until(due + HOUR)
    assert len(pages(office)) == 3


@pytest.mark.rule("INT-11", "INT-02")
def test_what_turns_out_an_emergency_pages_then_and_once(office: Office) -> None:
    office.open_repair()
    assert pages(office) == []
    amended(office, NOW + HOUR, emergency=True)
    assert pages(office) == [("fixer1", 1), ("property_head", 2)]
    amended(office, NOW + HOUR + SECOND, emergency=True)
    assert len(pages(office)) == 2


@pytest.mark.rule("INT-11", "INT-05")
def test_one_that_turns_out_another_desks_too_pages_those_of_that_desk_alone(office: Office) -> None:
    office.open(**GAS)
    amended(office, NOW + HOUR, emergency=True, category="property_management")
    people = [who for who, _ in pages(office)]
    assert (people[0], people[-1]) == ("keeper", "property_head")
    assert "agent1" not in people
    assert len(office.ticket().notices) == 1


@pytest.mark.rule("INT-11", "INT-02")
def test_what_turns_out_none_need_not_be_read(office: Office) -> None:
    office.open_repair(emergency=True)
    amended(office, NOW + SECOND, emergency=False)
    assert office.ticket().notices == ()
    office.until(NOW + HOUR)
    assert len(pages(office)) == 2


def urgent_to(office: Office, person_id: str) -> list[str]:
    """Of what somebody was urgently told, in order."""
    return [one.kind for one in office.facts(StaffNotified) if one.urgent and one.person_id == person_id]


@pytest.mark.rule("INT-11", "DSP-20", "DSP-01")
@pytest.mark.parametrize("level", [1, 2])
def test_whoever_handles_a_grave_emergency_is_told_of_it_by_the_page_alone(office: Office, level: int) -> None:
    """One urgent notice, not a page and an assignment; those who must know of the crisis confirm it as ever."""
    office.open_repair(level=level, emergency=True, inspected=False)
    assert urgent_to(office, "fixer1") == ["emergency"]
    assert [one.kind for one in office.ticket().notices] == ["emergency"]
    assert office.facts(CrisisNotified)
    office.accepted("read-notice", number=1, actor=person("fixer1"))
    assert office.ticket().notices == ()


@pytest.mark.rule("DSP-20")
def test_where_the_policy_pages_nobody_whoever_handles_it_is_told_of_the_assignment(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_pages(policy: Policy, zone: str) -> Terms:
        terms = terms_of(policy, zone)
        return replace(terms, notices={**terms.notices, "emergency": NoticeRule(frozenset(), frozenset())})

    monkeypatch.setattr(turning, "terms_of", without_pages)
    office.open_repair(level=2, emergency=True, inspected=False)
    assert urgent_to(office, "fixer1") == ["assignment"]
    assert pages(office) == []


@pytest.mark.rule("INT-11", "DSP-20")
def test_an_assignment_that_turns_out_an_emergency_is_to_be_read_as_that_alone(office: Office) -> None:
    """And what turns out none after all, before anybody has read the page, is to be read as an assignment again."""
    office.open_repair(level=2)
    amended(office, NOW + SECOND, emergency=True)
    assert urgent_to(office, "fixer1") == ["assignment", "emergency"]
    assert [one.kind for one in office.ticket().notices] == ["emergency"]
    amended(office, NOW + 2 * SECOND, emergency=False)
    assert [(one.kind, one.people) for one in office.ticket().notices] == [("assignment", ("fixer1",))]


@pytest.mark.rule("INT-11", "DSP-20")
def test_a_page_that_was_read_leaves_nothing_to_be_read_when_it_is_called_off(office: Office) -> None:
    office.open_repair(level=2, emergency=True)
    office.accepted("read-notice", number=1, actor=person("property_head"))
    amended(office, NOW + SECOND, emergency=False)
    assert office.ticket().notices == ()


@pytest.mark.rule("INT-11", "DSP-20", "INT-02")
def test_who_was_paged_for_another_and_gets_it_as_it_is_called_off_is_told_of_the_assignment_once(
    office: Office,
) -> None:
    """Given a grave complaint that also paged the engineer on duty, when it turns out a repair and no emergency, then
    the engineer who has it now is told of that once.
    """
    office.open(level=2, emergency=True, **GAS)
    assert urgent_to(office, "fixer1") == ["emergency"]
    amended(office, NOW + SECOND, emergency=False, kind="repair", category="engineering_quality", subcategory="leak")
    assert office.ticket().handler_id == "fixer1"
    assert urgent_to(office, "fixer1") == ["emergency", "assignment"]
    assert [(one.kind, one.people) for one in office.ticket().notices if one.kind != "command"] == [
        ("assignment", ("fixer1",))
    ]


@pytest.mark.rule("INT-11", "DSP-20", "DSP-07")
@pytest.mark.parametrize(("read", "told"), [(False, ["emergency"]), (True, ["emergency", "assignment"])])
def test_an_emergency_that_gets_graver_is_told_to_whoever_has_read_the_page(
    office: Office, *, read: bool, told: list[str]
) -> None:
    """Whoever has the page still before them learns the level with it."""
    office.open_repair(emergency=True)
    if read:
        office.accepted("read-notice", number=1, actor=person("fixer1"))
    office.hear(graded(2, NOW + SECOND))
    assert office.ticket().level == 2
    assert urgent_to(office, "fixer1") == told


@pytest.mark.rule("INT-11", "DSP-08", "DSP-19")
def test_whoever_gets_it_next_is_paged_and_whoever_had_it_need_not_read_it(office: Office) -> None:
    office.open_repair(emergency=True, trade="electrical")
    away: dict[str, Any] = {"staff_id": "fixer2", "from_at": NOW, "until_at": NOW + 72 * HOUR}
    office.accepted_of("record-absence", estate_id="xh01", deputy_id="fixer1", **away)
    office.until(NOW + 10 * SECOND)
    assert office.ticket().handler_id == "fixer1"
    assert [one.people for one in office.ticket().notices] == [("fixer1", "property_head")]


@pytest.mark.rule("INT-11", "DSP-20")
def test_where_the_manager_is_not_there_whoever_stands_above_is_paged_and_nobody_is_a_shortage() -> None:
    office = Office()
    office.found(without=["property_head"])
    office.open_repair(emergency=True)
    assert pages(office) == [("fixer1", 1), ("engineering_vp", 2)]
    empty = Office()
    everybody = ("fixer1", "fixer2", "property_head", "engineering_vp", "property_gm", "group_head")
    empty.found(without=everybody)
    empty.open_repair(emergency=True)
    assert pages(empty) == []
    assert "nobody to page: a shortage" in [one.what for one in empty.reasons]


@pytest.mark.rule("INT-11", "OPS-03")
def test_after_a_long_downtime_each_was_paged_once_in_order(office: Office) -> None:
    office.open_repair(emergency=True)
    office.until(NOW + timedelta(days=40))
    people = [who for who, _ in pages(office)]
    assert len(set(people)) == len(people)
    assert people == ["fixer1", "property_head", "s17", "engineering_vp", "property_gm", "group_head"]
