"""A decoration from its registration to the deposit that is returned: permits, hot work, patrols, people, documents."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import DeadlineMissed, StepDone, StepFailed, TicketResolved
from linli_rulebook.decision import Refusal

from services.dispatch.tests.matters import (
    REGISTERED,
    course,
    decoration,
    open_steps,
    opened,
    rule_of,
    started,
    step,
    under_permit,
)
from services.dispatch.tests.office import NOW, SECOND, Office, local, person

HOT_WORK: dict[str, Any] = {"step": "hot_work_permit"}


@pytest.mark.rule("DSP-18", "DSP-17")
def test_a_decoration_goes_from_registration_to_the_deposit(office: Office) -> None:
    """Given a decoration with one patrol and hot work once, when all is done, then the case is resolved."""
    decoration(office)
    under_permit(office)
    assert open_steps(office) == ["patrol", "works"]
    office.accepted("request-step", **HOT_WORK)
    step(office, "hot_work_permit", "property_head")
    step(office, "hot_work_check")
    step(office, "patrol", at=NOW + timedelta(days=3))
    assert open_steps(office) == ["works", "patrol"]
    step(office, "works", at=NOW + timedelta(days=5))
    assert open_steps(office) == ["final_inspection"]
    step(office, "final_inspection")
    step(office, "deposit_return", "cashier")
    assert office.facts(TicketResolved)[0].in_time
    assert started(office).count("patrol") == 2
    assert office.ticket().kept["blueprint_step"] == 9, (
        "the patrol that stopped with the works is neither kept nor missed"
    )
    assert office.facts(DeadlineMissed) == []


@pytest.mark.rule("DSP-18")
def test_hot_work_needs_a_permit_each_time_and_only_under_the_decorations(office: Office) -> None:
    """Given no permit to decorate yet, then none for hot work; with it, one at a time, as often as is asked for."""
    decoration(office)
    assert office.refused("request-step", **HOT_WORK) == "step-too-early"
    under_permit(office)
    for times in (1, 2):
        office.accepted("request-step", **HOT_WORK)
        assert office.refused("request-step", **HOT_WORK) == "step-already-open"
        step(office, "hot_work_permit", "property_head")
        step(office, "hot_work_check")
        assert started(office).count("hot_work_check") == times
    assert open_steps(office) == ["patrol", "works"]


@pytest.mark.rule("DSP-18", "DSP-17")
def test_each_hot_work_is_checked_though_the_check_of_the_one_before_is_open(office: Office) -> None:
    """Given two permits on one day, then two checks are owed, each with a time of its own, the earlier one first."""
    decoration(office)
    under_permit(office)
    for hours in (1, 5):
        office.accepted("request-step", **HOT_WORK)
        step(office, "hot_work_permit", "property_head", at=NOW + timedelta(hours=hours))
    checks = [one.due_at for one in course(office).steps if one.name == "hot_work_check" and one.open]
    assert checks == [NOW + timedelta(hours=hours) for hours in (25, 29)]
    step(office, "hot_work_check")
    assert opened(office, "hot_work_check").due_at == NOW + timedelta(hours=29)
    office.until(NOW + timedelta(hours=29) + SECOND)
    assert [one.blueprint_step for one in office.facts(DeadlineMissed) if one.clock == "blueprint_step"] == [
        "hot_work_check"
    ]
    step(office, "hot_work_check")
    assert open_steps(office) == ["patrol", "works"]


@pytest.mark.rule("DSP-18", "DSP-20")
def test_the_hot_work_permit_is_the_property_managers_or_the_deputys(office: Office) -> None:
    """Given somebody else, then it is refused by name; the deputy of a manager who is away may give it."""
    decoration(office)
    under_permit(office)
    office.accepted("request-step", **HOT_WORK)
    full: dict[str, Any] = {"documents": ["hot_work_plan", "welder_certificate"],
            "checks": ["extinguisher_ready", "fire_watch_named", "combustibles_cleared"]}  # fmt: skip
    assert office.refused("finish-step", actor=person("keeper"), **HOT_WORK, **full) == "not-your-step"
    office.accepted_of(
        "record-absence", estate_id="xh01", staff_id="property_head", from_at=office.now,
        until_at=office.now + timedelta(days=1), deputy_id="keeper",
    )  # fmt: skip
    assert office.refused("finish-step", actor=person("property_head"), **HOT_WORK, **full) == "not-your-step"
    step(office, "hot_work_permit", "keeper")
    assert office.facts(StepDone)[-1].done_by == "keeper"


@pytest.mark.rule("DSP-18", "DSP-19")
def test_an_office_that_nobody_holds_stops_nothing() -> None:
    """Given neither a property manager nor the group's centre, then whoever is there gives the permit."""
    office = Office()
    office.found(without=["property_head", "group_head"])
    decoration(office)
    step(office, "registration", **REGISTERED)
    step(office, "review", "keeper")
    assert open_steps(office) == ["permit"]


