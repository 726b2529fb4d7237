"""What came before a storm was declared belongs to it: the requests that gave it away are grouped and told (DSP-09)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import StormDeclared, StormOrderJoined, TicketAssigned
from linli_contracts.events.messages import MessageRequested
from linli_dispatch.domain.group.places import Workload
from linli_dispatch.domain.storms.earlier import MOST
from linli_dispatch.domain.ticket import Ticket
from linli_rulebook.decision import NOTHING

from services.dispatch.tests.office import HOUR, SECOND, Office, graded, local, person, received
from services.dispatch.tests.storms import LEAK, MINUTE, START, declared, leak, office, order_of, storm

__all__ = ["office"]
CLEANING: dict[str, Any] = {"kind": "complaint", "category": "property_management", "trade": None}
"""What another desk handles."""


def joined(office: Office) -> list[str]:
    return [one.case_id for one in office.facts(StormOrderJoined)]


def recent(office: Office) -> list[str]:
    workload = office.states[Workload, "xh01"]
    assert isinstance(workload, Workload)
    return list(workload.recent.get("rainstorm", {}))


def away(office: Office, staff: Iterable[str]) -> None:
    lines = [{"staff_id": one, "role": "repair_engineer", "desk": "repair", "weekdays": []} for one in staff]
    office.send("roster-staff", estate_id="xh01", staff=lines)


@pytest.mark.rule("DSP-09", "INT-16")
def test_the_requests_that_gave_it_away_share_its_work_orders_and_each_household_is_told_once(office: Office) -> None:
    """Given a quiet month and leaks in two buildings by the minute, when the sixth shows a storm, then each building
    has one work order with all of them and one person, and each of the four homes gets one notice.
    """
    for day in range(28):
        office.open(START + timedelta(days=day), case_id=f"xh01.q{day}", home_id=None, **LEAK)
    start = START + timedelta(days=28)
    office.told.clear()
    for number, home in enumerate(("3-501", "5-501", "3-502", "5-502", "3-501", "5-502")):
        leak(office, number, home, at=start + number * MINUTE)
        assert len(office.facts(StormDeclared)) == (number == 5)
        assert joined(office) == ([f"xh01.s{one}" for one in range(6)] if number == 5 else [])
    tickets = [office.ticket(f"xh01.s{number}") for number in range(6)]
    for building in (0, 1):
        assert len({ticket.storm_order_id for ticket in tickets[building::2]}) == 1
        assert len({ticket.handler_id for ticket in tickets[building::2]}) == 1
    assert {ticket.handler_id for ticket in tickets} == {"fixer1", "fixer3"}
    assert [one.case_id for one in office.facts(MessageRequested)] == [f"xh01.s{number}" for number in range(4)]
    workload = office.states[Workload, "xh01"]
    assert isinstance(workload, Workload)
    assert sum(workload.in_hand.values()) == 28 + 6
    assert recent(office) == []


@pytest.mark.rule("DSP-09")
@pytest.mark.parametrize(
    ("at", "joins"),
    [("2026-03-10 10:59:59", False), ("2026-03-10 11:00", True), ("2026-03-11 10:30", True)],
)
def test_a_storm_declared_by_hand_has_what_came_in_the_day_before(office: Office, at: str, *, joins: bool) -> None:
    """Declared on the 11th at half past ten: the hours since eleven of the day before count, this one included."""
    leak(office, 1, at=local(at))
    office.until(local("2026-03-11 10:30"))
    declared(office)
    assert joined(office) == (["xh01.s1"] if joins else [])


@pytest.mark.rule("DSP-09", "DSP-08")
def test_whoever_has_one_keeps_it_and_takes_the_building_along(office: Office) -> None:
    early = leak(office, 1)
    storm_id = declared(office)
    assert office.ticket(early.id).handler_id == early.handler_id
    assert order_of(office, early).handler_id == early.handler_id
    later = leak(office, 2, "3-502")
    assert (later.handler_id, later.storm_order_id) == (early.handler_id, order_of(office, early).id)
    sent = storm(office, storm_id).sent[early.handler_id or ""]
    assert sent.until == START + (12 + 40 + 10) * MINUTE, "the way, a visit, one request more"
    assert (storm(office, storm_id).requests, storm(office, storm_id).round_at) == (2, None)


@pytest.mark.rule("DSP-09", "DSP-08")
def test_two_people_do_not_go_to_one_building(office: Office) -> None:
    first, second = leak(office, 1, "3-501"), leak(office, 2, "3-503")
    assert {first.handler_id, second.handler_id} == {"fixer1", "fixer3"}
    declared(office)
    assert office.ticket(second.id).handler_id == first.handler_id
    assert [(one.case_id, one.reasons) for one in office.facts(TicketAssigned)[2:]] == [(second.id, ("storm_order",))]
    workload = office.states[Workload, "xh01"]
    assert isinstance(workload, Workload)
    assert dict(workload.in_hand) == {first.handler_id: 2}


@pytest.mark.rule("DSP-09", "DSP-08")
@pytest.mark.parametrize("reloaded", [False, True])
def test_who_was_given_one_first_takes_the_building_along_whatever_the_database_did(
    office: Office, *, reloaded: bool
) -> None:
    """Given two people with a request each, a minute apart in the same hour, then the order in which the database gives
    a mapping back, which is none of ours, changes nothing.
    """
    first, second = leak(office, 9, "3-501"), leak(office, 1, "3-503", at=START + MINUTE)
    workload = office.states[Workload, "xh01"]
    assert isinstance(workload, Workload)
    if reloaded:
        recent = {cause: dict(sorted(cases.items())) for cause, cases in workload.recent.items()}
        office.states[Workload, "xh01"] = workload.model_copy(update={"recent": recent})
    declared(office)
    assert joined(office) == [first.id, second.id]
    assert {office.ticket(one.id).handler_id for one in (first, second)} == {first.handler_id}


@pytest.mark.rule("DSP-09", "DSP-08")
def test_who_is_of_another_level_takes_no_work_order(office: Office) -> None:
    """Given nobody at the desk, what the next level was asked to see to stays with them; the next request waits for
    the round.
    """
    away(office, ("fixer1", "fixer2", "fixer3"))
    early = leak(office, 1)
    assert early.handler_id == "property_head"
    declared(office)
    later = leak(office, 2, "3-502")
    assert (office.ticket(early.id).handler_id, later.handler_id) == ("property_head", None)
    assert order_of(office, early).id == later.storm_order_id
    assert order_of(office, early).handler_id is None


@pytest.mark.rule("DSP-09", "DSP-08")
def test_nobody_takes_two_work_orders_at_once(office: Office) -> None:
    away(office, ("fixer3",))
    one, other = leak(office, 1, "3-501"), leak(office, 2, "5-501")
    assert one.handler_id == other.handler_id == "fixer1"
    declared(office)
    assert order_of(office, one).handler_id == "fixer1"
    assert (order_of(office, other).handler_id, office.ticket(other.id).handler_id) == (None, "fixer1")


@pytest.mark.rule("DSP-09")
def test_what_is_done_or_of_another_cause_stays_outside(office: Office) -> None:
    done, withdrawn = leak(office, 1), office.open(case_id="xh01.c1", home_id="xh01.1-3-502", **LEAK)
    power = leak(office, 3, subcategory="power", trade="electrical")
    in_hand = leak(office, 4, "5-501", **CLEANING)
    noise = leak(office, 5, "5-502", **CLEANING)
    office.accepted("finish", case_id=done.id)
    office.withdrawn()
    office.states[Ticket, noise.id] = noise.model_copy(update={"subcategory": "noise"})
    declared(office)
    assert joined(office) == [in_hand.id]
    assert order_of(office, in_hand).desk == "property"
    assert {office.ticket(one.id).storm_order_id for one in (done, withdrawn, power, noise)} == {None}


@pytest.mark.rule("DSP-09")
def test_what_was_in_one_storm_is_not_gathered_by_the_next(office: Office) -> None:
    leak(office, 1)
    storm_id = declared(office)
    leak(office, 2)
    office.accepted_by(person("property_head"), "end-storm", storm_id=storm_id, reason="over")
    between = leak(office, 3)
    office.accepted_by(
        person("property_head"), "declare-storm", command_id="k2", estate_id="xh01", cause="rainstorm", reason="again"
    )
    assert joined(office) == ["xh01.s1", "xh01.s2", between.id]


@pytest.mark.rule("DSP-09", "OPS-03")
def test_a_request_that_declares_it_twice_changes_nothing(office: Office) -> None:
    leak(office, 1)
    declared(office)
    before = dict(office.states)
    assert office.hear(received(office.now, "xh01.s1", home_id="xh01.1-3-501", **LEAK)) == NOTHING
    office.hear(graded(4, office.now, "xh01.s1"))
    assert office.states == before


@pytest.mark.rule("DSP-09")
def test_what_is_remembered_is_bounded(office: Office) -> None:
    def at(number: int) -> datetime:
        return START + number * SECOND

    for number in range(MOST + 1):
        office.hear(received(at(number), f"xh01.r{number}", home_id=None, **LEAK), at(number))
    assert recent(office) == [f"xh01.r{number}" for number in range(1, MOST + 1)]
    office.hear(received(START + 25 * HOUR, "xh01.late", home_id=None, **LEAK), START + 25 * HOUR)
    assert recent(office) == ["xh01.late"]
