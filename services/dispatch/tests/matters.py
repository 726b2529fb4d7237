"""Special services and public-affairs matters in the office in memory: cases that go through a blueprint."""

from datetime import datetime
from typing import Any

from linli_contracts.events.dispatch import StepStarted
from linli_dispatch.domain.blueprints.blueprint import StepRule
from linli_dispatch.domain.blueprints.course import Course, Step
from linli_dispatch.domain.blueprints.step_record import StepRecord
from linli_dispatch.domain.terms import terms_of
from linli_rulebook.decision import Decision
from linli_testkit.facts import shipped_policy

from services.dispatch.tests.office import CASE, NOW, Office, person

WATERING: dict[str, Any] = {
    "item": "plant_watering", "zh": "代浇花", "en": "Plants watered", "price_fen": 3_000, "amount": 5, "span": "hours",
}  # fmt: skip
REGISTERED: dict[str, Any] = {"documents": ["id_card", "decoration_plan", "company_licence"]}
PERMITTED: dict[str, Any] = {
    "documents": ["decoration_agreement"], "checks": ["deposit_received", "workers_registered"],
}  # fmt: skip


def offered(office: Office, **fields: Any) -> Decision:  # noqa: ANN401 - fields of a body
    """The estate has a catalogue with one service."""
    return office.accepted_of("offer-services", estate_id="xh01", services=[WATERING | fields])


def special_service(office: Office, at: datetime = NOW, **fields: Any) -> None:  # noqa: ANN401 - fields of a request
    """A special service is asked for."""
    known: dict[str, Any] = {
        "kind": "special_service", "category": "property_management", "subcategory": "home_service",
    }  # fmt: skip
    office.open(at, **(known | fields))


def decoration(office: Office, at: datetime = NOW) -> None:
    """A home is to be decorated."""
    office.open(at, kind="public_affairs", category="property_management", subcategory="decoration")


def under_permit(office: Office) -> None:
    """The decoration is registered, reviewed and permitted."""
    step(office, "registration", **REGISTERED)
    step(office, "review", "property_head")
    step(office, "permit", **PERMITTED)


def step(office: Office, name: str, who: str = "keeper", at: datetime | None = None, **body: Any) -> Decision:  # noqa: ANN401 - fields of a body
    """A step is done, with all that it asks for unless the body says otherwise."""
    rule = rule_of(office, name)
    full: dict[str, Any] = {"step": name, "documents": list(rule.documents), "checks": list(rule.checks)}
    return office.accepted("finish-step", at=at, actor=person(who), **(full | body))


def rule_of(office: Office, name: str) -> StepRule:
    """A step as the shipped policy has it."""
    terms = terms_of(shipped_policy().policy("2000.1", region="south", estate="xh01"), "Asia/Shanghai")
    rule = terms.blueprints[course(office).blueprint].step(name)
    assert rule is not None
    return rule


def course(office: Office, case_id: str = CASE) -> Course:
    """Where the case is."""
    found = office.ticket(case_id).course
    assert found is not None
    return found


def open_steps(office: Office) -> list[str]:
    """The names of the open steps, in the order in which they began."""
    return [one.name for one in course(office).steps if one.open]


def opened(office: Office, name: str) -> Step:
    """The open occurrence of a step."""
    found = course(office).open_step(name)
    assert found is not None
    return found


def started(office: Office) -> list[str]:
    """The names of all that was told to have begun."""
    return [event.blueprint_step for event in office.facts(StepStarted)]


def record(office: Office) -> StepRecord:
    """The counters of the estate."""
    found = office.states[StepRecord, "xh01"]
    assert isinstance(found, StepRecord)
    return found
