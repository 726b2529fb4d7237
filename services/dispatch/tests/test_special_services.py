"""A special service goes from the request over quotation, acceptance, dispatch and work to the customer's word."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    CustomerQuoted,
    CustomerReported,
    DeadlineMissed,
    QuotationAnswered,
    StaffNotified,
    StepDone,
    StepFailed,
    TicketAssigned,
    TicketClosed,
    TicketPassedOn,
    TicketReopened,
    TicketResolved,
)
from linli_dispatch.domain.amounts import MOST_FEN
from linli_dispatch.domain.blueprints.course import Quotation
from linli_messaging.service_map import Actor
from linli_rulebook import Span, Unit

from services.dispatch.tests.matters import course, offered, open_steps, opened, special_service, started, step
from services.dispatch.tests.office import CASE, NOW, SECOND, Office, local


def quoted(office: Office, level: int = 4, **body: Any) -> None:  # noqa: ANN401 - fields of a body
    """The wish is clear, and the customer has a quotation."""
    offered(office)
    special_service(office, level=level)
    step(office, "request")
    known: dict[str, Any] = {"item": "plant_watering", "quantity": 4}
    office.accepted("quote", **(known | body))


def in_work(office: Office) -> None:
    """The customer accepted, and somebody is to do it."""
    quoted(office)
    office.accepted("answer-quotation", accepted=True)
    step(office, "dispatch", performer_id="fixer2")


@pytest.mark.rule("DSP-16", "FUP-01")
def test_the_whole_way_ends_with_the_callback(office: Office) -> None:
    """Given a request, when each step is done in its order, then the last one resolves the case, and the satisfied
    customer closes it; every step began once, when the one before it was done.
    """
    in_work(office)
    step(office, "execution", at=NOW + timedelta(hours=3))
    assert open_steps(office) == ["tracking"]
    step(office, "tracking", "centre_head")
    assert started(office) == ["request", "quotation", "acceptance", "dispatch", "execution", "tracking"]
    assert [event.in_time for event in office.facts(StepDone)] == [True] * 6
    (resolved,) = office.facts(TicketResolved)
    assert (resolved.how, resolved.in_time, resolved.resolved_at) == ("handled", True, office.now)
    assert office.ticket().kept["blueprint_step"] == 6
    office.called_back(satisfied=True)
    assert office.facts(TicketClosed)[0].how == "satisfied"
    assert office.facts(DeadlineMissed) == []


@pytest.mark.rule("DSP-16")
@pytest.mark.parametrize(("price", "expected"), [(None, 12_000), (15_000, 15_000), (0, 0)])
def test_a_quotation_stands_beside_the_catalogues_price(office: Office, price: int | None, expected: int) -> None:
    """Given four units at 30 yuan, then the price is 120 yuan, or another one beside which the catalogue's is kept."""
    quoted(office, price_fen=price)
    (made,) = office.facts(CustomerQuoted)
    assert (made.price_fen, made.catalogue_fen, made.customer_ref) == (expected, 12_000, "cust1")
    quotation = course(office).quotation
    assert isinstance(quotation, Quotation)
    assert (quotation.price_fen, quotation.catalogue_fen) == (expected, 12_000)
    reason = "quoted" if price is None else "quoted at another price than the catalogue's"
    assert reason in {because.what for because in office.reasons}


@pytest.mark.rule("DSP-16", "ORG-04")
def test_the_work_has_the_catalogues_time(office: Office) -> None:
    """Given a service with a standard of five hours, then the work is due five hours after it was dispatched: done at
    that very second it is in time, a second later it was missed.
    """
    in_work(office)
    assert opened(office, "execution").due_at == NOW + timedelta(hours=5)
    office.until(NOW + timedelta(hours=5))
    assert [one for one in office.facts(DeadlineMissed) if one.clock == "blueprint_step"] == []
    office.until(NOW + timedelta(hours=5) + SECOND)
    (missed,) = office.facts(DeadlineMissed)
    assert (missed.clock, missed.blueprint, missed.blueprint_step) == ("blueprint_step", "special_service", "execution")
    assert (missed.rule, missed.due_at) == ("DSP-17", NOW + timedelta(hours=5))


@pytest.mark.rule("DSP-16", "ORG-02")
def test_a_later_price_does_not_reach_back(office: Office) -> None:
    """Given a price that rises after the request, then the quotation has that of the request."""
    offered(office)
    special_service(office)
    offered(office, price_fen=9_000, from_at=(NOW + timedelta(hours=1)).isoformat())
    step(office, "request", at=NOW + timedelta(hours=2))
    office.accepted("quote", item="plant_watering")
    assert office.facts(CustomerQuoted)[0].price_fen == 3_000


