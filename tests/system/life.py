"""One estate's year in small: the inputs of a life that touches every handler of every service.

A complaint that a department answers, a repair by a contractor, an unsatisfied callback, a contractor who does not
come, a closing of the warranty, a blocked and a paid release, a member's points. ``live`` plays it in a house.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import linli_dispatch
import linli_followup
import linli_intake
import linli_loyalty
import linli_warranty
from linli_dispatch.handlers import MAP as DISPATCH
from linli_followup.handlers import MAP as FOLLOWUP
from linli_intake.handlers import MAP as INTAKE
from linli_loyalty.handlers import MAP as LOYALTY
from linli_messaging.service_map import ServiceMap
from linli_testkit.house import House
from linli_warranty.handlers import MAP as WARRANTY

from tests.system import comings_and_goings, storms
from tests.system.brought_in import brought_in
from tests.system.matters import served
from tests.system.player import Life
from tests.system.reentrusting import pay_replacement, reentrust
from tests.system.repairs import REPAIR, inspect, overdue, recalled

os.environ.setdefault("LINLI_WEBHOOK_KEY", "a key of tests")
"""Else no webhook could be registered in a house."""
START: Final = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)
"""A Monday, 10:00 in Shanghai."""


def _sql(package: Any) -> Path:  # noqa: ANN401 - a module has no type of its own
    return Path(package.__file__).parent / "sql"


SERVICES: Final[tuple[tuple[ServiceMap, Path], ...]] = (
    (INTAKE, _sql(linli_intake)),
    (DISPATCH, _sql(linli_dispatch)),
    (FOLLOWUP, _sql(linli_followup)),
    (WARRANTY, _sql(linli_warranty)),
    (LOYALTY, _sql(linli_loyalty)),
)


async def found_estate(life: Life) -> None:
    """An estate with homes, people, a contractor, a deposit."""
    await life.do("dispatch.register-estate", estate_id="xh01", region_id="east", project_id="xh", name="西湖花园")
    homes = [
        {"home_id": f"xh01.p1-1-{number}", "phase": "p1", "building": "1", "handed_over_on": "2024-06-01"}
        for number in range(101, 111)
    ]
    await life.do("dispatch.register-homes", estate_id="xh01", homes=homes)
    staff = [
        {"staff_id": "agent-li", "role": "agent", "desk": "service_centre"},
        {"staff_id": "manager-wu", "role": "service_centre_manager", "desk": "service_centre_office"},
        {"staff_id": "psm-zhao", "role": "property_service_manager", "desk": "property_office"},
        {"staff_id": "engineer-qian", "role": "repair_engineer", "desk": "repair", "skills": ["plumbing"]},
        {"staff_id": "dept-sun", "role": "department", "desk": "property"},
        {"staff_id": "dept-feng", "role": "department", "desk": "engineering"},
        {"staff_id": "dept-chu", "role": "department", "desk": "cost_and_contract"},
        {"staff_id": "vp-qin", "role": "engineering_vp", "desk": "board"},
        {"staff_id": "gm-wei", "role": "general_manager", "desk": "board"},
        {"staff_id": "vp-zhou", "role": "marketing_vp", "desk": "board"},
        {"staff_id": "gm-zheng", "role": "property_general_manager", "desk": "board"},
        {"staff_id": "group-he", "role": "group_service_centre", "desk": "group"},
    ]
    await life.do("dispatch.roster-staff", estate_id="xh01", staff=staff)
    contractors = [
        {"contractor_id": "c-an", "trades": ["waterproofing", "plumbing"], "phases": ["p1"]},
        {"contractor_id": "c-bo", "trades": ["waterproofing", "plumbing"], "phases": ["p1"]},
    ]
    await life.do("dispatch.register-contractor", estate_id="xh01", contractors=contractors)
    await life.do(
        "warranty.open-deposit",
        contract_id="k-an-1",
        contractor_id="c-an",
        estate_ids=["xh01"],
        phases=["p1"],
        trades=["plumbing"],
        retained_fen=5_000_000,
        completion_accepted_on="2024-05-20",
        documents=["settlement", "contract"],
    )


def request(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - a request's fields
    """A complete request, with these fields changed."""
    return {
        "estate_id": "xh01",
        "home_id": "xh01.p1-1-101",
        "kind": "complaint",
        "category": "property_management",
        "subcategory": "noise",
        "channel": "hotline",
        "customer_kind": "owner",
        "name": "王小明",
        "contact": "13800000001",
        "what_happened": "楼上装修噪音很大",
        "expects": "请尽快处理",
        "received_by": "agent-li",
    } | fields


async def live(house: House) -> None:
    """The whole life."""
    life = Life(house)
    await found_estate(life)
    noise = await life.do("intake.receive", **request(channel="app"))
    assert await life.handler_of(noise["case_id"]) == "dept-sun"
    await life.do("loyalty.join", customer_ref=noise["customer_ref"])
    await life.do("intake.choose-channel", customer_ref=noise["customer_ref"], channel="wechat", by="agent-1")
    await life.after(minutes=30)
    await life.do("dispatch.pass-on", case_id=noise["case_id"])
    await life.do("dispatch.assess", case_id=noise["case_id"], finding="to_be_examined")
    await life.after(hours=5)
    await life.do("dispatch.answer", case_id=noise["case_id"])
    await life.after(hours=1)
    new_date = (life.house.instant + timedelta(days=1)).isoformat()
    await life.do("dispatch.report", case_id=noise["case_id"], next_report_by=new_date)
    await life.do("dispatch.resolve", case_id=noise["case_id"], how="handled")
    await life.after(days=2)
    callback = await life.callback_of(noise["case_id"])
    await life.do("followup.complete-callback", callback_id=callback, satisfied=False, score=40, by="caller-1")
    await life.after(days=1)
    await life.do("dispatch.resolve", case_id=noise["case_id"], how="handled")
    await life.after(days=2)
    callback = await life.callback_of(noise["case_id"])
    await life.do("followup.complete-callback", callback_id=callback, satisfied=True, score=95, by="caller-1")
    await _repaired(life)
    await _reentrusted(life)
    await _unsigned(life)
    await overdue(life, request)
    await recalled(life, request)
    await served(life, request)
    await _neglected(life)
    await _collective(life)
    await _left_over(life)
    await _released(life)
    await _told_of_orders(life)
    for passage in (*storms.PASSAGES, *comings_and_goings.PASSAGES):
        await passage(life, request)
    await _turned_out_otherwise(life)
    await _planned_ahead(life)
    await brought_in(life)


async def _turned_out_otherwise(life: Life) -> None:
    """A complaint is a repair after all: it goes to the engineer, and warranty is asked."""
    noise = await life.do("intake.receive", **request(contact="13800000501"))
    await life.after(minutes=30)
    await life.do("intake.amend", case_id=noise["case_id"], by="agent-li", **REPAIR)
    assert await life.handler_of(noise["case_id"]) == "engineer-qian"
    await life.after(hours=2)
    await life.do("dispatch.finish", case_id=noise["case_id"])


async def _planned_ahead(life: Life) -> None:
    """An estate moves to another region at an instant, and another one comes into being with a home and a roster."""
    noise = await life.do("intake.receive", **request(contact="13800000401"))
    from_at = {"from_at": (life.house.instant + timedelta(hours=1)).isoformat()}
    place = {"project_id": "xh", "name": "西湖花园"}
    await life.do("dispatch.register-estate", estate_id="xh01", region_id="north", **place, **from_at)
    await life.do("dispatch.register-estate", estate_id="xh02", region_id="north", **place, **from_at)
    homes = [{"home_id": "xh02.p1-1-101", "phase": "p1", "building": "1"}]
    await life.do("dispatch.register-homes", estate_id="xh02", homes=homes, **from_at)
    staff = [{"staff_id": "dept-sun", "role": "department", "desk": "property"}]
    await life.do("dispatch.roster-staff", estate_id="xh02", staff=staff, **from_at)
    contractors = [{"contractor_id": "c-an", "trades": ["plumbing"]}]
    lost = await life.do("dispatch.register-contractor", estate_id="xh02", contractors=contractors, **from_at)
    await life.do("dispatch.withdraw-change", change_id=lost["change_id"])
    await life.after(minutes=59)
    assert await estates_below(life, "group/north") == []
    await life.after(minutes=1)
    assert await estates_below(life, "group/north") == ["xh01", "xh02"]
    assert await life.handler_of(noise["case_id"]) != "None"
    there = {"estate_id": "xh02", "home_id": "xh02.p1-1-101"}
    first = await life.do("intake.receive", **request(contact="13800000402", **there))
    assert await life.handler_of(first["case_id"]) == "dept-sun"


async def estates_below(life: Life, path: str) -> list[str]:
    """The estates below an organisation path, as lists find them."""
    return [row["id"] for row in await life.house.rooms["dispatch"].fetch("estates_below", path)]


async def _told_of_orders(life: Life) -> None:
    """A contractor registers a webhook, ends it and registers another."""
    hook = {"contractor_id": "c-an", "url": "https://hooks.example.org/linli", "types": ["RepairDone"]}
    first = await life.do("dispatch.register-webhook", **hook)
    await life.do("dispatch.end-webhook", webhook_id=first["webhook_id"])
    await life.do("dispatch.register-webhook", **hook)


async def _repaired(life: Life) -> None:
    leak = await life.do("intake.receive", **request(**REPAIR, home_id="xh01.p1-1-102", contact="13800000002"))
    assert await life.handler_of(leak["case_id"]) == "engineer-qian"
    await life.after(hours=2)
    await inspect(life, leak["case_id"])
    await life.after(hours=1)
    await life.do("dispatch.arrive", case_id=leak["case_id"])
    await life.do("dispatch.doubt-responsibility", case_id=leak["case_id"])
    company = {"engineer_id": "engineer-qian", "supervisor_id": "psm-zhao"}
    await life.do("dispatch.accompany", case_id=leak["case_id"], **company)
    await compensate(life, leak["case_id"])
    await _paid(life)
    await life.after(days=1)
    await life.do("dispatch.finish", case_id=leak["case_id"])
    for _ in range(3):
        await life.after(days=2)
        callback = await life.callback_of(leak["case_id"])
        await life.attempt("followup.no-answer", callback_id=callback, by="caller-1")
    await life.after(days=3)


async def compensate(life: Life, case_id: str) -> None:
    """A plan with compensation for the contractor's defect: legal and finance are vacant, so the VP signs for them."""
    application = {"case_id": case_id, "kind": "compensation", "verdict": "approved"}
    claim = {"amount_fen": 60_000, "cause": "ruined_floor", "recovered": True}
    plan = {"case_id": case_id, "desk": "repair", "claim": claim}
    await life.do_as("agent-li", "dispatch.propose-plan", **plan)
    await life.do_as("manager-wu", "dispatch.decide-application", **application, submission=1)
    for person in ("dept-chu", "vp-zhou", "vp-zhou", "vp-zhou"):
        await life.do_as(person, "dispatch.decide-application", **application, submission=1)
    await life.do("dispatch.answer-plan", case_id=case_id, accepted=True)
    await life.do("dispatch.carry-out-plan", case_id=case_id, satisfied=False)
    await life.do("dispatch.carry-out-plan", case_id=case_id, satisfied=True, consent="recorded")


