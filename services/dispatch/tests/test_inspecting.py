"""An engineer inspects a repair first: the contractor's notice and a quotation wait for it (DSP-10)."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    CaseAssessed,
    ContractorNotified,
    CoverageAsked,
    DeadlineMissed,
    RepairDone,
    RepairReentrusted,
)
from linli_dispatch.domain.repairs.order import Liable
from linli_dispatch.domain.ticket import Ticket
from linli_rulebook.decision import Outcome
from linli_runtime.reads import Reads
from linli_testkit.tables import keep

from services.dispatch.tests.conftest import SQL
from services.dispatch.tests.matters import offered
from services.dispatch.tests.office import HOUR, NOW, SECOND, Office, person
from services.dispatch.tests.storms import declared
from services.dispatch.tests.test_amending import REPAIR, amended
from services.dispatch.tests.test_repairs import contractor

DAY = 24 * HOUR
FOUND: dict[str, Any] = {"finding": "justified"}
NOT_COVERED: dict[str, Any] = {"covered": False, "contractor_id": None, "contract_id": None, "basis": "expired"}


def notices(office: Office) -> list[str]:
    return [event.contractor_id for event in office.facts(ContractorNotified)]


def inspected(office: Office, **fields: Any) -> Outcome:  # noqa: ANN401 - fields of the command
    """An engineer was there."""
    return office.accepted("assess", actor=person("fixer1"), **(FOUND | fields))


@pytest.mark.rule("DSP-10", "INT-09", "DSP-19")
def test_the_notice_waits_for_the_inspection_by_name_and_under_a_clock(office: Office) -> None:
    """Given an answer that a contractor is to come, then nobody is called before an engineer was there, but warranty
    was asked at once; arrival and finish count from the notice.
    """
    office.open_repair(inspected=False)
    office.covered(NOW + HOUR)
    ticket = office.ticket()
    assert (ticket.status, ticket.order, ticket.waits_for) == ("open", None, "inspection")
    assert ticket.liable == Liable("builder_co", "k1")
    assert office.due("first_assessment") == NOW + DAY
    assert "arrival" not in {clock.name for clock in ticket.clocks}
    inspected(office, at=NOW + 3 * HOUR)
    (notice,), (assessed,) = office.facts(ContractorNotified), office.facts(CaseAssessed)
    assert (assessed.inspected_at, assessed.assessed_at) == (NOW + 3 * HOUR, NOW + 3 * HOUR)
    assert (notice.contractor_id, notice.contract_id) == ("builder_co", "k1")
    assert (notice.arrive_by, notice.finish_by) == (NOW + 27 * HOUR, NOW + 3 * HOUR + timedelta(days=7))
    ticket = office.ticket()
    assert (ticket.status, ticket.liable, ticket.waits_for) == ("contractor_notified", None, None)
    assert ticket.kept["first_assessment"] == 1


@pytest.mark.rule("DSP-10", "OPS-03")
def test_what_was_inspected_before_warranty_answers_is_called_with_the_answer(office: Office) -> None:
    office.open_repair(inspected=False)
    inspected(office, at=NOW + HOUR)
    assert (notices(office), office.ticket().waits_for) == ([], None)
    office.covered(NOW + 2 * HOUR)
    office.covered(NOW + 2 * HOUR)
    assert notices(office) == ["builder_co"]
    assert office.refused("assess", **FOUND) == "already-assessed"


@pytest.mark.rule("DSP-10", "OPS-03")
def test_an_answer_that_comes_twice_while_the_inspection_is_awaited_changes_nothing(office: Office) -> None:
    office.open_repair(inspected=False)
    office.covered()
    before = office.ticket()
    office.covered(contractor_id="rescue_co")
    assert office.ticket() == before
    inspected(office)
    assert notices(office) == ["builder_co"]


@pytest.mark.rule("DSP-10", "INT-09", "ORG-04")
@pytest.mark.parametrize(("late_by", "late"), [(-1, 0), (0, 0), (1, 1)])
def test_an_inspection_is_in_time_within_24_hours_of_receipt(office: Office, late_by: int, late: int) -> None:
    office.open_repair(inspected=False)
    office.covered()
    inspected(office, at=NOW + DAY + late_by * SECOND)
    missed = [event.due_at for event in office.facts(DeadlineMissed) if event.clock == "first_assessment"]
    assert missed == [NOW + DAY] * late
    assert notices(office) == ["builder_co"], "late or not, it calls the contractor"


@pytest.mark.rule("DSP-10", "INT-09")
def test_a_report_to_the_customer_is_no_inspection(office: Office) -> None:
    office.open_repair(inspected=False)
    office.covered()
    office.accepted("report", at=NOW + HOUR)
    ticket = office.ticket()
    assert (notices(office), ticket.waits_for, ticket.assessed_at) == ([], "inspection", None)
    assert office.due("first_assessment") == NOW + DAY
    inspected(office)
    assert notices(office) == ["builder_co"]


@pytest.mark.rule("DSP-10", "ORG-04")
@pytest.mark.parametrize(("after_receipt", "ahead"), [(-1, False), (0, True), (HOUR.seconds, True)])
def test_it_was_inspected_after_its_receipt_and_not_ahead(office: Office, after_receipt: int, *, ahead: bool) -> None:
    """Given an inspection that is told later than it was, then it says when it was: from the receipt until now."""
    office.open_repair(inspected=False)
    office.until(NOW + HOUR)
    at = NOW + after_receipt * SECOND
    if not ahead:
        assert office.refused("assess", inspected_at=at, **FOUND) == "inspection-not-then"
        assert office.refused("assess", inspected_at=office.now + SECOND, **FOUND) == "inspection-not-then"
        return
    inspected(office, inspected_at=at)
    assert [event.inspected_at for event in office.facts(CaseAssessed)] == [at]
    assert office.ticket().inspected_at == at


@pytest.mark.rule("DSP-10", "PAR-01")
def test_what_is_no_repair_is_not_inspected_and_no_contractor_inspects(office: Office) -> None:
    office.open()
    assert office.refused("assess", inspected_at=office.now, **FOUND) == "not-a-repair"
    office.accepted("assess", **FOUND)
    assert office.facts(CaseAssessed)[0].inspected_at is None
    office.open_repair(case_id="xh01.c2", inspected=False)
    body = {"case_id": "xh01.c2", **FOUND}
    assert office.refused("assess", actor=contractor("builder_co"), **body) == "not-your-order"


@pytest.mark.rule("DSP-10", "DSP-16")
def test_nothing_is_quoted_before_the_inspection(office: Office) -> None:
    offered(office)
    office.open_repair(inspected=False)
    office.covered(**NOT_COVERED)
    assert office.refused("quote", item="plant_watering") == "inspection-first"
    inspected(office)
    office.accepted("quote", item="plant_watering")


@pytest.mark.rule("DSP-10", "DSP-15")
def test_what_a_contractor_is_liable_for_is_no_small_works_before_it_is_called_either(office: Office) -> None:
    office.open_repair(inspected=False)
    office.covered()
    works: dict[str, Any] = {"kind": "unrecognised_claim", "reason": "old", "budget_fen": 1_000}
    assert office.refused("apply-small-works", **works) == "warranty-covers"


@pytest.mark.rule("DSP-10")
def test_own_staff_who_finish_it_have_inspected_it(office: Office) -> None:
    """Given nobody recorded an inspection, then who repairs did: also for the next round, whose contractor is called
    at once.
    """
    office.open_repair(inspected=False)
    office.covered(**NOT_COVERED)
    office.accepted("finish", at=NOW + HOUR)
    assert office.facts(RepairDone)[0].done_by == "own_staff"
    assert office.ticket().inspected_at == NOW + HOUR
    office.called_back(satisfied=False)
    office.covered(round_=2)
    assert (notices(office), office.ticket().waits_for) == (["builder_co"], None)
    assert office.refused("assess", **FOUND) == "already-assessed"


@pytest.mark.rule("DSP-10", "FUP-01", "WAR-02")
def test_whom_warranty_named_for_the_round_before_is_not_called_in_the_next(office: Office) -> None:
    """Given own staff who finished what a contractor was named for, then the next round calls whom warranty names in
    it, and nobody before.
    """
    office.open_repair(inspected=False)
    office.covered()
    office.accepted("finish")
    office.called_back(satisfied=False)
    amended(office, emergency=True)
    assert (notices(office), office.ticket().status) == ([], "coverage_asked")
    office.covered(round_=2, contractor_id="rescue_co")
    assert notices(office) == ["rescue_co"]


@pytest.mark.rule("DSP-10", "FUP-01")
def test_a_further_round_of_an_inspected_case_calls_at_once(office: Office) -> None:
    office.open_repair()
    office.covered()
    office.accepted("finish")
    office.called_back(satisfied=False)
    office.covered(round_=2)
    assert notices(office) == ["builder_co"] * 2


@pytest.mark.rule("DSP-10", "DSP-14")
def test_whoever_replaces_a_contractor_is_called_at_once(office: Office) -> None:
    office.open_repair()
    office.covered()
    office.accepted("refuse-order", reason="busy")
    office.reentrust()
    assert [event.replacement_id for event in office.facts(RepairReentrusted)] == ["rescue_co"]


@pytest.mark.rule("DSP-10", "INT-11")
def test_an_emergency_calls_at_once_and_is_inspected_after_that_in_its_time(office: Office) -> None:
    offered(office)
    office.open_repair(emergency=True, inspected=False)
    office.covered()
    assert (notices(office), office.ticket().waits_for) == (["builder_co"], "inspection")
    assert office.due("first_assessment") == NOW + DAY
    wanted: dict[str, Any] = {"item": "plant_watering", "caused_by_customer": True}
    assert office.refused("quote", **wanted) == "inspection-first"
    inspected(office)
    assert (notices(office), office.ticket().waits_for) == (["builder_co"], None)
    office.accepted("quote", **wanted)


@pytest.mark.rule("DSP-10", "INT-11")
def test_what_an_emergencys_contractor_finishes_uninspected_waits_for_nobody(office: Office) -> None:
    office.open_repair(emergency=True, inspected=False)
    office.covered()
    office.accepted("finish", actor=contractor("builder_co"))
    assert (office.ticket().inspected_at, office.ticket().waits_for) == (None, None)
    assert office.refused("assess", **FOUND) == "not-in-hand"


@pytest.mark.rule("DSP-10", "INT-11", "INT-02")
def test_what_turns_out_an_emergency_while_it_waits_calls_at_once(office: Office) -> None:
    office.open_repair(inspected=False)
    office.covered()
    amended(office, emergency=True)
    assert notices(office) == ["builder_co"]


@pytest.mark.rule("DSP-10", "DSP-09")
@pytest.mark.parametrize("before", [True, False])
def test_a_storms_visit_inspects_and_repairs_in_one(office: Office, *, before: bool) -> None:
    """Given a storm, whether the request came before it or in it, then its contractor is called at once."""
    leak: dict[str, Any] = {"subcategory": "leak", "inspected": False}
    if before:
        office.open_repair(**leak)
        office.covered()
        assert notices(office) == []
    declared(office)
    if not before:
        office.open_repair(**leak)
        office.covered()
    ticket = office.ticket()
    assert ticket.storm_order_id is not None
    assert (notices(office), ticket.waits_for) == (["builder_co"], None)
    office.accepted("finish", at=NOW + HOUR)
    office.called_back(NOW + 2 * HOUR, satisfied=False)
    assert office.due("first_assessment") == NOW + 2 * HOUR + DAY, "what the visit did not cure an engineer looks at"
    office.covered(round_=2)
    assert len(notices(office)) == 1
    inspected(office)
    assert len(notices(office)) == 2


@pytest.mark.rule("DSP-10", "INT-02", "WAR-02")
@pytest.mark.parametrize("answered", [True, False])
def test_another_trade_found_on_the_spot_is_asked_about_before_anybody_is_called(
    office: Office, *, answered: bool
) -> None:
    office.open_repair(inspected=False)
    if answered:
        office.covered()
    amended(office, trade="electrical")
    inspected(office)
    if not answered:
        office.covered()
    assert notices(office) == []
    assert [event.trade for event in office.facts(CoverageAsked)] == ["waterproofing", "electrical"]
    office.covered(contractor_id="lights_co")
    assert notices(office) == ["lights_co"]


@pytest.mark.rule("DSP-10", "INT-02")
def test_what_turns_out_no_repair_while_it_waits_calls_nobody(office: Office) -> None:
    office.open_repair(inspected=False)
    office.covered()
    amended(office, kind="complaint")
    assert office.ticket().liable is None
    office.accepted("assess", **FOUND)
    assert notices(office) == []


@pytest.mark.rule("DSP-10", "INT-02", "INT-09")
def test_a_complaint_that_was_assessed_at_a_desk_and_is_a_repair_is_inspected_within_24_hours_of_that(
    office: Office,
) -> None:
    office.open()
    office.accepted("assess", **FOUND)
    amended(office, NOW + 3 * DAY, **REPAIR)
    assert (office.ticket().waits_for, office.due("first_assessment")) == ("inspection", NOW + 4 * DAY)
    inspected(office)
    assert (office.ticket().assessed_at, office.ticket().inspected_at) == (NOW, NOW + 3 * DAY)
    office.covered()
    assert notices(office) == ["builder_co"]


@pytest.mark.rule("DSP-10", "INT-09", "OPS-03")
def test_a_first_assessment_and_inspections_that_are_all_missed_are_told_apart(office: Office) -> None:
    """Given a complaint assessed too late that turns out a repair, a complaint and a repair again, then each missed
    inspection is told and kept as a miss of its own.
    """
    office.open()
    office.until(NOW + DAY + SECOND)
    office.accepted("assess", **FOUND)
    dues = [NOW + DAY]
    for _ in range(2):
        amended(office, **REPAIR)
        dues.append(office.now + DAY)
        office.covered()
        office.until(office.now + DAY + SECOND)
        amended(office, kind="complaint")
    missed = [event.due_at for event in office.facts(DeadlineMissed) if event.clock == "first_assessment"]
    assert missed == dues
    kept = [row.values["id"] for row in office.rows if row.values["clock"] == "first_assessment"]
    assert len(set(kept)) == len(kept) == len(dues)


@pytest.mark.rule("DSP-10", "INT-09", "INT-02", "DSP-09")
@pytest.mark.parametrize("how", ["complaint", "storm"])
def test_an_inspection_that_nobody_owes_any_more_is_neither_kept_nor_missed(office: Office, how: str) -> None:
    """Given a complaint that was assessed and turns out a repair, when it is a complaint again or a storm's visit
    serves it, then its inspection ends uncounted.
    """
    office.open(subcategory="leak")
    office.accepted("assess", **FOUND)
    amended(office, NOW + HOUR, **REPAIR)
    office.covered()
    assert office.due("first_assessment") == NOW + HOUR + DAY
    if how == "storm":
        declared(office)
        assert office.ticket().storm_order_id is not None
    else:
        amended(office, NOW + 2 * HOUR, kind="complaint")
    ticket = office.ticket()
    assert "first_assessment" not in {clock.name for clock in ticket.clocks}
    assert (ticket.kept["first_assessment"], "first_assessment" in ticket.missed) == (1, False)


@pytest.mark.rule("DSP-10", "INT-09", "INT-02", "DSP-09")
@pytest.mark.parametrize("how", ["complaint", "storm"])
def test_what_nobody_has_assessed_is_to_be_assessed_whatever_it_turns_out(office: Office, how: str) -> None:
    office.open_repair(subcategory="leak", inspected=False)
    office.covered()
    if how == "storm":
        declared(office)
    else:
        amended(office, kind="complaint")
    assert office.due("first_assessment") == NOW + DAY
    office.until(NOW + DAY + SECOND)
    assert office.ticket().missed["first_assessment"] == 1


@pytest.mark.rule("DSP-10", "INT-15")
def test_a_case_that_is_withdrawn_while_it_waits_calls_nobody(office: Office) -> None:
    office.open_repair(inspected=False)
    office.covered()
    office.withdrawn()
    assert office.refused("assess", **FOUND) == "not-in-hand"
    assert notices(office) == []


@pytest.mark.rule("DSP-10", "ORG-02")
async def test_tickets_of_before_go_on_as_they_were(reads: Reads, office: Office) -> None:
    """Given tickets stored before inspections were kept, then what was assessed, ordered or done before owes none: its
    deadlines stay; what was not waits for its inspection as a new one does.
    """
    names = ("assessed", "ordered", "done", "fresh")
    for name in names:
        office.open_repair(case_id=f"xh01.{name}", emergency=name == "ordered", inspected=name == "assessed")
    office.covered(case_id="xh01.ordered")
    office.accepted("finish", case_id="xh01.done")
    before = {name: office.ticket(f"xh01.{name}") for name in names}
    await keep(reads, office.states.values(), office.rows)
    await reads.pool.execute("UPDATE ticket SET state = state - 'inspected_at'")
    await reads.pool.execute((SQL / "migrations" / "0021_inspections.sql").read_text("utf-8"))
    rows = await reads.pool.fetch("SELECT id, state::text AS state FROM ticket")
    after = {row["id"]: Ticket.model_validate_json(row["state"]) for row in rows}
    assert {name: after[f"xh01.{name}"].owes_inspection for name in names} == {
        "assessed": False, "ordered": False, "done": False, "fresh": True,
    }  # fmt: skip
    assert after["xh01.fresh"] == before["fresh"]
    assert after["xh01.ordered"].order == before["ordered"].order
    for ticket in after.values():
        office.states[Ticket, ticket.id] = ticket
    for name in ("assessed", "fresh"):
        office.covered(case_id=f"xh01.{name}")
    assert notices(office) == ["builder_co"] * 2, "who was called before, and what was assessed before"
    office.accepted("assess", case_id="xh01.fresh", **FOUND)
    assert len(notices(office)) == 3
