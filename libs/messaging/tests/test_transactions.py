"""One batch is one transaction: a fact and its state change commit together, once, in constantly many trips."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta

import asyncpg
import pytest
from linli_contracts.lanes import lane_of
from linli_messaging.batch.firing import Firing
from linli_messaging.batch.numbering import EventTooLargeError
from linli_messaging.inputs import EventInput
from linli_messaging.loop.transaction import Transactor
from linli_messaging.tracing import Tracing, trace_id_of
from linli_rulebook.decision import State, Timer
from linli_runtime.database import KEYED_ACCESS
from linli_testkit.facts import shipped_policy
from linli_testkit.house import DEPLOYMENT, House, Room

from libs.messaging.tests import small
from libs.messaging.tests.small import AT, SECOND, Bell, command, record, rung, timer


async def bells(room: Room) -> dict[str, Bell]:
    rows = await room.connection.fetch("SELECT id, state FROM bell")
    return {row["id"]: Bell.model_validate_json(row["state"]) for row in rows}


async def count(room: Room, table: str) -> int:
    return int(await room.connection.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608 - a test's own table name


async def second_room(room: Room, databases_dsn: str) -> Room:
    """Another process of the same service."""
    settings = {"search_path": small.NAME, "timezone": "UTC", **KEYED_ACCESS}
    connection = await asyncpg.connect(databases_dsn, server_settings=settings)
    transactor = Transactor(small.MAP, shipped_policy(), room.queries, Tracing(DEPLOYMENT), stepped=True)
    return Room(small.MAP, room.queries, connection, transactor, room.reader)


async def dsn_of(room: Room) -> str:
    """Where a room is, for a connection of another process."""
    parameters, (host, port) = room.connection._params, room.connection._addr  # type: ignore[attr-defined]  # asyncpg's own
    return f"postgresql://{parameters.user}:{parameters.password or ''}@{host}:{port}/{parameters.database}"


@pytest.mark.rule("OPS-03")
async def test_a_fact_and_its_state_commit_together_and_once(room: Room) -> None:
    """Given three facts, when they come twice and cut differently, then each counts once and tells one fact on."""
    lane = [record(rung(nth=nth), nth) for nth in (1, 2, 3)]
    await room.commit(lane[:2])
    await room.commit(lane)
    await room.commit(lane)
    assert (await bells(room))["e1.a"].rung == (1, 2, 3)
    numbers = await room.connection.fetch("SELECT lane, number FROM outbox ORDER BY number")
    assert [(row["lane"], row["number"]) for row in numbers] == [(lane_of("e1"), nth) for nth in (1, 2, 3)]
    assert await count(room, "history") == 3


@pytest.mark.rule("OPS-01")
@pytest.mark.parametrize(("share", "flag"), [(1.0, "01"), (0.0, "00")])
async def test_a_fact_says_whether_its_trace_is_recorded(room: Room, share: float, flag: str) -> None:
    room.transactor.tracing = Tracing(DEPLOYMENT, share)
    await room.commit([record(rung(nth=1), 1)])
    traceparent = await room.connection.fetchval("SELECT traceparent FROM outbox")
    assert traceparent.split("-")[1::2] == [trace_id_of(DEPLOYMENT, "e1.a"), flag]


@pytest.mark.rule("OPS-03")
async def test_the_cost_of_a_batch_does_not_grow_with_it(room: Room) -> None:
    """Given batches of two and of five hundred inputs, then they take the same number of round trips, at most 20."""
    small_batch = await room.commit([record(rung(), 1), command(key="1")])
    large: list[EventInput] = [record(rung("e2.a", nth), nth) for nth in range(1, 400)]
    large_batch = await room.commit([*large, *[command(f"e{nth}.b", key=f"k{nth}") for nth in range(100)]])
    assert small_batch.round_trips == large_batch.round_trips <= 20


@pytest.mark.rule("OPS-02")
async def test_an_event_too_large_for_the_bus_is_refused_at_append(room: Room) -> None:
    with pytest.raises(EventTooLargeError, match="524288 are allowed"):
        await room.commit([record(rung(how="long"), 1)])
    assert await count(room, "outbox") == await count(room, "inbox") == await count(room, "bell") == 0


@pytest.mark.rule("OPS-03")
async def test_two_processes_that_race_for_a_lane_double_nothing(room: Room) -> None:
    """Given two processes with the same records, when both commit at once, then every fact counts once."""
    other = await second_room(room, await dsn_of(room))
    for start in range(1, 40, 4):
        batch = [record(rung(nth=nth), nth) for nth in range(start, start + 4)]
        await asyncio.gather(room.commit(batch), other.commit(batch[:3]))
    await other.connection.close()
    assert (await bells(room))["e1.a"].rung == tuple(range(1, 41))
    assert await count(room, "outbox") == 40


@pytest.mark.rule("OPS-03")
async def test_no_deadlock_between_writers_that_take_lanes_in_opposite_order(room: Room) -> None:
    """Given two processes whose batches touch the same lanes in opposite order, when both go on, then both end."""
    other = await second_room(room, await dsn_of(room))

    async def write(writer: Room, name: str, order: list[int]) -> None:
        for times in range(15):
            await writer.commit([command(f"e{nth}.a", key=f"{name}-{times}-{nth}") for nth in order])

    forward = list(range(20))
    async with asyncio.timeout(30):
        await asyncio.gather(write(room, "one", forward), write(other, "two", forward[::-1]))
    await other.connection.close()
    assert {len(bell.rung) for bell in (await bells(room)).values()} == {30}


@pytest.mark.rule("OPS-03")
async def test_lanes_found_while_deciding_are_locked_by_starting_again(room: Room) -> None:
    committed = await room.commit([record(rung(how="more:e9.x"), 1)])
    assert committed.lanes == {lane_of("e1"), lane_of("e9")}
    assert (await bells(room))["e1.a"].rung == (0,)


@pytest.mark.rule("OPS-03")
async def test_an_early_fact_runs_with_the_one_it_waited_for(house: House, room: Room) -> None:
    """Given two facts that wait for a bell of the south, when it is cast and a third fact is fresh in the same batch,
    then the two run first, once, in the casting's own transaction.
    """
    early = "early:e1.s"
    await room.commit([record(rung(how=early, nth=1), 1), record(rung(how=early, nth=2), 2)])
    assert (await count(room, "early"), await bells(room)) == (2, {})
    cast, fresh = record(small.Cast(case_id="e1.s", estate_id="e1"), 1), record(rung(how=early, nth=3), 3)
    await room.commit([cast, fresh])
    assert (await bells(room))["e1.a"].rung == (1, 2, 3)
    assert (await count(room, "early"), await count(room, "outbox")) == (0, 3)
    assert await house.stored(room) == []


@pytest.mark.rule("OPS-03")
async def test_early_facts_of_other_lanes_bring_their_lanes(room: Room) -> None:
    """Given a fact of another estate that waits for a bell here, when that is cast, then its lane is locked too."""
    await room.commit([record(rung("e9.a", how="early:e1.s", nth=1), 1)])
    committed = await room.commit([record(small.Cast(case_id="e1.s", estate_id="e1"), 1)])
    assert committed.lanes == {lane_of("e1"), lane_of("e9")}
    assert (await bells(room))["e9.a"].rung == (1,)


@pytest.mark.rule("OPS-03")
async def test_early_facts_may_run_apart_once_however_often_they_are_taken(house: House, room: Room) -> None:
    await room.commit([record(rung(how="early:e1.s", nth=5), 1)])
    cast = record(small.Cast(case_id="e1.s", estate_id="e1"), 1)
    await room.transactor.run(room.connection, [cast], {}, apart=True)
    ripe = await house.stored(room)
    again = await house.stored(room)
    await room.commit(ripe)
    await room.commit(again)  # another process read the same rows before the lanes were held
    assert (await bells(room))["e1.a"].rung == (5,)
    assert (await count(room, "early"), await count(room, "outbox")) == (0, 1)


@pytest.mark.rule("OPS-03")
async def test_an_early_fact_may_wait_twice_and_is_at_rest_meanwhile(house: House, room: Room) -> None:
    await room.commit([record(rung(how="early:e1.s"), 1)])
    await room.connection.execute("UPDATE early SET ripe = true")
    await room.commit(await house.stored(room))
    assert (await room.fetch("read_rest", AT))[0]["ripe"] == 0
    assert (await room.fetch("read_rest", AT))[0]["early"] == 1


@pytest.mark.rule("OPS-03")
async def test_how_long_an_early_fact_waits_counts_from_when_it_came(house: House, room: Room) -> None:
    """Given two early facts, then the older one's wait is told, also after it was woken and waits for a further fact;
    with none there is no wait.
    """

    async def waited() -> timedelta:
        found: timedelta = (await room.fetch("read_kept"))[0]["early_for"]
        return found

    assert await waited() == timedelta()
    await room.commit([record(rung(how="early:e1.s"), 1), record(rung(how="early:e1.s", nth=2), 2)])
    assert timedelta() < await waited() < timedelta(minutes=5)
    await room.connection.execute("UPDATE early SET received_at = received_at - interval '1 hour' WHERE number = 1")
    assert timedelta(hours=1) < await waited() < timedelta(hours=1, minutes=5)
    await room.connection.execute("UPDATE early SET ripe = true")
    await room.commit(await house.stored(room))
    assert await waited() > timedelta(hours=1)
    await room.commit([record(small.Cast(case_id="e1.s", estate_id="e1"), 1)])
    assert await waited() == timedelta()


@pytest.mark.rule("OPS-03")
async def test_a_gap_is_stored_and_closed_once_it_was_filled(room: Room) -> None:
    await room.commit([record(rung(nth=1), 1), record(rung(nth=4), 4)])
    (gap,) = await room.fetch("open_gaps")
    assert (gap["producer"], gap["missing_from"], gap["seen"]) == ("north", 2, 4)
    await room.connection.execute(room.queries["close_gaps"])
    assert len(await room.fetch("open_gaps")) == 1
    await room.commit([record(rung(nth=nth), nth) for nth in (2, 3, 4)])
    await room.connection.execute(room.queries["close_gaps"])
    assert await room.fetch("open_gaps") == []
    assert (await bells(room))["e1.a"].rung == (1, 2, 3, 4)


@pytest.mark.rule("ORG-04")
async def test_the_wake_up_row_is_the_earliest_clock(room: Room) -> None:
    async def row() -> object:
        return await room.connection.fetchval("SELECT due_at FROM timer WHERE id = 'e1.a'")

    await room.commit([command(key="1", due=[str(AT + 9 * SECOND), str(AT + 5 * SECOND)])])
    assert await row() == AT + 5 * SECOND
    await room.commit([small.timer(until=AT + 5 * SECOND)])
    assert await row() == AT + 9 * SECOND
    await room.commit([command(key="2", how="silence")])
    assert await row() is None


@pytest.mark.rule("ORG-02")
async def test_history_and_outbox_are_append_only(room: Room) -> None:
    await room.commit([record(rung(), 1)])
    for table in ("history", "outbox"):
        for tampering in (f"UPDATE {table} SET cause = ''", f"DELETE FROM {table}", f"TRUNCATE {table}"):  # noqa: S608 - a test's own
            async with room.unbound() as owner:
                with pytest.raises(asyncpg.RaiseError, match="append-only"):
                    await owner.execute(tampering)
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.RaiseError)):
                await room.connection.execute(tampering)


@pytest.mark.rule("OPS-03", "ORG-04")
async def test_on_the_system_clock_no_lane_goes_back_in_time(room: Room) -> None:
    """Given a fact by a clock five minutes ahead of ours, then what follows from it, and what comes next in its lane,
    is told and decided at no earlier instant.
    """
    room.transactor.stepped = False
    ahead = await room.connection.fetchval("SELECT clock_timestamp() + interval '5 minutes'")
    await room.commit([record(rung(nth=1), 1, ahead)])
    await room.commit([command(key="1", nth=2)])
    rows = await room.connection.fetch("SELECT at, convert_from(body, 'UTF8')::json ->> 'at' AS said FROM outbox")
    assert [(row["at"], datetime.fromisoformat(row["said"])) for row in rows] == [(ahead, ahead)] * 2
    assert await room.connection.fetchval("SELECT last_at FROM lane WHERE lane = $1", lane_of("e1")) == ahead


@pytest.mark.rule("ORG-04", "OPS-04")
async def test_a_clock_that_is_caught_up_may_ask_for_states_each_time_it_fires(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given twenty chimes that each look at another bell, when all are overdue, then each chimes at its instant, and
    none is decided again and again for those behind it.
    """
    decided: list[datetime] = []
    fire_one = Firing._fire_one

    def counted(firing: Firing, state: State, clock: Timer) -> tuple[State, Timer | None]:
        decided.append(clock.due_at)
        return fire_one(firing, state, clock)

    monkeypatch.setattr(Firing, "_fire_one", counted)
    due = tuple(AT + SECOND * nth for nth in range(1, 21))
    await room.commit([command(key="k", how="echo", due=due)])
    for nth in range(1, len(due) + 1):
        assert len((await bells(room))["e1.a"].fired) < nth, "no look but for what is still due"
        await room.commit([timer(at=AT, until=due[-1])])
        if (await bells(room))["e1.a"].fired == due:
            break
    assert (await bells(room))["e1.a"].fired == due
    assert max(Counter(decided).values()) <= 3


@pytest.mark.rule("ORG-04", "OPS-04")
async def test_an_input_comes_after_all_earlier_clocks_however_often_they_ask(room: Room) -> None:
    """Given ten overdue chimes that each look at another bell, when it is rung, then all have chimed before."""
    due = tuple(AT + SECOND * nth for nth in range(1, 11))
    await room.commit([command(key="k", how="echo", due=due)])
    await room.commit([command(key="l", at=due[-1] + SECOND)])
    assert (await bells(room))["e1.a"].fired == due
