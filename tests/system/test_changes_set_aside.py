"""A planned change whose rule has a bug holds up nothing but itself, in the writer loop's own transactions (ORG-01).

Its estate's tickets, clocks and other changes go on; tried again once the bug is mended, it holds; wherever the power
is cut, the books are the same.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import orjson
import pytest
from linli_dispatch.handlers.dated_commands import DATABLE
from linli_messaging.inputs import Failed
from linli_rulebook.decision import Outcome, Refusal
from linli_testkit.databases import Databases
from linli_testkit.house import House, PowerCuts

from tests.system.life import SERVICES, START, found_estate, request
from tests.system.player import Life

PRICES: Final = DATABLE["dispatch.price-works"]
CONTRACTORS: Final = DATABLE["dispatch.register-contractor"]
Books = dict[str, list[bytes]]


def _bug(*_: object) -> Outcome:
    raise LookupError("a bug that was planted")


@asynccontextmanager
async def _house(databases: Databases) -> AsyncIterator[House]:
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    try:
        yield house
    finally:
        await house.close()
        await databases.drop(database)


async def _lived(house: House, patch: pytest.MonkeyPatch) -> Books:
    """Three changes of one instant; the first has a bug. What the estate does goes on, and the change holds at last."""
    life = Life(house)
    await found_estate(life)
    noise = await life.do("intake.receive", **request())
    from_at = (house.instant + timedelta(hours=1)).isoformat()
    contractor = {"contractor_id": "c-new", "trades": ["electrical"], "phases": ["p1"]}
    line = {"staff_id": "dept-new", "role": "department", "desk": "property"}
    homes = [{"home_id": "xh01.p1-1-199", "phase": "p1", "building": "1"}]
    broken = await life.do("dispatch.register-contractor", estate_id="xh01", contractors=[contractor], from_at=from_at)
    await life.do("dispatch.roster-staff", estate_id="xh01", staff=[line], from_at=from_at)
    await life.do("dispatch.register-homes", estate_id="xh01", homes=homes, from_at=from_at)
    with patch.context() as planted:
        bug = replace(CONTRACTORS, entry=replace(CONTRACTORS.entry, decide=_bug))
        planted.setitem(DATABLE, CONTRACTORS.entry.name, bug)
        # The estate's next input finds the changes due; its own clocks and commands go on.
        await life.until(house.instant + timedelta(hours=1))
        await life.do("dispatch.pass-on", case_id=noise["case_id"])
        assert isinstance(await life.attempt("dispatch.retry-change", change_id=broken["change_id"]), Failed)
        await life.after(days=3)
    assert await house.parked() == []
    estate = await state_of(house, "estate", "xh01")
    assert [one["contractor_id"] for one in estate["contractors"]] == ["c-an", "c-bo"]
    assert "dept-new" in {one["staff_id"] for one in estate["staff"]}
    assert await state_of(house, "home", "xh01.p1-1-199")
    assert (await state_of(house, "ticket", noise["case_id"]))["missed"], "the case's clocks ran on"
    (aside,) = await house.rooms["dispatch"].fetch("page_set_aside", "", 10, "group")
    assert aside["id"] == broken["change_id"]
    await life.do("dispatch.retry-change", change_id=broken["change_id"])
    assert "c-new" in {one["contractor_id"] for one in (await state_of(house, "estate", "xh01"))["contractors"]}
    assert await house.rooms["dispatch"].fetch("page_set_aside", "", 10, "group") == []
    await life.after(days=1)
    return await house.books()


@pytest.mark.rule("ORG-01")
async def test_a_command_of_that_very_second_finds_the_estate_that_came_and_all_of_it(databases: Databases) -> None:
    """Given an estate from an instant on, when nothing has woken it yet, then whoever comes a second later finds it."""
    async with _house(databases) as house:
        life = Life(house)
        from_at = house.instant + timedelta(hours=1)
        dated = {"estate_id": "xh02", "from_at": from_at.isoformat()}
        line = {"staff_id": "dept-sun", "role": "department", "desk": "property"}
        await life.do("dispatch.register-estate", region_id="east", project_id="p", name="新苑", **dated)
        await life.do("dispatch.roster-staff", staff=[line], **dated)
        refused = await life.attempt("dispatch.roster-staff", estate_id="xh02", staff=[line | {"staff_id": "a"}])
        assert isinstance(refused, Refusal)
        assert refused.code == "estate-not-found"
        house.instant = from_at + timedelta(seconds=1)
        away = {"from_at": house.instant, "until_at": house.instant + timedelta(days=1)}
        await life.do("dispatch.record-absence", estate_id="xh02", staff_id="dept-sun", **away)
        estate = await state_of(house, "estate", "xh02")
        assert ([one["staff_id"] for one in estate["staff"]], estate["planned"]) == (["dept-sun"], [])


async def state_of(house: House, table: str, identity: str) -> dict[str, Any]:
    """A state of dispatch as it is stored."""
    select = f"SELECT state FROM {table} WHERE id = $1"  # noqa: S608 - a table of ours
    found: dict[str, Any] = orjson.loads(await house.rooms["dispatch"].connection.fetchval(select, identity))
    return found


@pytest.mark.rule("ORG-01", "OPS-02", "OPS-03")
@pytest.mark.parametrize("point", ["before-commit", "after-commit"])
async def test_it_alone_is_set_aside_and_holds_when_it_is_tried_again(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """Given an even life and one that is delivered twice with power cuts, then both end in the same books."""
    async with _house(databases) as even:
        books = await _lived(even, monkeypatch)
    async with _house(databases) as cut:
        cut.times_delivered = 2
        with PowerCuts(point, passage=3, every=4):
            assert await _lived(cut, monkeypatch) == books
