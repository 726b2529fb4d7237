"""Design, engineering and cost accept the work of a replacement together; then, and once, it is paid (DSP-14)."""

from typing import Any

import pytest
from linli_contracts.events.dispatch import ReplacementAccepted, ReplacementPaid
from linli_messaging.service_map import Actor

from services.dispatch.tests.office import Office, person
from services.dispatch.tests.test_reentrusting import contractor, propose

OFFICES = {"design": "designer", "engineering": "builder", "cost_and_contract": "pricer"}


@pytest.fixture
def office() -> Office:
    """With a design department."""
    new = Office()
    new.found()
    new.accepted_of("roster-staff", estate_id="xh01", staff=[
        {"staff_id": "designer", "role": "department", "desk": "design"}])  # fmt: skip
    return new


def repaired(office: Office) -> str:
    """Re-entrusted and done; returns the order."""
    propose(office)
    office.reentrust(80_000)
    office.accepted("finish", actor=contractor("rescue_co"))
    return office.ticket().replacements[-1].order_id


def accept(office: Office, order_id: str, *names: str) -> None:
    """These offices accept it, each by who holds it."""
    for name in names:
        office.accepted("accept-replacement", actor=person(OFFICES[name]), order_id=order_id, office=name)


@pytest.mark.rule("DSP-14")
@pytest.mark.parametrize("last", OFFICES)
def test_only_with_the_last_of_the_three_it_is_accepted_and_may_be_paid(office: Office, last: str) -> None:
    order_id = repaired(office)
    paid: dict[str, Any] = {"actor": person("cashier"), "order_id": order_id, "document": "pay-7"}
    accept(office, order_id, *(name for name in OFFICES if name != last))
    assert office.facts(ReplacementAccepted) == []
    assert office.refused("pay-replacement", **paid) == "work-not-accepted"
    accept(office, order_id, last)
    (told,) = office.facts(ReplacementAccepted)
    assert (told.order_id, told.contractor_id, told.price_fen) == (order_id, "rescue_co", 80_000)
    office.accepted("pay-replacement", **paid)
    assert [(one.price_fen, one.document) for one in office.facts(ReplacementPaid)] == [(80_000, "pay-7")]
    assert office.refused("pay-replacement", **paid) == "replacement-paid"
    assert len(office.facts(ReplacementPaid)) == 1


@pytest.mark.rule("DSP-14")
def test_each_office_accepts_by_itself_and_once(office: Office) -> None:
    order_id = repaired(office)
    about: dict[str, Any] = {"order_id": order_id, "office": "design"}
    for who in ("builder", "pricer", "gm", "cashier"):
        assert office.refused("accept-replacement", actor=person(who), **about) == "not-your-office"
    accept(office, order_id, "design")
    assert office.refused("accept-replacement", actor=person("designer"), **about) == "work-accepted"
    other = about | {"office": "legal"}
    assert office.refused("accept-replacement", actor=person("lawyer"), **other) == "unknown-acceptor"
    unknown = about | {"order_id": "xh01.o1"}
    assert office.refused("accept-replacement", actor=person("designer"), **unknown) == "no-replacement"
    assert office.refused("pay-replacement", actor=person("cashier"), order_id="xh01.o1", document="p") == (
        "no-replacement"
    )
    partner = Actor("x", frozenset({"*"}), contractor_id="rescue_co")
    assert office.refused("accept-replacement", actor=partner, **about) == "not-your-order"
    accept(office, order_id, "engineering", "cost_and_contract")
    assert office.refused("pay-replacement", actor=person("pricer"), order_id=order_id, document="p") == (
        "not-your-office"
    )


@pytest.mark.rule("DSP-14", "DSP-20")
def test_where_nobody_holds_an_office_the_next_of_the_chain_stands_in() -> None:
    office = Office()
    office.found()
    order_id = repaired(office)
    about: dict[str, Any] = {"order_id": order_id, "office": "design"}
    assert office.refused("accept-replacement", actor=person("builder"), **about) == "not-your-office"
    office.accepted("accept-replacement", actor=person("engineering_vp"), **about)


@pytest.mark.rule("DSP-14", "DSP-19")
def test_it_is_accepted_and_paid_after_the_case_is_closed_and_in_later_rounds(office: Office) -> None:
    first = repaired(office)
    office.called_back(satisfied=False)
    assert [one.order_id for one in office.ticket().replacements] == [first]
    office.withdrawn()
    assert office.ticket().status == "closed"
    accept(office, first, *OFFICES)
    office.accepted("pay-replacement", actor=person("cashier"), order_id=first, document="pay-8")
    work = office.ticket().replacements[0]
    assert (work.paid_at, work.document) == (office.now, "pay-8")


@pytest.mark.rule("DSP-14")
def test_a_contractors_own_repair_is_not_paid(office: Office) -> None:
    office.open_repair()
    office.covered()
    office.accepted("finish", actor=contractor("builder_co"))
    assert office.ticket().replacements == ()
