"""A request that turns out none of its storm's work order while that waits is handled by itself (DSP-09, INT-02)."""

from typing import Any

import pytest
from linli_contracts.events.dispatch import StaffNotified, TicketAssigned
from linli_contracts.events.intake import ComplaintAmended, RequestFacts
from linli_contracts.events.warranty import CoverageAnswered
from linli_dispatch.domain.ticket import Ticket

from services.dispatch.tests.office import Office
from services.dispatch.tests.storms import MINUTE, START, declared, leak, office, order_of, storm

__all__ = ["office"]
CLEANING: dict[str, Any] = {"kind": "complaint", "category": "property_management", "trade": None}
"""What the property company's desk handles."""


def amended(office: Office, ticket: Ticket, **fields: object) -> None:
    """Intake tells a minute later what the request is about now: these fields, the others as dispatch knows them."""
    known = office.ticket(ticket.id)
    facts = {name: getattr(known, name) for name in RequestFacts.model_fields} | fields
    told = {"changed": tuple(fields), "amended_at": office.now + MINUTE, "is_now": RequestFacts.model_validate(facts)}
    office.hear(
        ComplaintAmended.model_validate({"case_id": ticket.id, "estate_id": "xh01"} | told), office.now + MINUTE
    )


def not_covered(office: Office, ticket: Ticket) -> None:
    """Warranty answers that our own staff are to repair it."""
    office.hear(
        CoverageAnswered(
            case_id=ticket.id,
            estate_id="xh01",
            round=1,
            covered=False,
            contractor_id=None,
            contract_id=None,
            basis="expired",
            answered_at=office.now,
        )
    )


def settled_by_the_visit(office: Office, order_id: str) -> Any:  # noqa: ANN401 - part of an answer
    """Which requests the visit finishes, once a round has given the work order out."""
    office.until(START + 11 * MINUTE)
    decision = office.accepted_of("finish-storm-order", order_id=order_id)
    assert decision.answer is not None
    return decision.answer["finished"]


@pytest.mark.rule("DSP-09", "INT-02")
@pytest.mark.parametrize("answered", [True, False])
def test_another_trade_leaves_the_work_order_that_waits(office: Office, *, answered: bool) -> None:
    """Given two leaks that wait for one visit, when one is the electrician's, then it is given to them at once, or as
    soon as warranty, which has it, has answered; the visit of who seals leaks settles the other alone.
    """
    declared(office)
    stays, leaves = leak(office, 1), leak(office, 2, "3-502")
    order_id = order_of(office, stays).id
    if answered:
        not_covered(office, leaves)
    amended(office, leaves, trade="electrical")
    if not answered:
        not_covered(office, leaves)
    after = office.ticket(leaves.id)
    assert (after.storm_order_id, after.handler_id, after.waits_for) == (None, "fixer2", "inspection")
    assert office.facts(TicketAssigned)[-1].case_id == leaves.id
    assert settled_by_the_visit(office, order_id) == [stays.id]
    assert (office.ticket(leaves.id).status, office.ticket(leaves.id).handler_id) == ("coverage_asked", "fixer2")


@pytest.mark.rule("DSP-09", "INT-05", "DSP-08")
@pytest.mark.parametrize(
    ("fields", "handler_id"),
    [
        ({"subcategory": "noise"}, "keeper"),
        ({"subcategory": "power"}, "keeper"),
        ({"category": "engineering_quality"}, "builder"),
    ],
    ids=["no cause", "another cause", "another desk"],
)
def test_what_shows_another_cause_or_is_another_desks_leaves_it_too(
    office: Office, fields: dict[str, Any], handler_id: str
) -> None:
    declared(office)
    stays, leaves = leak(office, 1, **CLEANING), leak(office, 2, "3-502", **CLEANING)
    order_id = order_of(office, stays).id
    amended(office, leaves, **fields)
    after = office.ticket(leaves.id)
    assert (after.storm_order_id, after.handler_id) == (None, handler_id)
    assert settled_by_the_visit(office, order_id) == [stays.id]
    assert office.ticket(leaves.id).status == "open"


@pytest.mark.rule("DSP-09", "INT-02")
def test_what_stays_of_its_place_and_cause_stays_in_it(office: Office) -> None:
    declared(office)
    ticket = leak(office, 1)
    order_id = order_of(office, ticket).id
    amended(office, ticket, subcategory="roof_leak")
    assert (office.ticket(ticket.id).storm_order_id, office.ticket(ticket.id).handler_id) == (order_id, None)


@pytest.mark.rule("DSP-09", "INT-02")
def test_what_somebody_was_sent_to_already_stays_with_them(office: Office) -> None:
    declared(office)
    ticket = leak(office, 1, **CLEANING)
    order_id = order_of(office, ticket).id
    office.until(START + 10 * MINUTE)
    amended(office, ticket, subcategory="noise")
    assert (office.ticket(ticket.id).storm_order_id, office.ticket(ticket.id).handler_id) == (order_id, "keeper")


@pytest.mark.rule("DSP-09", "INT-11", "INT-02")
def test_an_emergency_of_another_trade_is_assigned_once_and_paged(office: Office) -> None:
    storm_id = declared(office)
    ticket = leak(office, 1)
    not_covered(office, ticket)
    amended(office, ticket, trade="electrical", emergency=True)
    (told,) = office.facts(TicketAssigned)
    assert (told.case_id, told.handler_id) == (ticket.id, "fixer2")
    pages = [one.person_id for one in office.facts(StaffNotified) if one.kind == "emergency"]
    assert pages == ["fixer2", "property_head"], "each once"
    assert storm(office, storm_id).sent == {}


@pytest.mark.rule("DSP-09", "DSP-10", "INT-09")
def test_what_was_assessed_while_it_waited_is_inspected_within_24_hours_of_leaving(office: Office) -> None:
    declared(office)
    ticket = leak(office, 1)
    not_covered(office, ticket)
    office.accepted("report", case_id=ticket.id)
    assert "first_assessment" not in {clock.name for clock in office.ticket(ticket.id).clocks}
    amended(office, ticket, trade="electrical")
    assert office.due("first_assessment", ticket.id) == START + 24 * 60 * MINUTE + MINUTE