@pytest.mark.rule("DSP-16", "DSP-17")
def test_who_does_not_accept_gets_another_quotation(office: Office) -> None:
    """Given a quotation that is too dear, then quoting begins again, and the reason is told; no answer without one."""
    quoted(office)
    assert office.refused("answer-quotation", accepted=False) == "reason-missing"
    assert office.refused("answer-quotation", accepted=False, reason="raining") == "unknown-failure"
    office.accepted("answer-quotation", accepted=False, reason="too_dear")
    assert open_steps(office) == ["quotation"]
    assert [(one.reason, one.again_from) for one in office.facts(StepFailed)] == [("too_dear", "quotation")]
    office.accepted("quote", item="plant_watering", price_fen=2_000)
    office.accepted("answer-quotation", accepted=True, consent="signature")
    answers = [(one.accepted, one.consent, one.reason, one.price_fen) for one in office.facts(QuotationAnswered)]
    assert answers == [(False, None, "too_dear", 3_000 * 4), (True, "signature", None, 2_000)]
    assert open_steps(office) == ["dispatch"]


@pytest.mark.rule("DSP-16", "DSP-08")
def test_the_work_is_given_to_somebody_of_the_estate(office: Office) -> None:
    """Given nobody, or a stranger, then the dispatch is refused by name; a person of the roster has it in hand then."""
    quoted(office)
    office.accepted("answer-quotation", accepted=True)
    assert office.refused("finish-step", step="dispatch") == "performer-missing"
    assert office.refused("finish-step", step="dispatch", performer_id="stranger") == "unknown-performer"
    step(office, "dispatch", performer_id="fixer2")
    assert office.ticket().handler_id == "fixer2"
    assert office.facts(TicketAssigned)[-1].reasons == ("named",)
    assert course(office).performer_id == "fixer2"


@pytest.mark.rule("DSP-16", "DSP-19", "DSP-20")
def test_nobody_who_is_away_or_has_left_is_named(office: Office) -> None:
    """Given somebody who is away until tomorrow, or has left, then the dispatch is refused by name; back again, not."""
    quoted(office)
    office.accepted("answer-quotation", accepted=True)
    back = office.now + timedelta(days=1)
    away = {"staff_id": "fixer2", "from_at": office.now.isoformat(), "until_at": back.isoformat()}
    office.accepted_of("record-absence", estate_id="xh01", **away)
    gone = {"staff_id": "fixer1", "role": "repair_engineer", "desk": "repair", "weekdays": []}
    office.accepted_of("roster-staff", estate_id="xh01", staff=[gone])
    before = office.ticket()
    assert office.refused("finish-step", step="dispatch", performer_id="fixer1") == "unknown-performer"
    assert office.refused("finish-step", at=back - SECOND, step="dispatch", performer_id="fixer2") == "performer-away"
    assert office.ticket().handler_id == before.handler_id
    step(office, "dispatch", at=back, performer_id="fixer2")
    assert office.ticket().handler_id == "fixer2"


@pytest.mark.rule("DSP-16", "DSP-20")
def test_who_is_named_is_told_and_what_who_had_it_has_not_read_is_past(office: Office) -> None:
    """Given a grave case, then the assignment is told to who is named, as any other; it is to be read by them alone."""
    quoted(office, level=2)
    office.accepted("answer-quotation", accepted=True)
    assert [one.people for one in office.ticket().notices if one.kind == "assignment"] == [("keeper",)]
    step(office, "dispatch", performer_id="fixer2")
    assert [one.people for one in office.ticket().notices if one.kind == "assignment"] == [("fixer2",)]
    told = [one.person_id for one in office.facts(StaffNotified) if one.kind == "assignment"]
    assert told == ["keeper", "fixer2"]


@pytest.mark.rule("DSP-16", "DSP-08", "DSP-19")
@pytest.mark.parametrize("named", ["fixer2", "property_head"])
def test_who_is_named_keeps_the_work_when_somebody_joins_the_desk(named: str) -> None:
    """Given nobody of the desk, so that the next pool has it for want of one: who is named is no makeshift any more."""
    office = Office()
    office.found(without=["keeper"])
    quoted(office)
    assert (office.ticket().handler_id, office.ticket().short) == ("property_head", True)
    office.accepted("answer-quotation", accepted=True)
    step(office, "dispatch", performer_id=named)
    line = {"staff_id": "keeper2", "role": "department", "desk": "property"}
    office.accepted_of("roster-staff", estate_id="xh01", staff=[line])
    office.until(office.now + 10 * SECOND)
    assert (office.ticket().handler_id, office.ticket().short) == (named, False)


