"""A graded request becomes a ticket with one owner, a handler and running clocks: once, and never too early."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    CoverageAsked,
    DeadlineMissed,
    TicketAssigned,
    TicketEscalated,
    TicketOpened,
)
from linli_contracts.events.intake import ComplaintsLinked, ComplaintUnlinked
from linli_rulebook.decision import NOTHING, Early

from services.dispatch.tests.office import CASE, NOW, Office, graded, local, received


@pytest.mark.rule("INT-04", "DSP-19", "ORG-02")
def test_the_first_grading_opens_the_ticket(office: Office) -> None:
    ticket = office.open()
    assert (ticket.status, ticket.owner_id, ticket.handler_id, ticket.desk) == (
        "open",
        "s17",
        "agent1",
        "service_centre",
    )
    assert ticket.policy_version == "2000.1"
    assert {clock.name for clock in ticket.clocks} == {
        "first_assessment", "customer_report", "completion", "age_level_2", "age_level_1",
    }  # fmt: skip
    (opened,) = office.facts(TicketOpened)
    (assigned,) = office.facts(TicketAssigned)
    assert (opened.owner_id, opened.level, opened.opened_at, opened.policy_version) == ("s17", 4, NOW, "2000.1")
    assert (assigned.handler_id, assigned.role, assigned.shortage) == ("agent1", "agent", False)


@pytest.mark.rule("DSP-19")
def test_a_request_is_no_ticket_before_it_is_graded(office: Office) -> None:
    office.hear(received(NOW))
    assert office.ticket().status == "received"
    assert not tuple(office.ticket().timers())
    assert office.told == []


@pytest.mark.rule("DSP-19")
def test_what_comes_twice_changes_nothing(office: Office) -> None:
    ticket = office.open()
    told = list(office.told)
    assert office.hear(received(NOW)) is NOTHING
    office.hear(graded(4, NOW))
    assert (office.ticket(), office.told) == (ticket, told)


def test_what_another_service_will_tell_first_is_early(office: Office) -> None:
    assert office.hear(graded(4, NOW)) == Early("ticket", CASE)
    assert office.covered() == Early("ticket", CASE)
    assert office.called_back(satisfied=True) == Early("ticket", CASE)
    assert office.unreachable() == Early("ticket", CASE)
    assert office.withdrawn() == Early("ticket", CASE)


def test_a_request_of_an_estate_that_is_not_registered_waits_for_it() -> None:
    office = Office()
    office.hear(received(NOW))
    assert office.hear(graded(4, NOW)) == Early("estate", "xh01")


@pytest.mark.rule("DSP-10", "WAR-02")
@pytest.mark.parametrize(("trade", "asked"), [("waterproofing", True), (None, False)])
def test_a_repair_of_a_trade_asks_warranty_with_the_local_date_of_its_report(
    office: Office, trade: str | None, *, asked: bool
) -> None:
    late_evening = NOW.replace(hour=17)  # 01:00 of the next day in Shanghai
    ticket = office.open(late_evening, kind="repair", trade=trade)
    assert ticket.status == ("coverage_asked" if asked else "open")
    assert [(one.trade, one.asked_on.isoformat()) for one in office.facts(CoverageAsked)] == (
        [("waterproofing", "2026-03-11")] if asked else []
    )


@pytest.mark.rule("DSP-03")
@pytest.mark.parametrize(
    ("fields", "level", "is_complex"),
    [
        ({}, 4, False),
        ({}, 3, True),
        ({"category": "engineering_quality"}, 4, True),
        ({"kind": "consultation", "category": "engineering_quality"}, 4, False),
    ],
)
def test_level_3_or_a_department_makes_a_case_complex(
    office: Office, fields: dict[str, Any], level: int, *, is_complex: bool
) -> None:
    assert office.open(level=level, **fields).complex is is_complex


@pytest.mark.rule("INT-08", "ORG-04", "DSP-06")
def test_a_ticket_opened_late_misses_its_deadlines_when_it_opens_not_in_the_past(office: Office) -> None:
    office.hear(received(NOW - timedelta(days=9)))
    office.hear(graded(4, NOW))
    missed = [(event.clock, event.due_at) for event in office.facts(DeadlineMissed)]
    assert missed == [
        ("passing_on", local("2026-03-02 00:00")),  # received on a Sunday
        ("first_assessment", local("2026-03-02 09:30")),
        ("customer_report", local("2026-03-04 17:30")),
        ("completion", local("2026-03-08 09:30")),
    ]
    assert [(event.step, event.escalated_at) for event in office.facts(TicketEscalated)] == [
        (step, NOW) for step in ("owner", "manager", "vp")
    ]
    assert all(timer.due_at > NOW for timer in office.ticket().timers())


@pytest.mark.rule("INT-08", "ORG-04")
@pytest.mark.parametrize("fields", [{}, {"kind": "repair"}, {"kind": "repair", "trade": "waterproofing"}])
@pytest.mark.parametrize(("opened", "kept"), [("10:29:59", 1), ("10:30", 1), ("10:30:01", 0)])
def test_a_desk_with_a_work_list_has_the_request_when_the_ticket_opens_in_time_or_late(
    office: Office, fields: dict[str, Any], opened: str, kept: int
) -> None:
    office.hear(received(NOW, **fields))
    office.hear(graded(4, NOW), at=local(f"2026-03-10 {opened}"))
    ticket = office.ticket()
    assert ticket.passed_on_at == office.now
    assert (ticket.kept.get("passing_on", 0), ticket.missed.get("passing_on", 0)) == (kept, 1 - kept)
    assert "passing_on" not in {clock.name for clock in ticket.clocks} | set(ticket.overdue)
    assert [clock.remedies for clock in ticket.clocks if clock.name == "ladder_step"] == []


@pytest.mark.rule("INT-07")
def test_linked_requests_follow_their_case(office: Office) -> None:
    office.open()
    office.open(case_id="xh01.c2")
    office.hear(
        ComplaintsLinked(
            case_id=CASE, estate_id="xh01", linked_case_ids=("xh01.c2",), people=2, linked_at=NOW, linked_by="s17"
        )
    )
    assert (office.ticket().people, office.ticket("xh01.c2").leads_to) == (2, CASE)
    office.hear(
        ComplaintUnlinked(
            case_id=CASE, estate_id="xh01", unlinked_case_id="xh01.c2", people=1, unlinked_at=NOW, unlinked_by="s17"
        )
    )
    assert (office.ticket().people, office.ticket("xh01.c2").leads_to) == (1, None)
    assert [office.ticket(case_id).owner_id for case_id in (CASE, "xh01.c2")] == ["s17", "s17"]


@pytest.mark.rule("INT-07")
def test_who_comes_to_lead_the_others_follows_nobody(office: Office) -> None:
    """Given three linked requests, when the one that led them is taken out, then of the others one leads."""
    for case_id in (CASE, "xh01.c2", "xh01.c3"):
        office.open(case_id=case_id)
    link: dict[str, Any] = {"estate_id": "xh01", "linked_at": NOW, "linked_by": "s17"}
    office.hear(ComplaintsLinked(case_id=CASE, linked_case_ids=("xh01.c2", "xh01.c3"), people=3, **link))
    gone: dict[str, Any] = {"estate_id": "xh01", "unlinked_at": NOW, "unlinked_by": "s17"}
    office.hear(ComplaintUnlinked(case_id=CASE, unlinked_case_id=CASE, people=2, **gone))
    office.hear(ComplaintsLinked(case_id="xh01.c2", linked_case_ids=("xh01.c3",), people=2, **link))
    leads = [office.ticket(case_id).leads_to for case_id in (CASE, "xh01.c2", "xh01.c3")]
    assert leads == [None, None, "xh01.c2"]
