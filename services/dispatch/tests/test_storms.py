"""In a storm, requests of one cause and building share a work order, given out over the whole set (DSP-09)."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    StormDeclared,
    StormEnded,
    StormOrderAssigned,
    StormOrderJoined,
    TicketAssigned,
)
from linli_contracts.events.messages import MessageRequested
from linli_dispatch.domain.places import Workload
from linli_dispatch.domain.storm import Storm, StormOrder
from linli_dispatch.domain.ticket import Ticket
from linli_rulebook.decision import NOTHING, Decision

from services.dispatch.tests.office import Office, graded, local, person, received

START = local("2026-03-10 10:00")
MINUTE = timedelta(minutes=1)
LEAK: dict[str, Any] = {
    "kind": "repair", "category": "engineering_quality", "subcategory": "leak", "trade": "waterproofing",
}  # fmt: skip


@pytest.fixture
def office(office: Office) -> Office:
    """Two buildings of four homes each; a storm that the property head declared at ten."""
    homes = [
        {"home_id": f"xh01.1-{building}-{number}", "phase": "1", "building": building}
        for building in ("3", "5")
        for number in (501, 502, 503, 504)
    ]
    office.accepted_of("register-homes", estate_id="xh01", homes=homes)
    office.send("roster-staff", estate_id="xh01", staff=[
        {"staff_id": "fixer3", "role": "repair_engineer", "desk": "repair", "skills": ["waterproofing"]}])  # fmt: skip
    office.until(START)
    office.told.clear()
    return office


def declared(office: Office, cause: str = "rainstorm") -> str:
    outcome = office.send(
        "declare-storm", actor=person("property_head"), command_id=f"k-{cause}", estate_id="xh01",
        cause=cause, reason="heavy_rain",
    )  # fmt: skip
    assert isinstance(outcome, Decision), outcome
    return office.facts(StormDeclared)[-1].storm_id


def leak(office: Office, number: int, home: str = "3-501", **fields: Any) -> Ticket:  # noqa: ANN401 - fields of a fact
    return office.open(case_id=f"xh01.s{number}", home_id=f"xh01.1-{home}", **(LEAK | fields))


def storm(office: Office, storm_id: str) -> Storm:
    found = office.states[Storm, storm_id]
    assert isinstance(found, Storm)
    return found


def order_of(office: Office, ticket: Ticket) -> StormOrder:
    found = office.states[StormOrder, office.ticket(ticket.id).storm_order_id or ""]
    assert isinstance(found, StormOrder)
    return found


# -- declared and ended ------------------------------------------------------------------------------------------------


@pytest.mark.rule("DSP-09")
def test_whoever_may_declares_and_ends_a_storm_with_a_reason(office: Office) -> None:
    storm_id = declared(office)
    told = office.facts(StormDeclared)[-1]
    assert (told.how, told.declared_by, told.reason, told.cause) == (
        "by_hand", "property_head", "heavy_rain", "rainstorm",
    )  # fmt: skip
    office.accepted_by(person("centre_head"), "end-storm", storm_id=storm_id, reason="rain_over")
    ended = office.facts(StormEnded)[-1]
    assert (ended.storm_id, ended.how, ended.ended_by, ended.reason) == (
        storm_id, "by_hand", "centre_head", "rain_over",
    )  # fmt: skip
    assert list(storm(office, storm_id).timers()) == []


@pytest.mark.rule("DSP-09")
def test_what_cannot_be_declared_or_ended_is_refused_by_name(office: Office) -> None:
    body: dict[str, Any] = {"command_id": "k", "estate_id": "xh01", "cause": "rainstorm", "reason": "heavy_rain"}
    assert office.refused_by(person("fixer1"), "declare-storm", **body) == "no-declarer"
    assert office.refused_by(person("stranger"), "declare-storm", **body) == "no-declarer"
    head = person("property_head")
    assert office.refused_by(head, "declare-storm", **(body | {"cause": "locusts"})) == "unknown-cause"
    assert office.refused_by(head, "declare-storm", **(body | {"estate_id": "xh99"})) == "estate-not-found"
    storm_id = declared(office)
    assert office.refused_by(head, "declare-storm", **body) == "storm-is-on"
    assert office.refused_by(head, "end-storm", storm_id="xh01.st1", reason="over") == "storm-not-found"
    assert office.refused_by(person("fixer1"), "end-storm", storm_id=storm_id, reason="over") == "no-declarer"
    office.accepted_by(head, "end-storm", storm_id=storm_id, reason="over")
    assert office.refused_by(head, "end-storm", storm_id=storm_id, reason="over") == "storm-is-over"
    office.accepted_by(head, "declare-storm", **(body | {"command_id": "k2"}))


@pytest.mark.rule("DSP-09")
def test_a_storm_ends_by_itself_twelve_hours_after_the_last_request_of_its_cause(office: Office) -> None:
    storm_id = declared(office)
    leak(office, 1)
    last = START + timedelta(hours=5)
    office.until(last)
    leak(office, 2)
    office.until(last + timedelta(hours=12) - timedelta(seconds=1))
    assert storm(office, storm_id).ended_at is None
    office.until(last + timedelta(hours=12))
    assert storm(office, storm_id).ended_at == last + timedelta(hours=12)
    assert office.facts(StormEnded)[-1].how == "over"
    assert office.facts(StormEnded)[-1].requests == 2


@pytest.mark.rule("DSP-09")
def test_a_storm_is_recognised_while_requests_come_in() -> None:
    """A quiet month, one leak a day; then leaks by the minute: the sixth declares the storm, the seventh is grouped."""
    office = Office(now=local("2026-02-01 09:00"))
    office.found()
    for day in range(28):
        office.open(local("2026-02-01 09:00") + timedelta(days=day), case_id=f"xh01.q{day}", home_id=None, **LEAK)
    office.until(START)
    assert office.facts(StormDeclared) == []
    for number in range(7):
        office.until(START + number * MINUTE)
        leak(office, number, "3-502")
        assert len(office.facts(StormDeclared)) == (number >= 5)
    told = office.facts(StormDeclared)[0]
    assert (told.how, told.cause, told.requests, told.declared_by) == ("estate", "rainstorm", 6, None)
    assert told.usual < 1
    joined = [one.case_id for one in office.facts(StormOrderJoined)]
    assert joined == ["xh01.s5", "xh01.s6"]


# -- grouped -----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("DSP-09", "DSP-19")
def test_requests_of_one_building_share_a_work_order_and_keep_their_own_tickets(office: Office) -> None:
    storm_id = declared(office)
    tickets = [leak(office, number, home) for number, home in enumerate(("3-501", "3-502", "3-503", "5-501"))]
    orders = [office.ticket(ticket.id).storm_order_id for ticket in tickets]
    assert orders[0] == orders[1] == orders[2] != orders[3]
    for ticket in tickets:
        assert (ticket.owner_id, ticket.handler_id, ticket.status) == ("s17", None, "coverage_asked")
        assert {clock.name for clock in ticket.clocks} >= {"completion", "customer_report", "age_level_2"}
        assert "passing_on" not in {clock.name for clock in ticket.clocks}, "the desk's list has it"
    assert (storm(office, storm_id).orders, storm(office, storm_id).requests) == (2, 4)
    assert office.facts(TicketAssigned) == []


@pytest.mark.rule("DSP-09")
@pytest.mark.parametrize(
    ("fields", "joins"),
    [
        ({}, True),
        ({"subcategory": "noise"}, False),
        ({"subcategory": "power", "trade": "electrical"}, False),
        ({"subcategory": "flood"}, True),
    ],
)
def test_only_requests_of_the_cause_join(office: Office, fields: dict[str, Any], *, joins: bool) -> None:
    declared(office)
    ticket = leak(office, 1, **fields)
    assert (ticket.storm_order_id is not None, ticket.handler_id is None) == (joins, joins)


@pytest.mark.rule("DSP-09")
def test_a_work_order_serves_twenty_and_the_next_begins_another(office: Office) -> None:
    declared(office)
    orders = [leak(office, number).storm_order_id for number in range(21)]
    assert len(set(orders[:20])) == 1
    assert orders[20] not in orders[:20]


@pytest.mark.rule("INT-16", "DSP-09")
def test_each_household_gets_one_notice_in_a_storm_whatever_it_reports(office: Office) -> None:
    declared(office)
    leak(office, 1, "3-501", customer_ref="c1")
    leak(office, 2, "3-501", customer_ref="c2")
    leak(office, 3, "3-502", customer_ref="c1")
    leak(office, 4, "3-501", trade="plumbing", customer_ref="c1")
    office.open(case_id="xh01.s5", home_id=None, customer_ref="c9", **LEAK)
    office.open(case_id="xh01.s6", home_id=None, customer_ref="c9", **LEAK)
    notices = office.facts(MessageRequested)
    assert [(one.case_id, one.about) for one in notices] == [
        ("xh01.s1", "notice"), ("xh01.s3", "notice"), ("xh01.s5", "notice"),
    ]  # fmt: skip
    assert len({one.message_id for one in notices}) == 3


@pytest.mark.rule("DSP-09", "INT-11")
def test_an_emergency_is_assigned_at_once_and_takes_the_work_order_of_its_building_along(office: Office) -> None:
    declared(office)
    waits = leak(office, 1)
    urgent = leak(office, 2, "3-502", emergency=True)
    assert office.ticket(waits.id).handler_id is None
    assert urgent.handler_id in {"fixer1", "fixer3"}
    assert office.facts(TicketAssigned)[-1].assigned_at == START
    office.until(START + 10 * MINUTE)
    assert office.ticket(waits.id).handler_id == urgent.handler_id
    assert office.facts(TicketAssigned)[-1].reasons == ("storm_order", "with_emergency")


# -- given out ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("DSP-09", "DSP-08")
def test_a_round_gives_the_work_orders_out_ten_minutes_after_the_first(office: Office) -> None:
    storm_id = declared(office)
    tickets = [leak(office, number, home) for number, home in enumerate(("3-501", "3-502", "5-501", "5-502"))]
    office.until(START + 10 * MINUTE - timedelta(seconds=1))
    assert office.facts(StormOrderAssigned) == []
    office.until(START + 10 * MINUTE)
    handlers = [office.ticket(ticket.id).handler_id for ticket in tickets]
    assert handlers[0] == handlers[1] != handlers[2] == handlers[3]
    assert set(handlers) == {"fixer1", "fixer3"}, "the electrician cannot"
    assert [one.requests for one in office.facts(StormOrderAssigned)] == [2, 2]
    assigned = office.facts(TicketAssigned)
    assert len(assigned) == 4
    assert assigned[0].reasons[:2] == ("storm_round", "on_duty")
    assert {one.staff_id for one in assigned[0].runners_up} == {"fixer1", "fixer2", "fixer3"} - {assigned[0].handler_id}
    assert {one.why_not for one in assigned[0].runners_up} >= {"no_skill"}
    assert (storm(office, storm_id).waiting, storm(office, storm_id).round_at) == ((), None)
    workload = office.states[Workload, "xh01"]
    assert isinstance(workload, Workload)
    assert dict(workload.in_hand) == {"fixer1": 2, "fixer3": 2}


@pytest.mark.rule("DSP-09")
def test_the_heavier_work_order_goes_first_when_there_are_too_few_people(office: Office) -> None:
    office.send("roster-staff", estate_id="xh01", staff=[
        {"staff_id": "fixer3", "role": "repair_engineer", "desk": "repair", "weekdays": []}])  # fmt: skip
    declared(office)
    one = leak(office, 1, "3-501")
    many = [leak(office, number, "5-501") for number in (2, 3)]
    office.until(START + 10 * MINUTE)
    assert [office.ticket(ticket.id).handler_id for ticket in many] == ["fixer1", "fixer1"]
    assert office.ticket(one.id).handler_id is None
    office.until(START + 40 * MINUTE)
    assert office.ticket(one.id).handler_id is None, "a visit for two takes longer"
    office.accepted_of("finish-storm-order", order_id=order_of(office, many[0]).id)
    office.until(START + 40 * MINUTE)
    assert office.ticket(one.id).handler_id == "fixer1", "a round at once when hands are free"


@pytest.mark.rule("DSP-09")
@pytest.mark.parametrize(("minutes", "given"), [(79, False), (80, True)])
def test_who_should_be_done_and_tells_nothing_gets_the_next_work_order(
    office: Office, minutes: int, *, given: bool
) -> None:
    """Sent at ten past ten, twelve minutes on the way, fifty for two requests: the next round is at twenty past."""
    office.send("roster-staff", estate_id="xh01", staff=[
        {"staff_id": "fixer3", "role": "repair_engineer", "desk": "repair", "weekdays": []}])  # fmt: skip
    declared(office)
    for number in (2, 3):
        leak(office, number, "5-501")
    one = leak(office, 1, "3-501")
    office.until(START + minutes * MINUTE)
    assert (office.ticket(one.id).handler_id is not None) is given


@pytest.mark.rule("DSP-09")
def test_nothing_more_goes_along_with_who_was_sent_on(office: Office) -> None:
    declared(office)
    first = leak(office, 1)
    office.until(START + 10 * MINUTE)
    holder = office.ticket(first.id).handler_id
    other = "fixer1" if holder == "fixer3" else "fixer3"
    office.send("roster-staff", estate_id="xh01", staff=[
        {"staff_id": other, "role": "repair_engineer", "desk": "repair", "weekdays": []}])  # fmt: skip
    urgent = leak(office, 2, "5-501", emergency=True)
    assert urgent.handler_id == holder, "nobody else is there"
    later = leak(office, 3, "3-502")
    assert later.storm_order_id != office.ticket(first.id).storm_order_id
    assert later.handler_id is None


@pytest.mark.rule("DSP-09")
def test_an_emergency_goes_to_who_is_there_first_not_to_who_is_in_the_building_for_long(office: Office) -> None:
    declared(office)
    waits = [leak(office, number, f"3-50{1 + number % 4}") for number in range(6)]
    office.until(START + 10 * MINUTE)
    urgent = leak(office, 9, "3-502", emergency=True)
    assert {urgent.handler_id, office.ticket(waits[0].id).handler_id} == {"fixer1", "fixer3"}
    assert office.facts(TicketAssigned)[-1].reasons[:2] == ("emergency", "first_there")


@pytest.mark.rule("DSP-09", "INT-11")
def test_an_emergency_that_another_takes_has_a_work_order_of_its_own(office: Office) -> None:
    """Who finishes theirs does not finish the other's."""
    declared(office)
    first = leak(office, 1)
    office.until(START + 10 * MINUTE)
    urgent = leak(office, 2, "3-502", emergency=True)
    assert urgent.handler_id != office.ticket(first.id).handler_id
    assert urgent.storm_order_id != office.ticket(first.id).storm_order_id
    later = leak(office, 3, "3-503")
    assert later.handler_id == urgent.handler_id, "who is there goes on with the building"


