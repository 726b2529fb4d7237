"""Passages of `life.py` about people who are away, leave, join and come back, and what becomes of their work."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from linli_dispatch.domain.ticket import Ticket
from pydantic_core import to_jsonable_python

from tests.system.player import Life

Request = Callable[..., dict[str, Any]]
"""A complete request, with some fields changed."""


async def _handed_over(life: Life, request: Request) -> None:
    """A handler is away from an instant on: the deputy takes the case, and leaves later; then it is routed anew."""
    noise = await life.do("intake.receive", **request(contact="13800000301"))
    assert await life.handler_of(noise["case_id"]) == "dept-sun"
    from_at = life.house.instant + timedelta(hours=2)
    absence = {"from_at": from_at.isoformat(), "until_at": (from_at + timedelta(days=5)).isoformat()}
    await life.do("dispatch.record-absence", estate_id="xh01", staff_id="dept-sun", deputy_id="dept-feng", **absence)
    await life.after(hours=1)
    assert await life.handler_of(noise["case_id"]) == "dept-sun"
    await life.after(hours=2)
    assert await life.handler_of(noise["case_id"]) == "dept-feng"
    line = {"staff_id": "dept-feng", "role": "department", "desk": "engineering", "weekdays": []}
    leaves = {"staff": [line], "from_at": (life.house.instant + timedelta(hours=1)).isoformat()}
    await life.do("dispatch.roster-staff", estate_id="xh01", **leaves)
    stays = await life.do("dispatch.roster-staff", estate_id="xh01", **(leaves | {"staff": [line | {"near": ["p1"]}]}))
    await life.do("dispatch.withdraw-change", change_id=stays["change_id"])
    await life.after(minutes=59)
    assert await life.handler_of(noise["case_id"]) == "dept-feng"
    await life.after(hours=1, minutes=1)
    assert await life.handler_of(noise["case_id"]) not in {"dept-sun", "dept-feng", "None"}


async def _succeeded(life: Life, request: Request) -> None:
    """The owner of a crisis, who commands it and decides its plan, is away, comes back, and leaves with all above."""
    smoke = await life.do(
        "intake.receive", **request(contact="13800000302", subcategory="smoke", people=3, received_by="manager-wu")
    )
    about = {"case_id": smoke["case_id"]}
    await life.do_as("agent-li", "dispatch.propose-plan", **about, desk="property")
    await _away(life, "manager-wu", hours=30, deputy_id="agent-li")
    await _away(life, "vp-zhou", hours=4, deputy_id="psm-zhao")
    await life.after(minutes=1)
    ticket = await _ticket(life, smoke)
    assert (ticket["owner_id"], ticket["crisis"]["commander_id"]) == ("agent-li", "agent-li")
    assert ticket["applications"][0]["people"] == ["psm-zhao"]
    await life.after(hours=4)
    assert (await _ticket(life, smoke))["applications"][0]["people"] == ["vp-zhou"]
    chain = {"vp-zhou": "marketing_vp", "gm-wei": "general_manager", "group-he": "group_service_centre"}
    desks = {"vp-zhou": "board", "gm-wei": "board", "group-he": "group"}
    lines: list[dict[str, Any]] = [{"staff_id": who, "role": role, "desk": desks[who]} for who, role in chain.items()]
    lines += [
        {"staff_id": "manager-wu", "role": "service_centre_manager", "desk": "service_centre_office"},
        {"staff_id": "agent-li", "role": "agent", "desk": "service_centre"},
    ]
    gone = [line | {"weekdays": []} for line in lines]
    await life.do("dispatch.roster-staff", estate_id="xh01", staff=gone)
    await life.after(minutes=1)
    ticket = await _ticket(life, smoke)
    assert (ticket["crisis"]["commander_id"], ticket["applications"][0]["people"]) == (None, [])
    assert ticket["owner_id"] not in {"agent-li", "manager-wu"}
    await life.do("dispatch.roster-staff", estate_id="xh01", staff=lines)
    await life.after(minutes=1)
    ticket = await _ticket(life, smoke)
    assert (ticket["crisis"]["commander_id"], ticket["applications"][0]["people"]) == ("agent-li", ["vp-zhou"])
    await life.do("intake.withdraw", **about, by="customer")


async def _filled_up(life: Life, request: Request) -> None:
    """Nobody of the desk is there: the next pool has the case, until somebody joins who fits, another is back."""
    await _away(life, "engineer-qian", hours=20)
    leak = {"kind": "repair", "category": "engineering_quality", "subcategory": "leak", "trade": "plumbing"}
    case = await life.do("intake.receive", **request(**leak, home_id="xh01.p1-1-106", contact="13800000316"))
    assert await life.handler_of(case["case_id"]) == "psm-zhao"
    fixer = {"staff_id": "engineer-sun", "role": "repair_engineer", "desk": "repair", "skills": ["electrical"]}
    await life.do("dispatch.roster-staff", estate_id="xh01", staff=[fixer])
    await life.after(minutes=1)
    assert await life.handler_of(case["case_id"]) == "psm-zhao"
    await life.after(hours=20)
    assert await life.handler_of(case["case_id"]) == "engineer-qian"
    await life.do("dispatch.roster-staff", estate_id="xh01", staff=[fixer | {"weekdays": []}])
    await life.do("intake.withdraw", case_id=case["case_id"], by="customer")
    await life.after(minutes=1)


async def _unread(life: Life, request: Request) -> None:
    """Something urgent is read in time by one who was told, something else too late: the next person was told."""
    for number, minutes in ((1, 29), (2, 31)):
        smoke = await life.do("intake.receive", **request(contact=f"1380000032{number}", subcategory="smoke", people=3))
        await life.after(minutes=minutes)
        handler = await life.handler_of(smoke["case_id"])
        (notice,) = (await _ticket(life, smoke))["notices"]
        assert [one["person_id"] for one in notice["told"]] == [handler, "agent-li"][:number]
        await life.do_as(handler, "dispatch.read-notice", case_id=smoke["case_id"], number=notice["number"])
        assert (await _ticket(life, smoke))["notices"] == []
        await life.do("intake.withdraw", case_id=smoke["case_id"], by="customer")


async def _away(life: Life, who: str, hours: int, **more: Any) -> None:  # noqa: ANN401 - fields of a command
    from_at = life.house.instant
    absence = {"from_at": from_at.isoformat(), "until_at": (from_at + timedelta(hours=hours)).isoformat()}
    await life.do("dispatch.record-absence", estate_id="xh01", staff_id=who, **absence, **more)


async def _ticket(life: Life, case: Mapping[str, Any]) -> dict[str, Any]:
    dispatch = life.house.rooms["dispatch"].connection
    state = await dispatch.fetchval("SELECT state FROM ticket WHERE id = $1", case["case_id"])
    ticket = Ticket.model_validate_json(state)
    return {name: to_jsonable_python(getattr(ticket, name)) for name in Ticket.model_fields}


PASSAGES: Final[tuple[Callable[[Life, Request], Awaitable[None]], ...]] = (
    _handed_over, _succeeded, _filled_up, _unread,
)  # fmt: skip
