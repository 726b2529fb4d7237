"""An estate's catalogue of special services: effective from an instant, never reaching back, told once (DSP-16)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import ServiceOffered
from linli_dispatch.domain.blueprints.catalogue import MOST_AHEAD, MOST_SERVICES, PRICES_KEPT, ServiceCatalogue

from services.dispatch.tests.matters import WATERING, offered
from services.dispatch.tests.office import NOW, SECOND, Office

LATER = NOW + timedelta(days=10)


def price(office: Office, at: datetime) -> int | None:
    """What a watering costs at an instant."""
    catalogue = office.states[ServiceCatalogue, "xh01"]
    assert isinstance(catalogue, ServiceCatalogue)
    offer = catalogue.offer("plant_watering", at)
    return offer.price_fen if offer else None


@pytest.mark.rule("DSP-16", "ORG-02")
def test_a_price_holds_from_its_instant_on(office: Office) -> None:
    """Given a price now and another in ten days, then each holds from its own second on."""
    offered(office)
    offered(office, price_fen=4_000, from_at=LATER.isoformat())
    assert price(office, NOW - SECOND) is None
    assert price(office, NOW) == 3_000
    assert price(office, LATER - SECOND) == 3_000
    assert price(office, LATER) == 4_000
    assert [(one.price_fen, one.from_at) for one in office.facts(ServiceOffered)] == [(3_000, NOW), (4_000, LATER)]


@pytest.mark.rule("DSP-16")
def test_the_same_again_changes_nothing_and_a_new_announcement_replaces_the_old(office: Office) -> None:
    """Given what is known already, then nothing is told; another price for the same instant replaces it."""
    assert offered(office).answer == {"estate_id": "xh01", "changed": 1}
    office.now += timedelta(days=1)
    assert offered(office).answer == {"estate_id": "xh01", "changed": 0}
    offered(office, price_fen=4_000, from_at=LATER.isoformat())
    again = offered(office, price_fen=4_000, from_at=LATER.isoformat())
    assert again.answer == {"estate_id": "xh01", "changed": 0}
    offered(office, price_fen=4_500, from_at=LATER.isoformat())
    assert price(office, LATER) == 4_500
    assert len(office.facts(ServiceOffered)) == 3


@pytest.mark.rule("DSP-16")
def test_a_service_that_is_offered_no_longer_ends_at_its_instant(office: Office) -> None:
    """Given a service that ends in ten days, then it is offered until then; ending what never was is nothing."""
    assert offered(office, offered=False).answer == {"estate_id": "xh01", "changed": 0}
    offered(office)
    offered(office, offered=False, from_at=LATER.isoformat())
    assert price(office, LATER - SECOND) == 3_000
    assert price(office, LATER) is None


@pytest.mark.rule("DSP-16", "ORG-02")
def test_a_change_never_reaches_back(office: Office) -> None:
    """Given a change for a second ago, or an unknown estate, then it is refused by name and nothing changes."""
    offered(office)
    before = office.states[ServiceCatalogue, "xh01"]
    line: dict[str, Any] = WATERING | {"price_fen": 1, "from_at": (NOW - SECOND).isoformat()}
    assert office.refused_of("offer-services", estate_id="xh01", services=[line]) == "offer-not-ahead"
    assert office.refused_of("offer-services", estate_id="xh09", services=[WATERING]) == "estate-not-found"
    assert office.states[ServiceCatalogue, "xh01"] == before


def lines(*prices: tuple[datetime | None, int]) -> list[dict[str, Any]]:
    """The same service at several prices, each from an instant on."""
    return [WATERING | {"price_fen": fen, "from_at": at.isoformat() if at else None} for at, fen in prices]


@pytest.mark.rule("DSP-16", "ORG-02")
def test_a_service_may_change_several_times_in_one_list(office: Office) -> None:
    """Given a price for now and one for later in one list, then both hold; the same list again changes nothing, and a
    list that goes on from what held is no change of the past.
    """
    wanted = lines((LATER, 4_000), (None, 3_000))
    assert office.accepted_of("offer-services", estate_id="xh01", services=wanted).answer == {
        "estate_id": "xh01", "changed": 2,
    }  # fmt: skip
    assert [price(office, at) for at in (NOW, LATER - SECOND, LATER)] == [3_000, 3_000, 4_000]
    dated = lines((NOW, 3_000), (LATER, 4_000))
    for _ in range(2):
        again = office.accepted_of("offer-services", estate_id="xh01", services=dated)
        assert again.answer == {"estate_id": "xh01", "changed": 0}
        office.now += timedelta(days=1)
    longer = [*dated, *lines((LATER + timedelta(days=9), 5_000))]
    office.accepted_of("offer-services", estate_id="xh01", services=longer)
    assert [price(office, LATER + timedelta(days=days)) for days in (0, 8, 9)] == [4_000, 4_000, 5_000]
    other = lines((NOW, 2_000), (LATER, 4_000))
    assert office.refused_of("offer-services", estate_id="xh01", services=other) == "offer-not-ahead"


@pytest.mark.rule("DSP-16")
def test_one_instant_has_one_price(office: Office) -> None:
    twice = lines((LATER, 4_000), (LATER, 5_000))
    assert office.refused_of("offer-services", estate_id="xh01", services=twice) == "offered-twice"


@pytest.mark.rule("DSP-16", "OPS-04")
def test_what_is_announced_never_pushes_out_what_holds_now(office: Office) -> None:
    """Given as many changes ahead as may be, then today's price holds, one more is refused; of the past some stay."""
    offered(office)
    ahead = lines(*((NOW + timedelta(days=1 + n), 4_000 + n) for n in range(MOST_AHEAD)))
    office.accepted_of("offer-services", estate_id="xh01", services=ahead)
    assert (price(office, NOW), price(office, NOW + timedelta(days=1))) == (3_000, 4_000)
    more = lines((NOW + timedelta(days=99), 1))
    assert office.refused_of("offer-services", estate_id="xh01", services=more) == "catalogue-full"
    for n in range(2 * PRICES_KEPT):
        office.now += timedelta(days=1)
        offered(office, price_fen=5_000 + n)
    catalogue = office.states[ServiceCatalogue, "xh01"]
    assert isinstance(catalogue, ServiceCatalogue)
    assert len(catalogue.services["plant_watering"]) == PRICES_KEPT + 1
    assert price(office, office.now - SECOND) == 5_000 + n - 1


@pytest.mark.rule("DSP-16", "OPS-04")
def test_a_catalogue_ends_somewhere(office: Office) -> None:
    """Given as many services as one estate may have, then one more is refused by name, and those known may change."""
    many = [WATERING | {"item": f"s{n}"} for n in range(MOST_SERVICES)]
    office.accepted_of("offer-services", estate_id="xh01", services=many)
    before = office.states[ServiceCatalogue, "xh01"]
    assert office.refused_of("offer-services", estate_id="xh01", services=[WATERING]) == "catalogue-full"
    assert office.states[ServiceCatalogue, "xh01"] == before
    changed = office.accepted_of("offer-services", estate_id="xh01", services=[many[0] | {"price_fen": 1}])
    assert changed.answer == {"estate_id": "xh01", "changed": 1}
