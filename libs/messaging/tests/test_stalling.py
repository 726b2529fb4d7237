"""A consumer whose client fetches nothing more, be it of one partition while others flow, ends its process; one that is
merely late, or at rest, does not.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError
from linli_contracts.lanes import lane_of, partition_of
from linli_contracts.topics import PARTITIONS, TOPIC_OF, heads_topic
from linli_embedded.ports import LOOPBACK, free_port
from linli_messaging.consuming.consumer import _Ownership
from linli_messaging.consuming.signs import LOOKS_IN_A_ROW, OTHERS_TAKEN, Seen
from linli_messaging.consuming.stalling import StalledError, StallWatch
from linli_testkit.plugin import TestBroker

from libs.messaging.tests import small
from libs.messaging.tests.bus import WITHIN_S, Bus, has_rung, until
from libs.messaging.tests.small import NORTH

BELL = "e1.a"
PARTITION = partition_of(lane_of(BELL), PARTITIONS)


@pytest.fixture
def watch(bus: Bus, broker: TestBroker) -> StallWatch:
    """Of the listener's consumer; it looks when it is told to."""
    return StallWatch(bus.listener.consumer, partial(AIOKafkaConsumer, bootstrap_servers=broker.bootstrap))


async def looked(watch: StallWatch) -> None:
    """One look, in time."""
    await asyncio.wait_for(watch.look(), WITHIN_S)


async def unanswered(*_: object) -> None:
    """A bus that does not answer, later than its client has begun: one cannot be stopped before."""
    await asyncio.sleep(0.1)
    raise KafkaConnectionError


async def looked_in_vain(bus: Bus) -> None:
    """Returns after the listener's client has found nothing once more."""
    before = bus.listener.consumer.signs.empty_looks

    async def again() -> bool:
        return bus.listener.consumer.signs.empty_looks > before + 1

    await until(again)


async def ended_at_the_second_look(bus: Bus, watch: StallWatch) -> StalledError:
    """Why the listener's process ended; the first look alone must not end it."""
    writer = bus.tasks[f"writer {small.NAME}"]
    await looked(watch)
    await looked_in_vain(bus)
    assert not writer.done()
    await looked(watch)
    await asyncio.wait([writer], timeout=WITHIN_S)
    error = writer.exception()
    assert isinstance(error, StalledError)
    return error


async def leave_unfetched(bus: Bus) -> None:
    """Have a record on the bus in a partition that the client no longer fetches."""
    kafka, place = bus.listener.consumer._kafka, TopicPartition(TOPIC_OF[NORTH], PARTITION)
    assert kafka is not None
    kafka.pause(place)
    bus.relay()
    await bus.strike(BELL, 1)
    await until(lambda: bus.north.pool.fetchval("SELECT number = 1 FROM published WHERE lane = $1", lane_of(BELL)))
    await looked_in_vain(bus)  # what was asked for before comes no more


@pytest.mark.rule("OPS-04")
async def test_a_client_that_fetches_nothing_more_ends_the_process(bus: Bus, watch: StallWatch) -> None:
    """Given a partition that the client no longer fetches, when two looks find the same record there, then it ends, and
    has taken nothing of it.
    """
    await leave_unfetched(bus)
    assert str(PARTITION) in str(await ended_at_the_second_look(bus, watch))
    assert await bus.rung(BELL) == ()


@asynccontextmanager
async def others_flow(bus: Bus) -> AsyncIterator[None]:
    """Another partition has something for every look for records."""

    async def send() -> None:
        while True:
            await bus.producer.send_and_wait(heads_topic(NORTH), b"{}", partition=PARTITION)
            await asyncio.sleep(0.02)

    flowing = asyncio.create_task(send())
    try:
        yield
    finally:
        flowing.cancel()
        await asyncio.gather(flowing, return_exceptions=True)


async def took_of_others(bus: Bus) -> None:
    """Returns when many more batches of others have been taken."""
    before = bus.listener.consumer.signs.full_looks

    async def many() -> bool:
        return bus.listener.consumer.signs.full_looks > before + OTHERS_TAKEN

    await until(many)


