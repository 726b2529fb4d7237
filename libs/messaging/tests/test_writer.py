"""The loop answers whoever waits: a culprit is set aside alone, an outage waited out, a stop told."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
import pytest
from linli_messaging.any_clock import Clock
from linli_messaging.consuming.parked_share import PARKED_AT_LEAST
from linli_messaging.inputs import Accepted, CommandInput, Failed, Input, TimerInput
from linli_messaging.lanes.barrier import Barrier
from linli_messaging.lanes.restored import SuspendedError, WentBackError
from linli_messaging.loop import writer as loop
from linli_messaging.loop.looking import Looking
from linli_messaging.loop.refusing import OverloadedError
from linli_messaging.loop.transaction import LostRaceError, Transactor
from linli_messaging.loop.writer import Writer
from linli_messaging.tracing import Tracing
from linli_rulebook.decision import Refusal
from linli_runtime.database import KEYED_ACCESS
from linli_testkit.clock import HandClock
from linli_testkit.facts import shipped_policy
from linli_testkit.house import DEPLOYMENT, House, Room

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
        transactor = Transactor(small.MAP, shipped_policy(), room.queries, Tracing(DEPLOYMENT), stepped=clock.stepped)
        writer = Writer(small.MAP, pool, room.queries, transactor, clock, Barrier(producers), set(range(64)))
        task = asyncio.create_task(writer.run()) if run else None
        yield writer
        writer.stop()
        if task:
            await asyncio.gather(task, return_exceptions=True)


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


@pytest.mark.rule("OPS-02", "ORG-04")
@pytest.mark.parametrize("first", ["clock", "fact", "command"])
@pytest.mark.parametrize(
    ("how", "fired", "hushed", "held"),
    [
        ("hushed", (-3, -1), ("CheckViolationError",), False),
        ("hoarse", (-3,), (), True),
        ("mute", (-3,), (), True),
    ],
)
async def test_a_clock_that_the_database_refuses_stands_alone(
    room: Room, *, first: str, how: str, fired: tuple[int, ...], hushed: tuple[str, ...], held: bool
) -> None:
    """Given three due clocks of a bell whose second the database refuses, then that one alone gives way, or holds the
    bell where it cannot; whatever found it due is not at fault, and other bells chime.
    """
    due = [str(AT - nth * SECOND) for nth in (3, 2, 1)]
    async with running(room) as writer:
        writer.owned.clear()  # so that nothing sweeps before it is to
        await send(writer, command(key="1", how=how, due=due, at=AT - 9 * SECOND))
        await send(writer, command("e1.b", key="2", due=due, at=AT - 9 * SECOND))
        writer.owned |= set(range(64))
        if first == "fact":
            await writer.submit_events([record(rung("e1.a", 5), 1, AT)])
        elif first == "command":
            (answer,) = await send(writer, command("e1.a", key="3", nth=5, at=AT))
            assert isinstance(answer, Refusal if held else Accepted)
        writer.sweep()

        async def done() -> bool:
            state = await bells(room)
            return not state["e1.b"].due and (bool(await parked(room)) or not state["e1.a"].due)

        await until(done)
    bell = (await bells(room))["e1.a"]
    assert (bell.fired, bell.hushed) == (tuple(AT + nth * SECOND for nth in fired), hushed)
    assert [left["source"] for left in await parked(room) if left["source"] == "timer"] == ["timer"] * held
    if first != "clock" and not held:
        assert bell.rung == (0, 5)


@pytest.mark.rule("ORG-04", "OPS-04")
@pytest.mark.parametrize(("due", "fires"), [(AT, True), (AT + SECOND, False)])
async def test_a_commit_that_leaves_a_clock_due_has_it_looked_for(
    room: Room, monkeypatch: pytest.MonkeyPatch, *, due: datetime, fires: bool
) -> None:
    """Given a loop that looks for due clocks once an hour, then one that a command leaves due by now fires all the
    same; one that is due later costs no look.
    """
    looks: list[int] = []

    async def counted(looking: Looking, *asked: Any) -> list[TimerInput]:  # noqa: ANN401 - passed on as it is
        looks.append(1)
        return await due_by_rights(looking, *asked)

    due_by_rights = Looking.due
    monkeypatch.setattr(Looking, "due", counted)
    monkeypatch.setattr(loop, "SWEEP_EVERY_S", 3600.0)
    async with running(room) as writer:
        await send(writer, command(key="0"))
        before = len(looks)
        await send(writer, command(key="1", due=[str(due)]))
        await send(writer, command(key="2"))
    assert (len(looks) > before) is fires
    assert (await bells(room))["e1.a"].fired == (due,) * fires


@pytest.mark.rule("ORG-04")
async def test_who_asks_for_a_look_during_one_gets_another(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given heads that are told while due clocks are looked for, then they are looked for again: what is due by these
    was not known when the look began.
    """
    looks: list[int] = []

    async def told_meanwhile(_looking: Looking, *_asked: Any) -> list[TimerInput]:  # noqa: ANN401 - not looked at
        looks.append(1)
        if len(looks) == 1:
            writer.sweep()
        return []

    monkeypatch.setattr(Looking, "due", told_meanwhile)
    monkeypatch.setattr(loop, "SWEEP_EVERY_S", 3600.0)
    async with running(room) as writer:
        await send(writer, command(key="0"))
        await send(writer, command(key="1"))
    assert len(looks) == 2


