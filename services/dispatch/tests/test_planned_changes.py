"""A change of the registry may hold from a later instant on: planned, begun to the second, or withdrawn (ORG-01)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    ContractorRegistered,
    EstateRegistered,
    HomesRegistered,
    RegistryChangePlanned,
    RegistryChangeWithdrawn,
    ServiceOffered,
    StaffRostered,
    TicketAssigned,
    WorkPriced,
)
from linli_dispatch.domain.group.places import Home, PriceLibrary
from linli_dispatch.domain.group.planned_change import JUST_BEFORE, MOST_CHANGES, PlannedChange
from linli_dispatch.handlers import MAP
from linli_dispatch.place_commands import WithdrawChange
from linli_rulebook.decision import Decision
from linli_testkit.facts import GivenFacts

from services.dispatch.tests.office import HOME, NOW, SECOND, Office

LATER = NOW + timedelta(days=3)
AGENT2: dict[str, Any] = {"staff_id": "agent2", "role": "agent", "desk": "service_centre"}
LEAVES: dict[str, Any] = AGENT2 | {"staff_id": "agent1", "from_hour": 8, "until_hour": 17.5, "weekdays": []}
STAFF: dict[str, Any] = {"estate_id": "xh01", "staff": [AGENT2]}
HOMES: dict[str, Any] = {"estate_id": "xh01", "homes": [{"home_id": HOME, "phase": "2", "building": "3"}]}
CONTRACTORS: dict[str, Any] = {
    "estate_id": "xh01",
    "contractors": [{"contractor_id": "new_co", "trades": ["electrical"], "phases": ["1"]}],
}
PRICES: dict[str, Any] = {"region_id": "south", "works": [{"work_item": "reseal", "price_fen": 80_000}]}
MOVED: dict[str, Any] = {"estate_id": "xh01", "region_id": "east", "project_id": "p2", "name": "星河湾"}
SERVICES: dict[str, Any] = {
    "estate_id": "xh01",
    "services": [{"item": "plant_watering", "zh": "代浇花", "en": "Plants watered", "price_fen": 3_000, "amount": 5}],
}
EACH = pytest.mark.parametrize(
    ("command", "body", "told"),
    [
        ("register-estate", MOVED, EstateRegistered),
        ("register-homes", HOMES, HomesRegistered),
        ("roster-staff", STAFF, StaffRostered),
        ("register-contractor", CONTRACTORS, ContractorRegistered),
        ("offer-services", SERVICES, ServiceOffered),
        ("price-works", PRICES, WorkPriced),
    ],
)


def planned(office: Office, command: str, body: dict[str, Any], from_at: datetime = LATER) -> str:
    """The change's id."""
    answer = office.accepted_of(command, **body, from_at=from_at).answer
    assert answer is not None
    return str(answer["change_id"])


def change(office: Office, identity: str) -> PlannedChange:
    state = office.states[PlannedChange, identity]
    assert isinstance(state, PlannedChange)
    return state


def on_roster(office: Office) -> set[str]:
    return {line.staff_id for line in office.estate().staff if line.weekdays}


@pytest.mark.rule("ORG-01")
@EACH
def test_a_change_is_told_when_it_is_planned_and_again_when_it_begins(
    office: Office, command: str, body: dict[str, Any], told: type[Any]
) -> None:
    """Given a change from an instant on, then nothing changes before it, and all does at it, once."""
    identity = planned(office, command, body)
    (announced,) = office.facts(RegistryChangePlanned)
    assert (announced.change_id, announced.command, announced.lines) == (identity, f"dispatch.{command}", 1)
    assert (announced.from_at, announced.planned_at) == (LATER, NOW)
    office.until(LATER - SECOND)
    assert office.facts(told) == []
    office.until(LATER + timedelta(days=40))
    (fact,) = office.facts(told)
    instants = {"rostered_at", "registered_at", "priced_at"} & set(type(fact).model_fields)
    assert all(getattr(fact, name) == LATER for name in instants)
    assert (change(office, identity).status, change(office, identity).body) == ("begun", None)
    assert office.facts(RegistryChangeWithdrawn) == []


