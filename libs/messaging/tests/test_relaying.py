"""What is committed is produced in order, whoever relays, and whatever the relay meets (promise 3)."""

import asyncio
from datetime import timedelta

import pytest
from aiokafka.errors import KafkaConnectionError
from linli_contracts.lanes import lane_of
from linli_messaging.producing import relay as relaying
from linli_messaging.producing.relay import LOCK_SPACE, Relay
from linli_testkit.house import PowerCuts

from libs.messaging.tests.bus import WITHIN_S, Bus, has_rung, until
from libs.messaging.tests.small import AT


async def test_facts_travel_whenever_they_happen(bus: Bus) -> None:
    """Given a stepped clock decades behind or ahead of the broker, when facts are told, then the broker takes them."""
    await bus.strike("e1.a", 1, at=AT - timedelta(days=20 * 365))
    await bus.strike("e1.a", 2, at=AT + timedelta(days=20 * 365))
    bus.relay()
    await has_rung(bus, 1, 2)


@pytest.mark.rule("OPS-03")
async def test_a_relay_that_dies_after_producing_only_repeats(bus: Bus) -> None:
    """Given a relay cut after the broker has acknowledged and before it says so, then the next one repeats, no more."""
    await bus.strike("e1.a", 1, 2, 3)
    with PowerCuts("relay-after-produce"):
        dying = bus.relay("dying")
        await has_rung(bus, 1, 2, 3)
    assert dying.produced == 0
    await bus.end("dying")
    again = bus.relay()
    await bus.strike("e1.a", 4)
    again.wake()
    await has_rung(bus, 1, 2, 3, 4)
    assert again.produced == 4
    assert await bus.gaps() == []


@pytest.mark.rule("OPS-03")
async def test_what_its_own_process_told_is_sent_and_what_another_did_is_found(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a relay that looks at every lane once an hour, then what its own writer commits is sent; what another
    process committed, once it looks.
    """
    monkeypatch.setattr(relaying, "LOOK_EVERY_S", (3600.0, 3600.0))
    relay = bus.relay()
    bus.north.writer.on_commit.append(relay.committed)

    async def has_looked() -> bool:
        return relay._everywhere_s > 0

    await until(has_looked)
    await bus.strike("e2.a", 9)
    await bus.strike_here("e1.a", 1)
    await has_rung(bus, 1)
    assert await bus.rung("e2.a") == ()
    relay.wake()
    await until(lambda: bus.rung("e2.a"))
    await bus.strike_here("e1.a", 2)
    await has_rung(bus, 1, 2)


@pytest.mark.rule("OPS-03", "OPS-04")
async def test_a_relay_outlives_its_connection(bus: Bus) -> None:
    """Given a relay at work, when the database throws its connection out, then it takes the lock again and goes on."""
    bus.relay()
    await bus.strike("e1.a", 1)
    await has_rung(bus, 1)
    async with bus.north.room.unbound() as operator:
        thrown_out = await operator.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND "
            "database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            LOCK_SPACE,
        )
    assert len(thrown_out) == 1
    await bus.strike("e1.a", 2)
    await has_rung(bus, 1, 2)
    assert not bus.tasks["relay"].done()


@pytest.mark.rule("OPS-03", "OPS-04")
async def test_a_relay_that_meets_an_outage_lets_its_lock_go(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a broker that is away, when a relay gives up for a moment, then its lock is free for another process."""
    relay = bus.new_relay()

    async def away(_relay: Relay, _rows: object) -> None:
        relay.stop()
        raise KafkaConnectionError

    monkeypatch.setattr(Relay, "_produce", away)
    await bus.strike("e1.a", 1)
    bus.relay(relay=relay)
    await asyncio.wait([bus.tasks["relay"]], timeout=WITHIN_S)
    assert bus.tasks["relay"].exception() is None
    assert await bus.north.pool.fetch("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND "
        "database = (SELECT oid FROM pg_database WHERE datname = current_database())", LOCK_SPACE) == []  # fmt: skip


@pytest.mark.rule("OPS-04")
async def test_one_relay_works_and_the_other_takes_over(bus: Bus) -> None:
    """Given two relays of a service, then one is active; when it dies, the other goes on where it was."""
    first, second = bus.relay("first"), bus.relay("second")
    await bus.strike("e1.a", 1)
    await has_rung(bus, 1)
    assert first.active != second.active
    dying, other = ("first", second) if first.active else ("second", first)
    await bus.end(dying)
    await bus.strike("e1.a", 2)
    await has_rung(bus, 1, 2)
    assert other.active


@pytest.mark.rule("OPS-03")
async def test_a_bus_that_forgot_everything_is_rebuilt(bus: Bus) -> None:
    """Given facts published on a bus that is gone and processed by nobody, when replayed, then all arrive in order."""
    await bus.strike("e1.a", 1, 2, 3)
    await bus.pretend_published(3)
    relay: Relay = bus.relay()
    await bus.north.pool.execute(bus.north.room.queries["ask_resend"], [lane_of("e1")], [1], ["operator"])
    relay.wake()
    await has_rung(bus, 1, 2, 3)