@pytest.mark.rule("DSP-16", "DSP-19", "DSP-20")
@pytest.mark.parametrize("why", ["absence", "roster"])
@pytest.mark.parametrize("deputy_id", ["keeper", None])
def test_whoever_gets_the_work_in_the_place_of_who_was_named_carries_it_out(
    office: Office, why: str, deputy_id: str | None
) -> None:
    """Given that who was named is away for long, or has left, then whoever has the case now is who carries it out."""
    in_work(office)
    if why == "absence":
        away: dict[str, Any] = {"from_at": office.now, "until_at": office.now + timedelta(days=20)}
        office.accepted_of("record-absence", estate_id="xh01", staff_id="fixer2", deputy_id=deputy_id, **away)
    else:
        gone = {"staff_id": "fixer2", "role": "repair_engineer", "desk": "repair", "weekdays": []}
        office.accepted_of("roster-staff", estate_id="xh01", staff=[gone])
    office.until(office.now + 10 * SECOND)
    assert office.ticket().handler_id == course(office).performer_id == "keeper"


@pytest.mark.rule("DSP-16", "DSP-08", "DSP-19")
def test_who_is_at_several_desks_has_the_work_as_one_of_its_desk(office: Office) -> None:
    """Given that who was named leaves another desk than that of the case, then they keep it."""
    here = {"staff_id": "fixer2", "role": "department", "desk": "property"}
    office.accepted_of("roster-staff", estate_id="xh01", staff=[here])
    in_work(office)
    assert (office.ticket().desk, office.ticket().handler_role) == ("property", "department")
    gone = {"staff_id": "fixer2", "role": "repair_engineer", "desk": "repair", "weekdays": []}
    office.accepted_of("roster-staff", estate_id="xh01", staff=[gone])
    office.until(office.now + 10 * SECOND)
    assert (office.ticket().handler_id, course(office).performer_id) == ("fixer2", "fixer2")


@pytest.mark.rule("DSP-16", "DSP-19", "DSP-20")
def test_a_contractor_carries_it_out_whoever_has_the_case(office: Office) -> None:
    quoted(office)
    office.accepted("answer-quotation", accepted=True)
    step(office, "dispatch", performer_id="lights_co")
    before = office.ticket().handler_id
    away: dict[str, Any] = {"from_at": office.now, "until_at": office.now + timedelta(days=20)}
    office.accepted_of("record-absence", estate_id="xh01", staff_id=before, deputy_id="fixer1", **away)
    office.until(office.now + 10 * SECOND)
    assert (office.ticket().handler_id, course(office).performer_id) == ("fixer1", "lights_co")