@pytest.mark.rule("ORG-01", "DSP-08")
@pytest.mark.parametrize(
    ("at", "handler"),
    [(LATER - SECOND, "agent1"), (LATER - JUST_BEFORE, "agent1"), (LATER, "agent2"), (LATER + SECOND, "agent2")],
    ids=["one second before", "the grain before", "on", "one second after"],
)
def test_a_ticket_of_that_very_instant_finds_the_change(office: Office, at: datetime, handler: str) -> None:
    """Given a desk that changes hands at an instant, then whoever holds it at a ticket's instant gets the ticket."""
    planned(office, "roster-staff", {"estate_id": "xh01", "staff": [AGENT2, LEAVES]})
    office.open(at)
    assert office.facts(TicketAssigned)[0].handler_id == handler


@pytest.mark.rule("ORG-01", "DSP-19")
def test_whoever_leaves_later_keeps_what_they_have_until_then(office: Office) -> None:
    office.open()
    planned(office, "roster-staff", {"estate_id": "xh01", "staff": [AGENT2, LEAVES]})
    office.until(LATER - SECOND)
    assert office.ticket().handler_id == "agent1"
    office.until(LATER + 10 * SECOND)
    assert office.ticket().handler_id == "agent2"


@pytest.mark.rule("ORG-01")
def test_changes_of_one_instant_begin_in_the_order_in_which_they_were_planned(office: Office) -> None:
    for hour in (12, 9, 15):
        planned(office, "roster-staff", {"estate_id": "xh01", "staff": [AGENT2 | {"until_hour": hour}]})
    planned(office, "roster-staff", {"estate_id": "xh01", "staff": [AGENT2 | {"until_hour": 8}]}, LATER - SECOND)
    office.until(LATER)
    assert [fact.until_hour for fact in office.facts(StaffRostered)] == [8, 12, 9, 15]


@pytest.mark.rule("ORG-01")
@EACH
def test_the_same_change_planned_again_is_the_same(
    office: Office, command: str, body: dict[str, Any], told: type[Any]
) -> None:
    first = planned(office, command, body)
    again = office.accepted_of(command, **body, from_at=LATER)
    assert again.answer == {"change_id": first, "from_at": LATER, "changed": 0}
    assert again.save == again.events == ()
    assert planned(office, command, body, LATER + SECOND) != first
    assert len(office.facts(RegistryChangePlanned)) == 2
    office.until(LATER + SECOND)
    assert len(office.facts(told)) == 1


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize("from_at", [NOW, NOW - SECOND, datetime.min.replace(tzinfo=NOW.tzinfo)])
def test_what_holds_from_now_or_before_changes_at_once(office: Office, from_at: datetime) -> None:
    office.accepted_of("roster-staff", **STAFF, from_at=from_at)
    assert "agent2" in on_roster(office)
    assert office.facts(RegistryChangePlanned) == []


@pytest.mark.rule("ORG-01")
@EACH
def test_a_withdrawn_change_never_begins_and_may_be_planned_once_more(
    office: Office, command: str, body: dict[str, Any], told: type[Any]
) -> None:
    identity = planned(office, command, body)
    office.accepted_of("withdraw-change", change_id=identity)
    (ended,) = office.facts(RegistryChangeWithdrawn)
    assert (ended.change_id, ended.refusal, ended.withdrawn_at) == (identity, None, NOW)
    assert office.refused_of("withdraw-change", change_id=identity) == "change-not-planned"
    office.until(LATER - SECOND)
    assert planned(office, command, body) == identity
    assert [fact.times for fact in office.facts(RegistryChangePlanned)] == [1, 2]
    office.until(LATER)
    assert len(office.facts(told)) == 1
    assert office.refused_of("withdraw-change", change_id=identity) == "change-not-planned"
    assert office.refused_of("withdraw-change", change_id="xh01.change-none") == "change-not-found"


