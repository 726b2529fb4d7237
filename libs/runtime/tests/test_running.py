"""What operators may do to parked messages, as the service does it: retried, dropped; clocks that wait come back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import asyncpg
import orjson
import pytest
from linli_contracts.envelope import headers_of
from linli_contracts.lanes import lane_of
from linli_rulebook.decision import Refusal
from linli_runtime.running import Running
from linli_testkit.databases import Databases
from linli_testkit.house import House, Room

from libs.messaging.tests import small
from libs.messaging.tests.bus import until
from libs.messaging.tests.small import AT, SECOND, command, record, rung, timer


@pytest.fixture
async def parts(databases: Databases) -> AsyncIterator[tuple[Room, Running, list[str]]]:
    """The small service's room, its operators' side, and what its loop was told to look for."""
    told: list[str] = []
    writer: Any = SimpleNamespace(
        map=small.MAP,
        look_for_ripe=lambda: told.append("ripe"),
        sweep=lambda: told.append("sweep"),
        waiting=0,
        clogged=False,
    )
    clock: Any = SimpleNamespace(now=lambda: AT, stepped=True)
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
                    clock,
                    pool,
                    room.queries,
                    nothing,
                    nothing,
                ),
                told,
            )
        await house.close()
        await databases.drop(database)


async def code(asked: Awaitable[Refusal | None]) -> str:
    """The code of what must be a refusal."""
    refusal = await asked
    assert refusal is not None
    return refusal.code


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
    assert await running.drop_parked(head, "not ours") is None
    assert sorted(told) == ["ripe", "sweep"]
    assert await room.connection.fetchval("SELECT id FROM timer") == "e1.a"
    await room.commit([timer(until=AT + 2 * SECOND)])
    assert '"fired": ["2026-03-02T01:00:01Z"]' in await room.connection.fetchval("SELECT state FROM bell")
    assert await code(running.drop_parked(head, "twice")) == "settled"


@pytest.mark.rule("OPS-02")
async def test_a_drop_with_followers_hands_the_hold_on(parts: tuple[Room, Running, list[str]]) -> None:
    room, running, _ = parts
    head = await hold(room, 2, 3)
    assert await code(running.drop_parked(head + 1, "a follower waits for its head")) == "waits-for-another"
    assert await running.drop_parked(head, "not ours") is None
    rows = await room.connection.fetch("SELECT number, status, holds FROM parked ORDER BY number")
    assert [tuple(row) for row in rows] == [(1, "dropped", False), (2, "ripe", True), (3, "parked", False)]
    assert await room.connection.fetchval("SELECT count(*) FROM timer") == 0


@pytest.mark.rule("OPS-02")
async def test_a_retry_is_for_heads_that_wait(parts: tuple[Room, Running, list[str]]) -> None:
    room, running, told = parts
    head = await hold(room, 2)
    assert await running.retry_parked(head, b"{}") is None
    assert told == ["ripe"]
    assert await code(running.retry_parked(head, None)) == "being-retried"
    assert await code(running.retry_parked(head + 1, None)) == "waits-for-another"
    assert await code(running.retry_parked(999, None)) == "not-parked"
    assert told == ["ripe"]


@pytest.mark.rule("OPS-02")
async def test_what_cannot_be_done_is_refused_by_name_with_what_to_do(parts: tuple[Room, Running, list[str]]) -> None:
    room, running, _ = parts
    await room.connection.execute(room.queries["park_raw"], "topic", 1, 17, "{}", b"?", "header ce_id is missing")
    await room.commit([command(key="1", how="break", due=[str(AT)], at=AT - SECOND)])
    await room.commit([timer(until=AT)])
    raw, clock = [row["id"] for row in await room.fetch("list_parked", 0, 9)]
    unreadable, not_droppable = await running.retry_parked(raw, b"{}"), await running.drop_parked(clock, "no")
    assert unreadable is not None
    assert not_droppable is not None
    assert (unreadable.code, unreadable.status, "linli parked drop" in unreadable.zh) == ("unreadable", 409, True)
    assert (not_droppable.code, "linli parked retry" in not_droppable.en) == ("clock-not-droppable", True)
    assert await running.drop_parked(raw, "junk") is None
    assert await code(running.retry_parked(raw, None)) == "settled"


@pytest.mark.rule("OPS-02", "OPS-03")
async def test_a_drop_waits_for_the_batch_at_work_in_its_lane(parts: tuple[Room, Running, list[str]]) -> None:
    """Given a batch that is about to put a follower behind a parked fact, when that is dropped, then the drop waits for
    it: nobody is left waiting behind what is gone.
    """
    room, running, _ = parts
    head = await hold(room)
    async with room.connection.transaction():
        await room.fetch("lock_lanes", [lane_of("e1")])
        dropping = asyncio.create_task(running.drop_parked(head, "not ours"))
        await until(lambda: room.connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        fact = record(rung(nth=2), 2)
        headers = orjson.dumps({name: value.decode() for name, value in headers_of(fact.envelope)}).decode()
        follower = ("event", "north", lane_of("e1"), 2, "Rung", "e1.a", headers, fact.body)
        await room.connection.execute(room.queries["append_followers"], *[[value] for value in follower])
    assert await dropping is None
    rows = await room.connection.fetch("SELECT number, status, holds, waits_for FROM parked ORDER BY number")
    assert [tuple(row) for row in rows] == [(1, "dropped", False, None), (2, "ripe", True, None)]


@pytest.mark.rule("OPS-01")
@pytest.mark.parametrize("waits", [SECOND, 3 * SECOND], ids=["an effect first", "a timer first"])
async def test_what_is_due_next_counts_effects_and_the_next_timer_does_not(
    parts: tuple[Room, Running, list[str]], waits: timedelta
) -> None:
    """Given a timer and an effect that wait, then rest tells when that timer is due, and the earlier of both."""
    room, running, _ = parts
    assert {(await running.rest())[name] for name in ("next_timer_at", "next_due_at")} == {None}
    await room.connection.execute(
        "INSERT INTO intent (cause, id, lane, kind, subject, recipient, payload, emergency, made_at, give_up_at, "
        "next_at, noted_at) VALUES ('c', gen_random_uuid(), 0, 'message', 's', 'r', '{}', false, $1, $2, $2, $1)",
        AT,
        AT + waits,
    )
    await room.commit([command(key="1", due=[str(AT + 2 * SECOND)])])
    rest = await running.rest()
    assert (rest["next_timer_at"], rest["next_due_at"]) == (AT + 2 * SECOND, AT + min(waits, 2 * SECOND))
    assert "next_at" not in rest["effects"]
