"""Blueprints are what the policy declares, whole and without contradiction; every case shows its progress in one."""

import copy
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from linli_contracts.events.dispatch import Clock, CustomerReported
from linli_dispatch.domain.blueprints.blueprint import PEOPLE, Blueprint, blueprints_of
from linli_dispatch.domain.blueprints.progress import DONE_AT, StepShown, progress
from linli_dispatch.domain.terms import terms_of
from linli_rulebook import Policy, PolicyFileError
from linli_rulebook.policy import Level, Setting
from linli_rulebook.units import Unit
from linli_testkit.facts import shipped_policy

from services.dispatch.tests.matters import decoration, offered, special_service, step, under_permit
from services.dispatch.tests.office import CASE, NOW, SECOND, Office, graded, person, received
from services.dispatch.tests.test_amending import REPAIR, amended

POLICY = shipped_policy().policy("2000.1")
TERMS = terms_of(POLICY, "Asia/Shanghai")
EVERY = tuple(blueprints_of(POLICY).values())


def shown(office: Office, name: str) -> list[StepShown]:
    """The occurrences of a step as people see them."""
    ticket = office.ticket()
    blueprint = TERMS.blueprint_of(ticket.kind, ticket.subcategory)
    assert blueprint is not None
    return [one for one in progress(ticket, blueprint).steps if one.step == name]


def standing(office: Office) -> dict[str, str]:
    """Where each step stands; of repeated ones the last."""
    ticket = office.ticket()
    blueprint = TERMS.blueprint_of(ticket.kind, ticket.subcategory)
    assert blueprint is not None
    return {one.step: one.standing for one in progress(ticket, blueprint).steps}


@pytest.mark.rule("DSP-16", "DSP-17", "DSP-18")
def test_the_policy_has_every_kind_of_order() -> None:
    """The special services, all nine public affairs, repairs and complaints; one blueprint for each request."""
    assert {one.name for one in EVERY} == {
        "special_service", "move_in", "decoration", "goods_pass", "parking_contract", "fee_question", "owners_meeting",
        "fire_filing", "fee_reminder", "publication_of_accounts", "repair", "complaint",
    }  # fmt: skip
    wanted = [(one.kind, subcategory) for one in EVERY for subcategory in one.subcategories or ("any",)]
    assert len(set(wanted)) == len(wanted)


@pytest.mark.rule("DSP-17")
@pytest.mark.parametrize("blueprint", EVERY, ids=lambda one: one.name)
def test_every_step_says_who_where_and_what_may_fail(blueprint: Blueprint) -> None:
    """Each step has names, a stage, somebody who does it, failure points, and a standard or a clock of dispatch."""
    assert {rule.stage for rule in blueprint.steps} == {"front", "back"} or blueprint.name == "special_service"
    for rule in blueprint.steps:
        assert rule.who in PEOPLE or rule.who in TERMS.offices or rule.who == "service_centre"
        assert rule.failures
        assert rule.zh
        assert rule.en
        assert (rule.standard is None) == (rule.clock is not None)
    assert bool(blueprint.required) == (blueprint.again_from is not None)
    assert blueprint.steps[-1].clock == "callback_close", "the customer's word comes last"


@pytest.mark.rule("DSP-17", "ORG-01")
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"after": ["tracking"]}, "not listed before it"),
        ({"after_failure": "nothing"}, "names a step that there is not"),
        ({"repeats_until": "nothing"}, "names a step that there is not"),
        ({"failures": []}, "no failure points"),
        ({"name": "tracking"}, "two steps have one name"),
    ],
)
def test_a_blueprint_that_makes_no_sense_is_refused_with_its_name(change: dict[str, Any], complaint: str) -> None:
    """Given a contradiction, then reading the blueprints raises, naming file and entry."""
    entry = POLICY.entries["blueprints.special_service"]
    table = copy.deepcopy(POLICY.table("blueprints.special_service"))
    table["steps"][0] |= change
    setting = Setting(Level.GROUP, table, Unit.TABLE, entry.in_force.file)
    changed = type(entry)(**{name: getattr(entry, name) for name in entry.__slots__} | {"settings": (setting,)})
    entries = MappingProxyType({**POLICY.entries, "blueprints.special_service": changed})
    with pytest.raises(PolicyFileError, match=rf"blueprints\.toml: blueprints\.special_service: .*{complaint}"):
        blueprints_of(Policy(POLICY.version, None, None, entries))


@pytest.mark.rule("DSP-17")
def test_a_special_service_shows_its_progress(office: Office) -> None:
    """Given a service under way, then each step says where it stands, by when, and what it asks for."""
    offered(office)
    special_service(office)
    assert standing(office)["request"] == "running"
    assert standing(office)["quotation"] == "ahead"
    office.until(NOW + timedelta(hours=2) + SECOND)
    (one,) = shown(office, "request")
    assert (one.standing, one.late, one.due_at) == ("overdue", True, NOW + timedelta(hours=2))
    assert (one.stage, one.who, one.standard, one.checks) == (
        "front", "handler", "2 hours", ("scope_confirmed", "date_agreed"),
    )  # fmt: skip
    office.accepted("fail-step", step="request", reason="customer_unreachable", actor=person("keeper"))
    assert [(one.standing, one.reason) for one in shown(office, "request")] == [
        ("failed", "customer_unreachable"), ("running", None),
    ]  # fmt: skip
    step(office, "request")
    assert [one.standing for one in shown(office, "request")] == ["failed", "done"]
    office.withdrawn()
    assert standing(office)["quotation"] == "dropped"


