"""A trade that is corrected after the wrong contractor was called: the order is taken back at once (INT-02, DSP-10)."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    ApprovalDecided,
    ContractorArrived,
    ContractorNotified,
    CoverageAsked,
    DeadlineMissed,
    OrderRecalled,
    ReentrustingProposed,
    RepairDone,
    RepairReported,
)

from services.dispatch.tests.office import HOUR, NOW, SECOND, Office, person
from services.dispatch.tests.test_amending import amended
from services.dispatch.tests.test_repairs import contractor

ARRIVE_BY = NOW + 24 * HOUR


@pytest.fixture
def called(office: Office) -> Office:
    """A repair whose contractor has its notice."""
    office.open_repair()
    office.covered()
    return office


def notices(office: Office) -> list[str]:
    return [event.contractor_id for event in office.facts(ContractorNotified)]


@pytest.mark.rule("INT-02", "DSP-10", "WAR-02", "PAR-01")
def test_the_order_is_taken_back_and_warranty_is_asked_about_the_right_trade(called: Office) -> None:
    """Given a contractor that has not come, then it is told at once, its clocks end, and the right one is called."""
    (first,) = called.facts(ContractorNotified)
    amended(called, NOW + HOUR, trade="electrical")
    (recalled,) = called.facts(OrderRecalled)
    assert (recalled.order_id, recalled.contractor_id, recalled.trade, recalled.recalled_at) == (
        first.order_id, "builder_co", "waterproofing", NOW + HOUR,
    )  # fmt: skip
    ticket = called.ticket()
    assert (ticket.status, ticket.trade, ticket.order, ticket.free_of_charge) == (
        "coverage_asked", "electrical", None, False,
    )  # fmt: skip
    assert [event.trade for event in called.facts(CoverageAsked)] == ["waterproofing", "electrical"]
    assert not {"arrival", "reentrust_lateness", "overdue_report"} & {clock.name for clock in ticket.clocks}
    assert "arrival" not in ticket.kept
    called.covered(NOW + 2 * HOUR, contractor_id="lights_co", contract_id="k2")
    assert notices(called) == ["builder_co", "lights_co"]
    second = called.facts(ContractorNotified)[-1]
    assert second.order_id != first.order_id
    assert (called.due("arrival"), called.ticket().status) == (NOW + 26 * HOUR, "contractor_notified")


@pytest.mark.rule("INT-02", "OPS-03")
def test_a_correction_told_twice_takes_the_order_back_once(called: Office) -> None:
    for _ in range(2):
        amended(called, trade="electrical")
    assert len(called.facts(OrderRecalled)) == 1
    assert len(called.facts(CoverageAsked)) == 2
    called.covered()
    amended(called, place="kitchen")
    assert len(called.facts(OrderRecalled)) == 1, "nothing that it was called for has changed"


@pytest.mark.rule("PAR-01", "DSP-10")
def test_who_has_the_order_no_more_cannot_speak_for_it(called: Office) -> None:
    amended(called, trade="electrical")
    assert called.refused("arrive", actor=contractor("builder_co")) == "no-order"
    assert called.refused("finish", actor=contractor("builder_co")) == "not-your-order"
    called.covered(contractor_id="lights_co")
    assert called.refused("arrive", actor=contractor("builder_co")) == "not-your-order"
    called.accepted("arrive", actor=contractor("lights_co"))
    called.accepted("finish", actor=contractor("lights_co"))
    assert [(event.done_by, event.contractor_id) for event in called.facts(RepairDone)] == [("contractor", "lights_co")]


@pytest.mark.rule("INT-02", "DSP-14", "DSP-20")
def test_what_is_before_the_offices_about_it_is_withdrawn(called: Office) -> None:
    called.accepted("refuse-order", reason="not_ours")
    called.apply()
    amended(called, trade="electrical")
    withdrawn = [event for event in called.facts(ApprovalDecided) if event.kind == "reentrusting"]
    assert [(event.decision, event.reason) for event in withdrawn] == [("withdrawn", "order_recalled")]
    assert "reentrusting_approval" not in {clock.name for clock in called.ticket().clocks}
    decided: dict[str, Any] = {"accept": True, "replacement_id": "rescue_co", "price_fen": 50_000}
    assert called.refused("decide-reentrusting", actor=person("property_head"), **decided) == "no-proposal"


@pytest.mark.rule("INT-02", "DSP-10", "DSP-14", "ORG-04")
@pytest.mark.parametrize(("late_by", "missed"), [(-1, 0), (0, 0), (1, 1)])
def test_what_it_missed_until_then_stays_missed_and_the_right_one_has_its_own_time(
    called: Office, late_by: int, missed: int
) -> None:
    """Given a contractor that is late when the trade is corrected, then its miss stays told and is owed no more; the
    right one may be late as well, told by names of its own.
    """
    amended(called, ARRIVE_BY + late_by * SECOND, trade="electrical")
    assert "arrival" not in {*called.ticket().overdue, *called.ticket().kept}
    called.covered(contractor_id="lights_co")
    called.until(called.now + timedelta(hours=28) + SECOND)
    arrivals = [event.due_at for event in called.facts(DeadlineMissed) if event.clock == "arrival"]
    assert len(arrivals) == missed + 1
    assert len({row.values["id"] for row in called.rows}) == len(called.rows)
    assert [event.contractor_id for event in called.facts(ReentrustingProposed)] == ["lights_co"]


@pytest.mark.rule("INT-02", "DSP-14", "OPS-03")
def test_both_may_be_late_beyond_what_is_borne(called: Office) -> None:
    called.until(NOW + 28 * HOUR + SECOND)
    amended(called, trade="electrical")
    called.covered(contractor_id="lights_co")
    called.until(called.now + 28 * HOUR + SECOND)
    assert [event.contractor_id for event in called.facts(ReentrustingProposed)] == ["builder_co", "lights_co"]


@pytest.mark.rule("INT-02", "DSP-14", "OPS-03")
def test_both_may_be_over_the_limit_without_a_word(called: Office) -> None:
    called.accepted("refuse-order", reason="not_ours")
    called.until(NOW + timedelta(days=7) + SECOND)
    amended(called, trade="electrical")
    called.covered(contractor_id="lights_co")
    called.until(called.now + timedelta(days=7) + SECOND)
    over = [event.contractor_id for event in called.facts(ReentrustingProposed) if event.ground == "over_limit"]
    assert over == ["builder_co", "lights_co"]


@pytest.mark.rule("INT-02", "DSP-13", "DSP-20")
def test_an_overdue_repair_that_was_another_trades_is_spoken_about_all_the_same(called: Office) -> None:
    """Given an order that is reported as overdue, when it is taken back, then the customer is still owed a word; the
    next one of the round is not reported once more.
    """
    called.until(NOW + timedelta(days=17) + SECOND)
    due = called.due("conversation")
    amended(called, trade="electrical")
    called.covered(contractor_id="lights_co")
    assert called.due("conversation") == due
    called.accepted("record-conversation", actor=person("property_head"), result="patience_asked")
    called.until(called.now + timedelta(days=18))
    assert [event.ground for event in called.facts(RepairReported) if event.ground == "order_overdue"] == [
        "order_overdue"
    ]


@pytest.mark.rule("INT-02", "DSP-10", "DSP-08")
def test_what_is_no_repair_after_all_goes_to_its_desk_without_a_contractor(called: Office) -> None:
    amended(called, kind="complaint")
    ticket = called.ticket()
    assert (ticket.status, ticket.desk, ticket.order) == ("open", "engineering", None)
    assert [event.contractor_id for event in called.facts(OrderRecalled)] == ["builder_co"]
    assert len(called.facts(CoverageAsked)) == 1


@pytest.mark.rule("INT-02", "DSP-10")
def test_own_staff_repair_what_nobody_covers_after_the_recall(called: Office) -> None:
    amended(called, trade="electrical")
    called.covered(covered=False, contractor_id=None, contract_id=None, basis="expired")
    called.accepted("finish")
    (done,) = called.facts(RepairDone)
    assert (done.done_by, done.contractor_id) == ("own_staff", None)
    assert done.order_id != called.facts(ContractorNotified)[0].order_id


@pytest.mark.rule("INT-02", "DSP-13")
@pytest.mark.parametrize("how", ["arrived", "re-entrusted"])
def test_who_works_on_the_spot_keeps_the_order_and_it_is_reported(called: Office, how: str) -> None:
    """Given somebody has come, or was entrusted at a price, then the manager is told, once; what was corrected
    holds from the next round on.
    """
    if how == "arrived":
        called.accepted("arrive")
    else:
        called.accepted("refuse-order", reason="busy")
        called.reentrust()
    order = called.ticket().order
    for _ in range(2):
        amended(called, trade="electrical")
    assert called.facts(OrderRecalled) == []
    assert (called.ticket().order, called.ticket().trade) == (order, "waterproofing")
    reported = [event for event in called.facts(RepairReported) if event.ground == "wrong_contractor_came"]
    assert [event.person_ids for event in reported] == [("property_head",)]
    called.accepted("finish")
    called.called_back(satisfied=False)
    assert called.facts(CoverageAsked)[-1].trade == "electrical"


@pytest.mark.rule("INT-02", "DSP-10", "ORG-04")
@pytest.mark.parametrize(("first", "kept"), [("arrives", True), ("corrected", False)])
def test_whichever_comes_first_of_the_arrival_and_the_correction_counts(
    called: Office, first: str, *, kept: bool
) -> None:
    if first == "arrives":
        called.accepted("arrive", at=NOW + HOUR)
        amended(called, NOW + HOUR, trade="electrical")
    else:
        amended(called, NOW + HOUR, trade="electrical")
        assert called.refused("arrive", at=NOW + HOUR) == "no-order"
    assert bool(called.facts(ContractorArrived)) is kept
    assert bool(called.facts(OrderRecalled)) is not kept


@pytest.mark.rule("INT-02", "DSP-10", "DSP-13")
def test_an_order_that_is_done_is_neither_taken_back_nor_reported(called: Office) -> None:
    """Given a contractor that finished, and never said that it came, then a trade corrected after that calls nobody."""
    called.accepted("finish", actor=contractor("builder_co"))
    amended(called, trade="electrical")
    ticket = called.ticket()
    assert (ticket.status, ticket.trade, ticket.order is not None) == ("completed", "electrical", True)
    assert (called.facts(OrderRecalled), len(called.facts(CoverageAsked))) == ([], 1)
    assert [event for event in called.facts(RepairReported) if event.ground == "wrong_contractor_came"] == []


@pytest.mark.rule("INT-02", "DSP-10", "FUP-01")
def test_the_next_round_of_a_recalled_order_begins_as_any(called: Office) -> None:
    amended(called, trade="electrical")
    called.covered(contractor_id="lights_co")
    called.accepted("finish")
    called.called_back(satisfied=False)
    assert called.ticket().orders_recalled == 0
    called.covered(round_=2, contractor_id="lights_co")
    orders = [event.order_id for event in called.facts(ContractorNotified)]
    assert len(set(orders)) == 3