@pytest.mark.rule("DSP-09", "INT-15")
@pytest.mark.parametrize("emergency", [True, False])
def test_a_work_order_of_which_nothing_waited_is_still_given_out_to_what_joins_later(
    office: Office, *, emergency: bool
) -> None:
    """Only an emergency, or only what was withdrawn: the round has nothing to give out, and the next request does."""
    declared(office)
    office.open(case_id="xh01.c1", home_id="xh01.1-3-501", **(LEAK | {"emergency": emergency}))
    if not emergency:
        office.withdrawn()
    office.until(START + 20 * MINUTE)
    later = leak(office, 2, "3-502")
    office.until(START + 40 * MINUTE)
    assert office.ticket(later.id).handler_id is not None


@pytest.mark.rule("DSP-09")
def test_a_visit_sees_to_the_highest_level_first_then_as_they_came(office: Office) -> None:
    declared(office)
    tickets = [leak(office, number, level=level) for number, level in enumerate((4, 3, 4, 3))]
    assert order_of(office, tickets[0]).in_turn == ("xh01.s1", "xh01.s3", "xh01.s0", "xh01.s2")
    leak(office, 9, emergency=True)
    assert order_of(office, tickets[0]).in_turn[:2] == ("xh01.s9", "xh01.s1")


@pytest.mark.rule("DSP-09")
def test_a_request_that_comes_later_goes_along_with_its_work_order(office: Office) -> None:
    declared(office)
    first = leak(office, 1)
    office.until(START + 10 * MINUTE)
    later = leak(office, 2, "3-502")
    assert (later.storm_order_id, later.handler_id) == (
        office.ticket(first.id).storm_order_id, office.ticket(first.id).handler_id,
    )  # fmt: skip
    assert office.facts(TicketAssigned)[-1].reasons == ("storm_order",)


