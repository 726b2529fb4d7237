"""An estate may be registered from a later instant on, with all that belongs to it (ORG-01)."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    AbsenceRecorded,
    ContractorRegistered,
    EstateRegistered,
    HomesRegistered,
    RegistryChangePlanned,
    RegistryChangeWithdrawn,
    ServiceOffered,
    StaffRostered,
)
from linli_dispatch.domain.group.places import ComingEstate, Estate, Home
from linli_dispatch.handlers import MAP
from linli_messaging.service_map import Actor
from linli_testkit.facts import GivenFacts

from services.dispatch.tests.office import SECOND, Office
from services.dispatch.tests.test_planned_changes import LATER, SERVICES, change, planned

ESTATE: dict[str, Any] = {"estate_id": "new1", "region_id": "south", "project_id": "p1", "name": "新苑"}
PERSON: dict[str, Any] = {"staff_id": "ann", "role": "agent", "desk": "service_centre"}
ROSTER: dict[str, Any] = {"estate_id": "new1", "staff": [PERSON, PERSON | {"staff_id": "bob"}]}
HOMES: dict[str, Any] = {"estate_id": "new1", "homes": [{"home_id": "new1.1-1-1", "phase": "1", "building": "1"}]}
CONTRACTORS: dict[str, Any] = {"estate_id": "new1", "contractors": [{"contractor_id": "k", "trades": ["plumbing"]}]}
AWAY: dict[str, Any] = {
    "estate_id": "new1", "staff_id": "ann", "deputy_id": "bob",
    "from_at": LATER + timedelta(days=1), "until_at": LATER + timedelta(days=2),
}  # fmt: skip
REST = (
    ("register-homes", HOMES), ("roster-staff", ROSTER), ("register-contractor", CONTRACTORS),
    ("offer-services", SERVICES | {"estate_id": "new1"}),
)  # fmt: skip


def coming(office: Office) -> list[str]:
    """The whole of the new estate, planned; the changes' ids."""
    first = planned(office, "register-estate", ESTATE)
    rest = [planned(office, name, body) for name, body in REST]
    away = office.accepted_of("record-absence", **AWAY, record_from=LATER).answer
    assert away
    return [first, *rest, str(away["change_id"])]


def estate(office: Office) -> Estate | None:
    found = office.states.get((Estate, "new1"))
    assert found is None or isinstance(found, Estate)
    return found


@pytest.mark.rule("ORG-01", "DSP-08", "DSP-16", "DSP-20")
def test_it_is_there_with_all_that_belongs_to_it_from_that_instant_on(office: Office) -> None:
    """Given an estate, its homes, people, contractors, services and an absence from one instant, then none is there
    before it, and each is told once at it.
    """
    changes = coming(office)
    office.until(LATER - SECOND)
    assert estate(office) is None
    assert len(office.facts(RegistryChangePlanned)) == len(changes)
    assert {type(fact) for fact in office.told} == {RegistryChangePlanned}
    office.until(LATER)
    found = estate(office)
    assert found
    assert ({one.staff_id for one in found.staff}, len(found.contractors)) == ({"ann", "bob"}, 1)
    assert found.absences[0].deputy_id == "bob"
    assert (Home, "new1.1-1-1") in office.states
    told = (EstateRegistered, HomesRegistered, StaffRostered, ContractorRegistered, ServiceOffered, AbsenceRecorded)
    assert [len(office.facts(kind)) for kind in told] == [1, 1, 2, 1, 1, 1]
    assert {change(office, one).status for one in changes} == {"begun"}
    left = office.states[ComingEstate, "new1"]
    assert isinstance(left, ComingEstate)
    assert (found.planned, left.planned) == ((), ())


@pytest.mark.rule("ORG-01")
def test_nothing_of_it_holds_before_itself(office: Office) -> None:
    """Given people one second before the estate, then they are refused as those of an estate that is not there."""
    planned(office, "register-estate", ESTATE)
    for name, body in REST:
        assert office.refused_of(name, **body, from_at=LATER - SECOND) == "estate-not-found"
        assert office.refused_of(name, **body) == "estate-not-found"
    assert office.refused_of("roster-staff", **(ROSTER | {"estate_id": "new2"}), from_at=LATER) == "estate-not-found"


@pytest.mark.rule("ORG-01", "DSP-20")
def test_an_absence_may_name_who_is_on_the_roster_by_then_and_nobody_else(office: Office) -> None:
    planned(office, "register-estate", ESTATE)
    assert office.refused_of("record-absence", **AWAY, record_from=LATER) == "unknown-staff"
    planned(office, "roster-staff", ROSTER, LATER + SECOND)
    assert office.refused_of("record-absence", **AWAY, record_from=LATER) == "unknown-staff"
    office.accepted_of("record-absence", **AWAY, record_from=LATER + SECOND)
    past = {"from_at": LATER - SECOND, "until_at": LATER}
    assert office.refused_of("record-absence", **(AWAY | past), record_from=LATER + SECOND) == "absence-ends-first"


@pytest.mark.rule("ORG-01")
def test_registered_sooner_it_keeps_what_is_planned_for_it(office: Office) -> None:
    """Given a coming estate that somebody registers at once, then the rest still begins at its instant."""
    coming(office)
    office.accepted_of("register-estate", **ESTATE)
    found = estate(office)
    assert found
    assert (len(found.planned), found.staff) == (6, ())
    office.until(LATER)
    found = estate(office)
    assert found
    assert len(found.staff) == 2
    assert len(office.facts(EstateRegistered)) == 1


@pytest.mark.rule("ORG-01")
def test_withdrawn_what_belongs_to_it_is_refused_at_its_instant_and_told(office: Office) -> None:
    first, *rest = coming(office)
    office.accepted_of("withdraw-change", change_id=first)
    office.until(LATER)
    assert estate(office) is None
    assert {change(office, one).refusal for one in rest} == {"estate-not-found"}
    assert len(office.facts(RegistryChangeWithdrawn)) == 1 + len(rest)
    assert office.facts(StaffRostered) == []


@pytest.mark.rule("ORG-01")
def test_it_belongs_to_the_region_that_it_is_planned_for(office: Office) -> None:
    """Given an estate that is to come in the south, then the south's people change it, and only the group moves it."""
    identity = planned(office, "register-estate", ESTATE)
    south, north = (Actor("x", frozenset({"*"}), f"group/{region}") for region in ("south", "north"))
    for name, body in (("roster-staff", ROSTER | {"from_at": LATER}), ("withdraw-change", {"change_id": identity})):
        entry = next(entry for entry in MAP.commands if entry.name == f"dispatch.{name}")
        assert entry.org
        path = entry.org(GivenFacts(office.states), entry.body.model_validate(body))
        assert (south.may_touch(path), north.may_touch(path)) == (True, False)
    entry = next(entry for entry in MAP.commands if entry.name == "dispatch.register-estate")
    assert entry.org
    elsewhere = entry.body.model_validate(ESTATE | {"region_id": "north", "from_at": LATER})
    assert not north.may_touch(entry.org(GivenFacts(office.states), elsewhere))
