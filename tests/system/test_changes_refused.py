"""A planned change that the database refuses is set aside by itself, as one whose rule has a bug (ORG-01, OPS-02).

In the real writer loop on a real database with a constraint; whoever finds it due is not at fault.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import pytest
from linli_dispatch.handlers import MAP
from linli_messaging import crash
from linli_messaging.inputs import Accepted, CommandInput, Failed
from linli_messaging.lanes.barrier import Barrier
from linli_messaging.loop.transaction import Transactor
from linli_messaging.loop.writer import Writer
from linli_messaging.tracing import Tracing
from linli_runtime.commands import Asked, accept
from linli_runtime.database import open_writer
from linli_testkit.clock import HandClock
from linli_testkit.databases import Databases
from linli_testkit.facts import OPERATOR, shipped_policy
from linli_testkit.house import DEPLOYMENT, LANES, House
from linli_testkit.roles import dsn_as

from tests.system.life import SERVICES, START, found_estate, request
from tests.system.player import Life
from tests.system.test_changes_set_aside import state_of

REFUSED: Final = """
    ALTER TABLE estate ADD CONSTRAINT planted CHECK (NOT state -> 'contractors' @> '[{"contractor_id": "c-new"}]')
"""
COME: Final = timedelta(hours=1)


@asynccontextmanager
async def new_house(databases: Databases) -> AsyncIterator[tuple[House, str]]:
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    try:
        yield house, database.dsn
    finally:
        await house.close()
        await databases.drop(database)


@asynccontextmanager
async def writing(house: House, dsn: str, lanes: Collection[int] = LANES) -> AsyncIterator[Writer]:
    """Dispatch's own loop, at the house's instant, in a process that fires the timers of these lanes."""
    async with await open_writer(dsn_as(dsn, "dispatch"), "dispatch") as pool:
        queries = house.rooms["dispatch"].queries
        transactor = Transactor(MAP, shipped_policy(), queries, Tracing(DEPLOYMENT), stepped=True)
        writer = Writer(MAP, pool, queries, transactor, HandClock(house.instant), Barrier(()), set(lanes))
        loop = asyncio.create_task(writer.run())
        try:
            yield writer
        finally:
            writer.stop()
            await loop


async def planted(house: House, statement: str) -> None:
    """What only the schema's owner can do."""
    async with house.rooms["dispatch"].unbound() as owner:
        await owner.execute(statement)


def command_of(house: House, name: str, key: str, **body: Any) -> CommandInput:  # noqa: ANN401 - a command's fields
    entry = next(entry for entry in MAP.commands if entry.name == name)
    accepted = accept(Asked(entry, body, key, house.instant.isoformat(), OPERATOR), stepped_to=house.instant)
    assert isinstance(accepted, CommandInput), accepted
    return accepted


async def until(so: Callable[[], Awaitable[bool]]) -> None:
    """Ask until it is so."""
    async with asyncio.timeout(30):
        while True:
            if await so():
                return
            await asyncio.sleep(0.02)


@pytest.mark.rule("ORG-01", "OPS-02", "OPS-03")
@pytest.mark.parametrize("first", ["clock", "command"])
@pytest.mark.parametrize("lost", ["", "before-commit", "after-commit"])
async def test_it_alone_is_set_aside_and_holds_when_it_is_tried_again(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, first: str, lost: str
) -> None:
    """Given three changes of one instant whose first the database refuses, then the others hold, the estate's clocks
    and commands go on, and it is tried again once it may; also where connections are lost around every other commit.
    """
    async with new_house(databases) as (house, dsn):
        await _lived(house, dsn, monkeypatch, first, lost)