@pytest.mark.rule("ORG-04")
async def test_a_loop_that_never_rests_looks_for_due_clocks_all_the_same(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    async def none_is_due(_looking: Looking, *_asked: Any) -> list[TimerInput]:  # noqa: ANN401 - not looked at
        looks.append(1)
        return []

    monkeypatch.setattr(Looking, "due", none_is_due)
    async with running(room, run=False) as writer:
        writer._sweep = False
        for ago_s, many in ((0.0, 0), (loop.SWEEP_EVERY_S, 1)):
            writer._swept_s = time.monotonic() - ago_s
            await writer._take_and_commit()
            assert len(looks) == many


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
            async with room.unbound() as operator:
                await operator.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = $1 AND pid <> pg_backend_pid()",
                    name,
                )
            await writer.submit_events([record(rung(nth=nth), nth)])
    assert (await bells(room))["e1.a"].rung == (1, 2, 3, 4, 5)
    assert await parked(room) == []


@pytest.mark.rule("OPS-02")
@pytest.mark.parametrize("all_at_once", [True, False])
async def test_a_failover_is_waited_out_and_parks_nothing(room: Room, *, all_at_once: bool) -> None:
    """Given connections to a server that takes nothing any more, when others lead to one that does, then every fact and
    command counts, and none was set aside meanwhile.
    """
    name = await room.connection.fetchval("SELECT current_database()")
    async with room.unbound() as operator:
        await operator.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    async with running(room) as writer:
        facts = [record(rung(nth=nth), nth) for nth in (1, 2, 3)]
        asked = asyncio.create_task(send(writer, *[command("e2.a", key="k")] * all_at_once))
        counted = asyncio.create_task(writer.submit_events(facts))
        await asyncio.sleep(0.2)
        async with room.unbound() as operator:
            await operator.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        await asyncio.wait_for(counted, 10)
        assert [type(answer) for answer in await asked] == [Accepted] * all_at_once
    assert (await bells(room))["e1.a"].rung == (1, 2, 3)
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


@pytest.mark.rule("OPS-02", "OPS-04")
async def test_a_loop_with_too_much_to_park_waits_for_operators_and_goes_on(room: Room) -> None:
    """Given far too much to park, then nothing is, and records wait; commands are answered; once what was parked
    before is cleared, they are taken.
    """
    await room.commit([record(rung(f"e9.{nth}", nth, how="bug"), nth) for nth in range(1, PARKED_AT_LEAST)])
    facts = [record(rung(nth=1), 1), record(rung("e1.b", how="bug"), 2)]
    async with running(room) as writer:
        told = asyncio.create_task(writer.submit_events(facts))

        async def clogged() -> bool:
            return writer.clogged

        await until(clogged)
        assert writer.uncommitted == {(small.NORTH, facts[0].lane)}
        assert [type(given) for given in await send(writer, command("e2.a"))] == [Accepted]
        assert (len(await parked(room)), told.done()) == (PARKED_AT_LEAST - 1, False)
        await room.connection.execute("UPDATE parked SET status = 'dropped' WHERE id = (SELECT min(id) FROM parked)")
        await told
        assert not writer.clogged
        assert writer.uncommitted == set()
    assert len(await parked(room)) == PARKED_AT_LEAST - 1


