"""Estates, homes, rosters and contractors are told when they are new or changed, and not again (ORG-01)."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from linli_contracts.event import Event
from linli_contracts.events.dispatch import ContractorRegistered, EstateRegistered, HomesRegistered, StaffRostered
from linli_dispatch.commands import DecideReentrusting
from linli_dispatch.domain.group.places import Home
from linli_dispatch.handlers import MAP
from linli_dispatch.place_commands import ContractorLine, RegisterContractor, RegisterEstate, RegisterHomes, RosterStaff
from linli_rulebook import PolicyBook
from linli_rulebook.decision import Decision, Refusal
from linli_testkit.facts import POLICY_DIR, GivenFacts, context
from pydantic import BaseModel, ValidationError

from services.dispatch.tests.office import CASE, HOME, NOW, Office, person

ESTATE: dict[str, Any] = {"estate_id": "xh01", "region_id": "south", "project_id": "p1", "name": "星河湾"}
HOMES: dict[str, Any] = {"estate_id": "xh01", "homes": [{"home_id": HOME, "phase": "1", "building": "3"}]}
STAFF: dict[str, Any] = {
    "estate_id": "xh01",
    "staff": [{"staff_id": "agent1", "role": "agent", "desk": "service_centre"}],
}
CONTRACTORS: dict[str, Any] = {
    "estate_id": "xh01",
    "contractors": [{"contractor_id": "k", "trades": ["structure"], "phases": ["1"]}],
}


@pytest.mark.rule("ORG-01", "DSP-08", "WAR-02")
@pytest.mark.parametrize(
    ("command", "body", "change", "kind"),
    [
        ("register-estate", ESTATE, {"name": "星河湾二区"}, EstateRegistered),
        ("register-homes", HOMES, {"homes": [{**HOMES["homes"][0], "handed_over_on": "2024-05-01"}]}, HomesRegistered),
        ("roster-staff", STAFF, {"staff": [{**STAFF["staff"][0], "until_hour": 12}]}, StaffRostered),
        (
            "register-contractor",
            CONTRACTORS,
            {"contractors": [{**CONTRACTORS["contractors"][0], "phases": ["1", "2"]}]},
            ContractorRegistered,
        ),
    ],
)
def test_registering_again_tells_nothing_and_a_change_tells_once(
    command: str, body: dict[str, Any], change: dict[str, Any], kind: type[Event]
) -> None:
    office = Office()
    office.send("register-estate", **ESTATE)
    for _ in range(2):
        office.send(command, **body)
        assert len(office.facts(kind)) == 1
    for _ in range(2):
        office.send(command, **(body | change))
        assert len(office.facts(kind)) == 2


@pytest.mark.rule("ORG-01", "DSP-08", "INT-13")
def test_a_contractor_has_buildings_contracts_and_contacts_and_the_contacts_stay_here(office: Office) -> None:
    where = {"phases": ["p1"], "buildings": ["p1-1", "p1-2"], "contract_ids": ["k-2024-07"]}
    contacts = ["tel:+86-512-5550-0101", "mailto:service@firm.example"]
    line = {"contractor_id": "k", "trades": ["structure"], **where, "contacts": contacts}
    office.send("register-contractor", estate_id="xh01", contractors=[line])
    known = next(one for one in office.estate().contractors if one.contractor_id == "k")
    assert known.model_dump(mode="json") == line
    (told,) = (one for one in office.facts(ContractorRegistered) if one.contractor_id == "k")
    said = told.model_dump(mode="json")
    assert {name: said[name] for name in where} == where
    assert "5550" not in told.model_dump_json()
    assert "firm.example" not in told.model_dump_json()


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize(
    "contact", ["13800000001", "tel:", "tel:12", "mailto:a", "王小明", "mailto:a@b;c", "tel:1380000x"]
)
def test_a_contact_of_a_firm_is_a_number_or_a_mail_address(contact: str) -> None:
    with pytest.raises(ValidationError):
        ContractorLine(contractor_id="k", trades=("structure",), contacts=(contact,))


@pytest.mark.rule("ORG-01")
def test_a_change_of_the_estate_keeps_its_roster_and_of_a_home_who_served_it(office: Office) -> None:
    handler = office.open().handler_id
    office.send("register-estate", **(ESTATE | {"name": "新名"}))
    assert office.estate().staff
    assert office.estate().contractors
    office.send("register-homes", **(HOMES | {"homes": [{**HOMES["homes"][0], "occupied": False}]}))
    home = office.states[Home, HOME]
    assert isinstance(home, Home)
    assert (home.served_by, home.occupied) == (handler, False)


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize(
    ("command", "body", "code"),
    [
        ("register-homes", HOMES, "estate-not-found"),
        ("roster-staff", STAFF, "estate-not-found"),
        ("register-contractor", CONTRACTORS, "estate-not-found"),
    ],
)
def test_nothing_is_registered_for_an_unknown_estate(command: str, body: dict[str, Any], code: str) -> None:
    outcome = Office().send(command, **body)
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.status) == (code, 404)


@pytest.mark.rule("ORG-01")
def test_a_home_of_another_estate_refuses_the_whole_list(office: Office) -> None:
    foreign = {"home_id": "xh02.1-1-1", "phase": "1", "building": "1"}
    outcome = office.send("register-homes", **(HOMES | {"homes": [{**HOMES["homes"][0], "phase": "9"}, foreign]}))
    assert isinstance(outcome, Refusal)
    assert outcome.code == "foreign-id"
    assert office.facts(HomesRegistered) == []


@pytest.mark.parametrize("zone", ["Asia/Nowhere", "Asia", "..", "/etc/passwd", "x" * 300, "", "𝕏" * 70])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError, match="IANA"):
        RegisterEstate(**ESTATE, zone=zone)


@pytest.mark.rule("ORG-01")
def test_an_estate_cannot_be_registered_in_another_region_than_the_policys_file_for_it_names(tmp_path: Path) -> None:
    shutil.copytree(POLICY_DIR, tmp_path, dirs_exist_ok=True)
    estate_file = tmp_path / "2000.1" / "estates" / "xh01.toml"
    estate_file.parent.mkdir(exist_ok=True)
    estate_file.write_text('region = "south"\n', encoding="utf-8")
    ctx = replace(context(NOW), policies=PolicyBook.load(tmp_path))
    entry = next(entry for entry in MAP.commands if entry.name == "dispatch.register-estate")
    assert isinstance(entry.decide(GivenFacts(), RegisterEstate(**ESTATE), ctx), Decision)
    refused = entry.decide(GivenFacts(), RegisterEstate(**(ESTATE | {"region_id": "north"})), ctx)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.status) == ("other-region", 422)


NUL = "1\x00"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (RegisterEstate, ESTATE | {"name": NUL}),
        (RegisterHomes, {"estate_id": "xh01", "homes": [{"home_id": HOME, "phase": NUL, "building": "3"}]}),
        (RegisterHomes, {"estate_id": "xh01", "homes": [{"home_id": HOME, "phase": "1", "building": NUL}]}),
        (
            RegisterContractor,
            {"estate_id": "xh01", "contractors": [{"contractor_id": "k", "trades": [], "phases": [NUL]}]},
        ),
        (RosterStaff, {"estate_id": "xh01", "staff": [{**STAFF["staff"][0], "from_hour": float("nan")}]}),
        (DecideReentrusting, {"case_id": "xh01.c1", "accept": True, "replacement_id": "k", "price_fen": 10**30}),
        (DecideReentrusting, {"case_id": "xh01.c1", "accept": True, "replacement_id": "k", "price_fen": True}),
        (DecideReentrusting, {"case_id": "xh01.c1", "accept": True, "replacement_id": "k", "price_fen": "80000"}),
        (DecideReentrusting, {"case_id": "xh01.c1", "accept": True, "replacement_id": "k", "price_fen": 0}),
    ],
)
def test_what_the_database_or_the_ledger_could_not_keep_is_refused_at_the_door(
    body: type[BaseModel], fields: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        body.model_validate(fields)


@pytest.mark.rule("ORG-01")
def test_a_subtree_may_register_below_itself_but_not_move_an_estate_out_of_another(office: Office) -> None:
    entry = next(entry for entry in MAP.commands if entry.name == "dispatch.register-estate")
    assert entry.org is not None
    same, moved = RegisterEstate(**ESTATE), RegisterEstate(**(ESTATE | {"region_id": "north"}))
    assert entry.org(GivenFacts(), same) == "group/south/p1/xh01"
    assert entry.org(GivenFacts(office.states), same) == "group/south/p1/xh01"
    assert entry.org(GivenFacts(office.states), moved) is None


@pytest.mark.rule("DSP-08", "DSP-14")
@pytest.mark.parametrize(
    ("where", "fits"),
    [
        ({}, True),
        ({"phases": ["1"]}, True),
        ({"phases": ["1"], "buildings": ["1-3"]}, True),
        ({"phases": ["2"]}, False),
        ({"phases": ["1"], "buildings": ["1-4"]}, False),
        ({"trades": ["electrical"]}, False),
    ],
)
def test_a_repair_is_entrusted_only_to_who_answers_for_its_trade_phase_and_building(
    office: Office, where: dict[str, Any], *, fits: bool
) -> None:
    line = {"contractor_id": "rescue_co", "trades": ["waterproofing"]} | where
    office.send("register-contractor", estate_id="xh01", contractors=[line])
    office.open_repair()
    office.covered(NOW)
    office.until(NOW + timedelta(hours=30))
    body: dict[str, Any] = {"accept": True, "replacement_id": "rescue_co", "price_fen": 80_000}
    outcome = office.send("decide-reentrusting", case_id=CASE, actor=person("property_head"), **body)
    assert (outcome.code if isinstance(outcome, Refusal) else None) == (None if fits else "replacement-unfit")