async def _paid(life: Life) -> None:
    """Finance pays the compensation, once its form is complete; the deposit is deducted with the payment."""
    connection = life.house.rooms["warranty"].connection
    claim_id = await connection.fetchval("SELECT id FROM claim")
    assert await connection.fetchval("SELECT count(*) FROM deduction") == 0, "nothing is deducted before it is paid"
    await life.do("warranty.complete-form", claim_id=claim_id, form="form-12")
    await life.after(hours=20)
    await life.do("warranty.approve-payment", claim_id=claim_id)
    await life.do_as("cashier-1", "warranty.pay-compensation", claim_id=claim_id, document="bank-7")


async def _reentrusted(life: Life) -> None:
    leak = await life.do("intake.receive", **request(**REPAIR, home_id="xh01.p1-1-103", contact="13800000003"))
    await inspect(life, leak["case_id"])
    await life.do("dispatch.report-delay", case_id=leak["case_id"], reason="parts_missing")
    await life.do("dispatch.refuse-order", case_id=leak["case_id"], reason="too_far")
    await life.after(hours=29)
    await reentrust(life, leak["case_id"])
    rows = await life.house.rooms["warranty"].connection.fetch("SELECT id FROM deduction ORDER BY id")
    assert len(rows) == 2, "the compensation and the repair must have been deducted, each once"
    for row in rows:
        await life.do("warranty.confirm-deduction", deduction_id=row["id"])
    await life.after(days=1)
    await life.do("dispatch.finish", case_id=leak["case_id"])
    await life.after(days=2)
    callback = await life.callback_of(leak["case_id"])
    await life.do("followup.complete-callback", callback_id=callback, satisfied=True, score=90, by="caller-2")
    await life.after(days=6)  # the offices are late to accept its work, though the case is closed
    await pay_replacement(life, leak["case_id"])


