"""Records that only pass take one statement where the inbox stands as expected; all else takes the transaction."""

import pytest
from linli_messaging.inputs import Passing
from linli_messaging.lanes.barrier import Barrier
from linli_messaging.lanes.restored import SuspendedError
from linli_messaging.loop.passing_by import pass_by
from linli_testkit.house import DEPLOYMENT, Room

from libs.messaging.tests.small import AT, NORTH, record, rung
from libs.messaging.tests.test_parking import parked
from libs.messaging.tests.test_transactions import bells
from libs.messaging.tests.test_writer import running


def passing(number: int, lane: int = 3, abandoned_from: int | None = None) -> Passing:
    return Passing(DEPLOYMENT, NORTH, lane, number, abandoned_from)


async def inbox(room: Room) -> dict[int, int]:
    return {row["lane"]: row["last"] for row in await room.connection.fetch("SELECT lane, last FROM inbox")}


async def move(room: Room, last: int, lane: int = 3) -> None:
    """As another process moves an inbox."""
    await room.connection.execute(
        "INSERT INTO inbox VALUES ($1, $2, $3) ON CONFLICT (producer, lane) DO UPDATE SET last = $3", NORTH, lane, last
    )


async def test_one_that_is_to_be_decided_is_enough_for_a_transaction(room: Room) -> None:
    await move(room, 5)
    assert await pass_by(room.connection, room.queries, [], lambda _: 5) is None
    assert await pass_by(room.connection, room.queries, [passing(6), record(rung(), 1)], lambda _: 5) is None
    assert await inbox(room) == {3: 5}


@pytest.mark.rule("OPS-03")
async def test_what_comes_next_passes_in_one_trip(room: Room) -> None:
    await move(room, 5)
    await move(room, 1, lane=4)
    records = [passing(6), passing(7), passing(2, lane=4), passing(9, abandoned_from=8)]
    committed = await pass_by(room.connection, room.queries, records, {(NORTH, 3): 5, (NORTH, 4): 1}.__getitem__)
    assert committed
    assert committed.round_trips == 1
    assert committed.arrivals.passed == 4
    assert await inbox(room) == {3: 9, 4: 2}


@pytest.mark.rule("OPS-03")
@pytest.mark.parametrize(
    ("stood", "thought", "numbers"),
    [(5, 5, [5]), (5, 5, [7]), (5, 4, [5]), (5, 6, [7]), (None, 0, [1])],
    ids=["repeated", "a gap", "moved by another", "gone back", "never here"],
)
async def test_anything_else_is_left_to_the_transaction(
    room: Room, stood: int | None, thought: int, numbers: list[int]
) -> None:
    """Given an inbox that does not stand where the process last saw it, or a number out of turn, then nothing moves."""
    if stood is not None:
        await move(room, stood)
    records = [passing(number) for number in numbers]
    assert await pass_by(room.connection, room.queries, records, lambda _: thought) is None
    assert await inbox(room) == ({} if stood is None else {3: stood})


@pytest.mark.rule("OPS-03")
async def test_nothing_passes_while_nothing_may_be_written(room: Room) -> None:
    await move(room, 5)
    await room.connection.execute("UPDATE deployment SET suspended_at = clock_timestamp()")
    assert await pass_by(room.connection, room.queries, [passing(6)], lambda _: 5) is None
    with pytest.raises(SuspendedError):
        await room.commit([passing(6)])
    assert await inbox(room) == {3: 5}


@pytest.mark.rule("OPS-03")
async def test_records_pass_once_however_they_come(room: Room) -> None:
    """Given records that pass, come again, come late and among others, and an inbox that another process moved in
    between, then the loop takes them all and the inbox stands at the last.
    """
    async with running(room, producers=[NORTH]) as writer:
        await writer.submit_events([passing(1), passing(2)])
        await writer.submit_events([passing(3)])
        await writer.submit_events([passing(2), passing(3), passing(4)])
        await move(room, 6)
        await writer.submit_events([passing(5), passing(6), passing(7)])
        await writer.submit_events([passing(9)])
        (gap,) = await room.connection.fetch("SELECT missing_from, seen FROM gap")
        await writer.submit_events([passing(8)])
        await writer.submit_events([passing(9)])
        await writer.submit_events([record(rung(), 1), passing(10)])
    assert tuple(gap) == (8, 9)
    assert (await inbox(room))[3] == 10
    assert (await bells(room))["e1.a"].rung == (0,)
    assert await parked(room) == []


def test_reaching_told_heads_says_so() -> None:
    """Timers are looked for when an inbox has come up to what was told, and not at every record."""
    barrier = Barrier([NORTH])
    barrier.tell(NORTH, AT, {3: 2})
    assert not barrier.reach({(NORTH, 3): 1})
    assert barrier.reach({(NORTH, 3): 2})
    assert not barrier.reach({(NORTH, 3): 3})
