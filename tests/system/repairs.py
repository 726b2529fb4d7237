"""Repairs in a life: an engineer inspects first; one that is long overdue, about which the manager speaks (DSP-13),
and whose compensation is decided after it is done (DSP-04); an order that is taken back.
"""

from collections.abc import Callable
from typing import Any, Final

from tests.system.player import Life

REPAIR: Final = {"kind": "repair", "category": "engineering_quality", "subcategory": "leak", "trade": "plumbing"}


async def inspect(life: Life, case_id: str) -> None:
    """The engineer was there: whoever warranty named gets the notice (DSP-10)."""
    status = "SELECT state ->> 'status' FROM ticket WHERE id = $1"
    dispatch = life.house.rooms["dispatch"].connection
    assert await dispatch.fetchval(status, case_id) == "open", "nobody is called before"
    was_there = life.house.instant.isoformat()
    await life.do_as("engineer-qian", "dispatch.assess", case_id=case_id, finding="justified", inspected_at=was_there)
    assert await dispatch.fetchval(status, case_id) == "contractor_notified"


async def recalled(life: Life, request: Callable[..., dict[str, Any]]) -> None:
    """It was the wiring: the plumber that was called need not come, and nobody covers wiring (DSP-10)."""
    leak = await life.do("intake.receive", **request(**REPAIR, home_id="xh01.p1-1-110", contact="13800000022"))
    about = {"case_id": leak["case_id"]}
    await inspect(life, **about)
    await life.do("dispatch.refuse-order", **about, reason="not_our_trade")
    offer = {"accept": True, "replacement_id": "c-bo", "price_fen": 50_000}
    await life.do_as("psm-zhao", "dispatch.decide-reentrusting", **about, **offer)
    await life.after(hours=1)
    await life.do("intake.amend", **about, by="engineer-qian", trade="electrical")
    dispatch, warranty = (life.house.rooms[name].connection for name in ("dispatch", "warranty"))
    assert await dispatch.fetchval("SELECT state ->> 'order' FROM ticket WHERE id = $1", leak["case_id"]) is None
    orders = await warranty.fetchval("SELECT state ->> 'orders' FROM case_orders WHERE id = $1", leak["case_id"])
    assert "recalled" in orders
    await life.do("dispatch.finish", **about)


async def overdue(life: Life, request: Callable[..., dict[str, Any]]) -> None:
    """A contractor comes and does not get done: reported ten days over its limit, spoken about, done at last."""
    leak = await life.do("intake.receive", **request(**REPAIR, home_id="xh01.p1-1-109", contact="13800000021"))
    about = {"case_id": leak["case_id"]}
    await inspect(life, **about)
    await life.do("dispatch.arrive", **about)
    await life.after(days=17, seconds=1)
    await life.do_as("psm-zhao", "dispatch.record-conversation", **about, result="patience_asked")
    await life.after(days=1)
    claim = {"amount_fen": 30_000, "cause": "lost_rent"}
    await life.do_as("agent-li", "dispatch.propose-plan", **about, desk="repair", claim=claim)
    await life.do("dispatch.finish", **about)
    await life.after(days=2)
    callback = await life.callback_of(leak["case_id"])
    await life.do("followup.complete-callback", callback_id=callback, satisfied=True, score=70, by="caller-1")
    await life.after(hours=1)
    decision = {**about, "kind": "compensation", "submission": 1, "verdict": "approved"}
    for person in ("manager-wu", "dept-chu", "vp-zhou", "vp-zhou", "vp-zhou"):
        await life.do_as(person, "dispatch.decide-application", **decision)
    dispatch = life.house.rooms["dispatch"].connection
    status = "SELECT state ->> 'status' FROM ticket WHERE id = $1"
    assert await dispatch.fetchval(status, leak["case_id"]) == "completed", "its claim is not settled"
    await life.do("dispatch.answer-plan", **about, accepted=True)
    assert await dispatch.fetchval(status, leak["case_id"]) == "closed"
