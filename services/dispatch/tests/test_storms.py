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
from linli_dispatch.domain.group.places import Home, Workload
from linli_rulebook.decision import NOTHING
from linli_runtime.reads import Reads
from linli_testkit.tables import keep

from services.dispatch.tests.conftest import SQL
from services.dispatch.tests.office import Office, graded, local, person, received
from services.dispatch.tests.storms import LEAK, MINUTE, START, declared, leak, office, order_of, storm

__all__ = ["office"]


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


@pytest.mark.rule("DSP-09", "DSP-19")
def test_who_has_left_the_roster_declares_and_ends_nothing_any_more(office: Office) -> None:
    storm_id = declared(office)
    head = {"staff_id": "property_head", "role": "property_service_manager", "desk": "property_office"}
    office.accepted_of("roster-staff", estate_id="xh01", staff=[head | {"weekdays": []}])
    body: dict[str, Any] = {"command_id": "k", "estate_id": "xh01", "cause": "power_cut", "reason": "heavy_rain"}
    assert office.refused_by(person("property_head"), "declare-storm", **body) == "no-declarer"
    region: dict[str, Any] = body | {"region_id": "south"}
    assert office.refused_by(person("property_head"), "declare-region-storm", **region) == "no-declarer"
    assert office.refused_by(person("property_head"), "end-storm", storm_id=storm_id, reason="over") == "no-declarer"


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
    """A quiet month, one leak a day; then leaks by the minute: the sixth declares the storm, which has them all."""
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
    assert joined == [f"xh01.s{number}" for number in range(7)]


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


@pytest.mark.rule("INT-16", "DSP-09")
def test_with_two_storms_on_each_household_gets_one_notice_of_each_and_counts_once_in_each(office: Office) -> None:
    """Given rain and a power cut at once, and a home that reports both and the first again, which is over then, and on
    anew: it is told three times.
    """
    rain, dark = declared(office), declared(office, "power_cut")
    power: dict[str, Any] = {"subcategory": "power_cut", "trade": "electrical"}
    for number, fields in enumerate(({}, power, {}, power), start=1):
        leak(office, number, **fields)
    told = ["xh01.s1", "xh01.s2"]
    assert [one.case_id for one in office.facts(MessageRequested)] == told
    assert [storm(office, one).households for one in (rain, dark)] == [1, 1]
    assert [storm(office, one).requests for one in (rain, dark)] == [2, 2]
    office.accepted_by(person("property_head"), "end-storm", storm_id=rain, reason="over")
    again: dict[str, Any] = {"command_id": "k2", "estate_id": "xh01", "cause": "rainstorm", "reason": "again"}
    office.accepted_by(person("property_head"), "declare-storm", **again)
    leak(office, 5)
    leak(office, 6, **power)
    assert [one.case_id for one in office.facts(MessageRequested)] == [*told, "xh01.s5"]


@pytest.mark.rule("DSP-09", "INT-16")
async def test_a_home_that_was_told_before_it_remembered_several_is_not_told_again(
    reads: Reads, office: Office
) -> None:
    """Given a storm that is over and one that goes on, as homes remembered the last one until then."""
    over = declared(office)
    leak(office, 1, "5-501")
    office.accepted_by(person("property_head"), "end-storm", storm_id=over, reason="over")
    storm_id = declared(office, "power_cut")
    leak(office, 2, subcategory="power_cut", trade="electrical")
    await keep(reads, office.states.values(), office.rows)
    await reads.pool.execute(
        "UPDATE home SET state = state - 'storms_told' || jsonb_build_object('told_of', state #> '{storms_told,-1}')"
    )
    await reads.pool.execute((SQL / "migrations" / "0024_storms_told.sql").read_text("utf-8"))
    rows = await reads.pool.fetch("SELECT state::text AS state FROM home")
    homes = {home.id: home for home in (Home.model_validate_json(row["state"]) for row in rows)}
    assert {home.id: home.storms_told for home in homes.values() if home.storms_told} == {"xh01.1-3-501": (storm_id,)}
    assert homes["xh01.1-3-501"] == office.states[Home, "xh01.1-3-501"]


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


@pytest.mark.rule("DSP-09")
def test_a_slip_in_what_is_left_out_finishes_nothing(office: Office) -> None:
    """Given a request that is none of the work order's, then all is refused: the right one would be finished."""
    declared(office)
    tickets = [leak(office, number, f"3-50{number}") for number in (1, 2)]
    order_id = order_of(office, tickets[0]).id
    office.until(START + 10 * MINUTE)
    slip = [tickets[0].id, "xh01.s22"]
    assert office.refused_of("finish-storm-order", order_id=order_id, without=slip) == "not-of-this-order"
    office.accepted_of("finish-storm-order", order_id=order_id, without=slip[:1])
    assert [office.ticket(one.id).status for one in tickets] == ["coverage_asked", "completed"]


@pytest.mark.rule("DSP-09", "DSP-02")
def test_what_was_passed_on_to_another_desk_is_not_finished_by_the_visit(office: Office) -> None:
    """Given two complaints of one work order, of which one is the engineering department's, as its desk has found."""
    declared(office)
    complaint: dict[str, Any] = {"kind": "complaint", "category": "property_management", "trade": None}
    tickets = [leak(office, number, **complaint) for number in (1, 2)]
    order_id = order_of(office, tickets[0]).id
    office.until(START + 10 * MINUTE)
    office.accepted("pass-on", case_id=tickets[1].id, desk="engineering")
    decision = office.accepted_of("finish-storm-order", order_id=order_id)
    assert decision.answer == {"order_id": order_id, "finished": [tickets[0].id], "left": []}
    after = office.ticket(tickets[1].id)
    assert (after.status, after.desk, after.handler_id) == ("open", "engineering", "builder")


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
