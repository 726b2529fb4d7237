"""Five grounds permit another contractor; the manager applies, the offices approve one after another (DSP-14)."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    ApprovalAsked,
    ApprovalDecided,
    DeadlineMissed,
    OrderDelayed,
    OrderRefused,
    ReentrustingProposed,
    RepairDone,
    RepairReentrusted,
    ReplacementNotified,
)
from linli_messaging.service_map import Actor

from services.dispatch.tests.office import CASE, REENTRUSTING, SECOND, Office, local, person

NOTIFIED = local("2026-03-10 10:00")
MANAGER = person("property_head")
CHAIN = ["property_company", "engineering", "cost_and_contract", "engineering_vp", "general_manager"]


def contractor(name: str) -> Actor:
    return Actor(subject=f"{name}-phone", scopes=frozenset({"partner:repair"}), contractor_id=name)


def notify(office: Office) -> None:
    office.open_repair()
    office.covered(NOTIFIED)


def propose(office: Office) -> None:
    notify(office)
    office.until(NOTIFIED + timedelta(hours=30))


def grounds(office: Office) -> list[str]:
    return [event.ground for event in office.facts(ReentrustingProposed)]


# -- the grounds


@pytest.mark.rule("DSP-14")
def test_a_contractor_that_refuses_is_a_ground_once(office: Office) -> None:
    notify(office)
    assert office.refused("refuse-order", actor=contractor("rescue_co"), reason="busy") == "not-your-order"
    office.accepted("refuse-order", actor=contractor("builder_co"), reason="no_people")
    assert office.refused("refuse-order", actor=contractor("builder_co"), reason="busy") == "already-refused"
    assert [event.reason for event in office.facts(OrderRefused)] == ["no_people"]
    assert grounds(office) == ["refused"]


@pytest.mark.rule("DSP-14")
def test_who_has_arrived_does_not_refuse_to_come(office: Office) -> None:
    assert office.open_repair().order is None
    assert office.refused("refuse-order", reason="busy") == "no-order"
    office.covered(NOTIFIED)
    office.accepted("arrive")
    assert office.refused("refuse-order", reason="busy") == "already-arrived"


@pytest.mark.rule("DSP-14", "ORG-04")
@pytest.mark.parametrize(("after", "expected"), [(0, []), (1, ["over_limit"])])
def test_over_the_time_limit_without_a_report_is_a_ground(office: Office, after: int, expected: list[str]) -> None:
    notify(office)
    office.accepted("arrive")
    office.until(NOTIFIED + timedelta(days=7) + after * SECOND)
    assert grounds(office) == expected


@pytest.mark.rule("DSP-14", "ORG-04")
@pytest.mark.parametrize(("after", "expected"), [(-1, []), (0, []), (1, ["over_limit"])])
def test_a_delay_reported_in_time_is_none(office: Office, after: int, expected: list[str]) -> None:
    """At the due instant it is in time; a second later the ground has appeared, and a report takes none away."""
    notify(office)
    office.accepted("arrive")
    office.accepted(
        "report-delay",
        at=NOTIFIED + timedelta(days=7) + after * SECOND,
        actor=contractor("builder_co"),
        reason="parts_missing",
    )
    office.until(NOTIFIED + timedelta(days=9))
    assert grounds(office) == expected
    assert len(office.facts(OrderDelayed)) == 1


@pytest.mark.rule("DSP-14", "DSP-06")
def test_waiting_for_the_customer_moves_the_time_limit(office: Office) -> None:
    notify(office)
    office.accepted("arrive")
    office.accepted("wait", until=office.now + timedelta(days=2))
    office.until(NOTIFIED + timedelta(days=9))
    assert grounds(office) == []
    office.until(NOTIFIED + timedelta(days=9) + SECOND)
    assert grounds(office) == ["over_limit"]


@pytest.mark.rule("DSP-14")
def test_a_repair_that_did_not_cure_is_a_ground_when_the_same_one_is_to_come_again(office: Office) -> None:
    notify(office)
    office.accepted("finish")
    office.called_back(satisfied=False)
    assert grounds(office) == []
    office.covered(round_=2)
    assert grounds(office) == ["not_cured"]


@pytest.mark.rule("DSP-14")
def test_somebody_elses_failure_is_not_held_against_a_contractor(office: Office) -> None:
    propose(office)
    office.reentrust()
    office.accepted("finish", actor=contractor("rescue_co"))
    office.called_back(satisfied=False)
    office.covered(round_=2)
    assert grounds(office) == ["late_arrival"]


@pytest.mark.rule("DSP-14", "DSP-13")
def test_a_strong_complaint_about_its_people_is_a_ground(office: Office) -> None:
    notify(office)
    office.accepted("complain-of-contractor", reason="threatened_owner")
    office.accepted("complain-of-contractor", reason="threatened_owner")
    assert grounds(office) == ["strong_complaint"]
    assert office.refused("complain-of-contractor", actor=contractor("builder_co")) == "not-your-order"


# -- the manager


@pytest.mark.rule("DSP-14")
def test_a_ground_permits_and_the_manager_decides(office: Office) -> None:
    notify(office)
    assert office.refused("decide-reentrusting", actor=MANAGER, accept=False) == "no-proposal"
    office.until(NOTIFIED + timedelta(hours=30))
    assert office.refused("decide-reentrusting", actor=person("agent1"), accept=False) == "not-your-office"
    office.accepted("decide-reentrusting", actor=MANAGER, accept=False)
    assert office.refused("decide-reentrusting", actor=MANAGER, accept=False) == "no-proposal"
    office.accepted("complain-of-contractor")
    office.apply()
    assert grounds(office) == ["late_arrival", "strong_complaint"]
    office.accepted("arrive", actor=contractor("builder_co"))
    office.accepted("finish", actor=contractor("builder_co"))
    assert office.facts(RepairReentrusted) == []


@pytest.mark.rule("DSP-14")
def test_what_an_application_may_not_be(office: Office) -> None:
    propose(office)
    decide: dict[str, Any] = {"accept": True, "actor": MANAGER}
    assert office.refused("decide-reentrusting", **decide) == "replacement-missing"
    assert office.refused("decide-reentrusting", **decide, replacement_id="rescue_co") == "replacement-missing"
    for unfit in ("builder_co", "lights_co", "unknown_co"):
        refused = office.refused("decide-reentrusting", **decide, replacement_id=unfit, price_fen=1)
        assert refused == "replacement-unfit"
    assert office.refused("decide-reentrusting", actor=contractor("rescue_co"), accept=False) == "not-your-order"
    office.apply()
    whole: dict[str, Any] = {"replacement_id": "rescue_co", "price_fen": 1}
    assert office.refused("decide-reentrusting", **decide, **whole) == "application-pending"


@pytest.mark.rule("DSP-14")
def test_every_office_sees_the_price_beside_the_librarys(office: Office) -> None:
    """Two square metres at 300 yuan in the library; the replacement asks for 800."""
    office.accepted_of("price-works", region_id="south", works=[
        {"work_item": "roof_membrane", "unit": "square_metre", "price_fen": 30_000}])  # fmt: skip
    propose(office)
    office.apply(80_000, work_item="roof_membrane", quantity=2)
    for who in REENTRUSTING:
        asked = office.facts(ApprovalAsked)[-1]
        assert (asked.person_ids, asked.amount_fen, asked.library_fen) == ((who,), 80_000, 60_000)
        office.approve(who)
    order = office.ticket().order
    assert order is not None
    assert order.offer is not None
    assert order.offer.over_library_fen == 20_000


@pytest.mark.rule("DSP-14")
def test_work_that_the_library_does_not_know_is_shown_so(office: Office) -> None:
    propose(office)
    office.apply(work_item="roof_membrane")
    assert office.facts(ApprovalAsked)[-1].library_fen is None


# -- the offices


@pytest.mark.rule("DSP-14", "WAR-06", "PAR-01")
def test_approved_by_all_another_contractor_repairs_at_the_price(office: Office) -> None:
    propose(office)
    office.apply(86_000)
    for who in REENTRUSTING:
        assert office.facts(RepairReentrusted) == []
        office.approve(who)
    assert [event.office for event in office.facts(ApprovalAsked)] == CHAIN
    assert [event.final for event in office.facts(ApprovalDecided)] == [False] * 4 + [True]
    (reentrusted,) = office.facts(RepairReentrusted)
    assert (reentrusted.contractor_id, reentrusted.contract_id) == ("builder_co", "k1")
    assert (reentrusted.replacement_id, reentrusted.price_fen) == ("rescue_co", 86_000)
    assert (reentrusted.decided_by, reentrusted.ground) == ("property_head", "late_arrival")
    decided = office.now
    (told,) = office.facts(ReplacementNotified)
    assert (told.contractor_id, told.order_id, told.price_fen) == ("rescue_co", reentrusted.order_id, 86_000)
    assert (told.notified_at, told.arrive_by) == (decided, decided + timedelta(hours=24))
    assert told.finish_by == office.due("completion")
    assert "builder_co" not in told.model_dump_json(), "nothing of the contractor before it (PAR-01)"
    assert office.due("arrival") == decided + timedelta(hours=24)
    assert "arrival" not in office.ticket().overdue
    assert office.refused("finish", actor=contractor("builder_co")) == "not-your-order"
    for command in ("refuse-order", "report-delay"):
        assert office.refused(command, reason="busy", actor=contractor("rescue_co")) == "replaced"
    office.accepted("arrive", at=decided + timedelta(hours=1), actor=contractor("rescue_co"))
    office.accepted("finish", at=decided + timedelta(hours=3), actor=contractor("rescue_co"))
    (done,) = office.facts(RepairDone)
    assert (done.done_by, done.contractor_id, done.order_id) == ("replacement", "rescue_co", reentrusted.order_id)
    assert office.ticket().reentrusted == 1


@pytest.mark.rule("DSP-14")
def test_a_late_replacement_misses_its_own_arrival(office: Office) -> None:
    propose(office)
    office.reentrust()
    office.until(office.due("arrival") + SECOND)
    assert office.ticket().missed["arrival"] == 2
    assert len({row.values["id"] for row in office.rows}) == len(office.rows)


@pytest.mark.rule("DSP-14", "ORG-04")
def test_up_to_a_thousand_yuan_the_property_company_prices_the_work(office: Office) -> None:
    """Exactly 1,000 yuan: the offices approve the same, and none names a price."""
    propose(office)
    office.apply(100_000)
    office.approve("property_gm")
    office.approve("builder")
    assert office.not_approved("pricer", amount_fen=100_000) == "not-to-price"
    for who in REENTRUSTING[2:]:
        office.approve(who)
    assert office.reasons[-1].facts["priced_by"] == "property_company"


@pytest.mark.rule("DSP-14", "ORG-04")
def test_beyond_a_thousand_yuan_the_cost_department_prices_the_work(office: Office) -> None:
    """One fen over 1,000 yuan."""
    propose(office)
    office.apply(100_001)
    office.approve("property_gm")
    assert office.not_approved("builder", amount_fen=100_001) == "not-to-price"
    office.approve("builder")
    assert office.not_approved("pricer") == "price-missing"
    office.approve("pricer", amount_fen=100_001)
    office.approve("engineering_vp")
    office.approve("gm")
    assert office.reasons[-1].facts["priced_by"] == "cost_and_contract"
    assert not [reason for reason in office.reasons if reason.rule == "WAR-23"], "one price alone splits nothing"


@pytest.mark.rule("WAR-23", "DSP-14", "ORG-04")
@pytest.mark.parametrize(("second_fen", "priced_by"), [(20_000, "property_company"), (20_001, "cost_and_contract")])
def test_a_case_entrusted_piece_by_piece_is_priced_by_the_sum(office: Office, second_fen: int, priced_by: str) -> None:
    """80,000 fen were granted in the first round: up to 1,000 yuan together it is small, a fen more it is not."""
    propose(office)
    office.reentrust(80_000)
    office.accepted("finish", actor=contractor("rescue_co"))
    office.called_back(satisfied=False)
    office.covered(round_=2)
    office.until(office.now + timedelta(hours=30))
    office.apply(second_fen)
    split = [reason.rule for reason in office.reasons if "split below the limit" in reason.what]
    assert split == (["WAR-23"] if priced_by == "cost_and_contract" else [])
    for who in REENTRUSTING:
        if who == "pricer" and priced_by == "cost_and_contract":
            assert office.not_approved(who) == "price-missing"
            office.approve(who, amount_fen=second_fen)
        else:
            office.approve(who)
    assert office.reasons[-1].facts["priced_by"] == priced_by
    assert office.ticket().reentrusted_fen == 80_000 + second_fen


@pytest.mark.rule("DSP-14")
def test_another_price_begins_the_chain_again(office: Office) -> None:
    propose(office)
    office.apply(150_000)
    office.approve("property_gm")
    office.approve("builder")
    office.approve("pricer", amount_fen=120_000)
    newest = office.facts(ApprovalAsked)[-1]
    assert (newest.office, newest.submission, newest.amount_fen) == ("property_company", 2, 120_000)
    assert office.not_approved("property_gm", submission=1) == "stale-application"
    for who in REENTRUSTING:
        priced: dict[str, Any] = {"amount_fen": 120_000} if who == "pricer" else {}
        office.approve(who, **priced)
    assert office.facts(RepairReentrusted)[0].price_fen == 120_000


@pytest.mark.rule("DSP-14")
def test_refused_by_an_office_the_contractor_is_still_to_come(office: Office) -> None:
    propose(office)
    office.apply()
    office.approve("property_gm")
    assert office.not_approved("builder", verdict="rejected") == "reason-missing"
    office.approve("builder", verdict="rejected", reason="not_our_defect")
    assert office.not_approved("pricer") == "no-application"
    assert office.refused("decide-reentrusting", actor=MANAGER, accept=False) == "no-proposal"
    office.accepted("arrive", actor=contractor("builder_co"))
    office.accepted("finish", actor=contractor("builder_co"))
    assert office.facts(RepairDone)[0].case_id == CASE


@pytest.mark.rule("DSP-14")
def test_sent_back_it_may_be_submitted_again(office: Office) -> None:
    propose(office)
    office.apply(90_000)
    office.approve("property_gm", verdict="returned", reason="price_too_high")
    assert office.not_approved("builder") == "no-application"
    office.apply(70_000)
    assert office.facts(ApprovalAsked)[-1].submission == 2
    for who in REENTRUSTING:
        office.approve(who)
    assert office.facts(RepairReentrusted)[0].price_fen == 70_000


@pytest.mark.rule("DSP-14")
@pytest.mark.parametrize("ends", ["finished", "withdrawn", "declined"])
def test_it_is_taken_back_when_nobody_needs_it_any_more(office: Office, ends: str) -> None:
    propose(office)
    office.apply()
    if ends == "finished":
        office.accepted("finish", actor=contractor("builder_co"))
    elif ends == "withdrawn":
        office.withdrawn()
    else:
        office.accepted("decide-reentrusting", actor=MANAGER, accept=False)
    assert office.facts(ApprovalDecided)[-1].decision == "withdrawn"
    assert "reentrusting_approval" not in office.ticket().kept
    assert all(clock.name != "reentrusting_approval" for clock in office.ticket().clocks)


# -- the clocks of the offices


@pytest.mark.rule("DSP-14", "DSP-06", "ORG-04")
@pytest.mark.parametrize(("late_by", "missed"), [(-1, 0), (0, 0), (1, 1)])
def test_each_office_has_one_working_day(office: Office, late_by: int, missed: int) -> None:
    """Applied for on a Wednesday: due on Thursday when the approvers' day ends; a second later the ladder climbs."""
    propose(office)
    office.apply()
    due = local("2026-03-12 17:30")
    assert office.due("reentrusting_approval") == due
    office.approve("property_gm", at=due + late_by * SECOND)
    assert [event.clock for event in office.facts(DeadlineMissed)].count("reentrusting_approval") == missed
    assert office.ticket().kept.get("reentrusting_approval", 0) == 1 - missed
    assert "reentrusting_approval" not in office.ticket().overdue
    assert office.due("reentrusting_approval") == local("2026-03-13 17:30")
