"""A major repair goes to the property general manager and the service centre at once; nothing is promised before."""

from typing import Any

import pytest
from linli_contracts.events.dispatch import CrisisNotified, CustomerReported

from services.dispatch.tests.office import NOW, Office, graded, local, person

HEADS = ("property_gm", "centre_head")
PROMISES: list[tuple[str, dict[str, Any]]] = [
    ("report", {}),
    ("assess", {"finding": "justified"}),
    ("quote", {"item": "plant_watering", "caused_by_customer": True}),
]


@pytest.mark.rule("DSP-10", "DSP-01")
@pytest.mark.parametrize(
    ("level", "kind", "told"), [(1, "repair", True), (2, "repair", False), (1, "complaint", False)]
)
def test_the_property_general_manager_is_told_at_once_of_a_major_repair(
    office: Office, level: int, kind: str, *, told: bool
) -> None:
    office.open(kind=kind, category="engineering_quality", level=level)
    people = {event.person_id: event.notified_at for event in office.facts(CrisisNotified)}
    assert ("property_gm" in people) is told
    assert people["centre_head"] == NOW


@pytest.mark.rule("DSP-10", "DSP-07")
def test_a_repair_that_turns_out_major_goes_to_them_too(office: Office) -> None:
    office.open_repair(level=2)
    office.hear(graded(1, office.now, reasons=("published",)))
    assert "property_gm" in {event.person_id for event in office.facts(CrisisNotified)}


@pytest.mark.rule("DSP-10", "DSP-06")
def test_a_repair_that_is_merely_old_is_no_major_one(office: Office) -> None:
    office.open_repair(trade=None)
    office.until(local("2026-04-11 09:30"))
    assert office.ticket().level == 1
    assert "property_gm" not in {event.person_id for event in office.facts(CrisisNotified)}
    office.accepted("report")


@pytest.mark.rule("DSP-10")
@pytest.mark.parametrize(("command", "body"), PROMISES)
@pytest.mark.parametrize("first", [0, 1])
def test_nothing_is_promised_before_both_have_confirmed(
    office: Office, command: str, body: dict[str, Any], first: int
) -> None:
    """Given a level 1 repair, whichever confirms first, then a promise is refused until the other has, too."""
    office.open_repair(level=1, inspected=False)
    office.covered()
    assert office.refused(command, **body) == "promise-nothing"
    office.accepted("confirm-crisis", actor=person(HEADS[first]))
    assert office.refused(command, **body) == "promise-nothing"
    office.accepted("confirm-crisis", actor=person(HEADS[1 - first]))
    if command == "quote":
        assert office.refused(command, **body) == "inspection-first", "by its own rules now"
    else:
        office.accepted(command, **body)


@pytest.mark.rule("DSP-10", "DSP-19")
def test_where_nobody_is_left_to_confirm_the_customer_is_told_all_the_same() -> None:
    """Given all who could be told were and nobody confirmed, then the case is not stuck: the shortage is told."""
    office = Office()
    office.found()
    office.open_repair(level=1, inspected=False)
    office.until(office.now + 3 * (office.due("customer_report") - office.now))
    office.accepted("report")
    assert office.facts(CustomerReported)


@pytest.mark.rule("DSP-10")
def test_other_crises_are_answered_as_before(office: Office) -> None:
    office.open(level=1)
    office.accepted("report")