@pytest.mark.rule("OPS-04")
async def test_a_client_that_fetches_nothing_more_of_one_partition_while_others_flow_ends_the_process(
    bus: Bus, watch: StallWatch
) -> None:
    """Given a partition that the client no longer fetches, and another that has something for every look for records,
    when three looks of the watch find the same record there, then the process ends, and not at the second.
    """
    await leave_unfetched(bus)
    writer = bus.tasks[f"writer {small.NAME}"]
    async with others_flow(bus):
        await took_of_others(bus)
        for _ in range(LOOKS_IN_A_ROW):
            assert bus.listener.writer.sound
            await looked(watch)
            await took_of_others(bus)
        await asyncio.wait([writer], timeout=WITHIN_S)
    assert str(TOPIC_OF[NORTH]) in str(writer.exception())
    assert await bus.rung(BELL) == ()


@pytest.mark.rule("OPS-04")
async def test_a_partition_whose_records_wait_for_their_turn_is_not_stalled(bus: Bus, watch: StallWatch) -> None:
    """Given records in our client's memory, as behind those of many others, when many batches of others were taken
    between any number of looks, then the process goes on, and takes them in their turn.
    """
    consumer, place = bus.listener.consumer, TopicPartition(TOPIC_OF[NORTH], PARTITION)
    kafka = consumer._kafka
    assert kafka is not None
    bus.relay()
    bus.listener.writer._flows.clear()
    await bus.send([], b"junk", bell="e1.a")  # waits as where too much is parked, and with it the loop for records

    async def in_hand() -> bool:
        return consumer.signs.at_work

    await until(in_hand)
    await bus.strike(BELL, 1)

    async def fetched() -> bool:
        return place in kafka._fetcher._records

    await until(fetched)
    for _ in range(LOOKS_IN_A_ROW + 1):
        await looked(watch)
        consumer.signs.full_looks += 2 * OTHERS_TAKEN
        consumer.signs.looks += 1
    assert bus.listener.writer.sound
    bus.listener.writer._flows.set()
    await has_rung(bus, 1)


@pytest.mark.rule("OPS-04")
async def test_a_client_that_does_not_know_where_to_begin_ends_the_process(bus: Bus, watch: StallWatch) -> None:
    """Given a client that no longer fetches and has lost its position in a partition with a record, when two looks find
    it so, then it ends.
    """
    kafka, place = bus.listener.consumer._kafka, TopicPartition(TOPIC_OF[NORTH], PARTITION)
    assert kafka is not None
    bus.relay()
    await bus.strike(BELL, 1)
    await has_rung(bus, 1)
    kafka._fetcher._fetch_task.cancel()  # what would find it again
    kafka._subscription.subscription.assignment.state_value(place).await_reset(0)
    assert str(PARTITION) in str(await ended_at_the_second_look(bus, watch))


@pytest.mark.rule("OPS-04")
async def test_a_client_that_its_group_forgot_ends_the_process(bus: Bus, watch: StallWatch) -> None:
    """Given partitions that were taken back, when none are given until the next look, then it ends; when some were
    given meanwhile, be it and taken back again, it goes on.
    """
    consumer = bus.listener.consumer
    consumer.signs.awaits_share = True
    await looked(watch)
    await looked_in_vain(bus)
    consumer.signs.shares += 1
    await looked(watch)
    await looked_in_vain(bus)
    assert consumer.writer.sound
    await looked(watch)
    writer = bus.tasks[f"writer {small.NAME}"]
    await asyncio.wait([writer], timeout=WITHIN_S)
    assert "no partitions are given" in str(writer.exception())


@pytest.mark.rule("OPS-04")
async def test_a_share_is_awaited_from_when_it_is_taken_back_until_another_is_given(bus: Bus) -> None:
    consumer = bus.listener.consumer
    assert (consumer.signs.awaits_share, consumer.signs.shares) == (False, 1)
    listener = _Ownership(consumer)
    await listener.on_partitions_revoked(set())
    assert (consumer.signs.awaits_share, consumer.signs.shares) == (True, 1)
    await listener.on_partitions_assigned(set())
    assert (consumer.signs.awaits_share, consumer.signs.shares) == (False, 2)