@pytest.mark.rule("DSP-09", "DSP-08")
@pytest.mark.parametrize(("hands", "given", "by"), [(19, True, "fixer1"), (20, False, "property_head")])
def test_full_hands_get_nothing_until_two_hours_are_over(office: Office, hands: int, *, given: bool, by: str) -> None:
    office.states[Workload, "xh01"] = Workload(id="xh01", in_hand={"fixer1": hands, "fixer3": 20})
    declared(office)
    ticket = leak(office, 1)
    office.until(START + 120 * MINUTE - timedelta(seconds=1))
    assert (office.ticket(ticket.id).handler_id is not None) is given
    office.until(START + 130 * MINUTE)
    assert office.ticket(ticket.id).handler_id == by


@pytest.mark.rule("DSP-09", "DSP-08")
def test_what_nobody_of_the_desk_can_do_is_routed_at_the_first_round_with_the_shortage(office: Office) -> None:
    declared(office)
    ticket = leak(office, 1, trade="plumbing")
    office.until(START + 10 * MINUTE)
    assert office.ticket(ticket.id).handler_id == "property_head"
    assert office.facts(TicketAssigned)[-1].shortage
    assert office.facts(StormOrderAssigned)[-1].shortage


@pytest.mark.rule("DSP-09", "INT-15")
def test_what_was_withdrawn_or_handed_on_meanwhile_is_left_alone(office: Office) -> None:
    declared(office)
    office.open(case_id="xh01.c1", home_id="xh01.1-3-501", **LEAK)
    other = leak(office, 2, "5-501", kind="complaint", category="property_management", trade=None)
    office.withdrawn()
    office.accepted("pass-on", case_id=other.id, desk="engineering")
    handler = office.ticket(other.id).handler_id
    office.until(START + 10 * MINUTE)
    assert (office.ticket().status, office.ticket().handler_id) == ("closed", None)
    assert office.ticket(other.id).handler_id == handler
    assert office.facts(StormOrderAssigned) == []


