"""Owners, commanders and approvers who are away or leave are followed by their deputy, else by rule; that is told."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    ApprovalAsked,
    CommanderNamed,
    CommandVacated,
    CrisisNotified,
    OwnerChanged,
    TicketEscalated,
)

from services.dispatch.tests.office import NOW, ROSTER, SECOND, Office, local, person

WEEK = timedelta(days=7)
AGENT2: dict[str, Any] = {"staff_id": "agent2", "role": "agent", "desk": "service_centre"}
LINES = {line["staff_id"]: line for line in ROSTER}


def away(office: Office, who: str, length: timedelta = WEEK, from_at: datetime | None = None, **more: Any) -> None:  # noqa: ANN401 - fields of a body
    begins = from_at or office.now
    body: dict[str, Any] = {"staff_id": who, "from_at": begins, "until_at": begins + length}
    office.accepted_of("record-absence", estate_id="xh01", **(body | more))


def roster(office: Office, *lines: dict[str, Any]) -> None:
    office.accepted_of("roster-staff", estate_id="xh01", staff=list(lines))


def leaves(office: Office, *who: str) -> None:
    roster(office, *(LINES[one] | {"weekdays": []} for one in who))


def settle(office: Office) -> None:
    office.until(office.now + 10 * SECOND)


def commander(office: Office) -> str | None:
    crisis = office.ticket().crisis
    assert crisis is not None
    return crisis.commander_id


def said(office: Office, what: str) -> list[tuple[str, dict[str, Any]]]:
    return [(one.rule, dict(one.facts)) for one in office.reasons if one.what == what]


# -- the owner


@pytest.mark.rule("INT-04", "DSP-20", "DSP-19")
def test_the_owner_who_is_away_is_followed_by_the_deputy_and_no_clock_moves(office: Office) -> None:
    before = office.open(received_by="keeper")
    away(office, "keeper", deputy_id="centre_head")
    settle(office)
    (told,) = office.facts(OwnerChanged)
    assert (told.owner_id, told.previous_id, told.why, told.as_deputy) == ("centre_head", "keeper", "absence", True)
    assert told.changed_at == NOW
    assert office.ticket().owner_id == "centre_head"
    assert office.ticket().clocks == before.clocks
    assert said(office, "owner changed") == [
        ("INT-04", {"from": "keeper", "to": "centre_head", "why": "absence", "as_deputy": True})
    ]


@pytest.mark.rule("INT-04", "DSP-20")
@pytest.mark.parametrize("deputy", [None, "fixer2"])
def test_without_a_deputy_who_is_there_whoever_handles_the_case_owns_it(office: Office, deputy: str | None) -> None:
    office.open(received_by="keeper")
    away(office, "fixer2")
    away(office, "keeper", deputy_id=deputy)
    settle(office)
    (told,) = office.facts(OwnerChanged)
    assert (told.owner_id, told.as_deputy) == ("agent1", False)


@pytest.mark.rule("DSP-20", "DSP-19")
@pytest.mark.parametrize(("longer", "over"), [(timedelta(0), False), (SECOND, True)])
def test_an_owner_away_for_a_short_time_stays_the_owner(office: Office, longer: timedelta, *, over: bool) -> None:
    saturday = local("2026-03-14 09:30")
    office.open(saturday, received_by="keeper")
    office.accepted("assess", finding="justified")
    away(office, "keeper", timedelta(hours=24) + longer, deputy_id="centre_head")
    settle(office)
    assert (office.ticket().owner_id == "centre_head") is over


@pytest.mark.rule("INT-04", "DSP-19")
def test_an_owner_who_leaves_with_nobody_there_stays_named_until_somebody_comes(office: Office) -> None:
    office.open(received_by="agent1")
    leaves(office, *LINES)
    settle(office)
    assert (office.ticket().owner_id, office.ticket().owner_missing) == ("agent1", True)
    assert said(office, "nobody to own the case: a shortage") == [("DSP-19", {"owner_id": "agent1", "why": "roster"})]
    roster(office, AGENT2)
    settle(office)
    assert (office.ticket().owner_id, office.ticket().handler_id) == ("agent2", "agent2")
    assert not office.ticket().owner_missing
    assert [(one.owner_id, one.why) for one in office.facts(OwnerChanged)] == [("agent2", "somebody_came")]


@pytest.mark.rule("INT-04", "DSP-19", "ORG-04")
def test_an_owner_for_whom_nobody_could_stand_in_keeps_the_case_when_back(office: Office) -> None:
    leaves(office, *(who for who in LINES if who != "agent1"))
    office.open(received_by="agent1")
    away(office, "agent1", timedelta(days=3))
    settle(office)
    assert office.ticket().owner_missing
    office.until(NOW + timedelta(days=3) - SECOND)
    assert office.ticket().owner_missing
    office.until(NOW + timedelta(days=3))
    assert (office.ticket().owner_id, office.ticket().owner_missing) == ("agent1", False)
    assert office.facts(OwnerChanged) == []


# -- the ladder's step of the owner


@pytest.mark.rule("DSP-06", "DSP-20", "ORG-04")
@pytest.mark.parametrize(("back", "told"), [(timedelta(0), "keeper"), (SECOND, "centre_head")])
def test_the_owners_step_goes_to_the_deputy_while_the_owner_is_away(office: Office, back: timedelta, told: str) -> None:
    """Also of a case that came in while they were away, which nobody handed over."""
    missed = NOW + timedelta(hours=1, seconds=11)
    away(office, "keeper", missed + back - NOW, deputy_id="centre_head")
    settle(office)
    office.open(received_by="keeper", category="engineering_quality")
    assert office.due("passing_on") + SECOND == missed
    office.until(missed)
    (first,) = office.facts(TicketEscalated)
    assert (first.step, first.person_id) == ("owner", told)


@pytest.mark.rule("DSP-06", "DSP-20")
def test_the_owners_step_without_a_deputy_is_taken_as_vacant_and_the_next_follows_at_once(office: Office) -> None:
    leaves(office, *(who for who in LINES if who not in {"keeper", "centre_head", "builder"}))
    office.open(received_by="keeper", category="engineering_quality")
    office.accepted("pass-on")
    missed = office.due("department_answer") + SECOND
    away(office, "centre_head", from_at=missed - timedelta(hours=1), length=timedelta(hours=2))
    away(office, "builder", from_at=missed - timedelta(hours=1), length=timedelta(hours=2))
    away(office, "keeper", from_at=missed - timedelta(hours=1), length=timedelta(hours=2))
    office.until(missed - SECOND)
    assert office.facts(TicketEscalated) == []
    office.until(missed)
    assert [(one.step, one.person_id, one.escalated_at) for one in office.facts(TicketEscalated)][:2] == [
        ("owner", None, missed), ("manager", None, missed),
    ]  # fmt: skip
    assert said(office, "ladder step vacant: a shortage")[0] == (
        "DSP-06", {"step": "owner", "because": "department_answer", "person_id": None}
    )  # fmt: skip


# -- the commander


@pytest.mark.rule("DSP-01", "DSP-20")
@pytest.mark.parametrize(("deputy", "heir"), [("agent1", "agent1"), (None, "marketing_vp")])
def test_a_commander_who_is_away_is_followed_at_once(office: Office, deputy: str | None, heir: str) -> None:
    office.open(level=2)
    assert commander(office) == "centre_head"
    away(office, "centre_head", timedelta(minutes=5), deputy_id=deputy)
    settle(office)
    (named,) = office.facts(CommanderNamed)
    assert (named.commander_id, named.previous_id, named.named_by, named.why) == (
        heir, "centre_head", "system", "absence",
    )  # fmt: skip
    assert said(office, "commander named") == [
        ("DSP-01", {"commander_id": heir, "previous_id": "centre_head", "by": "system", "why": "absence"})
    ]
    office.until(office.now + timedelta(hours=1))
    assert commander(office) == heir, "who comes back does not get back what was handed over"


@pytest.mark.rule("DSP-01", "DSP-19")
def test_a_commander_who_leaves_is_followed_by_who_holds_the_office_next(office: Office) -> None:
    office.open(level=2)
    roster(office, LINES["centre_head"] | {"staff_id": "second_head"})
    leaves(office, "centre_head")
    settle(office)
    assert commander(office) == "second_head"
    assert office.facts(CommanderNamed)[-1].why == "roster"


@pytest.mark.rule("DSP-01")
def test_with_the_group_its_centre_goes_on_commanding(office: Office) -> None:
    roster(office, LINES["group_head"] | {"staff_id": "group_second"})
    office.open(level=2)
    office.accepted("hand-to-group", actor=person("centre_head"), reason="too_large")
    first = commander(office)
    assert first in {"group_head", "group_second"}
    away(office, str(first))
    settle(office)
    assert {first, commander(office)} == {"group_head", "group_second"}


@pytest.mark.rule("DSP-01", "DSP-19")
def test_a_crisis_that_nobody_can_command_is_told_and_gets_a_commander_who_comes(office: Office) -> None:
    office.open(level=2)
    leaves(office, "centre_head", "marketing_vp", "gm", "group_head")
    settle(office)
    assert commander(office) is None
    (vacated,) = office.facts(CommandVacated)
    assert (vacated.previous_id, vacated.why) == ("centre_head", "roster")
    assert said(office, "crisis without a commander: a shortage")[0][0] == "DSP-01"
    roster(office, LINES["gm"])
    settle(office)
    assert commander(office) == "gm"
    assert office.facts(CommanderNamed)[-1].why == "somebody_came"


@pytest.mark.rule("DSP-20", "DSP-01")
def test_who_comes_is_told_of_a_crisis_of_which_nobody_was_left_to_tell() -> None:
    office = Office()
    office.found(without=("centre_head", "marketing_vp", "gm", "group_head"))
    office.open(level=2)
    assert office.facts(CrisisNotified) == []
    roster(office, LINES["gm"])
    settle(office)
    assert [(one.office, one.person_id) for one in office.facts(CrisisNotified)] == [
        ("service_centre", "gm"), ("marketing_vp", "gm"),
    ]  # fmt: skip
    assert commander(office) == "gm"
    assert office.due("crisis_confirmation") == NOW + timedelta(minutes=30)


# -- approvers


def asked(office: Office) -> list[tuple[tuple[str, ...], str | None]]:
    return [(one.person_ids, one.again) for one in office.facts(ApprovalAsked)]


def propose(office: Office) -> None:
    office.open()
    office.accepted("propose-plan", desk="property", actor=person("agent1"))


@pytest.mark.rule("DSP-20", "DSP-04")
def test_an_approver_who_is_away_is_followed_by_the_deputy_who_is_told_in_the_same_time(office: Office) -> None:
    propose(office)
    due = office.due("plan_approval")
    away(office, "centre_head", timedelta(hours=1), deputy_id="keeper")
    settle(office)
    assert asked(office) == [(("centre_head",), None), (("keeper",), "absence")]
    assert {one.due_at for one in office.facts(ApprovalAsked)} == {due}
    assert office.due("plan_approval") == due
    office.until(NOW + timedelta(hours=1))
    assert asked(office)[2:] == [(("centre_head",), "somebody_came")], "back at that very instant"
    office.approve("centre_head", "plan")


@pytest.mark.rule("DSP-20", "DSP-04", "DSP-19")
def test_an_approver_who_leaves_is_followed_by_the_next_office_and_by_who_is_new_in_theirs(office: Office) -> None:
    propose(office)
    leaves(office, "centre_head", "group_head")
    settle(office)
    assert asked(office)[1:] == [((), "roster")]
    assert said(office, "approval asked of a vacant office: a shortage")[0][0] == "DSP-04"
    roster(office, LINES["centre_head"] | {"staff_id": "second_head"})
    settle(office)
    assert asked(office)[2:] == [(("second_head",), "somebody_came")]


@pytest.mark.rule("DSP-20")
def test_another_deputy_in_the_same_absence_is_told(office: Office) -> None:
    propose(office)
    away(office, "centre_head", deputy_id="keeper")
    settle(office)
    away(office, "centre_head", deputy_id="fixer1")
    settle(office)
    assert [people for people, _ in asked(office)] == [("centre_head",), ("keeper",), ("fixer1",)]
    away(office, "centre_head", from_at=office.now + WEEK)
    settle(office)
    assert asked(office)[3:] == [(("centre_head",), "somebody_came")], "an absence put off: they are there now"