@pytest.mark.rule("OPS-02", "OPS-04")
async def test_what_operators_want_tried_again_runs_though_records_beside_it_were_too_much(room: Room) -> None:
    """Given a mended fact that is taken together with too much to park, then it runs all the same."""
    await room.commit([record(rung(f"e9.{nth}", nth, how="bug"), nth) for nth in range(1, PARKED_AT_LEAST)])
    (first, *_) = await parked(room)
    mended = rung("e9.1", 1).model_dump_json().encode()
    await room.connection.execute(room.queries["retry_parked"], first["id"], mended)
    async with running(room, run=False) as writer:
        told = asyncio.create_task(writer.submit_events([record(rung(f"e1.{nth}", how="bug"), nth) for nth in (1, 2)]))
        await asyncio.sleep(0)
        loop_runs = asyncio.create_task(writer.run())

        async def ran() -> bool:
            return "e9.1" in await bells(room)

        await until(ran)
        writer.stop()
        await asyncio.gather(loop_runs, told, return_exceptions=True)
    assert len(await parked(room)) == PARKED_AT_LEAST - 2


@pytest.mark.rule("OPS-04")
async def test_a_stop_lets_go_of_records_that_wait_for_operators(room: Room) -> None:
    bad = [record(rung(nth=nth, how="bug"), nth) for nth in range(1, PARKED_AT_LEAST + 1)]
    async with running(room) as writer:
        told = asyncio.create_task(writer.submit_events(bad))

        async def clogged() -> bool:
            return writer.clogged

        await until(clogged)
        junk = asyncio.create_task(writer.not_clogged())
        writer.stop()
        answers = await asyncio.gather(told, junk, return_exceptions=True)
    assert [type(given) for given in answers] == [ConnectionError] * 2
    assert await parked(room) == []


@pytest.mark.rule("OPS-02")
async def test_a_parked_fact_that_fails_again_does_not_clog(house: House, room: Room) -> None:
    """Given as much parked as may be, when an operator tries one again in vain, then it is parked as before."""
    for nth in range(1, PARKED_AT_LEAST):
        await room.commit([record(rung(f"e9.{nth}", nth, how="bug"), nth)])
    await room.connection.execute("UPDATE deployment SET processed_then = (SELECT sum(last) FROM inbox)")
    (first, *_) = await parked(room)
    async with running(room) as writer:
        await room.connection.execute(room.queries["retry_parked"], first["id"], None)
        writer.look_for_ripe()

        async def tried() -> bool:
            return bool((await parked(room))[0]["status"] == "parked")

        await until(tried)
        assert not writer.clogged
    assert house.rooms


@pytest.mark.rule("OPS-02", "OPS-03")
async def test_a_transient_failure_while_stopping_parks_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a loop that is told to stop, when its batch meets an outage, then it ends, and sets no input aside."""
    tried: list[int] = []
    async with running(room) as writer:

        async def lost(
            _self: Transactor, _connection: object, inputs: list[Input], *_rest: object, **_how: object
        ) -> None:
            writer.stop()
            tried.append(len(inputs))
            raise LostRaceError

        monkeypatch.setattr(Transactor, "run", lost)
        with pytest.raises(ConnectionError):
            await writer.submit_events([record(rung(nth=nth), nth) for nth in range(1, 5)])
    assert tried == [4]
    assert await parked(room) == []


@pytest.mark.rule("OPS-02", "OPS-03")
async def test_clients_of_a_database_put_back_are_told_that_it_is_suspended(room: Room) -> None:
    async with running(room) as writer:
        writer.transactor.committed[command().lane] = 7
        answers = [*await send(writer, command(key="1")), *await send(writer, command(key="2"))]
        assert [type(given) for given in answers] == [SuspendedError] * 2
        assert isinstance(writer.fatal, WentBackError)


@pytest.mark.rule("OPS-02")
async def test_ripe_facts_run_after_a_suspension(room: Room) -> None:
    """Given a ripe fact that was taken when the service was suspended, when that is over, then it runs."""
    await room.commit([record(rung("e1.b", nth=3, how="early:e1.s"), 1)])
    await room.connection.execute("UPDATE early SET ripe = true")
    await room.commit([command("e1.s", key="s")])
    await room.connection.execute("UPDATE deployment SET suspended_at = now()")
    async with running(room) as writer:

        async def suspended() -> bool:
            return writer.suspended

        await until(suspended)
        await room.connection.execute("UPDATE deployment SET suspended_at = NULL")

        async def ran() -> bool:
            return "e1.b" in await bells(room)

        await until(ran)
