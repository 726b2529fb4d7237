"""Who may sign: a holder of the office, a deputy in their name, whoever stands above a vacancy; never the proposer."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_contracts.events.dispatch import AbsenceRecorded, ApprovalAsked, ApprovalDecided, TicketEscalated
from linli_dispatch.domain.approvals.approval import Application, end, sign, submit

from services.dispatch.tests.office import NOW, REENTRUSTING, SECOND, Office, local, person
from services.dispatch.tests.test_reentrusting import propose


def absent(office: Office, staff_id: str, deputy_id: str | None, hours: int = 200) -> None:
    office.accepted_of(
        "record-absence",
        estate_id="xh01",
        staff_id=staff_id,
        deputy_id=deputy_id,
        from_at=office.now,
        until_at=office.now + timedelta(hours=hours),
    )


@pytest.mark.rule("WAR-23", "DSP-20", "DSP-14")
def test_nobody_approves_in_the_name_of_the_proposer() -> None:
    """The general manager of the property company applies, and is away when its own office is asked: the next signs."""
    office = Office()
    office.found(without={"property_head"})
    propose(office)
    office.accepted(
        "decide-reentrusting", actor=person("property_gm"), accept=True, replacement_id="rescue_co", price_fen=1
    )
    absent(office, "property_gm", "centre_head")
    assert office.not_approved("centre_head") == "not-your-office"
    office.approve("builder")
    assert office.facts(ApprovalDecided)[-1].acts_for == "property_company"


@pytest.mark.rule("DSP-20", "DSP-14")
def test_a_deputy_approves_in_the_name_of_who_is_away(office: Office) -> None:
    propose(office)
    absent(office, "property_gm", "centre_head")
    office.apply()
    assert office.facts(ApprovalAsked)[-1].person_ids == ("centre_head",)
    assert office.not_approved("property_gm") == "not-your-office"
    office.approve("centre_head")
    decided = office.facts(ApprovalDecided)[-1]
    assert (decided.decided_by, decided.acts_for) == ("centre_head", "property_gm")


@pytest.mark.rule("DSP-20", "ORG-04")
@pytest.mark.parametrize(("past", "signer"), [(-1, "centre_head"), (0, "property_gm")])
def test_who_is_back_signs_from_that_instant(office: Office, past: int, signer: str) -> None:
    propose(office)
    absent(office, "property_gm", "centre_head", hours=2)
    office.apply()
    office.until(office.now + timedelta(hours=2) + past * SECOND)
    other = {"centre_head": "property_gm", "property_gm": "centre_head"}[signer]
    assert office.not_approved(other) == "not-your-office"
    office.approve(signer)


@pytest.mark.rule("DSP-14", "DSP-20")
def test_a_vacant_office_is_signed_for_by_the_next_one_that_is_held() -> None:
    """Nobody prices, nobody is the engineering vice president: the general manager signs for both, and for itself."""
    office = Office()
    office.found(without={"pricer", "engineering_vp"})
    propose(office)
    office.apply(80_000)
    for who in ("property_gm", "builder", "gm", "gm", "gm"):
        office.approve(who)
    decided = office.facts(ApprovalDecided)
    assert [event.acts_for for event in decided] == [None, None, "cost_and_contract", "engineering_vp", None]
    assert office.ticket().reentrusted == 1


@pytest.mark.rule("DSP-14")
def test_where_a_whole_chain_is_vacant_the_group_signs() -> None:
    office = Office()
    office.found(without=REENTRUSTING)
    propose(office)
    office.apply()
    assert office.facts(ApprovalAsked)[-1].person_ids == ("group_head",)


@pytest.mark.rule("DSP-14", "DSP-19")
def test_where_nobody_can_sign_it_is_a_shortage_and_the_clock_runs() -> None:
    office = Office()
    office.found(without={*REENTRUSTING, "group_head"})
    propose(office)
    office.apply()
    assert office.facts(ApprovalAsked)[-1].person_ids == ()
    assert any("shortage" in reason.what for reason in office.reasons)
    assert office.due("reentrusting_approval") > office.now
    office.accepted_of("roster-staff", estate_id="xh01", staff=[
        {"staff_id": "new_gm", "role": "property_general_manager", "desk": "board"}])  # fmt: skip
    office.approve("new_gm")


@pytest.mark.rule("DSP-14")
def test_nobody_approves_their_own_proposal() -> None:
    """The property general manager stands in for the manager who is not there, and then not for the own office."""
    office = Office()
    office.found(without={"property_head"})
    propose(office)
    office.accepted(
        "decide-reentrusting", actor=person("property_gm"), accept=True, replacement_id="rescue_co", price_fen=1
    )
    assert office.not_approved("property_gm") == "not-your-office"
    office.approve("builder")
    assert office.facts(ApprovalDecided)[-1].acts_for == "property_company"


@pytest.mark.rule("DSP-20")
def test_what_an_absence_may_not_be(office: Office) -> None:
    span = {"estate_id": "xh01", "from_at": office.now, "until_at": office.now + timedelta(days=1)}
    assert office.refused_of("record-absence", **span | {"estate_id": "xh09"}, staff_id="gm") == "estate-not-found"
    assert office.refused_of("record-absence", **span, staff_id="nobody") == "unknown-staff"
    assert office.refused_of("record-absence", **span, staff_id="gm", deputy_id="nobody") == "unknown-staff"
    assert office.refused_of("record-absence", **span, staff_id="gm", deputy_id="gm") == "unknown-staff"
    ended = span | {"until_at": office.now}
    assert office.refused_of("record-absence", **ended, staff_id="gm") == "absence-ends-first"
    office.accepted_of("record-absence", **span, staff_id="gm", deputy_id="agent1")
    office.accepted_of("record-absence", **span, staff_id="gm", deputy_id="agent1")
    assert len(office.facts(AbsenceRecorded)) == 1


@pytest.mark.rule("DSP-06", "DSP-20")
def test_a_step_of_the_ladder_goes_to_the_deputy(office: Office) -> None:
    office.open()
    absent(office, "centre_head", "agent1", hours=1000)
    office.until(local("2026-03-19 09:00"))
    steps = {event.step: event.person_id for event in office.facts(TicketEscalated)}
    assert steps["manager"] == "agent1"


CHAINS = st.lists(st.sampled_from("abcde"), min_size=1, max_size=6)


@pytest.mark.rule("DSP-04", "DSP-14")
@given(chain=CHAINS, until=st.integers(0, 6))
def test_offices_sign_in_order_each_once_and_the_last_one_approves(chain: list[str], until: int) -> None:
    application: Application = submit(None, "xh01.a1", "plan", "p", 1, chain, NOW)
    for number in range(min(until, len(chain))):
        assert application.office == chain[number]
        application = sign(application, "x", None, NOW)
    assert [one.office for one in application.signatures] == chain[:until]
    assert application.status == ("approved" if until >= len(chain) else "pending")
    if application.pending:
        again = submit(end(application, "returned", "why"), "xh01.a1", "plan", "p", 2, chain, NOW)
        assert (again.office, again.signatures, again.submission) == (chain[0], (), 2)
        assert again.asked == application.asked + 1