async def _unsigned(life: Life) -> None:
    """An owner who is abroad and does not sign: told by express mail after the month. Another one signs late."""
    for home, signs in ("xh01.p1-1-104", False), ("xh01.p1-1-105", True):
        contact = f"1380000001{int(signs)}"
        lamp = await life.do("intake.receive", **request(**REPAIR, home_id=home, contact=contact))
        await life.after(hours=2)
        await inspect(life, lamp["case_id"])
        await life.do("dispatch.finish", case_id=lamp["case_id"])
        await life.do("dispatch.miss-signature", case_id=lamp["case_id"], reason="owner_abroad")
        await life.after(days=32)
        if signs:
            await life.do("dispatch.sign", case_id=lamp["case_id"])
        else:
            await life.do("dispatch.send-express-mail", case_id=lamp["case_id"], receipt="sf-1001")


async def _collective(life: Life) -> None:
    """Three people complain together: a crisis, confirmed, answered in person, handed to the group, ended by a plan."""
    smoke = await life.do("intake.receive", **request(contact="13800000007", subcategory="smoke", people=3))
    about = {"case_id": smoke["case_id"]}
    await life.do_as("manager-wu", "dispatch.confirm-crisis", **about)
    await life.after(minutes=40)
    await life.do_as("manager-wu", "dispatch.answer-in-person", **about)
    await life.do_as("manager-wu", "dispatch.name-commander", **about, person_id="vp-zhou")
    await life.do_as("vp-zhou", "dispatch.hand-to-group", **about, reason="beyond_the_region")
    await life.do_as("group-he", "dispatch.log-crisis", **about, entry="measure_ordered", code="close_the_kitchen")
    await life.do_as("agent-li", "dispatch.propose-plan", **about, desk="property")
    decision = {**about, "kind": "plan", "submission": 1, "verdict": "approved"}
    await life.do_as("vp-zhou", "dispatch.decide-application", **decision)
    await life.do("dispatch.answer-plan", **about, accepted=True)
    await life.do("dispatch.carry-out-plan", **about, satisfied=True)
    await life.do("dispatch.resolve", **about, how="handled")
    await life.after(days=2)
    callback = await life.callback_of(smoke["case_id"])
    await life.do("followup.complete-callback", callback_id=callback, satisfied=True, score=80, by="caller-1")