@pytest.mark.rule("DSP-09")
def test_the_same_storm_is_given_out_the_same_way(office: Office) -> None:
    """Whatever the order of the roster: ties fall by the hash of work order and person."""

    def play(turned: Office) -> dict[str, str | None]:
        declared(turned)
        for number in range(8):
            leak(turned, number, f"{3 + number % 2 * 2}-50{1 + number % 4}", level=3 + number % 2)
        turned.until(START + 30 * MINUTE)
        return {f"s{number}": turned.ticket(f"xh01.s{number}").handler_id for number in range(8)}

    once, again = Office(), Office()
    for copy, lines in ((once, office.estate().staff), (again, tuple(reversed(office.estate().staff)))):
        copy.now = START
        copy.states = {**office.states}
        estate = office.estate().model_copy(update={"staff": lines})
        copy.states[type(estate), "xh01"] = estate
    assert play(once) == play(again)


# -- after the storm ---------------------------------------------------------------------------------------------------


@pytest.mark.rule("DSP-09", "DSP-19")
def test_after_the_end_tickets_go_on_as_usual_and_what_waits_is_still_given_out(office: Office) -> None:
    storm_id = declared(office)
    waits = leak(office, 1)
    office.accepted_by(person("property_head"), "end-storm", storm_id=storm_id, reason="over")
    new = leak(office, 2, "3-502")
    assert (new.storm_order_id, new.handler_id is not None) == (None, True)
    assert office.ticket(waits.id).handler_id is None
    office.until(START + 10 * MINUTE)
    assert office.ticket(waits.id).handler_id is not None
    assert list(storm(office, storm_id).timers()) == []
    office.accepted("finish", case_id=waits.id)
    assert office.ticket(waits.id).status == "completed"


