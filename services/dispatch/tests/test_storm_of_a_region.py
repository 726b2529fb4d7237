"""A few requests in each of many estates at once are a storm of their region, declared where it shows (DSP-09)."""

from datetime import timedelta

import pytest
from linli_contracts.events.dispatch import StormDeclared, StormEnded, StormOrderJoined
from linli_dispatch.domain.storms.usual import OFF, WORKING, Usual, hour_of
from linli_dispatch.domain.storms.watching import Region

from services.dispatch.tests.office import SECOND, Office, graded, local, received
from services.dispatch.tests.storms import LEAK, MINUTE

ESTATES = tuple(f"xh0{number}" for number in range(1, 8))
DAWN = local("2026-03-10 00:00")
MORNING = local("2026-03-10 09:00")
DAY = timedelta(days=1)


def watched(place_id: str, requests: float) -> Usual:
    """A place that was watched for forty days, with so many of them a day."""
    mean = {"rainstorm": {WORKING: requests, OFF: requests}}
    return Usual(id=place_id, learnt_until=hour_of(DAWN), days=40, weight={WORKING: 20.0, OFF: 8.0}, mean=mean)


@pytest.fixture
def office() -> Office:
    """Seven estates of a region, each with a leak a day; not one of them has stirred for forty days."""
    office = Office(now=MORNING - timedelta(hours=len(ESTATES)))
    for estate_id in ESTATES:
        office.found(estate_id)
        office.now += timedelta(hours=1)
        office.states[Usual, estate_id] = watched(estate_id, 1.0)
    office.states[Usual, "south"] = watched("south", 0.0)
    office.until(MORNING)
    return office


def leaks(office: Office, estate_id: str, many: int, day: int = 0) -> None:
    """So many leaks by the minute."""
    for number in range(many):
        at = max(office.now, MORNING + day * DAY) + MINUTE
        case_id = f"{estate_id}.d{day}n{number}"
        office.hear(received(at, case_id, estate_id=estate_id, home_id=None, **LEAK), at)
        office.hear(graded(4, at, case_id).model_copy(update={"estate_id": estate_id}))


def declared_at(office: Office) -> list[tuple[str, str, int]]:
    return [(one.estate_id, one.how, one.requests) for one in office.facts(StormDeclared)]


@pytest.mark.rule("DSP-09")
def test_the_fifth_estate_that_stirs_has_a_storm_and_so_has_each_that_stirs_while_it_lasts(office: Office) -> None:
    """Four estates with three leaks in an hour have none; the fifth and the sixth do, with the leaks that gave it
    away; one that is as ever does not; one of the four has it with its next leak.
    """
    for estate_id in ESTATES[:4]:
        leaks(office, estate_id, 3)
    assert declared_at(office) == []
    for estate_id in ESTATES[4:6]:
        leaks(office, estate_id, 3)
    leaks(office, ESTATES[6], 1)
    assert declared_at(office) == [("xh05", "region", 5), ("xh06", "region", 6)]
    joined = [one.case_id for one in office.facts(StormOrderJoined)]
    assert joined == [f"{estate}.d0n{number}" for estate in ("xh05", "xh06") for number in range(3)]
    office.hear(received(office.now, "xh01.next", estate_id="xh01", home_id=None, **LEAK))
    assert declared_at(office)[2:] == [("xh01", "region", 6)]


@pytest.mark.rule("DSP-09")
def test_one_estate_that_stirs_again_and_again_is_no_storm_of_its_region(office: Office) -> None:
    for day in (0, 2, 4, 6, 8):
        leaks(office, "xh03", 3, day)
    assert declared_at(office) == []
    region = office.states[Region, "south"]
    assert isinstance(region, Region)
    assert list(region.stirring["rainstorm"]) == ["xh03"]


@pytest.mark.rule("DSP-09", "ORG-04")
@pytest.mark.parametrize("many", [0, 3])
def test_a_storm_of_the_region_goes_on_at_an_estate_while_it_stirs(office: Office, many: int) -> None:
    """Given three leaks more, eleven hours later, which are much for the estate and no storm by themselves: it lasts
    until twelve hours after the last of them; without them, after its declaration. Nobody is told of a second one.
    """
    for estate_id in ESTATES[:5]:
        leaks(office, estate_id, 3)
    last = office.now
    for number in range(many):
        last = office.now + (timedelta(hours=11) if not number else MINUTE)
        office.hear(received(last, f"xh05.n{number}", estate_id="xh05", home_id=None, **LEAK), last)
    office.until(last + timedelta(hours=12) - SECOND)
    assert office.facts(StormEnded) == []
    office.until(last + timedelta(hours=12))
    assert [one.estate_id for one in office.facts(StormEnded)] == ["xh05"]
    assert len(declared_at(office)) == 1
