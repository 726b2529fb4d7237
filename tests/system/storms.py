"""Storms in a life (DSP-09): one declared at an estate, one in a whole region."""

from collections.abc import Callable
from typing import Any, Final

from tests.system.player import Life
from tests.system.repairs import REPAIR

Request = Callable[..., dict[str, Any]]
"""A complete request, with some fields changed."""


async def _at_an_estate(life: Life, request: Request) -> None:
    """A storm that is declared: what came before joins it; two homes of one building, one of them in danger, share a
    work order and a visit.
    """
    who, dispatch = "psm-zhao", life.house.rooms["dispatch"].connection
    order_of = "SELECT state ->> 'storm_order_id' FROM ticket WHERE id = $1"
    lamp = {**REPAIR, "trade": "electrical", "home_id": "xh01.p1-1-102"}
    early = await life.do("intake.receive", **request(**lamp, contact="13800000205"))
    storm = await life.do_as(who, "dispatch.declare-storm", estate_id="xh01", cause="rainstorm", reason="heavy_rain")
    assert await dispatch.fetchval(order_of, early["case_id"])
    cases = []
    for number, emergency in ((101, False), (103, True)):
        body = request(**REPAIR, home_id=f"xh01.p1-1-{number}", contact=f"13800000{number}", emergency=emergency)
        cases.append((await life.do("intake.receive", **body))["case_id"])
    assert await life.handler_of(cases[0]) == "None"
    assert await life.handler_of(cases[1]) == "engineer-qian"
    await life.after(minutes=11)
    assert {await life.handler_of(case_id) for case_id in cases} == {"engineer-qian"}
    order_id = await dispatch.fetchval(order_of, cases[0])
    done = await life.do("dispatch.finish-storm-order", order_id=await dispatch.fetchval(order_of, early["case_id"]))
    assert done["finished"] == [early["case_id"]]
    done = await life.do("dispatch.finish-storm-order", order_id=order_id)
    assert sorted(done["finished"]) == sorted(cases)
    again = await life.do("intake.receive", **request(**REPAIR, home_id="xh01.p1-1-104", contact="13800000204"))
    await life.do_as(who, "dispatch.end-storm", storm_id=storm["storm_id"], reason="rain_over")
    await life.after(minutes=20)
    assert await life.handler_of(again["case_id"]) == "engineer-qian"


async def _in_a_region(life: Life, request: Request) -> None:
    """A storm of the whole region: the estate has it, with what came before, until the region's is ended."""
    of_region = {"region_id": "east", "cause": "water_failure", "estate_id": "xh01"}
    on = "SELECT count(*) FROM storm WHERE NOT ended"
    dry = {**REPAIR, "subcategory": "no_water", "home_id": "xh01.p1-1-102"}
    early = await life.do("intake.receive", **request(**dry, contact="13800000206"))
    await life.do_as("psm-zhao", "dispatch.declare-region-storm", **of_region, reason="burst_main")
    await life.after(seconds=2)
    assert await life.house.rooms["dispatch"].connection.fetchval(on) == 1
    await life.do_as("psm-zhao", "dispatch.end-region-storm", **of_region, reason="mended")
    await life.after(minutes=20)
    assert await life.house.rooms["dispatch"].connection.fetchval(on) == 0
    assert await life.handler_of(early["case_id"]) == "engineer-qian"


PASSAGES: Final = (_at_an_estate, _in_a_region)