@pytest.mark.rule("DSP-17")
@pytest.mark.parametrize("left_out", ["id_card", "decoration_plan", "company_licence"])
def test_a_step_is_not_done_without_each_of_its_documents(office: Office, left_out: str) -> None:
    """Given one document is missing, then the step is refused, and the refusal names it."""
    decoration(office)
    handed_in = [one for one in REGISTERED["documents"] if one != left_out]
    outcome = office.send("finish-step", case_id="xh01.c1", step="registration", documents=handed_in)
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.fields) == ("documents-missing", (("documents", left_out),))


@pytest.mark.rule("DSP-17", "DSP-18")
def test_a_plan_that_touches_a_bearing_wall_is_registered_anew(office: Office) -> None:
    """Given the review fails, then the registration begins again, and after it the review."""
    decoration(office)
    step(office, "registration")
    office.accepted("fail-step", step="review", reason="bearing_wall", actor=person("property_head"))
    assert [(one.reason, one.again_from) for one in office.facts(StepFailed)] == [("bearing_wall", "registration")]
    assert open_steps(office) == ["registration"]
    step(office, "registration")
    assert open_steps(office) == ["review"]


@pytest.mark.rule("DSP-18", "ORG-04")
def test_patrols_come_back_every_three_days_until_the_works_end(office: Office) -> None:
    """Given a patrol that is made, then the next is due three days after it, to the second; a missed one is owed, and
    when the works end none is left.
    """
    decoration(office)
    under_permit(office)
    step(office, "patrol", at=NOW + timedelta(days=2))
    assert opened(office, "patrol").due_at == NOW + timedelta(days=5)
    office.accepted("report", at=NOW + timedelta(days=4))
    office.until(NOW + timedelta(days=5))
    assert not opened(office, "patrol").missed
    office.until(NOW + timedelta(days=5) + SECOND)
    assert opened(office, "patrol").missed
    step(office, "patrol", at=NOW + timedelta(days=6))
    for days in range(7, 40, 2):
        step(office, "patrol", at=NOW + timedelta(days=days))
    assert len([one for one in course(office).steps if one.name == "patrol"]) <= 4, "a year of them stays small"
    step(office, "works")
    assert "patrol" not in open_steps(office)


@pytest.mark.rule("DSP-17", "ORG-03", "ORG-04")
@pytest.mark.parametrize(
    ("begins", "due"),
    [
        ("2026-03-10 09:30", "2026-03-11 17:30"),
        ("2026-03-13 16:00", "2026-03-16 17:30"),  # over the weekend
        ("2026-02-13 10:00", "2026-02-14 17:30"),  # the Saturday is worked for the Spring Festival
        ("2026-02-14 10:00", "2026-02-24 17:30"),  # nine days of it
    ],
)
def test_a_standard_in_working_days_follows_the_calendar(office: Office, begins: str, due: str) -> None:
    """Given a registration within one working day, then it is due at the desk's close, and missed a second later."""
    office.now = local(begins)
    decoration(office, local(begins))
    assert opened(office, "registration").due_at == local(due)
    office.until(local(due))
    assert not opened(office, "registration").missed
    office.until(local(due) + SECOND)
    assert opened(office, "registration").missed


@pytest.mark.rule("DSP-18")
@pytest.mark.parametrize(
    "subcategory",
    ["move_in", "decoration", "goods_pass", "parking_contract", "fee_question", "owners_meeting", "fire_filing",
     "fee_reminder", "publication_of_accounts"],
)  # fmt: skip
def test_every_public_affair_can_be_gone_through(office: Office, subcategory: str) -> None:
    """Given any of the matters, when each open step is done by whom it names, then the case ends resolved."""
    office.open(kind="public_affairs", category="property_management", subcategory=subcategory)
    assert course(office).blueprint == subcategory
    who = {"property_service_manager": "property_head", "finance": "cashier", "property_general_manager": "property_gm"}
    for _ in range(30):
        if office.facts(TicketResolved):
            break
        name = next(name for name in open_steps(office) if name != "patrol")
        step(office, name, who.get(rule_of(office, name).who, "keeper"))
    assert office.ticket().status == "completed"
    assert open_steps(office) == []


@pytest.mark.rule("DSP-18")
def test_a_matter_that_no_blueprint_is_for_is_handled_as_any_other(office: Office) -> None:
    """Given a subcategory without a blueprint, then the case has no course and is resolved by its desk."""
    office.open(kind="public_affairs", category="property_management", subcategory="key_lost")
    assert office.ticket().course is None
    office.accepted("resolve")
    assert office.ticket().status == "completed"
