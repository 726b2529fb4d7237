"""Old facts leave the outbox for the archive, each exactly once, and are read there as before (promise 7)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from linli_contracts.lanes import LANES, lane_of
from linli_messaging import crash
from linli_messaging.producing.archiving import SEGMENT_BYTES, SEGMENT_FACTS, Archiver
from linli_runtime.database import open_writer
from linli_testkit.clock import HandClock
from linli_testkit.house import PowerCutError, PowerCuts, Room, surviving
from linli_testkit.roles import dsn_as

from libs.messaging.tests import small
from libs.messaging.tests.bus import until
from libs.messaging.tests.small import AT, command, record, rung
from libs.messaging.tests.test_transactions import dsn_of

DAY = timedelta(days=1)
LANE = lane_of("e1")
LATER = AT + 400 * DAY


@pytest.fixture
async def pool(room: Room) -> AsyncIterator[Any]:
    """The connections of a process of the small service."""
    opened = await open_writer(dsn_as(await dsn_of(room), small.NAME), small.NAME)
    yield opened
    await opened.close()


@pytest.fixture
def archiver(room: Room, pool: Any) -> Archiver:  # noqa: ANN401 - asyncpg's pool
    """One that waits for nothing but facts 30 days old."""
    return Archiver(pool, room.queries, HandClock(AT), 30 * DAY)


async def tell(room: Room, times: int, at: datetime = AT, bell: str = "e1.a") -> None:
    """Have the service tell so many facts more, published."""
    last = await room.connection.fetchval("SELECT max(last) FROM inbox WHERE lane = $1", lane_of(bell)) or 0
    await room.commit([record(rung(bell, nth), nth, at) for nth in range(last + 1, last + times + 1)])
    await publish(room)


async def publish(room: Room) -> None:
    await room.connection.execute("UPDATE published SET number = head FROM lane WHERE lane.lane = published.lane")


async def facts(room: Room) -> list[asyncpg.Record]:
    """Everything ever told."""
    return await room.connection.fetch("SELECT * FROM fact ORDER BY lane, number")


async def kept(room: Room) -> list[int]:
    """What the outbox has."""
    return [row["number"] for row in await room.connection.fetch("SELECT number FROM outbox ORDER BY lane, number")]


async def segments(room: Room) -> list[tuple[int, int]]:
    rows = await room.connection.fetch("SELECT first, last FROM archive ORDER BY lane, last")
    return [(row["first"], row["last"]) for row in rows]


@pytest.mark.rule("OPS-03", "OPS-04")
async def test_old_facts_move_and_nothing_of_them_changes(room: Room, archiver: Archiver) -> None:
    """Given facts of three weeks, when those of the first are archived, then all are told as before, word for word."""
    for week in range(3):
        await tell(room, 10, AT + week * 7 * DAY)
    await tell(room, 3, bell="e2.a")
    before = await facts(room)
    assert await archiver.archive(AT + 7 * DAY) == 13
    assert await facts(room) == before
    assert await kept(room) == list(range(11, 31))
    assert await archiver.archive(AT + 7 * DAY) == 0
    assert archiver.archived == 13


@pytest.mark.rule("OPS-03")
async def test_what_is_not_published_stays(room: Room, archiver: Archiver) -> None:
    await tell(room, 5)
    await room.connection.execute("UPDATE published SET number = 3 WHERE lane = $1", LANE)
    assert await archiver.archive(LATER) == 3
    assert await kept(room) == [4, 5]


@pytest.mark.rule("OPS-03", "PAR-02")
async def test_what_a_feed_has_still_to_look_at_stays(room: Room, archiver: Archiver) -> None:
    """Given two feeds of outside effects, one behind the other, then nothing is archived that the later one lacks."""
    await tell(room, 5)
    places = "INSERT INTO feed (name, lane, number) VALUES ('one', $1, 2), ('other', $1, 5)"
    await room.connection.execute(places, LANE)
    assert await archiver.archive(LATER) == 2
    await room.connection.execute("UPDATE feed SET number = 5")
    assert await archiver.archive(LATER) == 3
    assert await kept(room) == []


@pytest.mark.rule("OPS-04")
async def test_by_itself_it_moves_full_segments_of_old_facts(room: Room, archiver: Archiver) -> None:
    """Given a segment and a half of old facts and a clock that passes their age, then the segment moves, no more."""
    await tell(room, SEGMENT_FACTS * 3 // 2)
    clock = archiver.clock
    assert isinstance(clock, HandClock)
    clock.set(AT + archiver.after)
    assert await archiver.archive(clock.now() - archiver.after, SEGMENT_FACTS) == 0
    clock.advance(timedelta(seconds=1))
    working = asyncio.create_task(archiver.run())

    async def moved() -> bool:
        return archiver.archived > 0

    await until(moved)
    archiver.stop()
    await asyncio.wait_for(working, 30)
    assert await segments(room) == [(1, SEGMENT_FACTS)]
    assert len(await kept(room)) == SEGMENT_FACTS // 2


async def test_a_stepped_clock_that_was_never_moved_makes_nothing_old(room: Room, pool: Any) -> None:  # noqa: ANN401 - asyncpg's pool
    never = Archiver(pool, room.queries, HandClock(datetime(1, 1, 1, tzinfo=AT.tzinfo)), 30 * DAY)
    working = asyncio.create_task(never.run())
    await asyncio.sleep(0)
    never.stop()
    await asyncio.wait_for(working, 30)
    assert never.archived == 0


@pytest.mark.rule("OPS-04")
async def test_a_segment_is_bounded_in_bytes(room: Room, archiver: Archiver) -> None:
    """Given facts of the largest size, then a segment takes one more only while it is below its bound."""
    await tell(room, 5)
    size = SEGMENT_BYTES // 2 + 1
    async with room.unbound() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute("UPDATE outbox SET body = convert_to(repeat('x', $1), 'UTF8')", size)
    assert await archiver.archive(LATER) == 5
    assert await segments(room) == [(1, 2), (3, 4), (5, 5)]
    assert [len(fact["body"]) for fact in await facts(room)] == [size] * 5


@pytest.mark.rule("OPS-03")
@pytest.mark.parametrize("point", crash.ARCHIVER_POINTS)
async def test_power_cuts_lose_and_double_nothing(room: Room, archiver: Archiver, point: str) -> None:
    """Given lanes that are archived, when the power fails at every second segment, then each fact is in one place."""
    for number in range(1, 9):
        await tell(room, 1, bell=f"e{number}.a")
    before = await facts(room)
    with PowerCuts(point):
        with pytest.raises(PowerCutError):
            await archiver.archive(LATER)
        assert await facts(room) == before
    with PowerCuts(point, every=2):
        await surviving(lambda: archiver.archive(LATER))
    assert await facts(room) == before
    assert await kept(room) == []


@pytest.mark.rule("OPS-03")
async def test_two_processes_archive_once(room: Room, archiver: Archiver, pool: Any) -> None:  # noqa: ANN401 - asyncpg's pool
    for number in range(1, 9):
        await tell(room, 1, bell=f"e{number}.a")
    before = await facts(room)
    other = Archiver(pool, room.queries, HandClock(AT), DAY)
    while await kept(room):
        await asyncio.gather(archiver.archive(LATER), other.archive(LATER))
    assert archiver.archived + other.archived == 8
    assert await facts(room) == before


@pytest.mark.rule("OPS-03")
async def test_while_it_works_the_service_writes(room: Room, archiver: Archiver, pool: Any) -> None:  # noqa: ANN401 - asyncpg's pool
    """Given an archiver in the middle of a segment, its transaction open, then the lane's writer is not held up."""
    await tell(room, 5)
    async with pool.acquire() as connection, connection.transaction():
        made = await connection.fetchrow(room.queries["archive_facts"], LANE, 0, LATER, SEGMENT_FACTS, SEGMENT_BYTES)
        await connection.execute(room.queries["drop_archived"], LANE, made["first"], made["last"])
        async with asyncio.timeout(10):
            await room.commit([record(rung(nth=6), 6)])
    assert [fact["number"] for fact in await facts(room)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.rule("ORG-02")
@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE archive SET types = types",
        "DELETE FROM archive",
        "TRUNCATE archive",
        "DELETE FROM outbox WHERE number = 4",
        "DELETE FROM outbox",
    ],
)
async def test_nothing_that_was_told_can_be_taken_back(room: Room, archiver: Archiver, tampering: str) -> None:
    """Whoever owns the tables meets their triggers; the service may not even try, but for taking from the outbox."""
    await tell(room, 2)
    await archiver.archive(LATER)
    await tell(room, 3)
    before = await facts(room)
    async with room.unbound() as owner:
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await owner.execute(tampering)
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.RaiseError)):
        await room.connection.execute(tampering)
    assert await facts(room) == before


