"""A storm in the office in memory: two buildings, who declares it, requests of its cause, what became of them."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    StormDeclared,
)
from linli_dispatch.domain.storms.storm import Storm, StormOrder
from linli_dispatch.domain.ticket import Ticket
from linli_rulebook.decision import Decision

from services.dispatch.tests.office import Office, local, person

START = local("2026-03-10 10:00")
MINUTE = timedelta(minutes=1)
LEAK: dict[str, Any] = {
    "kind": "repair", "category": "engineering_quality", "subcategory": "leak", "trade": "waterproofing",
}  # fmt: skip


@pytest.fixture
def office(office: Office) -> Office:
    """Two buildings of four homes each; a storm that the property head declared at ten."""
    homes = [
        {"home_id": f"xh01.1-{building}-{number}", "phase": "1", "building": building}
        for building in ("3", "5")
        for number in (501, 502, 503, 504)
    ]
    office.accepted_of("register-homes", estate_id="xh01", homes=homes)
    office.send("roster-staff", estate_id="xh01", staff=[
        {"staff_id": "fixer3", "role": "repair_engineer", "desk": "repair", "skills": ["waterproofing"]}])  # fmt: skip
    office.until(START)
    office.told.clear()
    return office


def declared(office: Office, cause: str = "rainstorm") -> str:
    outcome = office.send(
        "declare-storm", actor=person("property_head"), command_id=f"k-{cause}", estate_id="xh01",
        cause=cause, reason="heavy_rain",
    )  # fmt: skip
    assert isinstance(outcome, Decision), outcome
    return office.facts(StormDeclared)[-1].storm_id


def leak(office: Office, number: int, home: str = "3-501", **fields: Any) -> Ticket:  # noqa: ANN401 - fields of a fact
    return office.open(case_id=f"xh01.s{number}", home_id=f"xh01.1-{home}", **(LEAK | fields))


def storm(office: Office, storm_id: str) -> Storm:
    found = office.states[Storm, storm_id]
    assert isinstance(found, Storm)
    return found


def order_of(office: Office, ticket: Ticket) -> StormOrder:
    found = office.states[StormOrder, office.ticket(ticket.id).storm_order_id or ""]
    assert isinstance(found, StormOrder)
    return found