async def _lived(house: House, dsn: str, patch: pytest.MonkeyPatch, first: str, lost: str) -> None:
    life, connection = Life(house), house.rooms["dispatch"].connection
    await found_estate(life)
    noise = await life.do("intake.receive", **request())
    planned = {"estate_id": "xh01", "from_at": (house.instant + COME).isoformat()}
    contractor = {"contractor_id": "c-new", "trades": ["electrical"], "phases": ["p1"]}
    line = {"staff_id": "dept-new", "role": "department", "desk": "property"}
    home = {"home_id": "xh01.p1-1-199", "phase": "p1", "building": "1"}
    broken = await life.do("dispatch.register-contractor", contractors=[contractor], **planned)
    await life.do("dispatch.roster-staff", staff=[line], **planned)
    await life.do("dispatch.register-homes", homes=[home], **planned)
    await planted(house, REFUSED)
    house.instant += COME + timedelta(seconds=1)

    async def all_begun() -> bool:
        return not (await state_of(house, "estate", "xh01"))["planned"]

    with patch.context() as losing:
        losing.setattr(crash, "point", Losing(lost))
        async with writing(house, dsn) as writer:
            if first == "command":
                away = {"from_at": house.instant, "until_at": house.instant + timedelta(days=1)}
                absence = command_of(
                    house, "dispatch.record-absence", "k1", estate_id="xh01", staff_id="dept-sun", **away
                )
                assert isinstance(await writer.submit_command(absence), Accepted)
            writer.sweep()
            await until(all_begun)
            retry = command_of(house, "dispatch.retry-change", "k2", change_id=broken["change_id"])
            assert isinstance(await writer.submit_command(retry), Failed), "it is refused still, and stays where it is"
            passed = command_of(house, "dispatch.pass-on", "k3", case_id=noise["case_id"])
            assert isinstance(await writer.submit_command(passed), Accepted)
    assert await house.parked() == []
    estate = await state_of(house, "estate", "xh01")
    assert [one["contractor_id"] for one in estate["contractors"]] == ["c-an", "c-bo"]
    assert "dept-new" in {one["staff_id"] for one in estate["staff"]}
    assert await state_of(house, "home", "xh01.p1-1-199")
    (aside,) = await house.rooms["dispatch"].fetch("page_set_aside", "", 10, "group")
    assert aside["id"] == broken["change_id"]
    change = await state_of(house, "planned_change", broken["change_id"])
    assert (change["status"], change["refusal"]) == ("set_aside", "change-failed")
    assert change["error"].startswith("CheckViolationError: ")
    assert "planted" in change["error"]
    assert "\n" not in change["error"], "the row that the database quotes is not kept"
    assert await connection.fetchval("SELECT count(*) FROM outbox WHERE type = 'RegistryChangeFailed'") == 1
    await planted(house, "ALTER TABLE estate DROP CONSTRAINT planted")
    await life.do("dispatch.retry-change", change_id=broken["change_id"])
    assert "c-new" in {one["contractor_id"] for one in (await state_of(house, "estate", "xh01"))["contractors"]}


@pytest.mark.rule("ORG-01", "OPS-02")
async def test_a_command_at_a_process_whose_lane_it_is_not_is_done_too(databases: Databases) -> None:
    """Given a due change that the database refuses and a process that fires none of its lane's clocks, when a command
    comes to that process, then the change is set aside alone, and the command is done, not failed.
    """
    async with new_house(databases) as (house, dsn):
        life = Life(house)
        await found_estate(life)
        noise = await life.do("intake.receive", **request())
        contractor = {"contractor_id": "c-new", "trades": ["electrical"], "phases": ["p1"]}
        from_at = (house.instant + COME).isoformat()
        broken = await life.do(
            "dispatch.register-contractor", estate_id="xh01", contractors=[contractor], from_at=from_at
        )
        await planted(house, REFUSED)
        house.instant += COME + timedelta(seconds=1)
        async with writing(house, dsn, lanes=()) as writer:
            passed = command_of(house, "dispatch.pass-on", "k1", case_id=noise["case_id"])
            assert isinstance(await writer.submit_command(passed), Accepted)
        assert (await state_of(house, "planned_change", broken["change_id"]))["status"] == "set_aside"
        assert await house.parked() == []


class Losing:
    """The connection is lost at every other passage of a point, as the loop sees a database that is restarted."""

    def __init__(self, point: str) -> None:
        self._point, self._passages = point, 0

    def __call__(self, name: str) -> None:
        """Pass."""
        if name == self._point:
            self._passages += 1
            if self._passages % 2:
                raise ConnectionResetError(name)
