"""A whole life leaves the same books however often its facts are delivered and wherever the power is cut."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from linli_testkit.databases import Databases
from linli_testkit.house import House, PowerCuts

from tests.system.life import SERVICES, START, live

Books = dict[str, list[bytes]]


@asynccontextmanager
async def _house(databases: Databases) -> AsyncIterator[House]:
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    try:
        yield house
    finally:
        await house.close()
        await databases.drop(database)


async def _books(house: House) -> Books:
    assert await house.parked() == []
    return await house.books()


_even: list[Books] = []


async def _even_books(databases: Databases) -> Books:
    """The books of a life without faults, lived once for all tests of this file."""
    if not _even:
        async with _house(databases) as even:
            await live(even)
            _even.append(await _books(even))
    return _even[0]


def _differences(first: Books, second: Books) -> dict[str, tuple[list[bytes], list[bytes]]]:
    return {
        name: (sorted(set(first[name]) - set(second[name]))[:3], sorted(set(second[name]) - set(first[name]))[:3])
        for name in first
        if first[name] != second[name]
    }


@pytest.mark.rule("OPS-03")
async def test_facts_delivered_twice_change_nothing(databases: Databases) -> None:
    """Given a life, when every record comes twice, then the books are those of a life where each came once."""
    async with _house(databases) as twice:
        twice.times_delivered = 2
        await live(twice)
        assert _differences(await _even_books(databases), await _books(twice)) == {}


@pytest.mark.rule("OPS-03")
@pytest.mark.parametrize("point", ["after-lock", "after-decide", "before-commit", "after-commit"])
async def test_a_power_cut_changes_nothing(databases: Databases, point: str) -> None:
    """Given a life, when the power is cut at a point again and again, then the books are those of an even life."""
    async with _house(databases) as cut:
        with PowerCuts(point, passage=5, every=5):
            await live(cut)
        assert _differences(await _even_books(databases), await _books(cut)) == {}
