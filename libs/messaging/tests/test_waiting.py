"""On the system clock, what would fire a clock too early waits for facts on their way, and not for ever."""

import asyncio
from datetime import datetime

import pytest
from linli_contracts.lanes import lane_of
from linli_messaging.batch.plan import Plan
from linli_messaging.inputs import Accepted, EventInput, Passing
from linli_messaging.lanes import waiting
from linli_messaging.loop import writer as loop
from linli_messaging.loop.writer import Writer
from linli_rulebook.decision import Refusal
from linli_runtime.clock import SystemClock
from linli_testkit.house import Room

from libs.messaging.tests.bus import until
from libs.messaging.tests.small import NORTH, SECOND, SOUTH, Bell, command, record, rung
from libs.messaging.tests.test_transactions import bells
from libs.messaging.tests.test_writer import running

LANE = lane_of("e1")
WITHOUT_PAUSE_S = 10.0
"""Twenty looks for due timers."""


async def overdue(room: Room) -> datetime:
    """A bell whose clock ran out three seconds ago."""
    due = SystemClock().now() - 3 * SECOND
    await room.commit([command(key="wind", due=[str(due)], nth=1)])
    return due


async def held_back(writer: Writer, many: int) -> None:
    async def are() -> bool:
        return len(writer.held_back) == many

    await until(are)


def tell(writer: Writer, **heads: int) -> None:
    """Each producer's head in our lane, told now."""
    for producer, head in heads.items():
        writer.barrier.tell(producer, SystemClock().now(), {LANE: head})
    writer.sweep()


async def bell(room: Room) -> Bell:
    return (await bells(room))["e1.a"]


@pytest.mark.rule("ORG-04")
async def test_a_command_waits_for_the_fact_that_stops_the_clock(room: Room) -> None:
    """Given an overdue clock and a fact that stopped it in time and is late, when a command comes first, then it waits
    for it, and the clock never fires.
    """
    due = await overdue(room)
    async with running(room, clock=SystemClock(), producers=[NORTH]) as writer:
        ring = asyncio.create_task(writer.submit_command(command(key="1", nth=2)))
        await held_back(writer, 1)
        tell(writer, north=1)
        assert not ring.done()
        assert writer.waiting > 0
        await writer.submit_events([record(rung(how="silence", nth=9), 1, due - SECOND)])
        assert isinstance(await ring, Accepted)
    assert ((await bell(room)).fired, (await bell(room)).rung) == ((), (1, 9, 2))


@pytest.mark.rule("ORG-04", "OPS-03")
async def test_a_fact_waits_and_its_lane_behind_it_in_order(room: Room) -> None:
    """Given facts of the north after an overdue clock, when the south has not told, then they wait, in order; the clock
    fires before them once it has.
    """
    due = await overdue(room)
    async with running(room, clock=SystemClock(), producers=[NORTH, SOUTH]) as writer:
        await writer.submit_events([record(rung("e1.b", nth=1), 1, due), record(rung(nth=2), 2, due + SECOND)])
        passing = Passing("house", NORTH, LANE, 3)
        await writer.submit_events([passing, record(rung("e1.b", nth=4), 4, due + SECOND)])
        await held_back(writer, 3)
        assert writer.held_back.places == {(NORTH, LANE)}
        assert (await bells(room))["e1.b"].rung == (1,)
        tell(writer, south=0)
        await held_back(writer, 0)

        async def done() -> bool:
            return (await bells(room))["e1.b"].rung == (1, 4)

        await until(done)
    assert ((await bell(room)).fired, (await bell(room)).rung) == ((due,), (1, 2))


@pytest.mark.rule("ORG-04")
async def test_a_fact_that_waits_frees_the_clocks_that_are_due_before_it(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a fact that waits for the south, and another bell whose clock is due before all that the south has yet to
    tell, then that one fires: in hand, the fact says that its producer has nothing earlier to tell.
    """
    monkeypatch.setattr(loop, "SWEEP_EVERY_S", 3600.0)
    due = await overdue(room)
    await room.commit([command("e1.b", key="earlier", due=[str(due - 2 * SECOND)], nth=1)])
    async with running(room, clock=SystemClock(), producers=[NORTH, SOUTH]) as writer:
        writer.barrier.tell(SOUTH, due - SECOND, {LANE: 0})
        await writer.submit_events([record(rung(nth=2), 1, due + SECOND)])
        await held_back(writer, 1)

        async def fired() -> bool:
            return (await bells(room))["e1.b"].fired == (due - 2 * SECOND,)

        await until(fired)
    assert (await bell(room)).fired == ()


@pytest.mark.rule("ORG-04")
async def test_a_command_for_a_lane_of_another_process_waits_for_its_sweep(room: Room) -> None:
    due = await overdue(room)
    async with running(room, clock=SystemClock(), producers=[NORTH]) as other:
        other.owned = set(range(64)) - {LANE}
        ring = asyncio.create_task(other.submit_command(command(key="1", nth=2)))
        await held_back(other, 1)
        async with running(room, clock=SystemClock(), producers=[NORTH]) as owner:
            tell(owner, north=0)
            assert isinstance(await ring, Accepted)
    assert (await bell(room)).fired == (due,)


@pytest.mark.rule("ORG-04", "OPS-04")
async def test_a_command_does_not_wait_for_ever(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a fact that does not come, when a command has waited long enough, then its client is told to come back."""
    monkeypatch.setattr(waiting, "PATIENCE_S", 0.0)
    await overdue(room)
    async with running(room, clock=SystemClock(), producers=[NORTH]) as writer:
        answer = await writer.submit_command(command(key="1"))
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.status) == ("facts-on-their-way", 503)
    assert (await bell(room)).rung == (1,)