@pytest.mark.rule("OPS-01")
async def test_the_timeline_of_a_case_reaches_into_the_archive(room: Room, archiver: Archiver) -> None:
    await tell(room, 2)
    await room.commit([command("e1.b", key="k")])
    await publish(room)
    await archiver.archive(LATER)
    await tell(room, 2)
    told = await room.fetch("timeline_events", "e1.a")
    assert [(row["lane"], row["number"]) for row in told] == [(LANE, number) for number in (1, 2, 4, 5)]


@pytest.mark.rule("OPS-03")
async def test_facts_since_an_instant_are_found_in_both(room: Room, archiver: Archiver) -> None:
    """Given two archived weeks and one in the outbox, then the first number since each instant is told."""
    for week in range(3):
        await tell(room, 10, AT + week * 7 * DAY)
    await archiver.archive(AT + 14 * DAY)
    assert await kept(room) == list(range(21, 31))
    since = {}
    for day in (0, 1, 8, 20):
        rows = await room.fetch("first_number_since", AT + day * DAY, list(range(LANES)))
        since[day] = {row["lane"]: row["number"] for row in rows}
    assert since == {0: {LANE: 1}, 1: {LANE: 11}, 8: {LANE: 21}, 20: {}}


@pytest.mark.rule("OPS-03")
async def test_what_is_sent_again_is_contiguous_over_both(room: Room, archiver: Archiver) -> None:
    """Given abandoned numbers and facts in both places, when all is read again, then each follows the one before it."""
    await tell(room, 700)
    await room.connection.execute("UPDATE lane SET seen = 710 WHERE lane = $1", LANE)
    keys = [f"k{lane}" for lane in range(LANES)]
    await room.fetch("abandon_numbers", list(range(LANES)), keys, "NumbersAbandoned", AT)
    await publish(room)
    await archiver.archive(LATER)
    assert await kept(room) == []
    await tell(room, 9)
    reached, numbers = 0, []
    while rows := await room.fetch("read_again", [LANE], [reached], 100):
        for row in rows:
            assert (row["abandoned_from"] or row["number"]) == reached + 1
            reached = row["number"]
            numbers.append(reached)
    assert numbers == [*range(1, 701), 711, *range(712, 721)]
