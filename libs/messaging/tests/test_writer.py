"""The loop answers whoever waits: a culprit is set aside alone, an outage waited out, a stop told."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import asyncpg
import pytest
from linli_messaging.barrier import Barrier
from linli_messaging.inputs import Accepted, CommandInput, Failed, Input
from linli_messaging.transaction import Transactor
from linli_messaging.writer import Clock, OverloadedError, Writer
from linli_runtime.database import KEYED_ACCESS
from linli_testkit.clock import HandClock
from linli_testkit.facts import shipped_policy
from linli_testkit.house import DEPLOYMENT, Room

from libs.messaging.tests import small
from libs.messaging.tests.bus import until
from libs.messaging.tests.small import AT, SECOND, command, record, rung
from libs.messaging.tests.test_parking import parked
from libs.messaging.tests.test_transactions import bells, dsn_of


@asynccontextmanager
async def running(
    room: Room, *, run: bool = True, clock: Clock | None = None, producers: Iterable[str] = ()
) -> AsyncIterator[Writer]:
    """A writer on a pool of its own, with its loop if asked for."""
    clock = clock or HandClock(AT)
    settings = {"search_path": small.NAME, "timezone": "UTC", **KEYED_ACCESS}
    async with asyncpg.create_pool(await dsn_of(room), min_size=1, max_size=2, server_settings=settings) as pool:
        transactor = Transactor(small.MAP, shipped_policy(), room.queries, DEPLOYMENT, stepped=clock.stepped)
        writer = Writer(small.MAP, pool, room.queries, transactor, clock, Barrier(producers), set(range(64)))
        loop = asyncio.create_task(writer.run()) if run else None
        yield writer
        writer.stop()
        if loop:
            await asyncio.gather(loop, return_exceptions=True)


async def send(writer: Writer, *commands: CommandInput) -> list[object]:
    return list(await asyncio.gather(*[writer.submit_command(item) for item in commands], return_exceptions=True))


@pytest.mark.rule("OPS-02", "OPS-03")
async def test_one_of_a_hundred_violates_a_constraint_and_stands_alone(room: Room) -> None:
    """Given a hundred facts and a hundred commands, one of each refused by the database: those alone are set aside."""
    facts = [record(rung(f"e1.f{nth}", nth, "unsayable" if nth == 57 else ""), nth) for nth in range(1, 101)]
    orders = [command(f"e2.c{nth}", key=f"k{nth}", how="unsayable" if nth == 31 else "") for nth in range(100)]
    async with running(room) as writer:
        _, answers = await asyncio.gather(writer.submit_events(facts), send(writer, *orders))
    assert [type(given) for given in answers] == [Failed if nth == 31 else Accepted for nth in range(100)]
    (left,) = await parked(room)
    assert (left["source"], left["number"]) == ("event", 57)
    assert "violates check constraint" in left["error"]
    assert len(await bells(room)) == 198


@pytest.mark.rule("OPS-02")
async def test_an_event_too_large_parks_what_made_it(room: Room) -> None:
    async with running(room) as writer:
        await writer.submit_events([record(rung(how="long"), 1), record(rung(nth=2), 2)])
    (left,) = await parked(room)
    assert "524288 are allowed" in left["error"]
    assert (await bells(room))["e1.a"].rung == (2,)


@pytest.mark.rule("OPS-02", "OPS-03")
async def test_an_early_fact_that_fails_does_not_take_its_ground_with_it(room: Room) -> None:
    """Given a fact that waits and that the database will refuse, when its ground is made, then it alone is parked."""
    async with running(room) as writer:
        await writer.submit_events([record(rung(how="early unsayable:e1.s"), 1)])
        await writer.submit_events([record(small.Cast(case_id="e1.s", estate_id="e1"), 1)])

        async def set_aside() -> bool:
            return bool(await parked(room))

        await until(set_aside)
    (left,) = await parked(room)
    assert (left["producer"], left["number"]) == ("north", 1)
    assert list(await bells(room)) == ["e1.s"]


@pytest.mark.rule("OPS-02")
async def test_an_input_the_database_cannot_even_load_does_not_stop_the_loop(room: Room) -> None:
    """Given a command with an id no database keeps, when it gets past the door, then it fails and the loop goes on."""
    odd = command()
    odd.refs = ((small.Bell, "e1.\0"),)
    async with running(room) as writer:
        answers = await send(writer, odd, command(key="2"))
    assert [type(given) for given in answers] == [Failed, Accepted]


@pytest.mark.rule("ORG-04")
async def test_due_timers_are_swept_and_ripe_facts_run(room: Room) -> None:
    async with running(room) as writer:
        await send(writer, command(key="1", due=[str(AT)], at=AT - SECOND))
        await writer.submit_events([record(rung("e1.b", how="early:e1.s"), 1)])
        await writer.submit_events([record(small.Cast(case_id="e1.s", estate_id="e1"), 1)])

        async def done() -> bool:
            state = await bells(room)
            return state["e1.a"].fired == (AT,) and "e1.b" in state and state["e1.b"].rung == (0,)

        await until(done)

        async def idle() -> bool:
            return writer.waiting == 0

        await until(idle)


@pytest.mark.rule("OPS-03")
async def test_an_outage_is_waited_out_and_parks_nothing(room: Room) -> None:
    """Given a database that throws everybody out again and again, then all facts count once and none is parked."""
    name = await room.connection.fetchval("SELECT current_database()")
    async with running(room) as writer:
        for nth in range(1, 6):
            await room.connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
                name,
            )
            await writer.submit_events([record(rung(nth=nth), nth)])
    assert (await bells(room))["e1.a"].rung == (1, 2, 3, 4, 5)
    assert await parked(room) == []


@pytest.mark.rule("OPS-04")
async def test_a_stop_answers_everybody_who_waits(room: Room) -> None:
    """Given commands and facts that nobody takes any more, when the loop stops, then each gets an answer."""
    async with running(room, run=False) as writer:
        waiting = [asyncio.create_task(writer.submit_command(command(key=str(nth)))) for nth in range(3)]
        facts = asyncio.create_task(writer.submit_events([record(rung(), 1)]))
        await asyncio.sleep(0)
        writer.stop()
        await writer.run()
        answers = await asyncio.gather(*waiting, facts, return_exceptions=True)
        assert [type(given) for given in answers] == [OverloadedError] * 3 + [ConnectionError]
        assert [type(given) for given in await send(writer, command())] == [OverloadedError]
        with pytest.raises(ConnectionError):
            await writer.submit_events([record(rung(), 1)])


@pytest.mark.rule("OPS-02")
async def test_a_loop_that_must_not_go_on_leaves_nobody_waiting(room: Room) -> None:
    """Given far too much to park, when the loop stops, then those whose batch it was are told so, and come no more."""
    bad: list[Input] = [record(rung(nth=nth, how="bug"), nth) for nth in range(1, 61)]
    async with running(room) as writer:
        order = asyncio.create_task(writer.submit_command(command("e2.a")))
        with pytest.raises(Exception, match="are parked"):
            await writer.submit_events(bad)  # type: ignore[arg-type]  # events all
        assert isinstance((await asyncio.gather(order, return_exceptions=True))[0], OverloadedError | Accepted)
        assert writer.fatal is not None
    assert await parked(room) == []
