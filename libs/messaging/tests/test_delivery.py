"""On a real broker, facts arrive once and in order whatever is lost, repeated, broken or late (promises 3 to 7)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError
from linli_contracts.envelope import Envelope, headers_of
from linli_contracts.lanes import lane_of
from linli_contracts.topics import TOPIC_OF
from linli_messaging.relay import LOCK_SPACE, Relay
from linli_messaging.transaction import PARKED_AT_LEAST, TooMuchParkedError
from linli_testkit.house import PowerCuts
from linli_testkit.plugin import TestBroker

from libs.messaging.tests import small
from libs.messaging.tests.bus import WITHIN_S, Bus, until
from libs.messaging.tests.small import AT, NORTH, SECOND, command, rung


def envelope(bus: Bus, number: int, **changes: Any) -> Envelope:  # noqa: ANN401 - fields of any kind
    made = small.envelope(rung(), number)
    return made._replace(**({"deployment": bus.deployment} | changes))


async def has_rung(bus: Bus, *nths: int) -> None:
    async def there() -> bool:
        return await bus.rung() == nths

    await until(there)


async def closed(bus: Bus) -> None:
    async def are() -> bool:
        gaps = await bus.gaps()
        return bool(gaps) and all(done for _, _, done in gaps)

    await until(are)


@pytest.mark.rule("OPS-03", "OPS-04")
async def test_facts_travel_in_order_as_cloud_events(bus: Bus, broker: TestBroker) -> None:
    bells = ("e1.a", "e2.a", "e3.a")
    for nth in range(1, 31):
        for bell in bells:
            await bus.strike(bell, nth)
    bus.relay()

    async def all_there() -> bool:
        return all([await bus.rung(bell) == tuple(range(1, 31)) for bell in bells])

    await until(all_there)
    assert await bus.gaps() == []
    async with AIOKafkaConsumer(
        TOPIC_OF[NORTH], bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest"
    ) as raw:
        while True:
            record = await raw.getone()
            headers = {name: value.decode() for name, value in record.headers}
            if headers.get("ce_source") == f"linli/{bus.deployment}/north":
                break
    assert headers.keys() >= {"ce_specversion", "ce_id", "ce_type", "ce_time", "ce_subject", "traceparent"}
    assert (headers["ce_type"], headers["ce_sequence"], headers["ce_partitionkey"]) == (
        "Rung",
        "1",
        record.key.decode(),
    )
    assert headers["traceparent"].count("-") == 3


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


@pytest.mark.rule("OPS-03", "OPS-04")
async def test_a_relay_outlives_its_connection(bus: Bus) -> None:
    """Given a relay at work, when the database throws its connection out, then it takes the lock again and goes on."""
    bus.relay()
    await bus.strike("e1.a", 1)
    await has_rung(bus, 1)
    thrown_out = await bus.north.pool.fetch(
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


@pytest.mark.rule("OPS-02", "OPS-03")
async def test_a_lost_tail_is_noticed_alarmed_asked_for_and_closed(bus: Bus) -> None:
    """Given facts said to be published that never came, and no later traffic, then the told heads show the loss."""
    bus.relay()
    await bus.strike("e1.a", 1)
    await has_rung(bus, 1)
    await bus.end()
    await bus.strike("e1.a", 2, 3)
    await bus.pretend_published(3)
    bus.relay()
    await has_rung(bus, 1, 2, 3)
    await closed(bus)
    assert await bus.gaps() == [(2, 3, True)]


@pytest.mark.rule("OPS-02", "OPS-03")
async def test_a_jump_is_noticed_and_filled_and_other_lanes_go_on(bus: Bus) -> None:
    await bus.strike("e1.a", 1, 2, 3)
    await bus.pretend_published(2)
    await bus.strike("e2.a", 9)
    bus.relay()
    await has_rung(bus, 1, 2, 3)
    await closed(bus)
    assert await bus.gaps() == [(1, 3, True)]
    assert await bus.rung("e2.a") == (9,)


@pytest.mark.rule("OPS-02")
async def test_whatever_is_broken_is_parked_and_the_lane_goes_on(bus: Bus) -> None:
    """Given, between two good facts, records that are broken in every way, foreign ones and forged ones: the good ones
    count, the broken ones are parked, the foreign ones are refused.
    """
    body = rung(nth=1).model_dump_json().encode()
    good = headers_of(envelope(bus, 1))
    await bus.send(good, body)
    await bus.send(headers_of(envelope(bus, 2)), b"{broken")
    await bus.send(headers_of(envelope(bus, 3, type="Whispered")), body)
    await bus.send([*good[:-1], ("traceparent", b"\xff\xfe")], body)
    await bus.send([pair for pair in good if pair[0] != "ce_id"], body)
    await bus.send([("ce_sequence", b"first") if pair[0] == "ce_sequence" else pair for pair in good], b"a\0b")
    await bus.send([("zero\0", b"\0") if pair[0] == "ce_id" else pair for pair in good], body)
    await bus.send(headers_of(envelope(bus, 4, deployment="elsewhere")), body)
    await bus.send(headers_of(envelope(bus, 4, producer=small.NAME)), body)
    await bus.send(headers_of(envelope(bus, 4)), rung(nth=4).model_dump_json().encode())
    await has_rung(bus, 1, 4)
    rows = await bus.listener.pool.fetch("SELECT type, number, holds, unknown FROM parked ORDER BY id")
    by_number = [(row["type"], row["number"], row["unknown"]) for row in rows if row["type"] != "unreadable"]
    assert by_number == [("Rung", 2, False), ("Whispered", 3, True)]
    assert len([row for row in rows if row["type"] == "unreadable"]) == 5
    assert not any(row["holds"] for row in rows)
    assert bus.listener.consumer.foreign >= 1


@pytest.mark.rule("OPS-02")
async def test_noise_on_the_talk_between_services_is_ignored(bus: Bus) -> None:
    for topic in ("linli.north.heads.v1", "linli.north.asks.v1"):
        for noise in (b"{", b"[]", b"7", b'{"deployment":"%s"}' % bus.deployment.encode(), None):
            await bus.producer.send_and_wait(topic, noise, key=b"k", partition=1)
    ask = b'{"deployment":"%s","asker":"x","lane":%d,"from":1}'
    await bus.producer.send_and_wait("linli.north.asks.v1", ask % (bus.deployment.encode(), 999), partition=1)
    bus.relay()
    await bus.strike("e1.a", 1)
    await has_rung(bus, 1)


@pytest.mark.rule("OPS-02")
async def test_too_much_junk_stops_the_consumer(bus: Bus) -> None:
    """Given junk without envelopes beyond the bounded share, then the loop ends and says why; what it kept is shown."""
    for _ in range(PARKED_AT_LEAST - 1):
        await bus.send([], b"{")
    await until(lambda: bus.listener.pool.fetchval("SELECT count(*) = $1 FROM parked", PARKED_AT_LEAST - 1))
    loop = bus.tasks[f"writer {small.NAME}"]
    assert not loop.done()
    await bus.send([], b"{")
    await asyncio.wait([loop], timeout=WITHIN_S)
    assert isinstance(loop.exception(), TooMuchParkedError)
    assert isinstance(bus.listener.writer.fatal, TooMuchParkedError)


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


@pytest.mark.rule("ORG-04")
async def test_a_timer_does_not_overtake_the_fact_that_stops_it(bus: Bus) -> None:
    """Given a clock due in ten seconds and a fact five seconds earlier that stops it but is late, when the clock's
    instant passes, then it waits for the late fact and never fires.
    """
    bus.relay()
    await bus.strike("e1.a", 1)
    await has_rung(bus, 1)
    await bus.listener.writer.submit_command(command(key="1", due=[str(AT + 10 * SECOND)]))
    await bus.end()
    await bus.strike("e1.a", 2, how="silence", at=AT + 5 * SECOND)
    bus.clock.set(AT + timedelta(seconds=20))
    bus.listener.writer.sweep()

    async def swept() -> bool:
        return not bus.listener.writer._sweep

    await until(swept)
    assert (await bus.bells())["e1.a"].fired == ()
    bus.relay()

    async def stopped() -> bool:
        return (await bus.bells())["e1.a"].due == ()

    await until(stopped)
    assert (await bus.bells())["e1.a"].fired == ()


@pytest.mark.rule("ORG-04", "OPS-03")
async def test_a_restarted_process_takes_up_its_inboxes(bus: Bus) -> None:
    """Given facts processed before a restart and none since, when heads are told, then timers are free, and nothing is
    taken for lost.
    """
    bus.relay()
    await bus.strike("e1.a", 1, 2)
    await has_rung(bus, 1, 2)
    consumer = bus.listener.consumer
    consumer.writer.barrier.__init__(("north",))  # type: ignore[misc]  # all that a process forgets
    consumer.watch.__init__()  # type: ignore[misc]  # the same
    await consumer.take_up()
    await bus.listener.writer.submit_command(command(key="1", due=[str(AT)]))

    async def fired() -> bool:
        return (await bus.bells())["e1.a"].fired == (AT,)

    await until(fired)
    assert await bus.gaps() == []
    assert consumer.watch.to_ask(1e9) == {}
