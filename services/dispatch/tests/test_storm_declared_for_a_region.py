"""A storm is declared, and ended, by hand for all estates of a region at once, ten at a time (DSP-09)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import StormDeclared, StormEnded, StormOrderJoined
from linli_dispatch.domain.group.places import Estate, Workload
from linli_dispatch.domain.storms.region_storm import MOST_ESTATES, EstatesOf, RegionStorm, region_storm_id
from linli_dispatch.domain.storms.storm_terms import StormTerms
from linli_dispatch.handlers import region_storming
from linli_dispatch.handlers.storming import terms_of_storm
from linli_messaging.service_map import Context
from linli_rulebook.decision import Decision
from linli_runtime.reads import Reads
from linli_testkit.tables import keep

from services.dispatch.tests.office import SECOND, Office, OfficeFacts, graded, local, person, received
from services.dispatch.tests.storms import LEAK, MINUTE

NOON = local("2026-03-10 12:00")
ESTATES = tuple(f"xh{number:02}" for number in range(1, MOST_ESTATES + 3))
HEAD = person("property_head")
BODY: dict[str, Any] = {"region_id": "south", "cause": "rainstorm", "reason": "typhoon", "estate_id": "xh01"}


@pytest.fixture
def office() -> Office:
    """A region of two estates more than a round looks at, and one estate of another region."""
    office = Office(now=NOON - timedelta(hours=1))
    for estate_id in ESTATES:
        office.found(estate_id)
    office.found("yh01", region_id="north")
    office.until(NOON)
    return office


def declare(office: Office, key: str = "k1") -> Decision:
    return office.accepted_by(HEAD, "declare-region-storm", command_id=key, **BODY)


def region(office: Office) -> RegionStorm:
    found = office.states[RegionStorm, region_storm_id("south", "rainstorm")]
    assert isinstance(found, RegionStorm)
    return found


def on_at(office: Office) -> list[str]:
    """The estates at which a storm of the cause is on."""
    loads = (one for one in office.states.values() if isinstance(one, Workload))
    return sorted(one.id for one in loads if "rainstorm" in one.storms)


@pytest.mark.rule("DSP-09")
def test_a_round_reaches_ten_estates_a_second_later_and_the_next_one_the_rest(office: Office) -> None:
    declare(office)
    office.until(NOON)
    assert on_at(office) == []
    office.until(NOON + SECOND)
    assert on_at(office) == list(ESTATES[:MOST_ESTATES])
    assert region(office).due_at == NOON + 2 * SECOND
    office.until(NOON + 2 * SECOND)
    assert on_at(office) == list(ESTATES)
    assert (region(office).due_at, region(office).changed) == (None, len(ESTATES))
    told = office.facts(StormDeclared)
    assert {(one.how, one.declared_by, one.reason) for one in told} == {("by_hand", "property_head", "typhoon")}
    assert len({one.storm_id for one in told}) == len(told) == len(ESTATES)


@pytest.mark.rule("DSP-09")
def test_what_came_before_joins_at_each_estate_and_a_storm_that_is_on_there_stays(office: Office) -> None:
    """Given two leaks at one estate and a storm of the cause at another, then the leaks are in a work order, and the
    other estate's storm is the one it was.
    """
    for number in (1, 2):
        case_id = f"xh02.c{number}"
        office.hear(received(office.now, case_id, estate_id="xh02", home_id=None, **LEAK))
        office.hear(graded(4, office.now, case_id).model_copy(update={"estate_id": "xh02"}))
    before = {"estate_id": "xh03", "cause": "rainstorm", "reason": "seen_first"}
    office.accepted_by(HEAD, "declare-storm", command_id="k0", **before)
    storms = office.states[Workload, "xh03"].model_dump()["storms"]
    declare(office)
    office.until(office.now + 10 * SECOND)
    assert on_at(office) == list(ESTATES)
    assert office.states[Workload, "xh03"].model_dump()["storms"] == storms
    assert [one.case_id for one in office.facts(StormOrderJoined)] == ["xh02.c1", "xh02.c2"]


@pytest.mark.rule("DSP-09", "ORG-01")
def test_an_estate_whose_policy_knows_no_such_cause_has_no_storm_of_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_estate(estate: Estate, ctx: Context) -> StormTerms:
        terms = terms_of_storm(estate, ctx)
        return replace(terms, cause_of={}) if estate.id == "xh05" else terms

    declare(office)
    monkeypatch.setattr(region_storming, "terms_of_storm", of_estate)
    office.until(office.now + 10 * SECOND)
    assert on_at(office) == [one for one in ESTATES if one != "xh05"]
    assert region(office).changed == len(ESTATES) - 1


@pytest.mark.rule("DSP-09")
def test_it_is_over_for_all_however_each_was_declared_and_a_storm_of_another_cause_goes_on(office: Office) -> None:
    declare(office)
    office.accepted_by(HEAD, "declare-storm", command_id="k3", estate_id="xh04", cause="power_cut", reason="dark")
    office.until(office.now + 10 * SECOND)
    office.accepted_by(HEAD, "end-region-storm", **(BODY | {"reason": "rain_over"}))
    office.until(office.now + 10 * SECOND)
    assert on_at(office) == []
    assert {(one.how, one.ended_by, one.reason) for one in office.facts(StormEnded)} == {
        ("by_hand", "property_head", "rain_over")
    }
    assert list(office.states[Workload, "xh04"].model_dump()["storms"]) == ["power_cut"]
    declare(office, "k4")
    office.until(office.now + 10 * SECOND)
    assert on_at(office) == list(ESTATES)


@pytest.mark.rule("DSP-09")
def test_an_end_overtakes_a_declaration_that_is_not_through(office: Office) -> None:
    """Given ten of twelve estates with a storm by now, when it is ended, then none has one, and none gets one later."""
    declare(office)
    office.until(NOON + SECOND)
    office.accepted_by(HEAD, "end-region-storm", **BODY)
    office.until(NOON + MINUTE)
    assert on_at(office) == []
    assert len(office.facts(StormDeclared)) == MOST_ESTATES


@pytest.mark.rule("DSP-09", "OPS-03")
def test_after_a_standstill_the_rounds_are_caught_up_each_at_its_own_instant(office: Office) -> None:
    declare(office)
    office.until(NOON + timedelta(hours=3))
    assert on_at(office) == list(ESTATES)
    assert {one.declared_at for one in office.facts(StormDeclared)} == {NOON + SECOND, NOON + 2 * SECOND}


@pytest.mark.rule("DSP-09")
def test_estates_of_other_regions_and_what_comes_into_the_region_later_have_none(office: Office) -> None:
    declare(office)
    office.until(office.now + 10 * SECOND)
    office.found("xh99")
    office.until(office.now + MINUTE)
    assert on_at(office) == list(ESTATES)


@pytest.mark.rule("DSP-09")
def test_what_cannot_be_said_for_a_region_is_refused_by_name(office: Office) -> None:
    for name, more in (("declare-region-storm", {"command_id": "k"}), ("end-region-storm", {})):
        body = BODY | more
        assert office.refused_by(HEAD, name, **(body | {"estate_id": "xh98"})) == "estate-not-found"
        assert office.refused_by(HEAD, name, **(body | {"estate_id": "yh01"})) == "estate-of-another-region"
        assert office.refused_by(person("fixer1"), name, **body) == "no-declarer"
        assert office.refused_by(HEAD, name, **(body | {"cause": "locusts"})) == "unknown-cause"
        office.accepted_by(HEAD, name, **body)
        assert office.refused_by(HEAD, name, **body) == "region-storm-under-way"


@pytest.mark.rule("DSP-09")
async def test_the_query_finds_the_next_ten_estates_of_the_region_alone(office: Office, reads: Reads) -> None:
    """Given estates of the region and of one whose name begins with its name, then each round reads its own, to the
    last one.
    """
    office.found("xh00", region_id="south_2")
    declare(office)
    await keep(reads, office.states.values(), office.rows)
    declared = region(office)
    for before, found in (((), ESTATES[:MOST_ESTATES]), (ESTATES[:2], ESTATES[2:]), (ESTATES[-1:], ())):
        asked = declared.model_copy(update={"next_ids": before}).estates_id
        (row,) = await reads.fetch("load_estates_of", [asked])
        assert EstatesOf.model_validate_json(row["state"]) == OfficeFacts(office.states).get(EstatesOf, asked)
        assert EstatesOf.model_validate_json(row["state"]).estate_ids == found
