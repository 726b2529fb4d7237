"""An overdue repair is reported by its engineer, and the manager speaks to the customer (DSP-13)."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    ConversationRecorded,
    DeadlineApproached,
    DeadlineMissed,
    StaffNotified,
    TicketEscalated,
)

from services.dispatch.tests.office import CASE, NOW, SECOND, Office, local, person
from services.dispatch.tests.test_repairs import contractor

DAY = timedelta(days=1)
OVERDUE = NOW + 17 * DAY
"""Ten days over the seven of the order: Friday, 27 March, 09:30; the engineer reports it one second later."""
DUE = local("2026-03-30 17:30")
"""A working day after it, by the approvers' calendar."""
MANAGER = person("property_head")
SPOKE: dict[str, Any] = {"result": "patience_asked"}


@pytest.fixture
def overdue(office: Office) -> Office:
    """A contractor's order that is ten days over its limit, and was reported."""
    office.open_repair()
    office.covered()
    office.accepted("arrive")
    office.until(OVERDUE)
    assert office.refused("record-conversation", actor=MANAGER, **SPOKE) == "no-conversation-wanted"
    office.until(OVERDUE + SECOND)
    return office


def missed(office: Office) -> list[DeadlineMissed]:
    return [event for event in office.facts(DeadlineMissed) if event.clock == "conversation"]


@pytest.mark.rule("DSP-13", "DSP-20")
def test_it_is_wanted_from_the_report_on_and_whoever_is_to_speak_is_told(overdue: Office) -> None:
    conversation = overdue.ticket().conversation
    assert conversation is not None
    assert (conversation.wanted_at, conversation.held_at) == (OVERDUE + SECOND, None)
    told = [event for event in overdue.facts(StaffNotified) if event.kind == "conversation"]
    assert [(event.person_id, event.urgent, event.level) for event in told] == [("property_head", True, 2)]
    assert overdue.due("conversation") == DUE


@pytest.mark.rule("DSP-13", "OPS-03")
def test_it_is_recorded_once_with_who_when_and_a_code(overdue: Office) -> None:
    overdue.accepted("record-conversation", actor=MANAGER, **SPOKE)
    (held,) = overdue.facts(ConversationRecorded)
    assert (held.held_by, held.acts_for, held.result, held.held_at, held.round) == (
        "property_head", None, "patience_asked", overdue.now, 1,
    )  # fmt: skip
    assert not [one for one in overdue.ticket().notices if one.kind == "conversation"]
    assert overdue.refused("record-conversation", actor=MANAGER, **SPOKE) == "no-conversation-wanted"
    assert overdue.ticket().kept["conversation"] == 1


@pytest.mark.rule("DSP-13", "DSP-06", "ORG-04")
@pytest.mark.parametrize(("late_by", "late"), [(-1, 0), (0, 0), (1, 1)])
def test_it_is_in_time_within_a_working_day(overdue: Office, late_by: int, late: int) -> None:
    """Given an order so long over its limit that the ladder is at its top, then a miss is recorded as any other."""
    assert overdue.facts(TicketEscalated)[-1].step == "group"
    steps = len(overdue.facts(TicketEscalated))
    overdue.accepted("record-conversation", at=DUE + late_by * SECOND, actor=MANAGER, **SPOKE)
    assert [(event.due_at, event.rule) for event in missed(overdue)] == [(DUE, "DSP-13")] * late
    assert len(overdue.facts(TicketEscalated)) == steps
    assert "conversation" not in overdue.ticket().overdue


@pytest.mark.rule("DSP-13", "DSP-20")
def test_the_manager_is_warned_when_it_is_about_to_be_missed(overdue: Office) -> None:
    overdue.until(DUE)
    warned = [event for event in overdue.facts(DeadlineApproached) if event.clock == "conversation"]
    assert [event.person_ids for event in warned] == [("property_head",)]


@pytest.mark.rule("DSP-13")
@pytest.mark.parametrize("who", ["fixer1", "agent1", "property_gm"])
def test_nobody_but_the_manager_speaks_for_them(overdue: Office, who: str) -> None:
    assert overdue.refused("record-conversation", actor=person(who), **SPOKE) == "not-your-office"
    assert overdue.refused("record-conversation", actor=contractor("builder_co"), **SPOKE) == "not-your-order"


@pytest.mark.rule("DSP-13", "DSP-20")
def test_the_deputy_of_a_manager_who_is_away_may(overdue: Office) -> None:
    absence = {"staff_id": "property_head", "deputy_id": "keeper", "from_at": overdue.now}
    overdue.accepted_of("record-absence", estate_id="xh01", until_at=overdue.now + DAY, **absence)
    assert overdue.refused("record-conversation", actor=MANAGER, **SPOKE) == "not-your-office"
    overdue.accepted("record-conversation", actor=person("keeper"), **SPOKE)
    assert [(event.held_by, event.acts_for) for event in overdue.facts(ConversationRecorded)] == [
        ("keeper", "property_head")
    ]


@pytest.mark.rule("DSP-13", "DSP-19")
def test_where_nobody_is_the_manager_whoever_is_above_is_told_is_warned_and_speaks() -> None:
    office = Office()
    office.found(without={"property_head"})
    office.open_repair()
    office.covered()
    office.until(DUE)
    told = [event.person_id for event in office.facts(StaffNotified) if event.kind == "conversation"]
    assert told[0] == "property_gm"
    warned = [event.person_ids for event in office.facts(DeadlineApproached) if event.clock == "conversation"]
    assert warned == [("property_gm",)]
    office.accepted("record-conversation", actor=person("property_gm"), **SPOKE)
    assert [event.acts_for for event in office.facts(ConversationRecorded)] == ["property_service_manager"]


@pytest.mark.rule("DSP-13")
def test_work_that_ends_first_ends_it_neither_kept_nor_missed(overdue: Office) -> None:
    overdue.accepted("finish")
    ticket = overdue.ticket()
    assert ("conversation" in ticket.kept, "conversation" in ticket.missed) == (False, False)
    assert overdue.refused("record-conversation", actor=MANAGER, **SPOKE) == "not-in-hand"
    overdue.until(DUE + SECOND)
    assert missed(overdue) == []
    overdue.called_back(satisfied=False)
    assert overdue.ticket().conversation is None
    assert overdue.refused("record-conversation", actor=MANAGER, case_id=CASE, **SPOKE) == "no-conversation-wanted"