@pytest.mark.rule("ORG-04", "OPS-04")
async def test_a_command_does_not_wait_for_a_quiet_moment(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a fact that does not come, and others whose commands never cease, when a command has waited long enough,
    then its client is told to come back, though no heads are heard: the broker is away.
    """
    monkeypatch.setattr(waiting, "PATIENCE_S", 0.0)
    await overdue(room)
    async with running(room, clock=SystemClock(), producers=[NORTH]) as writer:
        ring = asyncio.create_task(writer.submit_command(command(key="1")))
        await held_back(writer, 1)
        others = [asyncio.create_task(ring_on(writer, f"e2.{one}")) for one in range(4)]
        try:
            answer = await asyncio.wait_for(ring, WITHOUT_PAUSE_S)
        finally:
            for one in others:
                one.cancel()
            await asyncio.gather(*others, return_exceptions=True)
    assert isinstance(answer, Refusal)
    assert answer.code == "facts-on-their-way"


async def ring_on(writer: Writer, bell_id: str) -> None:
    """Ring a bell again and again."""
    for nth in range(1_000_000):
        await writer.submit_command(command(bell_id, key=f"{bell_id} {nth}"))


@pytest.mark.rule("OPS-03")
async def test_what_is_tried_again_is_not_committed_yet(room: Room) -> None:
    """Given a fact that waits, while the transaction that tries it again waits for its lane, then it still counts as
    uncommitted: nothing may be acknowledged, and it is no gap.
    """
    due = await overdue(room)
    async with running(room, clock=SystemClock(), producers=[NORTH, SOUTH]) as writer:
        await writer.submit_events([record(rung(nth=2), 1, due + SECOND)])
        async with room.connection.transaction():
            await room.connection.fetch(room.queries["lock_lanes"], [LANE])
            tell(writer, south=0)
            await held_back(writer, 0)
            assert writer.uncommitted == {(NORTH, LANE)}

        async def committed() -> bool:
            return not writer.uncommitted

        await until(committed)
    assert (await bell(room)).rung == (1, 2)


@pytest.mark.rule("OPS-03")
async def test_a_stop_tells_those_that_wait(room: Room) -> None:
    await overdue(room)
    async with running(room, clock=SystemClock(), producers=[NORTH]) as writer:
        ring = asyncio.create_task(writer.submit_command(command(key="1")))
        await held_back(writer, 1)
    assert type((await asyncio.gather(ring, return_exceptions=True))[0]).__name__ == "OverloadedError"


def test_memory_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given more records than fit, then the last of a lane are dropped; they are asked for again."""
    monkeypatch.setattr(waiting, "MAX_RECORDS", 5)
    line = [record(rung(), number) for number in range(1, 9)]
    room = waiting.Waiting()
    room.keep(line[:3], Plan(waits={(NORTH, LANE): line[0]}), 0.0)
    others = room.join([*line[3:], record(rung("e2.a"), 1)])
    assert [item.lane for item in others] == [lane_of("e2")]
    assert [item.envelope.number for item in room.take(9) if isinstance(item, EventInput)] == [1, 2, 3, 4, 5]


def test_of_each_lane_that_waits_the_first_record_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given more than fits, then no lane is emptied: what comes next of it still waits behind its first record."""
    monkeypatch.setattr(waiting, "MAX_RECORDS", 2)
    one, three = [record(rung(), 1)], [record(rung("e2.a"), number) for number in (1, 2, 3)]
    room = waiting.Waiting()
    room.keep([*one, *three], Plan(waits={(NORTH, LANE): one[0], (NORTH, lane_of("e2")): three[0]}), 0.0)
    assert [(item.lane, item.number) for item in room.take(9) if isinstance(item, EventInput)] == [
        (LANE, 1), (lane_of("e2"), 1),
    ]  # fmt: skip
