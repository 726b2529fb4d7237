"""Being asked for an approval is told to those who may sign, once an asking, and is urgent by the policy (DSP-20)."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import ApplicationKind, NoticeExhausted, StaffNotified
from linli_dispatch.domain.terms import NoticeRule, terms_of
from linli_testkit.facts import shipped_policy

from services.dispatch.tests.office import REENTRUSTING, SECOND, Office, graded, person
from services.dispatch.tests.test_notices import HALF_HOUR, LATE, away, people, said, told
from services.dispatch.tests.test_reentrusting import propose


def drafted(office: Office, level: int = 2) -> None:
    """A case whose plan is before the marketing VP."""
    office.open(level=level)
    office.accepted("propose-plan", actor=person("agent1"), desk="service_centre")


def about(office: Office) -> list[StaffNotified]:
    return [one for one in office.facts(StaffNotified) if one.kind == "approval"]


def unread(office: Office) -> list[tuple[str, ...]]:
    """Who was told of an application that is to be read, for each."""
    return [tuple(who.person_id for who in one.told) for one in office.ticket().notices if one.kind == "approval"]


@pytest.mark.rule("DSP-20", "DSP-04")
@pytest.mark.parametrize(
    ("level", "who", "urgent"),
    [(1, "marketing_vp", True), (2, "marketing_vp", True), (3, "marketing_vp", False), (4, "centre_head", False)],
)
def test_who_may_sign_is_told_at_once_by_the_policy(office: Office, level: int, who: str, urgent: bool) -> None:  # noqa: FBT001 - a column of the table
    drafted(office, level)
    (notice,) = about(office)
    assert (notice.person_id, notice.urgent, notice.about, notice.times) == (who, urgent, "plan", 1)
    assert notice.notified_at == office.now
    assert notice.read_by == (office.now + HALF_HOUR if urgent else None)
    assert unread(office) == ([(who,)] if urgent else [])


@pytest.mark.rule("DSP-20", "DSP-14")
def test_each_office_of_a_chain_is_told_when_it_is_its_turn_and_once(office: Office) -> None:
    propose(office)
    office.apply()
    for number, who in enumerate(REENTRUSTING, start=1):
        assert people(office, "approval") == list(REENTRUSTING[:number])
        office.until(office.now + timedelta(minutes=1))
        office.approve(who)
    assert people(office, "approval") == list(REENTRUSTING)
    assert {one.about for one in about(office)} == {"reentrusting"}


@pytest.mark.rule("DSP-20", "DSP-04")
def test_what_was_sent_back_and_is_drafted_anew_is_another_asking(office: Office) -> None:
    drafted(office, 4)
    office.approve("centre_head", "plan", "returned", reason="too_vague")
    office.accepted("propose-plan", actor=person("agent1"), desk="service_centre")
    assert people(office, "approval") == ["centre_head"] * 2


@pytest.mark.rule("DSP-20", "ORG-04")
@pytest.mark.parametrize(("past", "expected"), [(-1, "keeper"), (0, "marketing_vp")])
def test_the_deputy_of_one_who_is_away_is_told_to_the_second(office: Office, past: int, expected: str) -> None:
    """Given an absence of two hours, then a plan drafted a second before its end is the deputy's, at its end not."""
    office.open(level=2)
    away(office, "marketing_vp", timedelta(hours=2), deputy_id="keeper")
    office.until(office.now + timedelta(hours=2) + past * SECOND)
    office.accepted("propose-plan", actor=person("agent1"), desk="service_centre")
    assert people(office, "approval")[0] == expected