@pytest.mark.rule("ORG-01")
def test_what_would_be_refused_now_is_not_planned(office: Office) -> None:
    foreign = HOMES | {"homes": [{"home_id": "xh02.1-1-1", "phase": "1", "building": "1"}]}
    assert office.refused_of("register-homes", **foreign, from_at=LATER) == "foreign-id"
    assert office.refused_of("roster-staff", **(STAFF | {"estate_id": "none"}), from_at=LATER) == "estate-not-found"
    assert office.estate().planned == ()


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize(
    ("became", "code"),
    [
        ({"body": HOMES | {"homes": [HOMES["homes"][0] | {"home_id": "xh02.1-1-1"}]}}, "foreign-id"),
        ({"org": "group/north"}, "outside-your-organisation"),
    ],
    ids=["an id of another estate", "planned by somebody whose estate it is no more"],
)
def test_a_change_that_is_refused_when_it_is_to_begin_is_told_and_the_next_one_begins(
    office: Office, became: dict[str, Any], code: str
) -> None:
    """Given a change that is refused when it is to begin, then the place is not held up."""
    identity = planned(office, "register-homes", HOMES)
    planned(office, "roster-staff", STAFF)
    office.states[PlannedChange, identity] = change(office, identity).model_copy(update=became)
    office.until(LATER)
    (ended,) = office.facts(RegistryChangeWithdrawn)
    assert (ended.change_id, ended.refusal, ended.withdrawn_at) == (identity, code, LATER)
    assert (change(office, identity).status, change(office, identity).refusal) == ("refused", code)
    assert "agent2" in on_roster(office)


@pytest.mark.rule("ORG-01")
def test_a_place_has_a_hundred_planned_changes_at_most(office: Office) -> None:
    for nth in range(MOST_CHANGES):
        planned(office, "roster-staff", STAFF, LATER + nth * SECOND)
    late = LATER + MOST_CHANGES * SECOND
    assert office.refused_of("roster-staff", **STAFF, from_at=late) == "too-many-changes"
    office.until(LATER)
    assert isinstance(office.send("roster-staff", **STAFF, from_at=late), Decision)


@pytest.mark.rule("ORG-01")
def test_an_estate_that_is_registered_anew_keeps_what_is_planned(office: Office) -> None:
    planned(office, "roster-staff", STAFF)
    office.accepted_of("register-estate", estate_id="xh01", region_id="south", project_id="p1", name="新名")
    office.until(LATER)
    assert "agent2" in on_roster(office)


@pytest.mark.rule("ORG-01", "WAR-02")
def test_a_home_keeps_what_it_knows_of_itself(office: Office) -> None:
    office.open()
    planned(office, "register-homes", HOMES)
    before = office.states[Home, HOME]
    office.until(LATER)
    home = office.states[Home, HOME]
    assert isinstance(home, Home)
    assert isinstance(before, Home)
    assert (home.phase, home.served_by) == ("2", before.served_by)


@pytest.mark.rule("ORG-01", "DSP-14")
def test_prices_of_a_region_that_has_none_yet_may_be_planned(office: Office) -> None:
    planned(office, "price-works", PRICES)
    library = office.states[PriceLibrary, "south"]
    assert isinstance(library, PriceLibrary)
    assert library.works == {}
    office.until(LATER)
    library = office.states[PriceLibrary, "south"]
    assert isinstance(library, PriceLibrary)
    assert library.works["reseal"].priced_at == LATER


@pytest.mark.rule("ORG-01")
def test_a_change_belongs_to_its_estate_or_its_region(office: Office) -> None:
    of_estate, of_region = planned(office, "roster-staff", STAFF), planned(office, "price-works", PRICES)
    entry = next(entry for entry in MAP.commands if entry.body is WithdrawChange)
    assert entry.org
    paths = [entry.org(GivenFacts(office.states), WithdrawChange(change_id=one)) for one in (of_estate, of_region)]
    assert paths == ["group/south/p1/xh01", "group/south"]


@pytest.mark.rule("ORG-01", "DSP-14")
def test_prices_of_a_region_are_not_those_of_an_estate_called_the_same(office: Office) -> None:
    """Given an estate with its region's id, then changes of the two are told apart, and each begins."""
    office.found("south")
    of_estate = planned(office, "roster-staff", STAFF | {"estate_id": "south"})
    of_region = planned(office, "price-works", PRICES)
    entry = next(entry for entry in MAP.commands if entry.body is WithdrawChange)
    assert entry.org
    paths = [entry.org(GivenFacts(office.states), WithdrawChange(change_id=one)) for one in (of_estate, of_region)]
    assert paths == ["group/south/p1/south", "group/south"]
    office.until(LATER)
    assert (change(office, of_estate).status, change(office, of_region).status) == ("begun", "begun")
