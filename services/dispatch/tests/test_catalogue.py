"""An estate's catalogue of special services: effective from an instant, never reaching back, told once (DSP-16)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import ServiceOffered
from linli_dispatch.domain.catalogue import ServiceCatalogue

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
