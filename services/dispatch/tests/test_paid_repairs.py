"""A repair that no warranty pays is quoted and accepted first; what the customer caused they pay for (DSP-10)."""

from typing import Any

import pytest
from linli_contracts.events.dispatch import CustomerQuoted, QuotationAnswered, RepairAccepted, RepairDone
from linli_messaging.service_map import Actor

from services.dispatch.tests.matters import offered
from services.dispatch.tests.office import Office, person

AGENT = person("fixer1")
BUILDER = Actor("x", frozenset({"*"}), contractor_id="builder_co")
WORK: dict[str, Any] = {"item": "plant_watering", "quantity": 2}
"""Of the catalogue: 30 yuan each."""


@pytest.fixture
def office() -> Office:
    """With a catalogue."""
    new = Office()
    new.found()
    offered(new)
    return new


def not_covered(office: Office, **fields: Any) -> None:  # noqa: ANN401 - fields of warranty's answer
    """A repair that our own staff have."""
    office.open_repair()
    office.covered(**({"covered": False, "contractor_id": None, "contract_id": None, "basis": "expired"} | fields))


@pytest.mark.rule("DSP-10")
def test_not_covered_the_work_is_paid_as_the_customer_accepted_it(office: Office) -> None:
    """Given an expired warranty, then nothing is finished before the customer's answer; they pay once they accept."""
    not_covered(office)
    office.accepted("quote", actor=AGENT, price_fen=7_000, **WORK)
    quoted = office.facts(CustomerQuoted)[0]
    assert (quoted.price_fen, quoted.catalogue_fen, quoted.caused_by_customer) == (7_000, 6_000, False)
    assert office.refused("finish") == "quotation-unanswered"
    office.accepted("answer-quotation", accepted=True, consent="signature")
    answer = office.facts(QuotationAnswered)[0]
    assert (answer.accepted, answer.consent, answer.price_fen) == (True, "signature", 7_000)
    assert office.refused("quote", **WORK) == "quotation-accepted"
    assert office.refused("answer-quotation", accepted=True) == "no-quotation"
    office.accepted("finish")
    assert office.facts(RepairDone)[0].charged_fen == 7_000
    office.accepted("sign")
    assert office.facts(RepairAccepted)[0].charged_fen == 7_000


@pytest.mark.rule("DSP-10")
def test_who_does_not_accept_pays_nothing_and_may_be_quoted_again(office: Office) -> None:
    not_covered(office)
    assert office.refused("answer-quotation", accepted=True) == "no-quotation"
    office.accepted("quote", actor=AGENT, **WORK)
    assert office.refused("answer-quotation", accepted=False) == "reason-missing"
    office.accepted("answer-quotation", accepted=False, reason="too_dear")
    office.accepted("quote", actor=AGENT, price_fen=1_000, **WORK)
    office.accepted("answer-quotation", accepted=False, reason="too_dear")
    assert [event.reason for event in office.facts(QuotationAnswered)] == ["too_dear"] * 2
    office.accepted("finish")
    assert office.facts(RepairDone)[0].charged_fen is None


@pytest.mark.rule("DSP-10", "WAR-02")
@pytest.mark.parametrize(
    "answer",
    [
        {"covered": True, "basis": "in_warranty", "contractor_id": "builder_co"},
        {"covered": True, "basis": "no_contract"},
        {"basis": "not_handed_over"},
    ],
)
def test_what_is_covered_or_the_developers_costs_nothing_unless_the_customer_caused_it(
    office: Office, answer: dict[str, Any]
) -> None:
    not_covered(office, **answer)
    assert office.refused("quote", **WORK) == "repair-is-free"
    office.accepted("quote", actor=AGENT, caused_by_customer=True, **WORK)
    assert office.facts(CustomerQuoted)[0].caused_by_customer


@pytest.mark.rule("DSP-10")
@pytest.mark.parametrize(("said", "charged"), [(None, 6_000), (True, 6_000), (False, None)])
def test_what_the_customer_caused_they_pay_after_the_acceptance(
    office: Office, charged: int | None, *, said: bool | None
) -> None:
    """Given a contractor on the spot who finds that the customer caused it, then the work does not wait for a word."""
    office.open_repair()
    office.covered()
    office.accepted("quote", actor=AGENT, caused_by_customer=True, **WORK)
    if said is not None:
        office.accepted("answer-quotation", accepted=said, reason="was_so_before")
    office.accepted("finish", actor=BUILDER)
    assert office.facts(RepairDone)[0].charged_fen == charged
    office.accepted("sign")
    assert office.facts(RepairAccepted)[0].charged_fen == charged


@pytest.mark.rule("DSP-10")
def test_nothing_is_promised_before_warranty_has_answered(office: Office) -> None:
    office.open_repair()
    assert office.refused("quote", **WORK) == "coverage-open"
    assert office.refused("quote", caused_by_customer=True, **WORK) == "coverage-open"
    assert office.refused("quote", actor=BUILDER, **WORK) == "not-your-order"


@pytest.mark.rule("DSP-10", "DSP-16")
def test_a_quotation_is_of_the_catalogue_and_of_a_repair_or_a_service(office: Office) -> None:
    not_covered(office)
    assert office.refused("quote", item="palace") == "not-offered"
    office.open(case_id="xh01.c2")
    assert office.refused("quote", case_id="xh01.c2", **WORK) == "no-blueprint"
    assert office.refused("quote", case_id="xh01.c2", caused_by_customer=True, **WORK) == "not-a-repair"


@pytest.mark.rule("DSP-10", "FUP-01")
def test_the_next_round_is_not_paid_again(office: Office) -> None:
    not_covered(office)
    office.accepted("quote", actor=AGENT, **WORK)
    office.accepted("answer-quotation", accepted=True)
    office.accepted("finish")
    office.called_back(satisfied=False)
    office.covered(round_=2, covered=False, contractor_id=None, basis="expired")
    office.accepted("finish")
    assert [event.charged_fen for event in office.facts(RepairDone)] == [6_000, None]
