"""Changes planned in an import's name: when they may be, beside others of their place, at their instant (ORG-01)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import RegistryChangeWithdrawn, StaffRostered
from linli_dispatch.domain.group.places import Estate
from linli_dispatch.domain.group.planned_change import MOST_CHANGES, PlannedChange, change_id
from linli_dispatch.place_commands import RosterStaff
from linli_messaging.service_map import Actor

from services.dispatch.tests.office import NOW, SECOND, Office
from services.dispatch.tests.test_planned_changes import LATER, MOVED, STAFF, change, on_roster
from services.dispatch.tests.test_registry_imports import opened, planned


@pytest.mark.rule("ORG-01")
def test_only_while_it_is_open_and_for_its_instant_changes_are_planned_in_its_name(office: Office) -> None:
    """Given an import, then what names another, another instant or none, or what comes too late, is refused and changes
    nothing: neither then nor now.
    """
    of_import = opened(office)

    def refused(of_import: str, from_at: datetime | None = LATER) -> str:
        return office.refused_of("roster-staff", **STAFF, from_at=from_at, import_id=of_import)

    assert refused("import-none") == "import-not-found"
    for from_at in (LATER + SECOND, NOW, NOW - SECOND, None):
        assert refused(of_import, from_at) == "import-other-instant"
    south = Actor("south", frozenset({"*"}), org="group/south")
    body: dict[str, Any] = STAFF | {"from_at": LATER, "import_id": of_import}
    assert office.refused_by(south, "roster-staff", **body) == "import-not-found"
    own = opened(office, key="k2", org="group/south")
    office.accepted_by(south, "roster-staff", **body | {"import_id": own})
    office.accepted_of("confirm-import", import_id=of_import)
    assert refused(of_import) == "import-confirmed"
    office.accepted_of("withdraw-import", import_id=of_import)
    assert refused(of_import) == "import-withdrawn"
    lapsing = opened(office, key="k3")
    office.until(LATER + SECOND)
    assert refused(lapsing) == "import-lapsed"
    begun = opened(office, LATER + 2 * SECOND, "k4")
    office.accepted_of("confirm-import", import_id=begun)
    office.until(LATER + 3 * SECOND)
    assert refused(begun, LATER + 2 * SECOND) == "import-begun"
    assert on_roster(office).isdisjoint({"agent2"})


@pytest.mark.rule("ORG-01")
def test_a_change_of_one_import_is_not_that_of_another_nor_one_by_hand(office: Office) -> None:
    """Given the same change by hand and in two imports, then it is planned three times, in each import once; what a
    change by hand is called is what it was called before there were imports.
    """
    body = {
        **STAFF,
        "staff": [one.model_dump(mode="json") for one in RosterStaff.model_validate(STAFF).staff],
        "from_at": "2026-03-13T01:30:00Z",
    }
    by_hand = str((office.accepted_of("roster-staff", **STAFF, from_at=LATER).answer or {})["change_id"])
    assert by_hand == change_id("xh01", "dispatch.roster-staff", body)
    imports = [opened(office, key=key) for key in ("k1", "k2")]
    ids = [planned(office, one, "roster-staff", STAFF) for one in imports for _ in range(2)]
    assert len({by_hand, *ids}) == 3
    assert len(office.estate().planned) == 3


@pytest.mark.rule("ORG-01")
def test_a_place_that_is_full_forgets_what_will_not_begin(office: Office) -> None:
    """Given a place with a hundred changes of an import, then one more is refused while that is open or confirmed; once
    it was withdrawn they leave at once, are told, and one more is planned.
    """
    dead = opened(office)
    for hour in range(MOST_CHANGES):
        line = {"staff_id": "agent2", "role": "agent", "desk": "service_centre", "until_hour": (hour + 1) / 10}
        planned(office, dead, "roster-staff", {"estate_id": "xh01", "staff": [line]})
    new = opened(office, key="k2")
    one_more: dict[str, Any] = STAFF | {"from_at": LATER, "import_id": new}
    assert office.refused_of("roster-staff", **one_more) == "too-many-changes"
    office.accepted_of("withdraw-import", import_id=dead)
    office.accepted_of("roster-staff", **one_more)
    assert [one.import_id for one in office.estate().planned] == [new]
    told = office.facts(RegistryChangeWithdrawn)
    assert len({one.change_id for one in told}) == len(told) == MOST_CHANGES
    assert {(one.refusal, one.withdrawn_at) for one in told} == {("import-withdrawn", NOW)}
    office.accepted_of("confirm-import", import_id=new)
    office.until(LATER)
    assert len(office.facts(StaffRostered)) == 1
    assert len(office.facts(RegistryChangeWithdrawn)) == MOST_CHANGES


@pytest.mark.rule("ORG-01")
def test_what_is_planned_already_is_planned_once_at_a_place_full_of_what_will_not_begin(office: Office) -> None:
    """Given a place that is full, nearly all of it of a withdrawn import, when the one change by hand is planned again,
    then nothing is told twice, and it begins at its instant.
    """
    dead = opened(office)
    by_hand: dict[str, Any] = STAFF | {"from_at": LATER}
    office.accepted_of("roster-staff", **by_hand)
    for hour in range(MOST_CHANGES - 1):
        line = {"staff_id": "agent2", "role": "agent", "desk": "service_centre", "until_hour": (hour + 1) / 10}
        planned(office, dead, "roster-staff", {"estate_id": "xh01", "staff": [line]})
    office.accepted_of("withdraw-import", import_id=dead)
    assert (office.accepted_of("roster-staff", **by_hand).answer or {})["changed"] == 0
    office.until(LATER)
    assert office.estate().planned == ()
    assert len(office.facts(StaffRostered)) == 1
    assert len(office.facts(RegistryChangeWithdrawn)) == MOST_CHANGES - 1


@pytest.mark.rule("ORG-01")
def test_what_rests_on_an_estate_to_come_counts_on_its_own_import_and_on_confirmed_ones(office: Office) -> None:
    """Given an estate that an import registers, then people are planned for it in the same one; by hand or in another
    import only once the first is confirmed, and no more after it was withdrawn.
    """
    first, second = (opened(office, key=key) for key in ("k1", "k2"))
    planned(office, first, "register-estate", MOVED | {"estate_id": "xh02"})
    people: dict[str, Any] = STAFF | {"estate_id": "xh02", "from_at": LATER}
    assert office.refused_of("roster-staff", **people) == "estate-not-found"
    assert office.refused_of("roster-staff", **people, import_id=second) == "estate-not-found"
    planned(office, first, "roster-staff", STAFF | {"estate_id": "xh02"})
    office.accepted_of("confirm-import", import_id=first)
    office.accepted_of("roster-staff", **people, import_id=second)
    office.accepted_of("roster-staff", **people)
    office.accepted_of("withdraw-import", import_id=first)
    later: dict[str, Any] = people | {"from_at": LATER + SECOND}
    assert office.refused_of("roster-staff", **later) == "estate-not-found"
    office.until(LATER + SECOND)
    assert (Estate, "xh02") not in office.states


@pytest.mark.rule("ORG-01")
def test_changes_by_hand_and_of_an_import_begin_in_the_order_in_which_they_were_planned(office: Office) -> None:
    of_import = opened(office)
    lines = [STAFF["staff"][0] | {"until_hour": hour} for hour in (12, 9, 15)]
    office.accepted_of("roster-staff", estate_id="xh01", staff=[lines[0]], from_at=LATER)
    planned(office, of_import, "roster-staff", {"estate_id": "xh01", "staff": [lines[1]]})
    office.accepted_of("roster-staff", estate_id="xh01", staff=[lines[2]], from_at=LATER)
    office.accepted_of("confirm-import", import_id=of_import)
    office.until(LATER)
    assert [fact.until_hour for fact in office.facts(StaffRostered)] == [12, 9, 15]


@pytest.mark.rule("ORG-01", "DSP-20")
def test_an_absence_is_recorded_with_its_import(office: Office) -> None:
    of_import = opened(office)
    away: dict[str, Any] = {
        "estate_id": "xh01", "staff_id": "agent1", "from_at": LATER, "until_at": LATER + timedelta(days=2)
    }  # fmt: skip
    identity = planned(office, of_import, "record-absence", away)
    office.until(LATER)
    assert (change(office, identity).status, office.estate().absences) == ("withdrawn", ())


@pytest.mark.rule("ORG-01")
def test_one_change_that_is_refused_at_the_instant_is_told_and_is_no_change_of_a_lapsed_import(office: Office) -> None:
    """Given a confirmed import whose absence has lost its person in between, then that is refused by its own name."""
    of_import = opened(office)
    away: dict[str, Any] = {
        "estate_id": "xh02", "staff_id": "agent2", "from_at": LATER, "until_at": LATER + timedelta(days=2)
    }  # fmt: skip
    registered = planned(office, of_import, "register-estate", MOVED | {"estate_id": "xh02"})
    rostered = planned(office, of_import, "roster-staff", STAFF | {"estate_id": "xh02"})
    absent = planned(office, of_import, "record-absence", away)
    office.accepted_of("confirm-import", import_id=of_import)
    office.accepted_of("withdraw-change", change_id=rostered)
    office.until(LATER)
    assert [change(office, one).status for one in (registered, rostered, absent)] == ["begun", "withdrawn", "refused"]
    assert isinstance(office.states[PlannedChange, absent], PlannedChange)
    assert change(office, absent).refusal == "unknown-staff"
