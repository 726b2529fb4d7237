"""A service whose database is older than the bus notices, writes nothing until told to, and goes on above it."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer
from linli_contracts.envelope import headers_of
from linli_contracts.lanes import lane_of
from linli_messaging.lanes import restored
from linli_messaging.lanes.gaps import ASK_AGAIN_S, GapWatch
from linli_messaging.lanes.own_numbers import OwnNumbers
from linli_messaging.lanes.restored import (
    SuspendedError,
    WentBackError,
    abandon_numbers,
    note_seen,
    numbers_on_the_bus,
)
from linli_messaging.topology import topics
from linli_testkit.backup import Backup
from linli_testkit.plugin import TestBroker

from libs.messaging.tests import small
from libs.messaging.tests.bus import WITHIN_S, Bus, Side, until
from libs.messaging.tests.small import AT, NORTH, rung

BELL = "e1.a"
LANE = lane_of(BELL)


async def restore(bus: Bus, number: int) -> None:
    """The north's database as it was when the lane stood there."""
    async with bus.north.room.unbound() as connection, connection.transaction():
        await connection.execute("ALTER TABLE outbox DISABLE TRIGGER USER")
        await connection.execute("DELETE FROM outbox WHERE number > $1", number)
        await connection.execute("ALTER TABLE outbox ENABLE TRIGGER USER")
        await connection.execute("UPDATE lane SET head = LEAST(head, $1)", number)
        await connection.execute("UPDATE published SET number = LEAST(number, $1)", number)
        await connection.execute("DELETE FROM command")


async def on_the_bus(bus: Bus, broker: TestBroker) -> dict[int, int]:
    async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, enable_auto_commit=False) as consumer:
        return await numbers_on_the_bus(consumer, OwnNumbers(bus.deployment, NORTH, {}), topics((NORTH,)))


async def has_rung(bus: Bus, *nths: int, bell: str = BELL) -> None:
    async def there() -> bool:
        return await bus.rung(bell) == nths

    await until(there)


@pytest.mark.rule("OPS-02")
async def test_what_was_told_is_seen_on_the_bus(bus: Bus, broker: TestBroker) -> None:
    """Given nothing told, nothing is seen; given facts and heads of two lanes, each lane's highest number is."""
    assert await on_the_bus(bus, broker) == {}
    bus.relay()
    await bus.strike(BELL, 1, 2, 3)
    await bus.strike("e2.a", 1)
    await has_rung(bus, 1, 2, 3)
    await has_rung(bus, 1, bell="e2.a")
    seen = await on_the_bus(bus, broker)
    assert (seen[LANE], seen[lane_of("e2.a")]) == (3, 1)
    assert not await note_seen(bus.north.pool, bus.north.room.queries, seen)


