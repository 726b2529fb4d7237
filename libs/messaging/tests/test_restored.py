"""A service whose database is older than the bus notices, writes nothing until told to, and goes on above it."""

import pytest
from aiokafka import AIOKafkaConsumer
from linli_contracts.lanes import lane_of
from linli_contracts.topics import PARTITIONS
from linli_messaging.gaps import ASK_AGAIN_S, GapWatch
from linli_messaging.restored import SuspendedError, abandon_numbers, note_seen, numbers_on_the_bus
from linli_testkit.plugin import TestBroker

from libs.messaging.tests.bus import Bus, until
from libs.messaging.tests.small import AT, NORTH

BELL = "e1.a"
LANE = lane_of(BELL)


async def restore(bus: Bus, number: int) -> None:
    """The north's database as it was when the lane stood there."""
    async with bus.north.pool.acquire() as connection, connection.transaction():
        await connection.execute("ALTER TABLE outbox DISABLE TRIGGER USER")
        await connection.execute("DELETE FROM outbox WHERE number > $1", number)
        await connection.execute("ALTER TABLE outbox ENABLE TRIGGER USER")
        await connection.execute("UPDATE lane SET head = LEAST(head, $1)", number)
        await connection.execute("UPDATE published SET number = LEAST(number, $1)", number)
        await connection.execute("DELETE FROM command")


async def on_the_bus(bus: Bus, broker: TestBroker) -> dict[int, int]:
    async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, enable_auto_commit=False) as consumer:
        return await numbers_on_the_bus(consumer, NORTH, bus.deployment, PARTITIONS)


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
