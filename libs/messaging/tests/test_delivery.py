"""On a real broker, facts arrive once and in order whatever is lost, repeated, broken or late (promises 3 to 7)."""

import asyncio
import gc
import time
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from linli_contracts.envelope import Envelope, headers_of
from linli_contracts.lanes import lane_of, partition_of
from linli_contracts.topics import PARTITIONS, TOPIC_OF, asks_topic
from linli_messaging.consuming.consumer import GAP_LOOK_S
from linli_messaging.consuming.parked_share import PARKED_AT_LEAST
from linli_messaging.inputs import Accepted
from linli_messaging.lanes.gaps import GRACE_S
from linli_testkit.plugin import TestBroker

from libs.messaging.tests import small
from libs.messaging.tests.bus import WITHIN_S, Bus, has_rung, until
from libs.messaging.tests.small import AT, NORTH, SECOND, command, rung


def envelope(bus: Bus, number: int, **changes: Any) -> Envelope:  # noqa: ANN401 - fields of any kind
    return small.envelope(rung(), number)._replace(**({"deployment": bus.deployment} | changes))


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


@pytest.mark.rule("OPS-04")
async def test_records_are_freed_with_their_batch_and_not_by_the_collector(bus: Bus) -> None:
    """Given facts that come one by one, then all but the last batch's records are gone before the collector looks."""
    gc.collect()
    gc.disable()
    try:
        bus.relay()
        for nth in range(1, 31):
            await bus.strike("e1.a", nth)
            await has_rung(bus, *range(1, nth + 1))
        alive = [one for one in gc.get_objects() if isinstance(one, ConsumerRecord)]
    finally:
        gc.enable()
    facts = [record for record in alive if record.topic == TOPIC_OF[NORTH]]
    assert len(facts) <= 1


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


@pytest.mark.rule("OPS-02")
async def test_what_a_partition_that_is_not_fetched_holds_is_late_and_not_lost(bus: Bus) -> None:
    """Given a partition that nothing was fetched of since an outage, when facts in it were told to be published longer
    ago than the grace, then no gap is noticed; they are read once it is fetched again.
    """
    bus.relay()
    await bus.strike("e1.a", 1)
    await has_rung(bus, 1)
    watch, kafka = bus.listener.consumer.watch, bus.listener.consumer._kafka
    assert kafka is not None
    unfetched = TopicPartition(TOPIC_OF[NORTH], partition_of(lane_of("e1.a"), PARTITIONS))
    kafka.pause(unfetched)

    async def is_unfetched() -> bool:
        before = kafka.last_poll_timestamp(unfetched)
        await asyncio.sleep(2 * bus.listener.consumer.fetch_wait_ms / 1000)
        return bool(before == kafka.last_poll_timestamp(unfetched))

    await until(is_unfetched)
    await bus.strike("e1.a", 2)

    async def is_overdue() -> bool:
        return bool(watch.stuck(time.monotonic() - 3 * GAP_LOOK_S))

    await until(is_overdue)
    assert await bus.gaps() == []
    kafka.resume(unfetched)
    await has_rung(bus, 1, 2)
    assert await bus.gaps() == []


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


@pytest.mark.rule("OPS-03", "OPS-04")
async def test_a_jump_in_a_lane_that_was_given_up_meanwhile_is_asked_for_by_its_new_owner(bus: Bus) -> None:
    """Given records in hand whose partition is taken back, when they show a jump, then this process does not ask: it
    would for ever. The gap is stored, and once the lane is its own again, it is noticed by the told heads.
    """
    consumer, every = bus.listener.consumer, set(range(PARTITIONS))
    await bus.strike("e1.a", 1, 2, 3)
    consumer.own(frozenset(), of=1)
    await bus.listener.writer.submit_events([small.record(rung(nth=3), 3)])
    assert await bus.gaps() == [(1, 3, False)]
    assert consumer.watch.to_ask(1e9) == {}
    consumer.own(every, of=PARTITIONS)
    await bus.pretend_published(3)
    bus.relay()
    await has_rung(bus, 1, 2, 3)
    await closed(bus)


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
    await bus.send([(name, None) if name == "ce_id" else (name, value) for name, value in good], body)
    await bus.send([*good, ("of-somebody-else", None)], body)
    endless = "".join(sha256(b"%d" % nth).hexdigest() for nth in range(200))  # more than an index takes
    await bus.send(headers_of(envelope(bus, 4, subject=endless)), b"{broken")
    await bus.send(headers_of(envelope(bus, 4, deployment="elsewhere")), body)
    await bus.send(headers_of(envelope(bus, 4, producer=small.NAME)), body)
    await bus.send(headers_of(envelope(bus, 4)), rung(nth=4).model_dump_json().encode())
    await has_rung(bus, 1, 4)
    rows = await bus.listener.pool.fetch("SELECT type, number, holds, unknown FROM parked ORDER BY id")
    by_number = [(row["type"], row["number"], row["unknown"]) for row in rows if row["type"] != "unreadable"]
    assert by_number == [("Rung", 2, False), ("Whispered", 3, True)]
    assert len([row for row in rows if row["type"] == "unreadable"]) == 7
    assert not any(row["holds"] for row in rows)
    assert bus.listener.consumer.foreign >= 1


