"""Work that waits in a pool for want of somebody goes to who joins or comes back and fits (DSP-08, DSP-19)."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import DeadlineMissed, TicketAssigned
from linli_dispatch.domain.assigning.filling import Filling
from linli_dispatch.domain.assigning.going_through import MOST_CASES, GoingThrough, WorkOf
from linli_dispatch.domain.group.places import Workload
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.handlers import MAP
from linli_rulebook.decision import Decision
from linli_runtime.reads import Reads
from linli_testkit.facts import context
from linli_testkit.tables import keep

from services.dispatch.tests.office import NOW, ROSTER, SECOND, Office, OfficeFacts, local, person

AGENT2: dict[str, Any] = {"staff_id": "agent2", "role": "agent", "desk": "service_centre"}
PLUMBER: dict[str, Any] = {
    "staff_id": "fixer3", "role": "repair_engineer", "desk": "repair", "skills": ["waterproofing"]
}  # fmt: skip
SOON = 10 * SECOND


def roster(office: Office, *lines: dict[str, Any]) -> None:
    office.accepted_of("roster-staff", estate_id="xh01", staff=list(lines))


def short_office(*without: str) -> Office:
    """A request came in while these were not on the roster."""
    office = Office()
    office.found(without=without)
    office.open()
    return office


@pytest.mark.rule("DSP-08", "DSP-19")
def test_who_joins_and_fits_gets_what_the_next_pool_has_with_the_reason_and_no_clock_moves() -> None:
    office = short_office("agent1")
    before = office.ticket()
    assert (before.handler_id, before.short) == ("centre_head", True)
    roster(office, AGENT2)
    office.until(NOW + SOON)
    ticket, told = office.ticket(), office.facts(TicketAssigned)[-1]
    assert (ticket.handler_id, ticket.short, told.shortage) == ("agent2", False, False)
    assert told.reasons[:2] == ("somebody_came", "on_duty")
    assert told.assigned_at == NOW
    (reason,) = (one for one in office.reasons if one.what == "shortage over: given to who fits")
    assert (reason.rule, reason.facts) == ("DSP-08", {"from": "centre_head", "to": "agent2"})
    assert ticket.clocks == before.clocks
    workload = office.states[Workload, "xh01"]
    assert isinstance(workload, Workload)
    assert dict(workload.in_hand) == {"agent2": 1}


@pytest.mark.rule("DSP-08", "DSP-19", "ORG-04")
def test_who_comes_back_gets_it_at_that_very_instant() -> None:
    office = Office()
    office.found()
    back = local("2026-03-11 09:00")
    office.accepted_of("record-absence", estate_id="xh01", staff_id="agent1", from_at=NOW, until_at=back)
    office.open()
    assert office.ticket().handler_id == "centre_head"
    office.until(back - SECOND)
    assert office.ticket().handler_id == "centre_head"
    office.until(back)
    assert office.ticket().handler_id == "agent1"


@pytest.mark.rule("DSP-08")
@pytest.mark.parametrize(
    ("line", "gets"),
    [
        (PLUMBER, True),
        (PLUMBER | {"skills": ["electrical"]}, False),
        (PLUMBER | {"from_hour": 20, "until_hour": 22}, False),
        (PLUMBER | {"desk": "gardening"}, False),
    ],
)
def test_who_joins_and_does_not_fit_leaves_it_where_it_is(line: dict[str, Any], *, gets: bool) -> None:
    office = Office()
    office.found(without=("fixer1",))
    office.open_repair()
    assert office.ticket().handler_id == "property_head"
    roster(office, line)
    office.until(NOW + SOON)
    assert office.ticket().handler_id == ("fixer3" if gets else "property_head")
    assert office.ticket().short is not gets


@pytest.mark.rule("DSP-08", "INT-08")
def test_a_case_that_nobody_had_is_passed_on_with_that(office: Office) -> None:
    bare = Office()
    bare.found(without=[line["staff_id"] for line in ROSTER])
    bare.open()
    assert bare.ticket().handler_id is None
    roster(bare, AGENT2)
    bare.until(NOW + SOON)
    assert (bare.ticket().handler_id, bare.ticket().passed_on_at) == ("agent2", NOW)
    bare.until(NOW + timedelta(hours=5))
    assert "passing_on" not in {one.clock for one in bare.facts(DeadlineMissed)}


@pytest.mark.rule("DSP-08")
def test_who_had_it_at_night_and_is_at_work_now_keeps_it() -> None:
    office = Office()
    office.found(without=[line["staff_id"] for line in ROSTER if line["staff_id"] != "agent1"])
    night = office.open(local("2026-03-10 23:00"))
    assert (night.handler_id, night.short) == ("agent1", True)
    office.until(local("2026-03-11 09:00"))
    assigned = len(office.facts(TicketAssigned))
    roster(office, AGENT2)
    office.until(office.now + SOON)
    assert (office.ticket().handler_id, office.ticket().short) == ("agent1", False)
    assert len(office.facts(TicketAssigned)) == assigned


@pytest.mark.rule("DSP-08", "DSP-19")
def test_what_is_over_or_fits_already_is_left_alone(office: Office) -> None:
    office.open(case_id="xh01.fits")
    short = Office()
    short.found(without=("agent1",))
    short.open()
    short.accepted("resolve", actor=person("centre_head"), how="standard_answer", consented=True)
    for one in (office, short):
        before, told = {ref: state for ref, state in one.states.items() if ref[0] is Ticket}, len(one.told)
        roster(one, AGENT2)
        one.until(NOW + SOON)
        assert {ref: state for ref, state in one.states.items() if ref[0] is Ticket} == before
        assert len(one.told) == told + 1, "that they were rostered"


@pytest.mark.rule("DSP-08", "DSP-19")
def test_hundreds_wait_and_go_in_bounded_rounds_up_to_the_load_limit() -> None:
    office = Office()
    office.found(without=("agent1",))
    many = MOST_CASES + 30
    for number in range(many):
        office.open(case_id=f"xh01.n{number:03}", home_id=None)
    limit = 20
    people = [AGENT2 | {"staff_id": f"agent{number}"} for number in range(2, 2 + many // limit)]
    roster(office, *people)
    office.until(NOW + SOON)
    handlers = [office.ticket(f"xh01.n{number:03}").handler_id for number in range(many)]
    assert {one: handlers.count(one) for one in set(handlers) if one != "centre_head"} == {
        one["staff_id"]: limit for one in people
    }
    workload = office.states[Workload, "xh01"]
    assert isinstance(workload, Workload)
    assert dict(workload.in_hand) == {one: handlers.count(one) for one in set(handlers)}
    assert not [state for state in office.states.values() if isinstance(state, GoingThrough) and list(state.timers())]


@pytest.mark.rule("DSP-19")
def test_a_round_that_comes_twice_or_late_changes_nothing_more() -> None:
    office = short_office("agent1")
    roster(office, AGENT2)
    ref, filling = next((ref, one) for ref, one in office.states.items() if isinstance(one, Filling))
    (timer,) = filling.timers()
    entry = next(entry for entry in MAP.timers if entry.state is Filling)
    office.until(NOW + SOON)
    before = dict(office.states)
    again = entry.decide(OfficeFacts(office.states), office.states[ref], timer, context(NOW + timedelta(days=7)))
    assert isinstance(again, Decision)
    assert (again.save, again.events, office.states) == ((), (), before)


@pytest.mark.rule("DSP-08", "DSP-19")
def test_after_a_long_downtime_each_who_came_back_meanwhile_is_awaited_in_order(office: Office) -> None:
    days = [local(f"2026-03-{day} 10:00") for day in (11, 12, 13)]
    for who, back in zip(("agent1", "keeper", "fixer1"), days, strict=True):
        office.accepted_of("record-absence", estate_id="xh01", staff_id=who, from_at=NOW, until_at=back)
    office.open()
    filling = next(one for one in office.states.values() if isinstance(one, Filling))
    assert list(filling.comes_at) == days
    office.until(local("2026-04-20 10:00"))
    told = [one for one in office.facts(TicketAssigned) if "somebody_came" in one.reasons]
    assert [(one.handler_id, one.assigned_at) for one in told] == [("agent1", days[0])]


@pytest.mark.rule("DSP-08", "DSP-19")
async def test_the_query_finds_what_waits_for_somebody_or_is_held_by_office(reads: Reads) -> None:
    office = short_office("agent1")
    office.open(case_id="xh01.c2", level=2)
    office.open_repair(case_id="xh01.r1")
    office.open(case_id="xh01.c4", category="property_management")
    office.accepted("propose-plan", case_id="xh01.c4", desk="property", actor=person("keeper"))
    office.open(case_id="xh01.c5", category="property_management")
    await keep(reads, office.states.values(), office.rows)
    filling = next(one for one in office.states.values() if isinstance(one, Filling))
    for after, found in (("", ("xh01.c1", "xh01.c2", "xh01.c4")), ("xh01.c1", ("xh01.c2", "xh01.c4"))):
        asked = filling.model_copy(update={"after": after}).work_id
        (row,) = await reads.fetch("load_work_of", [asked])
        work = WorkOf.model_validate_json(row["state"])
        assert work == OfficeFacts(office.states).get(WorkOf, asked)
        assert work.case_ids == found
