"""Faults of Kafka: nodes killed, everything forgotten, records lost, told again, or held back."""

import asyncio
import random
from datetime import timedelta
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import NewPartitions, RecordsToDelete
from aiokafka.errors import KafkaError
from linli_cli.client.rest import producers_of
from linli_contracts.topics import DISPATCH, FOLLOWUP, INTAKE, LOYALTY, PARTITIONS, SERVICES, TOPIC_OF, WARRANTY
from linli_messaging.lanes.gaps import GRACE_S
from linli_messaging.partitions import METADATA_FOR_MS
from linli_messaging.producing.relay import LOCK_SPACE
from linli_messaging.topology import group_of, topics

from tests.chaos.strike import Strike
from tests.chaos.world import World

DAY: Final = timedelta(days=1)
AWAY_S: Final = (1.0, 4.0)
HELD_S: Final = 6.0
UNANSWERED_S: Final = GRACE_S + 1
"""How long nobody answers for what was lost, with the producer away: what was told to be published is asked for after
the grace. It is the fault's own length; the producer may have told no heads yet, so there is nothing to wait for.
"""
QUIET: Final = {0: (INTAKE, FOLLOWUP, WARRANTY), 3: (LOYALTY, WARRANTY), 4: (LOYALTY, WARRANTY)}
"""Services that get no commands in a wave, only facts: they can be away until all is sent, so that nothing comes after
what they lost.
"""


async def broker_killed(strike: Strike) -> None:
    """The broker dies and comes back with what it held."""
    await asyncio.sleep(strike.dice.uniform(0.1, 1.0))
    strike.world.bus.kafka.kill()
    strike.times += 1
    await asyncio.sleep(strike.dice.uniform(*AWAY_S))
    await strike.world.bus.start()


async def nodes_killed(nodes: int, strike: Strike) -> None:
    """Of three nodes, some die, and come back after a while."""
    await asyncio.sleep(strike.dice.uniform(0.1, 1.0))
    for node in strike.dice.sample(range(3), nodes):
        strike.world.bus.kafka.kill(node)
        strike.times += 1
    await asyncio.sleep(strike.dice.uniform(*AWAY_S))
    await strike.world.bus.start()


async def bus_wiped(strike: Strike) -> None:
    """The broker loses everything; it is made anew, and the services are told to send again (`linli replay`): what they
    have archived, and what came after.
    """
    world = strike.world
    await asyncio.sleep(strike.dice.uniform(0.2, 1.5))
    for service in SERVICES:
        await world.client.send(service, "POST", "/archive", {"before": (strike.instant + DAY).isoformat()})
    world.bus.kafka.kill()
    await world.bus.kafka.wipe()
    strike.times += 1
    await world.bus.start()
    for again in (True, True, False):
        try:
            await world.bus.prepare()
        except KafkaError:
            # All the services ask for their users and topics at the same time: a busy broker may need a moment.
            if not again:
                raise
        else:
            break
    await world.ready(*SERVICES)
    for service in SERVICES:
        await world.linli_until_done("replay", "--service", service)


async def repartitioned(strike: Strike) -> None:
    """Every topic gets six partitions more while all runs: lanes move, and overtake what is still unread elsewhere."""
    world, more = strike.world, PARTITIONS * (strike.wave + 1)
    await asyncio.sleep(strike.dice.uniform(0.1, 1.0))
    async with world.admin() as admin:
        grown = await admin.create_partitions({topic: NewPartitions(more) for topic in topics(SERVICES)})
    assert not any(code for _, code, *_ in grown.topic_errors), grown
    strike.times += 1
    # As long as a client may believe in the old number; the load goes on.
    await asyncio.sleep(METADATA_FOR_MS / 1000)


async def told_again(strike: Strike) -> None:
    """A service's place on the bus is lost: everything that was ever told comes again."""
    world, service = strike.world, strike.dice.choice(SERVICES)
    await asyncio.sleep(strike.dice.uniform(0.1, 1.0))
    await world.process(service).stop()
    places = dict.fromkeys(await partitions(world, *producers_of()[service]), 0)
    consumer = AIOKafkaConsumer(
        group_id=group_of(service), bootstrap_servers=world.bus.bootstrap, enable_auto_commit=False,
        **world.bus.kafka.admin.client_options(),
    )  # fmt: skip
    await consumer.start()
    try:
        consumer.assign(list(places))
        await consumer.commit(places)
    finally:
        await consumer.stop()
    world.start(service)
    await world.ready(service)
    strike.times += 1


async def lost_range(strike: Strike) -> None:
    """While a service is away, the first of what comes for it is deleted from the bus; more follows."""
    world, service = strike.world, strike.dice.choice(SERVICES)
    await world.process(service).stop()
    await asyncio.sleep(strike.dice.uniform(0.5, 2.0))
    strike.times += await delete(world, service, strike.dice, tail=False)
    world.start(service)
    await world.ready(service)


async def lost_tail(strike: Strike) -> None:
    """While a service is away, all that comes for it is deleted, and nothing follows: only the told heads show it.

    Sometimes the producer is away at first when it is asked for, or the asking process dies.
    """
    world, service = strike.world, strike.dice.choice(QUIET[strike.wave])
    await world.process(service).stop()
    await strike.sent.wait()
    producers = producers_of()[service]
    await world.published(*producers)
    strike.times += await delete(world, service, strike.dice, tail=True)
    twist = strike.dice.choice(("", "producer", "asker"))
    if twist == "producer":
        for producer in producers:
            await world.process(producer).stop()
    world.start(service)
    await world.ready(service)
    await asyncio.sleep(UNANSWERED_S)
    if twist == "producer":
        for producer in producers:
            world.start(producer)
    elif twist == "asker":
        world.process(service).kill()
        world.start(service)
    await world.ready(*SERVICES)


async def held_back(strike: Strike) -> None:
    """One service goes on deciding while its facts stay with it: somebody else holds its relay's lock."""
    world, service = strike.world, strike.dice.choice((INTAKE, DISPATCH, FOLLOWUP))
    async with world.database() as connection:
        await world.process(service).stop()
        await connection.fetchval("SELECT pg_advisory_lock($1::int, hashtext($2))", LOCK_SPACE, service)
        world.start(service)
        strike.times += 1
        await asyncio.sleep(HELD_S)
    await world.ready(service)


async def partitions(world: World, *producers: str) -> list[TopicPartition]:
    """Of these producers' topics: they may have grown."""
    async with world.admin() as admin:
        described = await admin.describe_topics([TOPIC_OF[producer] for producer in producers])
    return [TopicPartition(one["topic"], part["partition"]) for one in described for part in one["partitions"]]


async def delete(world: World, service: str, dice: random.Random, *, tail: bool) -> int:
    """Delete what the service has still to read: all of it, or the first part; the number of records."""
    places = await partitions(world, *producers_of()[service])
    consumer = AIOKafkaConsumer(
        group_id=group_of(service), bootstrap_servers=world.bus.bootstrap, enable_auto_commit=False,
        **world.bus.kafka.admin.client_options(),
    )  # fmt: skip
    await consumer.start()
    try:
        ends = await consumer.end_offsets(places)
        at = {place: await consumer.committed(place) or 0 for place in places}
    finally:
        await consumer.stop()
    until = {
        place: end if tail else at[place] + dice.randint(1, end - at[place])
        for place, end in ends.items()
        if end > at[place]
    }
    async with world.admin() as admin:
        await admin.delete_records({place: RecordsToDelete(before_offset=offset) for place, offset in until.items()})
    return sum(offset - at[place] for place, offset in until.items())