@pytest.mark.rule("DSP-20")
@pytest.mark.parametrize("level", [2, 3])
def test_who_signs_for_one_who_goes_away_is_told_and_nobody_twice(office: Office, level: int) -> None:
    """Given a plan before an office, when its holder goes away and is back, then the deputy was told, and both once."""
    drafted(office, level)
    away(office, "marketing_vp", timedelta(minutes=20), deputy_id="keeper")
    office.until(office.now + SECOND)
    assert [(one.person_id, one.times) for one in about(office)] == [
        ("marketing_vp", 1), ("keeper", 2 if level == 2 else 1),
    ]  # fmt: skip
    office.until(office.now + timedelta(minutes=21))
    assert office.ticket().application("plan").people == ("marketing_vp",)  # type: ignore[union-attr]  # it is there
    assert people(office, "approval") == ["marketing_vp", "keeper"]
    assert unread(office) == ([("marketing_vp", "keeper")] if level == 2 else [])


@pytest.mark.rule("DSP-20", "ORG-04")
def test_unread_it_goes_to_the_next_person_a_second_after_its_time(office: Office) -> None:
    drafted(office)
    asked = office.now
    office.until(asked + HALF_HOUR)
    assert people(office, "approval") == ["marketing_vp"]
    office.until(asked + LATE)
    assert told(office, "approval") == [("marketing_vp", 1, asked), ("s17", 2, asked + LATE)]
    office.until(asked + timedelta(hours=8))
    assert people(office, "approval") == ["marketing_vp", "s17", "centre_head", "gm", "group_head"]
    (exhausted,) = [one for one in office.facts(NoticeExhausted) if one.kind == "approval"]
    assert exhausted.about == "plan"


@pytest.mark.rule("DSP-20")
def test_read_in_time_nobody_else_is_told(office: Office) -> None:
    drafted(office)
    number = about(office)[0].number
    office.accepted("read-notice", number=number, actor=person("marketing_vp"))
    office.until(office.now + timedelta(hours=8))
    assert people(office, "approval") == ["marketing_vp"]


@pytest.mark.rule("DSP-20", "DSP-04")
@pytest.mark.parametrize(
    ("verdict", "more"), [("approved", {}), ("returned", {"reason": "too_vague"}), ("rejected", {"reason": "not_ours"})]
)
def test_what_is_decided_need_not_be_read(office: Office, verdict: str, more: dict[str, Any]) -> None:
    drafted(office)
    office.approve("marketing_vp", "plan", verdict, **more)
    assert unread(office) == []
    office.until(office.now + timedelta(hours=8))
    assert people(office, "approval") == ["marketing_vp"]


@pytest.mark.rule("DSP-20", "DSP-19")
def test_who_comes_into_a_vacant_office_is_told() -> None:
    """Given an application that nobody may sign, when somebody joins who may, then they are told, once."""
    office = Office()
    office.found(without={*REENTRUSTING, "group_head"})
    propose(office)
    office.apply()
    assert about(office) == []
    office.accepted_of("roster-staff", estate_id="xh01", staff=[
        {"staff_id": "new_gm", "role": "property_general_manager", "desk": "board"}])  # fmt: skip
    office.until(office.now + timedelta(minutes=5))
    assert people(office, "approval") == ["new_gm"]


@pytest.mark.rule("DSP-20", "DSP-07")
def test_a_case_that_rises_to_a_level_of_the_policy_tells_who_may_sign(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a policy that tells of levels 1 and 2, when a case of level 3 rises, then who has its plan is told once."""
    terms = terms_of(shipped_policy().policy("2000.1"), "Asia/Shanghai")
    rule = NoticeRule(frozenset({1, 2}), frozenset({1, 2}))
    monkeypatch.setitem(terms.notices, "approval", rule)
    drafted(office, 3)
    assert about(office) == []
    office.hear(graded(2, office.now, reasons=("out_of_control",)))
    office.hear(graded(1, office.now, reasons=("injury",)))
    assert [(one.person_id, one.level) for one in about(office)] == [("marketing_vp", 2)]


@pytest.mark.rule("DSP-20", "ORG-02")
def test_the_timeline_says_so(office: Office) -> None:
    drafted(office)
    kind: ApplicationKind = "plan"
    (why,) = [facts for facts in said(office, "staff told") if facts["kind"] == "approval"]
    assert (why["about"], why["people"], why["urgent"]) == (kind, ["marketing_vp"], True)
