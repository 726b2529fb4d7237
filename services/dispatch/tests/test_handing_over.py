"""Open work of whoever is away, has left, or whose desk is closed goes to somebody else, and no clock moves."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import TicketAssigned
from linli_dispatch.domain.assigning.going_through import MOST_CASES, GoingThrough, WorkOf
from linli_dispatch.domain.assigning.handover import Handover
from linli_dispatch.domain.group.places import Workload
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.handlers import MAP
from linli_rulebook.decision import Decision, State
from linli_runtime.reads import Reads
from linli_testkit.facts import context
from linli_testkit.tables import keep

from services.dispatch.tests.office import CASE, NOW, SECOND, Office, OfficeFacts, graded, local

WEEK = timedelta(days=7)
SOON = 10 * SECOND
AGENT2: dict[str, Any] = {"staff_id": "agent2", "role": "agent", "desk": "service_centre"}
AGENT3: dict[str, Any] = AGENT2 | {"staff_id": "agent3"}


def roster(office: Office, *lines: dict[str, Any]) -> None:
    office.accepted_of("roster-staff", estate_id="xh01", staff=list(lines))


def away(office: Office, from_at: Any = NOW, length: timedelta = WEEK, **more: Any) -> None:  # noqa: ANN401 - fields of a body
    body = {"staff_id": "agent1", "from_at": from_at, "until_at": from_at + length}
    office.accepted_of("record-absence", estate_id="xh01", **(body | more))


def leaves(office: Office, line: dict[str, Any]) -> None:
    roster(office, line | {"weekdays": []})


AGENT1: dict[str, Any] = AGENT2 | {"staff_id": "agent1", "from_hour": 8, "until_hour": 17.5}


@pytest.fixture
def opened(office: Office) -> Ticket:
    ticket = office.open()
    assert ticket.handler_id == "agent1"
    roster(office, AGENT2)
    return ticket


@pytest.mark.rule("DSP-19", "DSP-20", "DSP-02")
def test_an_absence_hands_over_to_the_deputy_with_the_reason_and_moves_no_clock(office: Office, opened: Ticket) -> None:
    away(office, deputy_id="keeper")
    office.until(NOW + SOON)
    ticket = office.ticket()
    told = office.facts(TicketAssigned)[-1]
    assert (ticket.handler_id, told.handler_id) == ("keeper", "keeper")
    assert told.reasons == ("handed_over", "absence", "deputy")
    reason = next(one for one in office.reasons if one.what == "handed over")
    assert (reason.rule, reason.subject) == ("DSP-19", CASE)
    assert reason.facts == {"from": "agent1", "to": "keeper", "why": "absence", "owner_id": "s17"}
    assert (ticket.clocks, ticket.complete_by, ticket.passed_on_at) == (
        opened.clocks, opened.complete_by, opened.passed_on_at,
    )  # fmt: skip


@pytest.mark.rule("DSP-19", "DSP-08")
@pytest.mark.parametrize("deputy", [None, "centre_head"])
def test_without_a_deputy_who_is_there_it_is_routed_anew(office: Office, opened: Ticket, deputy: str | None) -> None:
    away(office, staff_id="centre_head")
    away(office, deputy_id=deputy)
    office.until(NOW + SOON)
    assert office.ticket().handler_id == "agent2"
    assert "deputy" not in office.facts(TicketAssigned)[-1].reasons


@pytest.mark.rule("DSP-19", "DSP-20", "DSP-08")
def test_with_nobody_free_it_goes_to_the_next_pool_and_the_shortage_is_told(office: Office) -> None:
    office.open()
    away(office)
    office.until(NOW + SOON)
    told = office.facts(TicketAssigned)[-1]
    assert (told.handler_id, told.shortage) == ("centre_head", True)
    assert told.reasons[:3] == ("handed_over", "absence", "next_pool")


@pytest.mark.rule("DSP-19")
def test_a_later_absence_begins_at_its_instant(office: Office, opened: Ticket) -> None:
    begins = NOW + timedelta(days=1)
    away(office, from_at=begins)
    office.until(begins - SECOND)
    assert office.ticket().handler_id == "agent1"
    office.until(begins)
    assert office.ticket().handler_id == "agent2"


@pytest.mark.rule("DSP-19")
def test_an_absence_recorded_anew_replaces_the_one_before(office: Office, opened: Ticket) -> None:
    away(office, from_at=NOW + timedelta(days=1))
    away(office, from_at=NOW + timedelta(days=2))
    office.until(NOW + timedelta(days=2) - SECOND)
    assert office.ticket().handler_id == "agent1"
    office.until(NOW + timedelta(days=2))
    assert office.ticket().handler_id == "agent2"


@pytest.mark.rule("DSP-20", "DSP-19")
@pytest.mark.parametrize(("level", "over"), [(4, False), (3, False), (2, True)])
def test_a_short_absence_leaves_what_is_neither_due_nor_urgent(office: Office, level: int, *, over: bool) -> None:
    office.open(level=level)
    roster(office, AGENT2)
    away(office, length=timedelta(hours=1))
    office.until(NOW + SOON)
    assert (office.ticket().handler_id != "agent1") is over


@pytest.mark.rule("DSP-01", "DSP-07", "DSP-20")
def test_what_becomes_a_crisis_in_a_short_absence_is_handed_over_at_once(office: Office) -> None:
    saturday = local("2026-03-14 09:30")  # nothing of the departments is due in a day
    office.open(saturday, level=4, received_by="keeper")
    office.accepted("assess", finding="justified")
    handler = str(office.ticket().handler_id)
    for who in (handler, "keeper"):
        away(office, from_at=saturday, length=timedelta(hours=24), staff_id=who, deputy_id="fixer1")
    office.until(saturday + SOON)
    assert (office.ticket().handler_id, office.ticket().owner_id) == (handler, "keeper")
    office.hear(graded(2, office.now, reasons=("out_of_control",)))
    assert (office.ticket().handler_id, office.ticket().owner_id) == ("fixer1", "fixer1")
    assert [one.assigned_at for one in office.facts(TicketAssigned)][1:] == [office.now]


@pytest.mark.rule("DSP-20", "DSP-19")
@pytest.mark.parametrize(("longer", "over"), [(timedelta(0), False), (SECOND, True)])
def test_an_absence_is_short_up_to_the_limit(office: Office, longer: timedelta, *, over: bool) -> None:
    begins = local("2026-03-14 09:30")  # a Saturday: nothing of the departments is due in a day
    office.open(begins, level=4)
    office.accepted("assess", finding="justified")
    roster(office, AGENT2)
    taken = office.ticket().handler_id
    away(office, from_at=begins, length=timedelta(hours=24) + longer, staff_id=taken)
    assert all(clock.due_at > begins + timedelta(hours=24) + longer for clock in office.ticket().clocks)
    office.until(begins + SOON)
    assert (office.ticket().handler_id != taken) is over


@pytest.mark.rule("DSP-20", "DSP-19")
@pytest.mark.parametrize(("before", "over"), [(SECOND, False), (timedelta(0), True)])
def test_what_is_due_in_a_short_absence_is_handed_over(office: Office, before: timedelta, *, over: bool) -> None:
    office.open()
    roster(office, AGENT2)
    due = office.ticket().clocks[0].due_at
    begins = due - timedelta(hours=2)
    away(office, from_at=begins, length=timedelta(hours=2) - before)
    office.until(begins + SOON)
    assert (office.ticket().handler_id != "agent1") is over


@pytest.mark.rule("DSP-19", "INT-04")
def test_who_leaves_gives_up_handling_and_ownership_and_gets_nothing_again(office: Office) -> None:
    office.open(received_by="agent1")
    roster(office, AGENT2)
    leaves(office, AGENT1)
    office.until(NOW + SOON)
    ticket = office.ticket()
    assert (ticket.handler_id, ticket.owner_id) == ("agent2", "agent2")
    leaves(office, AGENT2)
    office.until(NOW + 2 * SOON)
    assert (office.ticket().handler_id, office.ticket().owner_id) == ("centre_head", "centre_head")
    night = office.open(local("2026-03-10 23:00"), case_id="xh01.c2")
    assert night.handler_id not in {"agent1", "agent2"}


@pytest.mark.rule("DSP-19")
def test_who_comes_back_before_it_begins_keeps_the_work_and_after_it_does_not_get_it_back(office: Office) -> None:
    office.open()
    roster(office, AGENT2)
    leaves(office, AGENT1)
    roster(office, AGENT1)
    office.until(NOW + SOON)
    assert office.ticket().handler_id == "agent1"
    away(office, length=timedelta(days=2))
    office.until(NOW + timedelta(days=3))
    assert office.ticket().handler_id == "agent2"


@pytest.mark.rule("DSP-19")
def test_a_closed_desk_hands_over_its_own_work_only(office: Office) -> None:
    both = {"staff_id": "fixer1", "role": "agent", "desk": "service_centre"}
    office.open_repair(case_id="xh01.r1", home_id=None)
    roster(office, both)
    leaves(office, AGENT1)
    office.open(case_id="xh01.a1", home_id=None)
    assert (office.ticket("xh01.r1").handler_id, office.ticket("xh01.a1").handler_id) == ("fixer1", "fixer1")
    leaves(office, both)
    office.until(NOW + SOON)
    assert (office.ticket("xh01.r1").handler_id, office.ticket("xh01.a1").handler_id) == ("fixer1", "centre_head")


@pytest.mark.rule("DSP-19")
def test_hundreds_of_tickets_go_in_bounded_rounds_and_the_counters_agree(office: Office) -> None:
    many = 2 * MOST_CASES + 5
    for number in range(many):
        office.open(case_id=f"xh01.n{number}", home_id=None)
    mine = [state.id for state in office.states.values() if isinstance(state, Ticket) and state.handler_id == "agent1"]
    assert len(mine) > MOST_CASES
    roster(office, AGENT2, AGENT3)
    leaves(office, AGENT1)
    office.until(NOW + SOON)
    handlers = [office.ticket(f"xh01.n{number}").handler_id for number in range(many)]
    assert "agent1" not in handlers
    workload = office.states[Workload, "xh01"]
    assert isinstance(workload, Workload)
    assert workload.in_hand == {one: handlers.count(one) for one in set(handlers)}
    assert not _rounds_to_come(office)


@pytest.mark.rule("DSP-19")
def test_a_round_that_comes_twice_or_late_changes_nothing_more(office: Office, opened: Ticket) -> None:
    away(office)
    ref, handover = next((ref, one) for ref, one in office.states.items() if isinstance(one, Handover))
    (timer,) = handover.timers()
    entry = next(entry for entry in MAP.timers if entry.state is Handover)
    office.until(NOW + SOON)
    before = dict(office.states)
    again = entry.decide(OfficeFacts(office.states), office.states[ref], timer, context(NOW + WEEK))
    assert isinstance(again, Decision)
    assert (again.save, again.events, office.states) == ((), (), before)


def _rounds_to_come(office: Office) -> list[State]:
    return [state for state in office.states.values() if isinstance(state, GoingThrough) and list(state.timers())]


@pytest.mark.rule("DSP-19")
async def test_the_query_finds_what_the_person_handles_or_owns_page_by_page(reads: Reads, office: Office) -> None:
    for number in range(MOST_CASES + 20):
        office.open(case_id=f"xh01.n{number:03}", home_id=None, received_by="agent1" if number % 2 else "s17")
    office.accepted("resolve", case_id="xh01.n001", how="standard_answer", consented=True)
    await keep(reads, office.states.values(), office.rows)
    given = OfficeFacts(office.states)
    handover = Handover(id="xh01.roster-agent1", staff_id="agent1", why="roster")
    for after in ("", "xh01.n050", "xh01.n119", "xh01.n9"):
        asked = handover.model_copy(update={"after": after}).work_id
        (row,) = await reads.fetch("load_work_of", [asked])
        assert WorkOf.model_validate_json(row["state"]) == given.get(WorkOf, asked)