@pytest.mark.rule("DSP-17", "DSP-18")
def test_a_decoration_shows_each_patrol(office: Office) -> None:
    """Given two patrols and one open, then all three are shown, and the hot-work permit is still ahead."""
    decoration(office)
    under_permit(office)
    step(office, "patrol", at=NOW + timedelta(days=1))
    step(office, "patrol", at=NOW + timedelta(days=2))
    assert [one.standing for one in shown(office, "patrol")] == ["done", "done", "running"]
    assert standing(office)["hot_work_permit"] == "ahead"


@pytest.mark.rule("DSP-17", "DSP-10")
def test_a_repair_shows_its_progress_by_its_clocks(office: Office) -> None:
    """Given a repair by a contractor, then its steps stand where its clocks and facts say, without a course."""
    office.open_repair(inspected=False)
    office.covered()
    office.accepted("report")
    assert standing(office)["inspection"] == "running", "a report is none"
    office.accepted("assess", finding="justified")
    assert standing(office)["inspection"] == "done"
    assert office.ticket().course is None
    before = standing(office)
    assert (before["passing_on"], before["arrival"], before["repair"]) == ("done", "running", "running")
    office.until(office.due("arrival") + SECOND)
    assert standing(office)["arrival"] == "overdue"
    office.accepted("arrive")
    assert standing(office)["arrival"] == "done"
    office.accepted("finish")
    assert (standing(office)["repair"], standing(office)["satisfaction"]) == ("done", "running")
    office.accepted("sign")
    office.called_back(satisfied=True)
    assert (standing(office)["signature"], standing(office)["satisfaction"]) == ("done", "done")


@pytest.mark.rule("DSP-17", "ORG-04")
@pytest.mark.parametrize("seconds", [0, 1])
def test_what_was_done_late_by_a_clock_is_shown_as_late(office: Office, seconds: int) -> None:
    """Given a contractor that comes at the last instant, or a second later, then its step says so, in this round."""
    office.open_repair()
    office.covered()
    office.accepted("report")
    office.accepted("arrive", at=office.due("arrival") + seconds * SECOND)
    (one,) = shown(office, "arrival")
    assert (one.standing, one.late) == ("done", bool(seconds))
    office.accepted("finish")
    office.called_back(satisfied=False)
    assert [one.late for one in shown(office, "arrival")] == [False]


@pytest.mark.rule("DSP-17", "DSP-10")
def test_what_was_assessed_at_a_desk_and_is_a_repair_is_not_shown_as_inspected(office: Office) -> None:
    office.open()
    office.accepted("assess", finding="justified")
    amended(office, **REPAIR)
    assert standing(office)["inspection"] == "running"
    office.accepted("assess", finding="justified")
    assert standing(office)["inspection"] == "done"


@pytest.mark.rule("DSP-17", "DSP-02")
def test_a_complaint_shows_its_progress_by_its_clocks(office: Office) -> None:
    """Given a complaint that a department answers, then each step stands where its clock says."""
    office.open(category="engineering_quality")
    assert standing(office)["answer"] == "ahead"
    office.accepted("pass-on")
    assert (standing(office)["passing_on"], standing(office)["answer"]) == ("done", "running")
    office.accepted("answer")
    office.accepted("report")
    after = standing(office)
    assert (after["answer"], after["report"], after["resolution"]) == ("done", "done", "running")


@pytest.mark.rule("DSP-17", "DSP-01")
def test_a_front_step_of_a_collective_case_is_no_report_before_the_answer_in_person_and_the_next_step_has_its_clock(
    office: Office,
) -> None:
    office.hear(
        received(NOW, kind="public_affairs", category="property_management", subcategory="decoration", people=3)
    )
    office.hear(graded(2, NOW).model_copy(update={"people": 3}))
    step(office, "registration", documents=["id_card", "decoration_plan", "company_licence"])
    assert office.facts(CustomerReported) == []
    assert [(clock.name, clock.step) for clock in office.ticket().clocks if clock.name == "blueprint_step"] == [
        ("blueprint_step", 2)
    ]


def test_every_clock_that_a_step_points_at_says_when_it_was_done() -> None:
    """A step whose clock has no fact of its end would look undone for ever; an approval's clock just goes."""
    clocks: set[Clock] = {rule.clock for one in EVERY for rule in one.steps if rule.clock is not None}
    assert clocks - set(DONE_AT) == {"plan_approval"}


@pytest.mark.rule("DSP-17", "ORG-02")
def test_a_case_keeps_its_course_when_it_is_stored(office: Office) -> None:
    """Given a course with a quotation, then it is the same when it is read again."""
    offered(office)
    special_service(office)
    step(office, "request")
    office.accepted("quote", item="plant_watering")
    ticket = office.ticket(CASE)
    assert type(ticket).model_validate_json(ticket.stored()) == ticket