@pytest.mark.rule("DSP-16")
def test_a_quotation_has_an_end(office: Office) -> None:
    """Given a quantity that costs the most by the catalogue, and one piece more, then that is refused by name."""
    offered(office, price_fen=MOST_FEN // 2)
    special_service(office)
    step(office, "request")
    assert office.refused("quote", item="plant_watering", quantity=3) == "quoted-too-much"
    assert office.refused("quote", item="plant_watering", quantity=3, price_fen=1) == "quoted-too-much"
    office.accepted("quote", item="plant_watering", quantity=2)
    assert office.facts(CustomerQuoted)[0].price_fen == MOST_FEN


@pytest.mark.rule("DSP-16")
def test_a_contractor_may_be_named_and_the_handler_stays(office: Office) -> None:
    """Given a contractor of the estate, then it carries the work out, and the case stays with its handler."""
    quoted(office)
    office.accepted("answer-quotation", accepted=True)
    before = office.ticket().handler_id
    step(office, "dispatch", performer_id="lights_co")
    assert (course(office).performer_id, office.ticket().handler_id) == ("lights_co", before)


@pytest.mark.rule("DSP-17", "FUP-01")
def test_bad_work_is_done_again_and_an_unsatisfied_customer_starts_it_anew(office: Office) -> None:
    """Given bad quality at the tracking, then the work begins again; and so it does in the next round of the case."""
    in_work(office)
    step(office, "execution")
    office.accepted("fail-step", step="tracking", reason="not_up_to_standard", actor=_head())
    assert open_steps(office) == ["execution"]
    step(office, "execution")
    step(office, "tracking", "centre_head")
    office.called_back(satisfied=False)
    assert office.facts(TicketReopened)[0].round == 2
    assert open_steps(office) == ["execution"]
    assert office.refused("resolve") == "steps-open"
    step(office, "execution")
    step(office, "tracking", "centre_head")
    office.called_back(satisfied=True, round_=2)
    assert office.ticket().status == "closed"
    numbers = [step.number for step in course(office).steps]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.rule("DSP-03", "INT-08", "DSP-17")
def test_a_front_stage_step_tells_the_customer_and_takes_the_request_in_hand(office: Office) -> None:
    """Given the first step is done, then the request is passed on and the customer told, and no opinion is owed."""
    offered(office)
    special_service(office)
    step(office, "request", at=NOW + timedelta(minutes=40))
    assert [event.passed_on_at for event in office.facts(TicketPassedOn)] == [office.now]
    assert [event.reported_at for event in office.facts(CustomerReported)] == [office.now]
    assert {clock.name for clock in office.ticket().clocks} >= {"customer_report", "completion", "blueprint_step"}
    assert "department_answer" not in {clock.name for clock in office.ticket().clocks}


@pytest.mark.rule("DSP-16", "DSP-17")
def test_what_cannot_be_is_refused_by_name(office: Office) -> None:
    """Given a wrong step, a wrong moment, a wrong person or a case without steps, then each has its own refusal."""
    office.open(case_id="xh01.c9")
    assert office.refused("finish-step", case_id="xh01.c9", step="request") == "no-blueprint"
    assert office.refused("quote", case_id="xh01.c9", item="plant_watering") == "no-blueprint"
    special_service(office)
    assert office.refused("finish-step", step="gardening") == "unknown-step"
    assert office.refused("finish-step", step="satisfaction") == "unknown-step"
    assert office.refused("finish-step", step="tracking") == "step-not-open"
    assert office.refused("finish-step", step="request", checks=["scope_confirmed"]) == "checks-missing"
    assert office.refused("quote", item="plant_watering") == "step-not-open"
    assert office.refused("answer-quotation", accepted=True) == "step-not-open"
    assert office.refused("request-step", step="request") == "not-on-request"
    assert office.refused("resolve") == "steps-open"
    step(office, "request")
    assert office.refused("quote", item="plant_watering") == "not-offered"
    assert office.refused("finish-step", step="quotation") == "step-has-own-command"
    assert office.refused("fail-step", step="quotation", reason="not_offered") == "step-has-own-command"
    contractor = Actor(subject="c", scopes=frozenset({"*"}), contractor_id="builder_co")
    assert office.refused("finish-step", step="request", actor=contractor) == "not-your-order"
    office.withdrawn()
    assert office.refused("finish-step", step="quotation") == "not-in-hand"
    assert open_steps(office) == []


@pytest.mark.rule("DSP-06", "DSP-17", "DSP-19")
def test_each_missed_step_takes_a_step_of_the_ladder_and_stays_owed(office: Office) -> None:
    """Given nobody does the first step, then its deadline is missed once, climbs, and is owed until it is done."""
    offered(office)
    special_service(office)
    office.accepted("pass-on")
    office.until(NOW + timedelta(hours=2) + SECOND)
    assert office.ticket().overdue == ("blueprint_step",)
    assert office.ticket().steps == ("owner",)
    assert [row.values["id"] for row in office.rows] == [f"{CASE}.1.blueprint_step.1"]
    office.until(NOW + timedelta(days=1))
    assert len([one for one in office.facts(DeadlineMissed) if one.clock == "blueprint_step"]) == 1
    step(office, "request")
    assert office.facts(StepDone)[0].in_time is False
    assert office.ticket().overdue == ()
    assert "blueprint_step" not in office.ticket().kept


@pytest.mark.rule("DSP-06", "INT-06", "DSP-17")
def test_a_matter_ages_once_the_time_of_its_blueprint_is_over(office: Office) -> None:
    """Given a service whose whole may take 30 days, then it rises to level 2 a week after them, to the second."""
    offered(office)
    special_service(office)
    over = NOW + timedelta(days=30 + 7)
    assert office.due("completion") == NOW + timedelta(days=30)
    assert office.due("age_level_2") == over
    office.until(over)
    assert office.ticket().level == 4
    office.until(over + SECOND)
    assert office.ticket().level == 2


@pytest.mark.rule("DSP-16", "ORG-03")
@pytest.mark.parametrize(
    ("span", "amount", "due"),
    [
        ("minutes", 90, "2026-03-10 11:00"),
        ("days", 2, "2026-03-12 09:30"),
        ("calendar_days", 2, "2026-03-13 00:00"),
        ("working_days", 2, "2026-03-12 17:30"),
        ("working_hours", 9, "2026-03-11 09:30"),
    ],
)
def test_the_catalogue_counts_in_every_clock(office: Office, span: str, amount: int, due: str) -> None:
    """Given a standard in another unit, then the work is due by that unit's clock, at this place."""
    offered(office, span=span, amount=amount)
    special_service(office)
    step(office, "request")
    office.accepted("quote", item="plant_watering")
    assert course(office).quotation is not None
    assert course(office).quotation.standard == Span(amount, Unit(span))  # type: ignore[union-attr]  # asserted above
    office.accepted("answer-quotation", accepted=True)
    step(office, "dispatch", performer_id="fixer1")
    assert opened(office, "execution").due_at == local(due)


def _head() -> Actor:
    return Actor(subject="centre_head", scopes=frozenset({"*"}))