async def _left_over(life: Life) -> None:
    """A claim because of quality is reported, a measure approved; small works are applied for, approved and done."""
    claim = {"kind": "compensation", "category": "engineering_quality", "subcategory": "crack"}
    gate = await life.do("intake.receive", **request(contact="13800000008", **claim))
    about = {"case_id": gate["case_id"]}
    await life.do_as("psm-zhao", "dispatch.propose-measure", **about, measure="inspect_all_gates")
    works = {"kind": "left_over_facility", "reason": "gate_hinge", "budget_fen": 45_000}
    await life.do_as("agent-li", "dispatch.apply-small-works", **about, **works)
    decision = {**about, "submission": 1, "verdict": "approved"}
    await life.do_as("gm-zheng", "dispatch.decide-application", **decision, kind="measure")
    for person in ("dept-feng", "vp-qin", "gm-wei"):
        await life.do_as(person, "dispatch.decide-application", **decision, kind="small_works")
    await life.do("dispatch.resolve", **about, how="handled")
    await life.after(days=2)
    callback = await life.callback_of(gate["case_id"])
    await life.do("followup.complete-callback", callback_id=callback, satisfied=True, score=85, by="caller-1")


async def _neglected(life: Life) -> None:
    ignored = await life.do("intake.receive", **request(contact="13800000004", subcategory="parking"))
    other = await life.do("intake.receive", **request(contact="13800000005", subcategory="parking"))
    third = await life.do("intake.receive", **request(contact="13800000006", subcategory="parking"))
    await life.do("intake.link", case_id=ignored["case_id"], other_case_id=other["case_id"], by="agent-li")
    await life.do("intake.link", case_id=ignored["case_id"], other_case_id=third["case_id"], by="agent-li")
    await life.do("intake.unlink", case_id=third["case_id"], by="agent-li")
    await life.do("intake.withdraw", case_id=third["case_id"], by="customer")
    until = life.house.instant + timedelta(days=3)
    await life.do("dispatch.wait", case_id=other["case_id"], until=until.isoformat(), reason="customer_away")
    await life.after(days=40)


async def _released(life: Life) -> None:
    await life.do(
        "followup.count-closing-callbacks",
        contract_id="k-an-1",
        estate_id="xh01",
        occupied_homes=10,
        called_back_homes=10,
        sheets_signed=10,
        top_floor_homes=2,
        top_floor_visited=2,
    )
    await life.do("warranty.request-release", contract_id="k-an-1", instalment=1)
    await life.until(datetime(2026, 7, 1, tzinfo=UTC))
    for document in ("callback_sheets", "warranty_report"):
        await life.do("warranty.record-document", contract_id="k-an-1", document=document)
    release = await life.do("warranty.request-release", contract_id="k-an-1", instalment=1)
    await life.do("warranty.pay-release", release_id=release["release_id"], document="pay-1")
