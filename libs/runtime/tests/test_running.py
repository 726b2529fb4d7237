"""What operators may do to parked messages, as the service does it: retried, dropped; clocks that wait come back."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
from linli_runtime.running import Running
from linli_testkit.databases import Databases
from linli_testkit.house import House, Room

from libs.messaging.tests import small
from libs.messaging.tests.small import AT, SECOND, command, record, rung, timer


@pytest.fixture
async def parts(databases: Databases) -> AsyncIterator[tuple[Room, Running, list[str]]]:
    """The small service's room, its operators' side, and what its loop was told to look for."""
    told: list[str] = []
    writer: Any = SimpleNamespace(
        map=small.MAP, look_for_ripe=lambda: told.append("ripe"), sweep=lambda: told.append("sweep")
    )
    with small.registered():
        database = await databases.fresh()
        house = await House.build(database.dsn, [(small.MAP, small.SQL)], AT)
        room = house.rooms[small.NAME]
        settings = {"search_path": small.NAME, "timezone": "UTC"}
        async with asyncpg.create_pool(database.dsn, min_size=1, max_size=2, server_settings=settings) as pool:
            nothing: Any = None
            yield (
                room,
                Running(
                    "listener",
                    "house",
                    writer,
                    nothing,
                    nothing,
                    nothing,
                    nothing,
                    pool,
                    room.queries,
                    nothing,
                    nothing,
                ),
                told,
            )
        await house.close()
        await databases.drop(database)


async def hold(room: Room, *followers: int) -> int:
    """A bell held by a parked fact, its clock suspended; the parked number."""
    await room.commit([command(key="1", due=[str(AT + SECOND)], at=AT - SECOND)])
    await room.commit([record(rung(nth=1, how="bug", critical=True), 1)])
    await room.commit([record(rung(nth=nth), nth) for nth in followers])
    await room.commit([timer(until=AT + 2 * SECOND)])
    assert await room.connection.fetchval("SELECT count(*) FROM timer") == 0
    return int(await room.connection.fetchval("SELECT min(id) FROM parked"))


@pytest.mark.rule("OPS-02")
async def test_after_a_drop_the_clocks_come_back(parts: tuple[Room, Running, list[str]]) -> None:
    """Given a held bell whose clock waits, when its only parked fact is dropped, then the loop looks at its clock."""
    room, running, told = parts
    head = await hold(room)
    assert await running.drop_parked(head, "not ours")
    assert sorted(told) == ["ripe", "sweep"]
    assert await room.connection.fetchval("SELECT id FROM timer") == "e1.a"
    await room.commit([timer(until=AT + 2 * SECOND)])
    assert '"fired": ["2026-03-02T01:00:01Z"]' in await room.connection.fetchval("SELECT state FROM bell")
    assert not await running.drop_parked(head, "twice")


@pytest.mark.rule("OPS-02")
async def test_a_drop_with_followers_hands_the_hold_on(parts: tuple[Room, Running, list[str]]) -> None:
    room, running, _ = parts
    head = await hold(room, 2, 3)
    assert not await running.drop_parked(head + 1, "a follower waits for its head")
    assert await running.drop_parked(head, "not ours")
    rows = await room.connection.fetch("SELECT number, status, holds FROM parked ORDER BY number")
    assert [tuple(row) for row in rows] == [(1, "dropped", False), (2, "ripe", True), (3, "parked", False)]
    assert await room.connection.fetchval("SELECT count(*) FROM timer") == 0


@pytest.mark.rule("OPS-02")
async def test_a_retry_is_for_heads_that_wait(parts: tuple[Room, Running, list[str]]) -> None:
    room, running, told = parts
    head = await hold(room, 2)
    assert await running.retry_parked(head, b"{}")
    assert told == ["ripe"]
    assert not await running.retry_parked(head, None)
    assert not await running.retry_parked(head + 1, None)
    assert not await running.retry_parked(999, None)
