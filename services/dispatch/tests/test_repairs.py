"""A repair goes to whom warranty names; the one whose order it is arrives and finishes; lateness permits another."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    ContractorArrived,
    ContractorNotified,
    CoverageAsked,
    DeadlineMissed,
    ReentrustingProposed,
    RepairDone,
)
from linli_dispatch.domain.group.places import Workload
from linli_messaging.service_map import Actor

from services.dispatch.tests.office import HOME, NOW, SECOND, Office, local

NOTIFIED = local("2026-03-10 10:00")
PARTNER = frozenset({"partner:repair"})


def contractor(name: str) -> Actor:
    return Actor(subject=f"{name}-phone", scopes=PARTNER, contractor_id=name)


@pytest.mark.rule("DSP-10")
def test_covered_the_contractor_is_notified_with_its_dates(office: Office) -> None:
    office.open_repair()
    office.covered(NOTIFIED)
    (notice,) = office.facts(ContractorNotified)
    assert (notice.contractor_id, notice.contract_id, notice.home_id) == ("builder_co", "k1", HOME)
    assert (notice.arrive_by, notice.finish_by) == (NOTIFIED + timedelta(hours=24), NOTIFIED + timedelta(days=7))
    assert notice.order_id.startswith("xh01.o")
    assert office.ticket().status == "contractor_notified"
    assert office.due("completion") == notice.finish_by


@pytest.mark.rule("WAR-02", "DSP-08")
def test_warranty_is_told_where_the_home_is(office: Office) -> None:
    office.open_repair()
    office.open_repair(case_id="xh01.c2", home_id=None)
    assert [(one.home_id, one.building) for one in office.facts(CoverageAsked)] == [(HOME, "3"), (None, None)]


@pytest.mark.rule("DSP-10")
@pytest.mark.parametrize("answer", [{"covered": False, "contractor_id": None}, {"contractor_id": None}])
def test_not_covered_own_staff_keep_it(office: Office, answer: dict[str, Any]) -> None:
    office.open_repair()
    office.covered(NOTIFIED, **answer)
    assert (office.ticket().status, office.ticket().order) == ("open", None)
    assert office.refused("arrive") == "no-order"
    assert office.refused("finish", actor=contractor("builder_co")) == "not-your-order"
    office.accepted("finish")
    (done,) = office.facts(RepairDone)
    assert (done.done_by, done.contractor_id, done.in_time) == ("own_staff", None, True)


@pytest.mark.rule("DSP-10", "DSP-03")
def test_before_the_hand_over_the_developers_engineering_department_is_responsible(office: Office) -> None:
    """Given a home that is not handed over, then engineering gets the repair at once, in complex time."""
    office.open_repair(trade="electrical")
    assert (office.ticket().desk, office.ticket().handler_id) == ("repair", "fixer2")
    office.covered(NOTIFIED, covered=False, contractor_id=None, basis="not_handed_over")
    ticket = office.ticket()
    assert (ticket.status, ticket.desk, ticket.handler_id, ticket.order) == ("open", "engineering", "builder", None)
    assert office.due("completion") == NOW + timedelta(days=30)
    assert {"passing_on", "department_answer"}.isdisjoint({clock.name for clock in ticket.clocks})
    assert "passing_on" not in ticket.missed
    workload = office.states[Workload, "xh01"]
    assert isinstance(workload, Workload)
    assert workload.in_hand == {"builder": 1}
    office.accepted("finish", at=NOW + timedelta(days=1))
    assert office.facts(RepairDone)[0].done_by == "own_staff"
    office.called_back(satisfied=False)
    assert (office.ticket().status, office.ticket().desk) == ("coverage_asked", "engineering")


@pytest.mark.rule("DSP-10", "DSP-08")
def test_where_nobody_of_the_developers_department_is_there_who_has_the_repair_keeps_it() -> None:
    office = Office()
    office.found(without={"builder"})
    office.open_repair(trade="electrical")
    office.covered(NOTIFIED, covered=False, contractor_id=None, basis="not_handed_over")
    assert (office.ticket().desk, office.ticket().handler_id) == ("repair", "fixer2")
    assert office.reasons[-1].rule == "DSP-10"


@pytest.mark.rule("DSP-10", "FUP-01")
def test_an_answer_about_another_round_changes_nothing(office: Office) -> None:
    """Given a reopened repair that asked warranty again, when the first answer comes again, then nobody is called."""
    office.open_repair()
    office.covered(NOTIFIED)
    office.accepted("finish")
    office.called_back(satisfied=False)
    told = len(office.facts(ContractorNotified))
    office.covered(round_=1)
    assert (office.ticket().status, len(office.facts(ContractorNotified))) == ("coverage_asked", told)
    office.covered(round_=2)
    assert (office.ticket().status, len(office.facts(ContractorNotified))) == ("contractor_notified", told + 1)


@pytest.mark.rule("DSP-10")
def test_an_answer_that_comes_twice_or_too_late_changes_nothing(office: Office) -> None:
    office.open_repair()
    office.covered(NOTIFIED)
    ticket = office.ticket()
    office.covered(NOTIFIED + SECOND, contractor_id="other_co")
    assert office.ticket() == ticket
    office.accepted("finish")
    office.covered(contractor_id="other_co")
    assert len(office.facts(ContractorNotified)) == 1
    assert office.ticket().status == "completed"


@pytest.mark.rule("DSP-10", "WAR-07")
def test_only_the_contractor_of_the_order_or_staff_may_speak_for_it(office: Office) -> None:
    office.open_repair()
    assert office.refused("arrive", actor=contractor("builder_co")) == "no-order"
    office.covered(NOTIFIED)
    for command in ("arrive", "finish"):
        assert office.refused(command, actor=contractor("rescue_co")) == "not-your-order"
    office.accepted("arrive", actor=contractor("builder_co"))
    assert office.refused("arrive") == "already-visited"
    office.accepted("finish", actor=contractor("builder_co"))
    assert office.facts(RepairDone)[0].done_by == "contractor"


@pytest.mark.rule("DSP-10")
def test_a_contractor_comes_as_often_as_the_repair_takes_once_a_day(office: Office) -> None:
    """Given a late first visit, then the next one is of another day, at any hour of it, and is not late."""
    office.open_repair()
    office.covered(NOTIFIED)
    midnight = local("2026-03-19 00:00")
    office.accepted("arrive", at=midnight - 2 * SECOND)
    assert office.refused("arrive", at=midnight - SECOND) == "already-visited"
    office.accepted("arrive", at=midnight)
    visits = office.facts(ContractorArrived)
    assert [(one.visit, one.late) for one in visits] == [(1, True), (2, False)]
    order = office.ticket().order
    assert order is not None
    assert (order.arrived_at, order.visits) == (midnight - 2 * SECOND, 2)


@pytest.mark.rule("DSP-10")
def test_a_repair_is_finished_and_nothing_else(office: Office) -> None:
    office.open_repair()
    assert office.refused("resolve") == "is-a-repair"
    assert office.refused("pass-on", desk="engineering") == "is-a-repair"
    office.open(case_id="xh01.c2")
    assert office.refused("finish", case_id="xh01.c2") == "not-a-repair"


@pytest.mark.rule("DSP-14", "ORG-04")
def test_re_entrusting_is_proposed_strictly_after_four_hours(office: Office) -> None:
    office.open_repair()
    office.covered(NOTIFIED)
    limit = NOTIFIED + timedelta(hours=28)
    office.until(limit)
    assert office.facts(ReentrustingProposed) == []
    office.until(limit + SECOND)
    (proposed,) = office.facts(ReentrustingProposed)
    assert (proposed.ground, proposed.contractor_id) == ("late_arrival", "builder_co")
    assert [event.clock for event in office.facts(DeadlineMissed)] == ["arrival"]


@pytest.mark.rule("DSP-10", "ORG-04")
@pytest.mark.parametrize(("late_by", "late"), [(-1, False), (0, False), (1, True)])
def test_an_arrival_says_whether_it_was_late(office: Office, late_by: int, *, late: bool) -> None:
    office.open_repair()
    office.covered(NOTIFIED)
    office.accepted("arrive", at=NOTIFIED + timedelta(hours=24) + late_by * SECOND)
    assert office.facts(ContractorArrived)[0].late is late


@pytest.mark.rule("DSP-14")
def test_a_contractor_that_arrives_in_the_last_second_is_late_but_not_replaced(office: Office) -> None:
    office.open_repair()
    office.covered(NOTIFIED)
    office.accepted("arrive", at=NOTIFIED + timedelta(hours=28))
    assert office.facts(ContractorArrived)[0].late
    office.until(NOTIFIED + timedelta(days=3))
    assert office.facts(ReentrustingProposed) == []