@pytest.mark.rule("OPS-02", "OPS-04")
async def test_so_much_of_the_end_is_read_as_shows_all_numbers(
    bus: Bus, broker: TestBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given facts without heads, when only the very last is looked at first, then it looks back until they follow."""
    monkeypatch.setattr(restored, "FACTS_BACK", 1)
    for number in range(1, 12):
        told = small.envelope(rung(), number)._replace(deployment=bus.deployment)
        await bus.send(headers_of(told), b"{}")
    assert await on_the_bus(bus, broker) == {LANE: 11}


@pytest.mark.rule("OPS-02")
async def test_a_restored_service_writes_nothing_until_it_is_lifted_and_loses_nothing_then(
    bus: Bus, broker: TestBroker
) -> None:
    """Given two of four facts in the backup, when it runs, then it refuses; once lifted, new facts come through."""
    north, queries = bus.north, bus.north.room.queries
    bus.relay()
    await bus.strike(BELL, 1, 2, 3, 4)
    await has_rung(bus, 1, 2, 3, 4)
    await bus.end()
    await restore(bus, 2)
    with pytest.raises(WentBackError):
        await bus.strike(BELL, 5)
    north.room.transactor.committed.clear()

    assert await note_seen(north.pool, queries, await on_the_bus(bus, broker))
    with pytest.raises(SuspendedError):
        await bus.strike(BELL, 5)
    assert (await north.pool.fetch(queries["read_rest"], AT))[0]["suspended"]

    assert await abandon_numbers(north.pool, queries, AT) == {LANE: (3, 4)}
    assert await abandon_numbers(north.pool, queries, AT) == {}
    bus.relay("lifted")
    await bus.strike(BELL, 5, 6)
    await has_rung(bus, 1, 2, 3, 4, 5, 6)
    assert await bus.gaps() == []


@pytest.mark.rule("OPS-02")
async def test_a_number_above_our_heads_is_said_once(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    """Given consumers that ask for it every two seconds, then the log has a line for each new number, and no more."""
    north, queries = bus.north, bus.north.room.queries
    assert [await note_seen(north.pool, queries, {LANE: number}) for number in (4, 4, 3, 9, 9)] == [True] * 5
    said = [line.getMessage() for line in caplog.records if line.levelname == "CRITICAL"]
    assert [line.partition(":")[0] for line in said] == [
        f"lane {LANE} stands at 0, and {number} was seen" for number in (4, 9)
    ]


@pytest.mark.rule("OPS-02")
async def test_who_lacked_the_abandoned_numbers_steps_over_them(bus: Bus) -> None:
    """Given a consumer that stands at one of four, when three are abandoned, then it goes on with what came after."""
    north, queries = bus.north, bus.north.room.queries
    await bus.strike(BELL, 1)
    relay = bus.relay()
    await has_rung(bus, 1)
    await bus.end()
    relay.stop()
    assert await note_seen(north.pool, queries, {LANE: 4})
    assert await abandon_numbers(north.pool, queries, AT) == {LANE: (2, 4)}
    await bus.strike(BELL, 5)
    bus.relay("lifted")
    await has_rung(bus, 1, 5)
    assert await bus.gaps() == []


@pytest.mark.rule("OPS-02")
async def test_junk_under_a_number_far_ahead_suspends_nobody(bus: Bus, broker: TestBroker) -> None:
    """Given facts 1 and 2 on a bus without heads, and one that claims to be the 99th, then 2 is the highest seen."""
    for number in (1, 2, 99):
        told = small.envelope(rung(), number)._replace(deployment=bus.deployment)
        await bus.send(headers_of(told), b"{}")
    assert await on_the_bus(bus, broker) == {LANE: 2}


@pytest.mark.rule("OPS-02")
async def test_a_bus_that_forgot_everything_does_not_hide_it(bus: Bus) -> None:
    """Given a consumer that has handled more than the restored database and the new bus know, then it says so."""
    bus.relay()
    await bus.strike(BELL, 1, 2, 3)
    await has_rung(bus, 1, 2, 3)
    await restore(bus, 1)

    async def suspended() -> bool:
        return bool((await bus.north.pool.fetch(bus.north.room.queries["read_rest"], AT))[0]["suspended"])

    await until(suspended)
    assert bus.north.writer.suspended


@pytest.mark.rule("OPS-03", "OPS-04")
async def test_a_database_put_back_under_a_running_process_is_noticed_and_nothing_is_lost(bus: Bus) -> None:
    """Given a consumer whose database is put back while it runs, when the next fact comes, then it ends before it
    writes; started anew it waits; once it is lifted, every fact is processed again, once and in order.
    """
    listener = bus.listener
    await put_back_after_the_first(bus)
    await bus.strike(BELL, 4)

    async def ended() -> bool:
        return listener.writer.fatal is not None

    await until(ended)
    assert isinstance(listener.writer.fatal, WentBackError)
    assert await bus.rung() == (1,)
    await starts_anew(bus, listener)
    await bus.strike(BELL, 5)

    async def waits() -> bool:
        return listener.writer.suspended

    await until(waits)
    assert await bus.rung() == (1,)
    assert await abandon_numbers(listener.pool, listener.room.queries, AT) == {LANE: (2, 3)}
    await has_rung(bus, 1, 2, 3, 4, 5)


@pytest.mark.rule("OPS-03", "OPS-04")
async def test_who_learns_from_the_database_that_it_is_suspended_starts_anew_too(bus: Bus) -> None:
    """Given a consumer whose database is put back while it runs, when another process of it has noticed first, then it
    ends all the same: where its inboxes stood, it knows of another life.
    """
    listener = bus.listener
    await put_back_after_the_first(bus)
    assert await note_seen(listener.pool, listener.room.queries, {LANE: 3})
    await bus.strike(BELL, 4)

    async def noticed() -> bool:
        return listener.writer.suspended

    await until(noticed)
    await asyncio.wait([bus.tasks[f"writer {small.NAME}"]], timeout=WITHIN_S)
    assert isinstance(listener.writer.fatal, WentBackError)
    assert await abandon_numbers(listener.pool, listener.room.queries, AT) == {LANE: (2, 3)}
    await starts_anew(bus, listener)
    await has_rung(bus, 1, 2, 3, 4)


@pytest.mark.rule("OPS-03", "OPS-04")
async def test_a_database_put_back_that_had_told_nothing_since_is_noticed_by_its_inboxes(bus: Bus) -> None:
    """Given a consumer that has handled facts since the backup and told nothing of its own, when its database is put
    back while it runs, then it ends at the next fact; started anew, it asks for what it has not handled.
    """
    listener = bus.listener
    bus.relay()
    await bus.strike(BELL, 1)
    await has_rung(bus, 1)
    backup = await Backup.take(listener.room.connection, small.NAME)
    await bus.strike(BELL, 2, 3, how="bug")
    await until(lambda: listener.pool.fetchval("SELECT count(*) = 2 FROM parked"))
    await backup.put_back()
    await bus.strike(BELL, 4)
    await asyncio.wait([bus.tasks[f"writer {small.NAME}"]], timeout=WITHIN_S)
    assert isinstance(listener.writer.fatal, WentBackError)
    await starts_anew(bus, listener)
    await has_rung(bus, 1, 4)
    assert await listener.pool.fetchval("SELECT count(*) = 2 FROM parked")


async def put_back_after_the_first(bus: Bus) -> None:
    """The listener's database is put back under it, to where only the first of three facts had been handled."""
    bus.relay()
    await bus.strike(BELL, 1)
    await has_rung(bus, 1)
    backup = await Backup.take(bus.listener.room.connection, small.NAME)
    await bus.strike(BELL, 2, 3)
    await has_rung(bus, 1, 2, 3)
    await backup.put_back()


async def starts_anew(bus: Bus, side: Side) -> None:
    """What a supervisor does: nothing that the process remembered is left."""
    name = f"writer {side.room.map.name}"
    await asyncio.gather(bus.tasks.pop(name), return_exceptions=True)
    writer, consumer = side.writer, side.consumer
    writer.fatal, writer._failing = None, None
    writer.transactor.committed.clear()
    writer.barrier.__init__(writer.map.producers())  # type: ignore[misc]  # all that a process forgets
    consumer.watch.__init__()  # type: ignore[misc]  # the same
    await consumer.take_up()
    bus.tasks[name] = asyncio.create_task(writer.run())


@pytest.mark.rule("OPS-02")
def test_a_head_below_ours_is_asked_about_and_a_head_above_ends_it() -> None:
    watch, place = GapWatch(), (NORTH, 3)
    watch.reached({place: 7}, 0.0)
    watch.told_heads(NORTH, {3: 7})
    assert watch.to_ask(1.0) == {}
    watch.told_heads(NORTH, {3: 6})
    assert watch.to_ask(1.0) == {place: 8}
    assert watch.to_ask(1.0 + ASK_AGAIN_S) == {}
    assert watch.to_ask(1.1 + ASK_AGAIN_S) == {place: 8}
    watch.told_heads(NORTH, {3: 9})
    assert watch.to_ask(9.0) == {}


@pytest.mark.parametrize(
    ("number", "first", "seen"),
    [(3, None, 0), (4, None, 4), (5, None, 0), (9, 4, 9), (9, 3, 9), (9, 5, 0)],
)
def test_only_what_follows_without_a_gap_is_ours(number: int, first: int | None, seen: int) -> None:
    """Given head 3, when a record of ours has this number, then it counts where it is next, or declares what is not."""
    own = OwnNumbers("house", NORTH, {LANE: 3})
    own.take_fact(headers_of(small.envelope(rung(), number)._replace(abandoned_from=first)))
    assert own.seen.get(LANE, 0) == seen


def test_foreign_and_broken_records_say_nothing_about_our_numbers() -> None:
    own = OwnNumbers("house", NORTH, {})
    own.take_fact(headers_of(small.envelope(rung(), 1)._replace(deployment="elsewhere")))
    own.take_fact(headers_of(small.envelope(rung(), 1)._replace(producer="south")))
    own.take_fact([("ce_id", b"\xff")])
    for noise in (None, b"{", b"[]", b'{"deployment":"elsewhere","producer":"north","lanes":{"1":[9,9]}}',
                  b'{"deployment":"house","producer":"north","lanes":{"1":[]}}'):  # fmt: skip
        own.take_heads(1, noise)
    assert (own.seen, own.told_since_ms) == ({}, None)
    own.take_heads(7, b'{"deployment":"house","producer":"north","lanes":{"1":[9,8],"999":[9,9]}}')
    assert (own.seen, own.told_since_ms) == ({1: 9}, 7)
