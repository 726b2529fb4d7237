"""A request of a storm that turns out an emergency waits for no round: life-safety first (DSP-09, INT-11)."""

from datetime import datetime

import pytest
from linli_contracts.events.dispatch import StaffNotified, StormOrderJoined, TicketAssigned
from linli_contracts.events.intake import ComplaintAmended, RequestFacts
from linli_dispatch.domain.ticket import Ticket

from services.dispatch.tests.office import Office, person
from services.dispatch.tests.storms import MINUTE, START, declared, leak, office, order_of, storm

__all__ = ["office"]


def turned_out(office: Office, ticket: Ticket, at: datetime, *, emergency: bool = True) -> None:
    """Intake tells that somebody is in danger there, or is not."""
    known = office.ticket(ticket.id)
    facts = {name: getattr(known, name) for name in RequestFacts.model_fields} | {"emergency": emergency}
    told = {"changed": ("emergency",), "amended_at": at, "is_now": RequestFacts.model_validate(facts)}
    office.hear(ComplaintAmended.model_validate({"case_id": ticket.id, "estate_id": "xh01"} | told), at)


@pytest.mark.rule("DSP-09", "INT-11")
def test_what_waits_and_turns_out_an_emergency_is_assigned_at_once_to_who_is_there_first(office: Office) -> None:
    """It takes the work order of its building along, and the visit sees to it before what came earlier."""
    storm_id = declared(office)
    first, urgent = leak(office, 1), leak(office, 2, "3-502")
    turned_out(office, urgent, START + MINUTE)
    handler = office.ticket(urgent.id).handler_id
    assert handler in {"fixer1", "fixer3"}
    told = office.facts(TicketAssigned)[-1]
    assert (told.case_id, told.assigned_at, told.reasons[:2]) == (
        urgent.id, START + MINUTE, ("emergency", "first_there"),
    )  # fmt: skip
    pages = [one.person_id for one in office.facts(StaffNotified) if one.kind == "emergency"]
    assert pages == [handler, "property_head"], "each once"
    order = order_of(office, urgent)
    assert (order.handler_id, order.case_ids, order.in_turn) == (
        handler, (first.id, urgent.id), (urgent.id, first.id),
    )  # fmt: skip
    assert storm(office, storm_id).sent[handler].order_id == order.id
    assert storm(office, storm_id).sent[handler].until == START + (1 + 12 + 40 + 10) * MINUTE, "a visit for two"
    assert office.ticket(first.id).handler_id is None
    office.until(START + 10 * MINUTE)
    assert office.ticket(first.id).handler_id == handler
    assert len(office.facts(StormOrderJoined)) == storm(office, storm_id).requests == 2


@pytest.mark.rule("DSP-09", "INT-11")
def test_it_goes_along_with_who_is_sent_to_the_building_already(office: Office) -> None:
    declared(office)
    waits, urgent = leak(office, 1), leak(office, 2, "3-502", emergency=True)
    turned_out(office, waits, START + MINUTE)
    assert office.ticket(waits.id).handler_id == urgent.handler_id
    assert office.facts(TicketAssigned)[-1].reasons == ("storm_order",)
    assert order_of(office, waits).emergencies == (urgent.id, waits.id)


@pytest.mark.rule("DSP-09", "INT-11")
def test_what_is_given_out_already_comes_first_in_its_visit_and_stays_with_who_has_it(office: Office) -> None:
    declared(office)
    first, urgent = leak(office, 1), leak(office, 2, "3-502")
    office.until(START + 10 * MINUTE)
    before = len(office.facts(TicketAssigned))
    turned_out(office, urgent, START + 11 * MINUTE)
    assert order_of(office, urgent).in_turn == (urgent.id, first.id)
    assert len(office.facts(TicketAssigned)) == before
    assert office.facts(StaffNotified)[0].person_id == office.ticket(urgent.id).handler_id
    turned_out(office, urgent, START + 12 * MINUTE, emergency=False)
    assert order_of(office, urgent).in_turn == (first.id, urgent.id)


@pytest.mark.rule("DSP-09", "INT-11")
def test_after_the_end_of_the_storm_it_waits_for_no_round_either(office: Office) -> None:
    storm_id = declared(office)
    waits = leak(office, 1)
    office.accepted_by(person("property_head"), "end-storm", storm_id=storm_id, reason="over")
    turned_out(office, waits, START + MINUTE)
    assert office.ticket(waits.id).handler_id in {"fixer1", "fixer3"}


@pytest.mark.rule("DSP-09", "INT-11", "DSP-08")
def test_where_nobody_of_the_desk_can_it_is_routed_as_ever(office: Office) -> None:
    declared(office)
    waits = leak(office, 1, trade="plumbing")
    turned_out(office, waits, START + MINUTE)
    assert (office.ticket(waits.id).handler_id, office.ticket(waits.id).short) == ("property_head", True)
