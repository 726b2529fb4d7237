"""The passage of `life.py` about special services and a decoration: every input of blueprints, also late and failed."""

from collections.abc import Callable
from typing import Any

from tests.system.player import Life

WATERING = {"item": "plant_watering", "zh": "代浇花", "en": "Plants watered", "price_fen": 3_000, "amount": 5}
DOCUMENTS = {
    "registration": ["id_card", "decoration_plan", "company_licence"],
    "permit": ["decoration_agreement"],
    "hot_work_permit": ["hot_work_plan", "welder_certificate"],
    "deposit_return": ["deposit_receipt"],
}
CHECKS = {
    "request": ["scope_confirmed", "date_agreed"],
    "execution": ["site_cleaned", "customer_shown"],
    "tracking": ["quality_confirmed"],
    "review": ["structure_untouched", "wet_rooms_safe", "facade_untouched"],
    "permit": ["deposit_received", "workers_registered"],
    "hot_work_permit": ["extinguisher_ready", "fire_watch_named", "combustibles_cleared"],
    "hot_work_check": ["fire_out", "watched_after_work"],
    "patrol": ["permit_shown", "no_bearing_wall", "hours_kept"],
    "final_inspection": ["structure_untouched", "water_test_passed", "rubbish_cleared"],
}


async def done(life: Life, case_id: str, step: str, who: str = "dept-sun", **more: Any) -> None:  # noqa: ANN401 - a command's fields
    """A step is done with all that it asks for."""
    body = {"documents": DOCUMENTS.get(step, []), "checks": CHECKS.get(step, [])}
    await life.do_as(who, "dispatch.finish-step", case_id=case_id, step=step, **body, **more)


async def served(life: Life, request: Callable[..., dict[str, Any]]) -> None:
    """A special service with a dear quotation, bad work and an unsatisfied customer; then a decoration."""
    await life.do("dispatch.offer-services", estate_id="xh01", services=[WATERING])
    wish = await life.do("intake.receive", **request(
        kind="special_service", subcategory="home_service", home_id="xh01.p1-1-106", contact="13800000016",
    ))  # fmt: skip
    case_id = wish["case_id"]
    await life.after(hours=3)
    await done(life, case_id, "request")
    for price in (9_000, 5_000):
        await life.do("dispatch.quote", case_id=case_id, item="plant_watering", price_fen=price)
        accepted = price < 9_000
        await life.do("dispatch.answer-quotation", case_id=case_id, accepted=accepted, reason="too_dear")
    await done(life, case_id, "dispatch", performer_id="engineer-qian")
    await life.after(hours=4)
    await done(life, case_id, "execution")
    await life.do_as("manager-wu", "dispatch.fail-step", case_id=case_id, step="tracking", reason="not_up_to_standard")
    for satisfied in (False, True):
        await done(life, case_id, "execution")
        await done(life, case_id, "tracking", "manager-wu")
        await life.after(days=2)
        callback = await life.callback_of(case_id)
        await life.do("followup.complete-callback", callback_id=callback, satisfied=satisfied, score=80, by="caller-1")
    await _paid_repair(life, request)
    await _decorated(life, request)


async def _paid_repair(life: Life, request: Callable[..., dict[str, Any]]) -> None:
    """A repair that the customer caused: too dear at first, agreed to, done and signed for."""
    tap = await life.do("intake.receive", **request(
        kind="repair", subcategory="other", home_id="xh01.p1-1-106", contact="13800000016",
    ))  # fmt: skip
    about = {"case_id": tap["case_id"]}
    await life.after(hours=3)
    await life.do("dispatch.assess", **about, finding="unjustified")
    for price in (9_000, 5_000):
        await life.do("dispatch.quote", **about, item="plant_watering", price_fen=price, caused_by_customer=True)
        await life.do("dispatch.answer-quotation", **about, accepted=price < 9_000, reason="too_dear")
    await life.do("dispatch.finish", **about)
    await life.do("dispatch.sign", **about)
    await life.after(days=2)
    callback = await life.callback_of(tap["case_id"])
    await life.do("followup.complete-callback", callback_id=callback, satisfied=True, score=80, by="caller-1")


async def _decorated(life: Life, request: Callable[..., dict[str, Any]]) -> None:
    """With hot work, a patrol that is missed, and an owner who gives up in the end at another home."""
    for home, contact in (("xh01.p1-1-107", "13800000017"), ("xh01.p1-1-108", "13800000018")):
        matter = await life.do("intake.receive", **request(
            kind="public_affairs", subcategory="decoration", home_id=home, contact=contact,
        ))  # fmt: skip
        case_id = matter["case_id"]
        await done(life, case_id, "registration")
        if home == "xh01.p1-1-108":
            await life.do("intake.withdraw", case_id=case_id, by="customer")
            continue
        await life.do_as("psm-zhao", "dispatch.fail-step", case_id=case_id, step="review", reason="wet_room_moved")
        await done(life, case_id, "registration")
        await done(life, case_id, "review", "psm-zhao")
        await done(life, case_id, "permit")
        await life.do("dispatch.request-step", case_id=case_id, step="hot_work_permit")
        await done(life, case_id, "hot_work_permit", "psm-zhao")
        await done(life, case_id, "hot_work_check")
        await life.after(days=4)
        await done(life, case_id, "patrol")
        for step in ("works", "final_inspection", "deposit_return"):
            await done(life, case_id, step, "group-he" if step == "deposit_return" else "dept-sun")
        await life.after(days=35)