@pytest.mark.rule("DSP-09", "DSP-10", "FUP-01")
def test_one_visit_finishes_all_requests_of_a_work_order_each_with_its_own_callback(office: Office) -> None:
    declared(office)
    tickets = [leak(office, number, f"3-50{number}") for number in (1, 2, 3)]
    order_id = order_of(office, tickets[0]).id
    office.until(START + 10 * MINUTE)
    decision = office.accepted_of("finish-storm-order", order_id=order_id, without=[tickets[2].id])
    assert decision.answer is not None
    assert decision.answer["finished"] == [tickets[0].id, tickets[1].id]
    assert [office.ticket(ticket.id).status for ticket in tickets] == ["completed", "completed", "coverage_asked"]
    assert "callback_close" in {clock.name for clock in office.ticket(tickets[0].id).clocks}
    workload = office.states[Workload, "xh01"]
    assert isinstance(workload, Workload)
    assert sum(workload.in_hand.values()) == 1
    office.accepted_of("finish-storm-order", order_id=order_id)
    assert office.refused_of("finish-storm-order", order_id=order_id) == "storm-order-is-done"
    assert office.refused_of("finish-storm-order", order_id="xh01.so1") == "storm-order-not-found"


@pytest.mark.rule("DSP-09", "OPS-03")
def test_what_is_heard_twice_or_late_changes_nothing(office: Office) -> None:
    declared(office)
    leak(office, 1)
    before = dict(office.states)
    again = received(office.now, "xh01.s1", home_id="xh01.1-3-501", **LEAK)
    assert office.hear(again) == NOTHING
    office.hear(graded(4, office.now, "xh01.s1"))
    assert office.states == before
    assert len(office.facts(StormOrderJoined)) == len(office.facts(MessageRequested)) == 1


@pytest.mark.rule("DSP-09")
def test_rounds_missed_while_the_process_was_down_are_caught_up_once(office: Office) -> None:
    storm_id = declared(office)
    leak(office, 1)
    office.until(START + timedelta(days=3))
    assert len(office.facts(StormOrderAssigned)) == 1
    assert len(office.facts(StormEnded)) == 1
    assert storm(office, storm_id).rounds == 1