@pytest.mark.rule("OPS-04")
async def test_a_loop_that_ended_without_a_word_ends_the_process(bus: Bus, watch: StallWatch) -> None:
    """Given a loop for records that was cancelled, which FastStream takes for meant, when nobody has looked for records
    between two looks, then the process ends.
    """
    subscriber: Any = bus.listener.consumer.broker.subscribers[0]
    writer = bus.tasks[f"writer {small.NAME}"]
    (loop,) = subscriber.tasks
    loop.cancel()
    await asyncio.wait([loop])
    watch._before = Seen(bus.listener.consumer.signs.now())
    await looked(watch)
    await asyncio.wait([writer], timeout=WITHIN_S)
    assert "looked for no more" in str(writer.exception())


@pytest.mark.rule("OPS-04")
async def test_whoever_has_records_in_hand_need_not_look(bus: Bus, watch: StallWatch) -> None:
    """Given records that wait for the writer, as while it is clogged, at two looks, then the process goes on."""
    consumer = bus.listener.consumer
    consumer.signs.at_work = True
    watch._before = Seen(consumer.signs.now())
    await looked(watch)
    assert consumer.writer.sound


@pytest.mark.rule("OPS-04")
async def test_a_process_that_stood_still_as_a_whole_goes_on(bus: Bus, watch: StallWatch) -> None:
    """Given no look for records since the last, as after SIGSTOP and SIGCONT, when there is one soon, it goes on."""
    watch._before = Seen(bus.listener.consumer.signs.now())
    await looked(watch)
    assert bus.listener.consumer.writer.sound


@pytest.mark.rule("OPS-04")
async def test_whoever_is_at_rest_late_or_moving_goes_on(bus: Bus, watch: StallWatch) -> None:
    """Given nothing to take; then records and no look for them meanwhile; then one more taken between two looks."""
    for _ in range(3):
        await looked(watch)
        await looked_in_vain(bus)
    kafka, place = bus.listener.consumer._kafka, TopicPartition(TOPIC_OF[NORTH], PARTITION)
    assert kafka is not None
    bus.relay()
    kafka.pause(place)
    await bus.strike(BELL, 1)
    await until(lambda: bus.north.pool.fetchval("SELECT number = 1 FROM published WHERE lane = $1", lane_of(BELL)))
    await looked_in_vain(bus)
    await looked(watch)
    watch._before.signs.empty_looks += 1_000  # as if none had been
    await looked(watch)
    kafka.resume(place)

    async def rung() -> bool:
        return await bus.rung(BELL) == (1,)

    await until(rung)
    await looked_in_vain(bus)
    await looked(watch)
    assert bus.listener.writer.sound


@pytest.mark.rule("OPS-04")
async def test_what_was_seen_before_the_bus_did_not_answer_is_compared_with_nothing(
    bus: Bus, watch: StallWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a record that stands there at two looks, and one in between that the bus did not answer, then it goes on:
    our client may have begun anew meanwhile.
    """
    await leave_unfetched(bus)
    await looked(watch)
    assert watch._before.behind
    with monkeypatch.context() as patch:
        patch.setattr(AIOKafkaConsumer, "end_offsets", unanswered)
        with pytest.raises(KafkaConnectionError):
            await looked(watch)
    await looked_in_vain(bus)
    await looked(watch)
    assert bus.listener.writer.sound
    await looked_in_vain(bus)
    await looked(watch)
    assert not bus.listener.writer.sound


@pytest.mark.rule("OPS-04")
async def test_a_client_that_reaches_no_broker_is_closed_all_the_same(bus: Bus) -> None:
    """Given a bus that does not answer, when the watch looks at it, then it leaves no client open: the log of an outage
    would have an error of each.
    """
    made: list[AIOKafkaConsumer] = []

    def new_client(**options: str) -> AIOKafkaConsumer:
        made.append(AIOKafkaConsumer(bootstrap_servers=f"{LOOPBACK}:{free_port()}", **options))
        return made[-1]

    with pytest.raises(KafkaConnectionError):
        await StallWatch(bus.listener.consumer, new_client).look()
    assert [client._closed for client in made] == [True]
