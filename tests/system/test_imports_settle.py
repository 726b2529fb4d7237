"""An import of the organisation is confirmed or lapses for all of its places alike, whoever comes first (ORG-01).

In the real writer loop on a real database: the owner of its lane is away, a confirmation races with its instant, and
connections are lost around commits.
"""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from linli_contracts.lanes import lane_of
from linli_messaging import crash
from linli_messaging.inputs import Accepted
from linli_rulebook.decision import Refusal
from linli_testkit.databases import Databases
from linli_testkit.house import LANES, House

from tests.system.brought_in import open_import, priced, stands
from tests.system.life import found_estate
from tests.system.player import Life
from tests.system.test_changes_refused import Losing, command_of, new_house, until, writing

COME = timedelta(hours=1)
SECOND = timedelta(seconds=1)
TOLD = "SELECT count(*) FROM outbox WHERE type = $1"


async def _opened(house: House) -> tuple[Life, str]:
    """A life with an import for an hour from now."""
    life = Life(house)
    await found_estate(life)
    return life, await open_import(life, (house.instant + COME).isoformat(), 70_000)


async def _is_over(life: Life, of_import: str) -> bool:
    return "planned" not in (await stands(life, of_import))[1]


async def _holds_whole_or_not(life: Life, of_import: str, *, held: bool) -> None:
    if held:
        assert await stands(life, of_import) == ("begun", {"begun": 2})
        assert await priced(life) == 70_000
    else:
        assert await stands(life, of_import) == ("lapsed", {"withdrawn": 2})
        assert await priced(life) is None
    dispatch = life.house.rooms["dispatch"].connection
    assert await dispatch.fetchval(TOLD, "RegistryImportLapsed") == (not held)
    assert await dispatch.fetchval(TOLD, "RegistryChangeWithdrawn") == (0 if held else 2)
    assert await life.house.parked() == []


@pytest.mark.rule("ORG-01", "OPS-02", "OPS-03")
@pytest.mark.parametrize("confirmed", [False, True])
@pytest.mark.parametrize("lost", ["", "before-commit", "after-commit"])
async def test_a_place_settles_it_while_the_owner_of_its_lane_is_away(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, lost: str, *, confirmed: bool
) -> None:
    """Given a process that fires every lane's clocks but the import's, days after its instant, then its places agree on
    what it came to; what comes later is refused, and the owner, when back, finds nothing to do.
    """
    async with new_house(databases) as (house, dsn):
        life, of_import = await _opened(house)
        own = lane_of(of_import)
        if confirmed:
            await life.do("dispatch.confirm-import", import_id=of_import)
        house.instant += timedelta(days=9)
        async with writing(house, dsn, lanes=set(LANES) - {own}) as writer:
            with monkeypatch.context() as losing:
                losing.setattr(crash, "point", Losing(lost))
                writer.sweep()
                await until(partial(_is_over, life, of_import))
                answer = await writer.submit_command(
                    command_of(house, "dispatch.confirm-import", "k1", import_id=of_import)
                )
            assert isinstance(answer, Refusal)
            assert answer.code == ("import-begun" if confirmed else "import-lapsed")
        async with writing(house, dsn, lanes={own}) as writer:
            writer.sweep()
            withdraw = command_of(house, "dispatch.withdraw-import", "k2", import_id=of_import)
            assert isinstance(await writer.submit_command(withdraw), Refusal)
        await _holds_whole_or_not(life, of_import, held=confirmed)


@pytest.mark.rule("ORG-01", "OPS-02", "OPS-03")
@pytest.mark.parametrize("first", ["confirmation", "clocks"])
@pytest.mark.parametrize("lost", ["", "before-commit", "after-commit"])
async def test_a_confirmation_that_races_with_the_instant_counts_for_all_or_for_none(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, first: str, lost: str
) -> None:
    """Given a confirmation that was sent a second before the instant and is decided when that is past, in one of two
    processes while the other fires the places' clocks, then it holds whole and was answered so, or it was refused and
    nothing holds.
    """
    async with new_house(databases) as (house, dsn):
        life, of_import = await _opened(house)
        own, moment = lane_of(of_import), house.instant + COME
        house.instant = moment - SECOND
        confirm = command_of(house, "dispatch.confirm-import", "k1", import_id=of_import)
        house.instant = moment + SECOND
        async with writing(house, dsn, {own}) as owner, writing(house, dsn, set(LANES) - {own}) as other:
            with monkeypatch.context() as losing:
                losing.setattr(crash, "point", Losing(lost))
                if first == "clocks":
                    other.sweep()
                answered = asyncio.create_task(owner.submit_command(confirm))
                await asyncio.sleep(0)
                other.sweep()
                owner.sweep()
                answer = await answered
                await until(partial(_is_over, life, of_import))
        assert isinstance(answer, Accepted) or (isinstance(answer, Refusal) and answer.code == "import-lapsed")
        await _holds_whole_or_not(life, of_import, held=isinstance(answer, Accepted))
