"""A case whose facts turn out otherwise goes on as what it is now: desk, blueprint, warranty, deadlines (INT-02)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    ContractorNotified,
    CoverageAsked,
    DeadlineMissed,
    RepairReported,
    StepStarted,
    TicketAssigned,
    TicketEscalated,
)
from linli_contracts.events.intake import ComplaintAmended, RequestFacts
from linli_dispatch.domain.group.places import Home
from linli_rulebook.decision import NOTHING, Decision, Early

from services.dispatch.tests.matters import special_service
from services.dispatch.tests.office import CASE, HOME, HOUR, NOW, SECOND, Office, graded, local, received

REPAIR: dict[str, Any] = {"kind": "repair", "category": "engineering_quality", "trade": "waterproofing"}
QUALITY: dict[str, Any] = {"category": "engineering_quality", "subcategory": "crack"}


def amended(office: Office, at: datetime | None = None, **fields: object) -> Any:  # noqa: ANN401 - an outcome
    """Intake tells what the request is about now: these fields, the others as dispatch knows them."""
    ticket = office.ticket()
    facts = {name: getattr(ticket, name) for name in RequestFacts.model_fields} | fields
    fact = ComplaintAmended(
        case_id=CASE,
        estate_id="xh01",
        changed=tuple(fields),
        amended_at=at or office.now,
        is_now=RequestFacts.model_validate(facts),
    )
    return office.hear(fact, at)


def clocks(office: Office) -> set[str]:
    return {clock.name for clock in office.ticket().clocks}


@pytest.mark.rule("INT-05", "DSP-08", "INT-08", "DSP-02")
def test_a_corrected_category_takes_the_case_to_the_desk_that_answers_for_it(office: Office) -> None:
    """Given a case that the service centre has, when it is about quality, then engineering gets it, within an hour."""
    office.open()
    assert (office.ticket().desk, office.ticket().handler_id) == ("service_centre", "agent1")
    office.until(NOW + 6 * 24 * HOUR)  # the desk of before had it in time
    office.told.clear()
    amended(office, **QUALITY)
    ticket = office.ticket()
    assert (ticket.category, ticket.subcategory, ticket.desk, ticket.handler_id) == (
        "engineering_quality", "crack", "engineering", "builder",
    )  # fmt: skip
    assert [(event.desk, event.handler_id) for event in office.facts(TicketAssigned)] == [("engineering", "builder")]
    assert office.due("passing_on") == office.now + HOUR
    assert office.facts(DeadlineMissed) == []
    office.accepted("pass-on")
    assert "department_answer" in clocks(office)


@pytest.mark.rule("INT-05", "INT-08", "DSP-06")
def test_each_desk_that_turns_out_responsible_has_a_time_of_its_own_in_which_it_is_passed_on(office: Office) -> None:
    office.open(**QUALITY)
    first = office.due("passing_on")
    office.until(first + timedelta(seconds=1))
    office.accepted("pass-on")
    amended(office, category="sales")
    second = office.due("passing_on")
    assert second > first
    office.until(second + timedelta(seconds=1))
    missed = [(event.clock, event.due_at) for event in office.facts(DeadlineMissed) if event.clock == "passing_on"]
    assert missed == [("passing_on", first), ("passing_on", second)]
    assert len({row.values["id"] for row in office.rows}) == len(office.rows)
    assert [event.because for event in office.facts(TicketEscalated)][:2] == ["passing_on"] * 2


@pytest.mark.rule("INT-05", "INT-08")
def test_what_was_not_passed_on_in_time_stays_owed_by_whoever_is_responsible_now(office: Office) -> None:
    office.open(**QUALITY)
    office.until(office.due("passing_on") + timedelta(seconds=1))
    amended(office, category="sales")
    assert office.ticket().missed == {"passing_on": 1}
    assert "passing_on" in office.ticket().overdue
    office.accepted("pass-on")
    assert "passing_on" not in office.ticket().overdue


@pytest.mark.rule("INT-02", "DSP-03", "DSP-06")
def test_deadlines_follow_from_the_whole_history_waits_included(office: Office) -> None:
    """Given a case that waited two days, when a department becomes responsible, then it has 30 days and the wait."""
    office.open()
    office.accepted("wait", at=NOW + HOUR, until=NOW + 49 * HOUR, reason="customer_away")
    office.until(NOW + 72 * HOUR)
    assert office.due("completion") == NOW + timedelta(days=9)
    age = office.due("age_level_2")
    amended(office, **QUALITY)
    assert office.due("completion") == NOW + timedelta(days=32)
    assert office.due("age_level_2") == age


@pytest.mark.rule("INT-11", "INT-08")
def test_what_turns_out_an_emergency_is_passed_on_within_4_hours_of_its_receipt(office: Office) -> None:
    saturday = local("2026-03-14 01:00")
    office.open(saturday, **QUALITY)
    assert office.due("passing_on") == local("2026-03-15 00:00")
    amended(office, saturday + HOUR, emergency=True)
    assert office.due("passing_on") == saturday + 4 * HOUR


@pytest.mark.rule("INT-06", "INT-08")
def test_what_turns_out_a_major_matter_is_passed_on_within_4_hours_of_its_receipt(office: Office) -> None:
    saturday = local("2026-03-14 01:00")
    office.open(saturday, **QUALITY)
    office.hear(graded(1, office.now, reasons=("published",)), at=saturday + HOUR)
    assert office.due("passing_on") == saturday + 4 * HOUR


@pytest.mark.rule("INT-06", "INT-08", "ORG-04")
@pytest.mark.parametrize(("late_by", "missed"), [(-1, 0), (0, 0), (1, 1)])
def test_a_major_matter_that_is_known_too_late_was_not_passed_on_in_time(
    office: Office, late_by: int, missed: int
) -> None:
    saturday = local("2026-03-14 01:00")
    office.open(saturday, **QUALITY)
    office.hear(graded(1, office.now, reasons=("published",)), at=saturday + 4 * HOUR + late_by * SECOND)
    assert office.ticket().missed.get("passing_on", 0) == missed


@pytest.mark.rule("INT-02", "WAR-02", "DSP-10", "DSP-13")
def test_a_complaint_that_is_a_repair_asks_warranty_and_is_counted_with_its_home(office: Office) -> None:
    office.open(place="kitchen")
    amended(office, **REPAIR)
    assert (office.ticket().status, office.ticket().desk) == ("coverage_asked", "repair")
    assert [event.trade for event in office.facts(CoverageAsked)] == ["waterproofing"]
    home = office.states[Home, HOME]
    assert isinstance(home, Home)
    assert [(one.place, one.times) for one in home.repaired] == [("kitchen", 1)]
    office.covered()
    assert office.ticket().waits_for == "inspection"
    office.accepted("assess", finding="justified")
    assert office.ticket().status == "contractor_notified"
    office.accepted("finish")


@pytest.mark.rule("INT-02", "WAR-02")
@pytest.mark.parametrize("called", [False, True])
def test_what_warranty_is_asked_about_stays_until_it_answers_and_what_a_contractor_works_on_stays(
    office: Office, *, called: bool
) -> None:
    office.open_repair()
    if called:
        office.covered()
        office.accepted("arrive")
    before = office.ticket()
    amended(office, kind="complaint", trade="electrical", place="kitchen")
    ticket = office.ticket()
    assert (ticket.kind, ticket.trade, ticket.status) == ("repair", "waterproofing", before.status)
    assert ticket.place == "kitchen"
    assert ("amended, but what is under way stays", {"stays": ["kind", "trade"]}) in [
        (because.what, because.facts) for because in office.reasons
    ]
    assert len(office.facts(CoverageAsked)) == 1


def answered(office: Office, **fields: Any) -> None:  # noqa: ANN401 - fields of the answer
    office.covered(**({"covered": False, "contractor_id": None, "basis": "expired"} | fields))


@pytest.mark.rule("INT-02", "WAR-02", "DSP-10")
@pytest.mark.parametrize("covered", [True, False])
def test_a_trade_corrected_while_warranty_is_asked_is_asked_about_anew(office: Office, *, covered: bool) -> None:
    """Given a question about the wrong trade, whatever its answer says, then nobody is called for it, and warranty is
    asked once more about the right one.
    """
    office.open_repair()
    amended(office, trade="electrical")
    assert [event.trade for event in office.facts(CoverageAsked)] == ["waterproofing"]
    answered(office, covered=covered, contractor_id="builder_co" if covered else None)
    assert [(event.trade, event.round) for event in office.facts(CoverageAsked)] == [
        ("waterproofing", 1), ("electrical", 1),
    ]  # fmt: skip
    assert (office.ticket().status, office.ticket().trade) == ("coverage_asked", "electrical")
    assert office.facts(ContractorNotified) == []
    office.covered(contractor_id="lights_co")
    assert [(event.contractor_id, event.trade) for event in office.facts(ContractorNotified)] == [
        ("lights_co", "electrical")
    ]
    assert not office.ticket().amended_later


@pytest.mark.rule("INT-02", "DSP-08", "DSP-10")
def test_what_turns_out_no_repair_while_warranty_is_asked_calls_nobody(office: Office) -> None:
    """Given an answer that a contractor is to come, then the case goes to the desk of what it is by now instead."""
    office.open_repair()
    amended(office, kind="complaint")
    assert office.ticket().kind == "repair"
    office.covered()
    ticket = office.ticket()
    assert (ticket.kind, ticket.status, ticket.desk, ticket.handler_id) == (
        "complaint", "open", "engineering", "builder",
    )  # fmt: skip
    assert office.facts(ContractorNotified) == []
    assert office.due("passing_on") == NOW + HOUR
    office.accepted("pass-on")
    office.accepted("resolve")


@pytest.mark.rule("INT-02", "OPS-03")
def test_a_correction_that_is_taken_back_in_time_changes_nothing(office: Office) -> None:
    office.open_repair()
    amended(office, trade="electrical")
    amended(office)
    assert not office.ticket().amended_later
    office.covered()
    assert [event.contractor_id for event in office.facts(ContractorNotified)] == ["builder_co"]
    assert len(office.facts(CoverageAsked)) == 1


@pytest.mark.rule("INT-02", "OPS-03")
def test_an_answer_of_another_round_makes_nothing_up(office: Office) -> None:
    office.open_repair()
    office.covered()
    office.accepted("finish")
    office.called_back(satisfied=False)
    amended(office, trade="electrical")
    office.covered(round_=1)
    assert (office.ticket().status, office.ticket().trade) == ("coverage_asked", "waterproofing")


@pytest.mark.rule("INT-02", "FUP-01", "WAR-02")
def test_what_was_corrected_while_a_contractor_came_holds_in_the_next_round(office: Office) -> None:
    office.open_repair()
    office.covered()
    office.accepted("arrive")
    amended(office, trade="electrical")
    office.accepted("finish")
    assert office.ticket().trade == "waterproofing", "it is what was repaired"
    office.called_back(satisfied=False)
    assert [(event.trade, event.round) for event in office.facts(CoverageAsked)] == [
        ("waterproofing", 1), ("electrical", 2),
    ]  # fmt: skip
    assert not office.ticket().amended_later


@pytest.mark.rule("INT-02", "FUP-01", "DSP-08", "DSP-17")
def test_a_case_that_was_no_repair_is_reopened_at_the_desk_and_blueprint_of_what_it_is(office: Office) -> None:
    office.open_repair()
    office.covered()
    office.accepted("arrive")
    amended(office, kind="public_affairs", subcategory="decoration")
    office.accepted("finish")
    office.called_back(satisfied=False)
    ticket = office.ticket()
    assert (ticket.kind, ticket.status, ticket.desk, ticket.handler_id) == (
        "public_affairs", "open", "property", "keeper",
    )  # fmt: skip
    assert [event.blueprint_step for event in office.facts(StepStarted)] == ["registration"]


@pytest.mark.rule("INT-02", "FUP-01", "DSP-08")
def test_what_is_corrected_after_completion_decides_who_gets_the_next_round(office: Office) -> None:
    office.open()
    office.accepted("resolve")
    amended(office, **QUALITY)
    office.called_back(satisfied=False)
    assert (office.ticket().desk, office.ticket().handler_id) == ("engineering", "builder")


@pytest.mark.rule("INT-02")
@pytest.mark.parametrize("ends", ["satisfied", "withdrawn"])
def test_a_closed_case_is_remembered_as_what_it_was(office: Office, ends: str) -> None:
    office.open_repair()
    office.covered()
    office.accepted("arrive")
    amended(office, trade="electrical", kind="complaint")
    if ends == "withdrawn":
        office.withdrawn()
    else:
        office.accepted("finish")
        office.called_back(satisfied=True)
    ticket = office.ticket()
    assert (ticket.kind, ticket.trade, ticket.status, ticket.amended_later) == ("complaint", "electrical", "closed", {})


@pytest.mark.rule("INT-02", "WAR-02")
def test_another_trade_of_a_repair_that_nobody_covers_is_asked_about(office: Office) -> None:
    """Given our own staff have a repair, when its trade turns out another, then warranty may name who is to come."""
    office.open_repair()
    answered(office)
    amended(office, trade="electrical")
    assert office.ticket().status == "coverage_asked"
    office.covered(contractor_id="lights_co")
    assert [event.contractor_id for event in office.facts(ContractorNotified)] == ["lights_co"]


@pytest.mark.rule("INT-02", "DSP-17", "DSP-18")
def test_a_matter_begins_with_its_blueprint_and_leaves_it(office: Office) -> None:
    office.open(kind="consultation", category="property_management")
    amended(office, kind="public_affairs", subcategory="decoration")
    assert [event.blueprint_step for event in office.facts(StepStarted)] == ["registration"]
    assert (office.ticket().desk, "blueprint_step" in clocks(office)) == ("property", True)
    amended(office, kind="complaint", subcategory="staff_attitude", category="customer_service")
    assert office.ticket().course is None
    assert (office.ticket().desk, "blueprint_step" in clocks(office)) == ("service_centre", False)
    office.accepted("resolve")


@pytest.mark.rule("INT-02", "DSP-17", "DSP-06")
def test_steps_of_another_blueprint_are_numbered_on_and_the_age_counts_without_their_time(office: Office) -> None:
    """Given a late step of a service that was a decoration, then a complaint, then each miss has a name of its own."""
    special_service(office)
    office.until(NOW + timedelta(days=3))
    amended(office, kind="public_affairs", subcategory="decoration")
    office.until(NOW + timedelta(days=8))
    late = [event for event in office.facts(DeadlineMissed) if event.clock == "blueprint_step"]
    assert [(event.blueprint, event.blueprint_step) for event in late] == [
        ("special_service", "request"),
        ("decoration", "registration"),
    ]
    assert len({row.values["id"] for row in office.rows}) == len(office.rows)
    assert office.ticket().age_level == 4
    amended(office, kind="complaint")
    assert office.ticket().age_level == 2
    assert (office.ticket().course, office.ticket().level) == (None, 2)


@pytest.mark.rule("INT-02", "INT-09")
@pytest.mark.parametrize("came", [{"channel": "app"}, {"channel": "hotline", "member": True}])
def test_a_repair_that_was_really_feedback_is_answered_in_its_time(office: Office, came: dict[str, Any]) -> None:
    office.open(kind="repair", **came)
    assert "feedback_answer" not in clocks(office)
    amended(office, kind="complaint")
    assert office.due("feedback_answer") == NOW + 24 * HOUR


@pytest.mark.rule("INT-02", "DSP-13")
def test_a_claim_because_of_quality_is_reported_when_it_turns_out_one(office: Office) -> None:
    office.open(**QUALITY)
    amended(office, kind="compensation")
    assert [event.ground for event in office.facts(RepairReported)] == ["quality_claim"]


@pytest.mark.rule("INT-02", "OPS-03")
def test_what_is_known_already_changes_nothing(office: Office) -> None:
    office.open()
    amended(office, **QUALITY)
    again = amended(office)
    assert isinstance(again, Decision)
    assert (again.save, again.events, again.because) == ((), (), ())


@pytest.mark.rule("INT-02")
def test_a_case_that_is_not_graded_or_completed_remembers_what_it_is(office: Office) -> None:
    office.hear(received(NOW))
    amended(office, category="sales")
    office.hear(graded(4, NOW))
    assert office.ticket().desk == "sales"
    office.accepted("resolve")
    office.told.clear()
    amended(office, **QUALITY)
    assert (office.ticket().category, office.ticket().status, office.told) == ("engineering_quality", "completed", [])


@pytest.mark.rule("INT-02", "OPS-03")
def test_a_fact_of_before_says_nothing_and_one_about_an_unknown_case_waits(office: Office) -> None:
    old = ComplaintAmended(case_id=CASE, estate_id="xh01", changed=("kind",), amended_at=NOW)
    assert office.hear(old) is NOTHING
    told = old.model_copy(update={"is_now": RequestFacts(kind="complaint", category="sales", subcategory="title_deed")})
    assert isinstance(office.hear(told), Early)