@pytest.mark.rule("OPS-02")
async def test_noise_on_the_talk_between_services_is_ignored(bus: Bus) -> None:
    for topic in ("linli.north.heads.v1", "linli.north.asks.v1"):
        for noise in (b"{", b"[]", b"7", b'{"deployment":"%s"}' % bus.deployment.encode(), None):
            await bus.producer.send_and_wait(topic, noise, key=b"k", partition=1)
    ours = bus.deployment.encode()
    ask = b'{"deployment":"%s","asker":"%s","lane":%d,"from":1}'
    for asker, lane in ((b"x", 999), (rb"\u0000", 1)):
        await bus.producer.send_and_wait("linli.north.asks.v1", ask % (ours, asker, lane), partition=1)
    heads = b'{"deployment":"%s","producer":"north","at":"%s","lanes":{"%d":[%s,%s]},"overdue":{"1":"%s"}}'
    for at, lane, number, due in (
        (b"2026-03-02T01:00:00", 1, b"0", b"2026-03-02T01:00:00Z"),  # an instant nowhere
        (b"2026-03-02T01:00:00Z", 1, b"0", b"2026-03-02T01:00:00"),
        (b"9999-12-31T23:59:59-14:00", 1, b"0", b"0001-01-01T00:00:00+14:00"),  # none that UTC can say
        (b"2026-03-02T01:00:00Z", 1, b"1e300", b"2026-03-02T01:00:00Z"),  # more than the database counts to
        (b"2026-03-02T01:00:00Z", 70, b"7", b"2026-03-02T01:00:00Z"),  # no lane
        (b"2026-03-02T01:00:00Z", 1, b"-7", b"2026-03-02T01:00:00Z"),
    ):
        told = heads % (ours, at, lane, number, number, due)
        await bus.producer.send_and_wait("linli.north.heads.v1", told, partition=1)
    bus.relay()
    await bus.strike("e1.a", 1)
    await has_rung(bus, 1)
    await asyncio.sleep(GRACE_S + 2 * GAP_LOOK_S)  # for whatever was told and has not come would be looked for by then
    assert bus.listener.writer.sound
    assert bus.north.writer.sound
    assert not any(task.done() for task in bus.tasks.values())
    assert await bus.gaps() == []


@pytest.mark.rule("OPS-02", "OPS-04")
async def test_too_much_junk_stops_the_consumer_until_it_is_cleared(bus: Bus) -> None:
    """Given junk without envelopes beyond the bounded share, then nothing more is taken, nor acknowledged, while the
    process goes on; once an operator has dropped it, all goes on by itself.
    """
    listener = bus.listener
    for _ in range(PARKED_AT_LEAST + 5):
        await bus.send([], b"{")
    await until(lambda: listener.pool.fetchval("SELECT count(*) = $1 FROM parked", PARKED_AT_LEAST))
    bus.relay()
    await bus.strike("e1.a", 1)

    async def clogged() -> bool:
        return listener.writer.clogged

    await until(clogged)
    ring = command("e1.b", key="1")
    assert isinstance(await listener.writer.submit_command(ring), Accepted)
    assert not bus.tasks[f"writer {small.NAME}"].done()
    assert await bus.rung() == ()
    assert await listener.pool.fetchval("SELECT count(*) FROM parked") == PARKED_AT_LEAST
    await listener.pool.execute("UPDATE parked SET status = 'dropped'")
    await has_rung(bus, 1)
    assert not listener.writer.clogged


