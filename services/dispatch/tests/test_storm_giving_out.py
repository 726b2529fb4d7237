"""A storm's work orders are given out over the whole set, in rounds; emergencies at once (DSP-09)."""

from datetime import timedelta

import pytest
from linli_contracts.events.dispatch import (
    StormOrderAssigned,
    TicketAssigned,
)
from linli_dispatch.domain.group.places import Workload

from services.dispatch.tests.office import Office
from services.dispatch.tests.storms import LEAK, MINUTE, START, declared, leak, office, order_of, storm

__all__ = ["office"]


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
    office.until(START + 120 * MINUTE)
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


@pytest.mark.rule("DSP-09", "DSP-08")
def test_who_is_at_several_desks_goes_as_one_of_the_work_orders_desk(office: Office) -> None:
    line = {"staff_id": "both", "skills": ["waterproofing"], "near": ["1-3"]}
    lines = [line | {"role": "department", "desk": "property"}, line | {"role": "repair_engineer", "desk": "repair"}]
    office.accepted_of("roster-staff", estate_id="xh01", staff=lines)
    declared(office)
    waits, urgent, along = leak(office, 1), leak(office, 2, "3-502", emergency=True), leak(office, 3, "3-503")
    office.until(START + 10 * MINUTE)
    tickets = [office.ticket(one.id) for one in (waits, urgent, along)]
    assert [(one.handler_id, one.handler_role) for one in tickets] == [("both", "repair_engineer")] * 3
