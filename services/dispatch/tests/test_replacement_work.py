"""Design, engineering and cost accept the work of a replacement together; then, and once, it is paid (DSP-14)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    DeadlineApproached,
    DeadlineMissed,
    ReplacementAccepted,
    ReplacementPaid,
    TicketEscalated,
)
from linli_dispatch.domain.ticket import Ticket
from linli_messaging.service_map import Actor

from services.dispatch.tests.office import SECOND, Office, local, person
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


# -- the time to accept

DUE = local("2026-03-16 17:30")
"""Done on a Wednesday: three working days later, by the approvers' calendar."""


def missed(office: Office) -> list[datetime]:
    return [event.due_at for event in office.facts(DeadlineMissed) if event.clock == "replacement_acceptance"]


@pytest.mark.rule("DSP-14", "DSP-06", "ORG-04")
@pytest.mark.parametrize(("late_by", "late"), [(-1, 0), (0, 0), (1, 1)])
@pytest.mark.parametrize("closed", [True, False])
def test_they_have_three_working_days_together_whether_the_case_is_closed_or_not(
    office: Office, late_by: int, late: int, *, closed: bool
) -> None:
    order_id = repaired(office)
    if closed:
        office.called_back(satisfied=True)
    assert (office.ticket().status, office.due("replacement_acceptance")) == ("closed" if closed else "completed", DUE)
    accept(office, order_id, "design", "engineering")
    office.until(DUE - SECOND)
    office.accepted(
        "accept-replacement", at=DUE + late_by * SECOND, actor=person("pricer"), order_id=order_id,
        office="cost_and_contract",
    )  # fmt: skip
    assert missed(office) == [DUE] * late
    because = [event.because for event in office.facts(TicketEscalated)]
    assert because.count("replacement_acceptance") == late
    assert not {"replacement_acceptance", "ladder_step"} & {clock.name for clock in office.ticket().clocks}
    if closed:
        assert [timer.clock for timer in office.ticket().timers()] == ["notice_unread"] * late, "a miss is told"


@pytest.mark.rule("DSP-14", "DSP-20")
def test_who_have_not_accepted_are_warned(office: Office) -> None:
    order_id = repaired(office)
    accept(office, order_id, "design")
    office.until(DUE)
    warned = [event for event in office.facts(DeadlineApproached) if event.clock == "replacement_acceptance"]
    assert [event.person_ids for event in warned] == [("builder", "pricer")]


@pytest.mark.rule("DSP-14", "DSP-20")
def test_whoever_may_sign_for_a_vacant_office_is_warned_in_its_place() -> None:
    office = Office()
    office.found()
    repaired(office)
    office.until(DUE)
    warned = [event for event in office.facts(DeadlineApproached) if event.clock == "replacement_acceptance"]
    (people,) = [event.person_ids for event in warned]
    assert {"builder", "pricer"} < set(people)
    able = (set(people) - {"builder", "pricer"}).pop()
    order_id = office.ticket().replacements[-1].order_id
    office.accepted("accept-replacement", actor=person(able), order_id=order_id, office="design")


@pytest.mark.rule("DSP-14", "DSP-06", "DSP-20", "DSP-19")
def test_a_closed_case_climbs_to_the_top_is_read_and_comes_to_rest(office: Office) -> None:
    order_id = repaired(office)
    office.called_back(satisfied=True)
    office.until(DUE + timedelta(days=30))
    assert [event.step for event in office.facts(TicketEscalated)] == [
        "owner", "manager", "vp", "general_manager", "group",
    ]  # fmt: skip
    assert missed(office) == [DUE]
    assert office.ticket().timers() == ()
    for notice in office.ticket().notices:
        office.accepted("read-notice", actor=person(notice.told[0].person_id), number=notice.number)
    assert office.ticket().notices == ()
    accept(office, order_id, *OFFICES)
    assert office.ticket().overdue == ()


@pytest.mark.rule("DSP-14", "FUP-01", "OPS-03")
def test_each_replacements_work_has_a_time_of_its_own(office: Office) -> None:
    first = repaired(office)
    office.called_back(satisfied=False)
    office.covered(round_=2)
    office.accepted("refuse-order", reason="busy")
    office.reentrust(10_000)
    office.accepted("finish", at=DUE + SECOND, actor=contractor("rescue_co"))
    assert missed(office) == [DUE]
    accept(office, first, *OFFICES)
    assert office.due("replacement_acceptance") == local("2026-03-19 17:30")
    office.until(local("2026-03-19 17:30") + SECOND)
    assert missed(office) == [DUE, local("2026-03-19 17:30")]
    assert len({row.values["id"] for row in office.rows}) == len(office.rows)


@pytest.mark.rule("DSP-14", "INT-15")
def test_a_case_that_is_withdrawn_keeps_it(office: Office) -> None:
    repaired(office)
    office.withdrawn()
    assert [clock.name for clock in office.ticket().clocks] == ["replacement_acceptance"]
    office.until(DUE + SECOND)
    assert missed(office) == [DUE]


@pytest.mark.rule("DSP-14", "ORG-02")
def test_work_of_before_has_no_clock(office: Office) -> None:
    order_id = repaired(office)
    ticket = office.ticket()
    works = tuple(replace(work, timed=False) for work in ticket.replacements)
    before = ticket.model_copy(update={"replacements": works, "clocks": tuple(
        clock for clock in ticket.clocks if clock.name != "replacement_acceptance"
    )})  # fmt: skip
    office.states[Ticket, ticket.id] = before
    accept(office, order_id, "design")
    assert "replacement_acceptance" not in {clock.name for clock in office.ticket().clocks}