@pytest.mark.rule("OPS-02", "OPS-03")
@pytest.mark.parametrize("by_facts", [False, True], ids=["junk", "facts"])
async def test_a_consumer_that_stopped_goes_on_answering_asks_and_hearing_heads(bus: Bus, *, by_facts: bool) -> None:
    """Given too much to park, when somebody asks for our facts again, then they are sent; when a lost tail is told, it
    is noticed; our client is asked for records, or it would leave the group. Once all is cleared, it goes on.
    """
    listener = bus.listener
    if by_facts:
        for nth in range(PARKED_AT_LEAST + 1):
            await bus.strike("e1.a", nth, how="bug")
    else:
        for _ in range(PARKED_AT_LEAST + 5):
            await bus.send([], b"{")
    await listener.writer.submit_command(command("e1.b", key="1"))
    bus.tasks["listener's relay"] = asyncio.create_task(listener.relay.run())
    bus.relay()

    async def clogged() -> bool:
        return listener.writer.clogged

    async def sent(times: int) -> bool:
        return listener.relay.produced == times

    await until(clogged)
    await until(partial(sent, 1))
    ask = b'{"deployment":"%s","asker":"x","lane":%d,"from":1}' % (bus.deployment.encode(), lane_of("e1"))
    await bus.producer.send_and_wait(asks_topic(small.NAME), ask, partition=partition_of(lane_of("e1"), PARTITIONS))
    await until(partial(sent, 2))
    await bus.end()
    await bus.strike("e2.a", 1)
    await bus.pretend_published(1, "e2.a")
    bus.relay()

    async def noticed() -> bool:
        return await bus.gaps() == [(1, 1, False)]

    await until(noticed)
    kafka: Any = listener.consumer._kafka
    looked_s = kafka._subscription._last_fetch_ended

    async def looks_again() -> bool:
        return bool(kafka._subscription._last_fetch_ended > looked_s)

    await until(looks_again)
    assert listener.writer.clogged
    await listener.pool.execute("UPDATE parked SET status = 'dropped'")
    await closed(bus)


@pytest.mark.rule("OPS-03")
async def test_what_was_not_committed_is_not_acknowledged_by_what_comes_after(bus: Bus) -> None:
    """Given a loop that has ended, when a fact comes and is refused, and heads come after it, then nothing of the
    group's place on the bus moves any more.
    """
    listener, place = bus.listener, TopicPartition(TOPIC_OF[NORTH], partition_of(lane_of("e1"), PARTITIONS))
    bus.relay()
    await bus.strike("e1.a", 1)
    await has_rung(bus, 1)
    kafka = listener.consumer.broker.subscribers[0].consumer  # type: ignore[attr-defined]  # aiokafka's, once started

    async def acknowledged() -> bool:
        return bool(await kafka.committed(place) == await kafka.position(place))

    await until(acknowledged)
    before = await kafka.committed(place)
    listener.writer.fail(RuntimeError("a part failed"))
    await asyncio.wait([bus.tasks[f"writer {small.NAME}"]], timeout=WITHIN_S)
    await bus.strike("e1.a", 2)

    async def refused_and_heads_heard() -> bool:
        return listener.consumer.watch._published.get((NORTH, lane_of("e1"))) == 2

    await until(refused_and_heads_heard)
    assert await kafka.position(place) > before
    assert await kafka.committed(place) == before


@pytest.mark.rule("OPS-03", "OPS-04")
async def test_what_ripened_under_a_process_that_died_runs_where_its_lanes_go(bus: Bus) -> None:
    """Given a ripe fact of a process that is gone, when its partitions are dealt out anew, then it runs."""
    listener = bus.listener
    bus.relay()
    await bus.strike("e1.a", 1, how="early:e1.s")

    async def waits() -> bool:
        return bool(await listener.pool.fetchval("SELECT count(*) FROM early"))

    await until(waits)
    await listener.pool.execute("UPDATE early SET ripe = true")
    await listener.room.commit([command("e1.s", key="s")])
    assert await bus.rung() == ()
    listener.consumer.own(set(range(PARTITIONS)), of=PARTITIONS)
    await has_rung(bus, 1)


@pytest.mark.rule("ORG-04")
async def test_a_clock_does_not_overtake_what_a_producer_s_overdue_clock_tells(bus: Bus) -> None:
    """Given a producer whose clock of the fifth second is still to fire (it was down), and ours of the tenth, when time
    leaps to the twentieth, then ours waits; the other's clock tells what silences it, and it never fires.
    """
    listener, lane = bus.listener, lane_of("e1")
    bus.relay()
    await bus.strike("e1.a", 1)
    await has_rung(bus, 1)
    await listener.writer.submit_command(command(key="1", due=[str(AT + 10 * SECOND)]))
    bus.north.writer.owned = set()
    await bus.north.pool.execute("INSERT INTO timer VALUES ('bell', 'e1.n', $1, $2)", lane, AT + 5 * SECOND)
    bus.clock.set(AT + timedelta(seconds=20))
    told = bus.clock.now()

    async def heard() -> bool:
        return listener.writer.barrier._overdue.get((NORTH, lane)) is not None and not listener.writer._sweep

    await until(heard)
    assert listener.writer.barrier.until(lane, told) == AT + 5 * SECOND
    assert (await bus.bells())["e1.a"].fired == ()
    await bus.strike("e1.a", 2, how="silence", at=AT + 5 * SECOND)
    await bus.north.pool.execute("DELETE FROM timer")

    async def complete() -> bool:
        return listener.writer.barrier.until(lane, told) == told

    await until(complete)
    bell = (await bus.bells())["e1.a"]
    assert (bell.fired, bell.due, bell.rung) == ((), (), (1, 0, 2))


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
