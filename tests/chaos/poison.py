"""Faults of content: facts that cannot be read or make a rule raise, junk on the topics, too much of it, a clock that
raises. An operator looks at what was parked, corrects it, and has it tried again.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError
from linli_cli.client.rest import producers_of
from linli_contracts.topics import DISPATCH, FOLLOWUP, INTAKE, SERVICES, TOPIC_OF
from linli_messaging.consuming.parked_share import PARKED_AT_LEAST, PARKED_SHARE
from linli_messaging.producing.relay import LOCK_SPACE

from tests.chaos.strike import Strike
from tests.chaos.world import World

WHILE_S: Final = 1.5
SPOILT: Final = 8
"""Facts of a wave that are spoilt on their way."""
JUNK_PARKED: Final = 6
"""Of the junk: what is of another deployment is refused, and what is too large the broker does not take."""
_POLL_S: Final = 0.1
_RAISE_VERSIONS: Final = "UPDATE dispatch.lane SET version = version + 1"
"""As whoever edits a state by hand does, or dispatch would go on with the state that it remembers."""
CRITICAL: Final = ("ComplaintReceived", "RepairDone", "TicketResolved", "CallbackCompleted")
"""Each is read by somebody, and holds its case until it is mended."""

Row = dict[str, Any]
Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A fact as it was and as it is told."""

    was: Row
    type: str
    version: int
    body: bytes


async def poison(strike: Strike) -> None:
    """Facts are spoilt between their commit and their telling, in every way there is, and junk is put beside them."""
    world = strike.world
    producer = {1: INTAKE, 2: DISPATCH}.get(strike.wave, FOLLOWUP)
    async with world.database() as connection:
        await world.process(producer).stop()
        await connection.fetchval("SELECT pg_advisory_lock($1::int, hashtext($2))", LOCK_SPACE, producer)
        world.start(producer)
        await world.ready(producer)
        await asyncio.sleep(WHILE_S)
        rows = await connection.fetch(
            f"SELECT o.* FROM {producer}.outbox o JOIN {producer}.published p USING (lane) "  # noqa: S608 - a service's own name
            "WHERE o.number > p.number AND o.type = ANY($1) ORDER BY lane, number",
            list(CRITICAL),
        )
        chosen = strike.dice.sample(rows, min(SPOILT, len(rows)))
        spoilt = [_spoil(dict(row), number) for number, row in enumerate(chosen)]
        await _write(connection, producer, spoilt)
    strike.times += len(spoilt) + await _junk(world, producer, strike.dice)
    await world.published(producer)
    async with world.database() as connection:
        await _write(connection, producer, [_sound(one.was) for one in spoilt])
    await _mended(world, producer, {(producer, one.was["lane"], one.was["number"]): one.was for one in spoilt})


def _sound(row: Row) -> Spoilt:
    return Spoilt(row, row["type"], row["version"], row["body"])


def _spoil(row: Row, number: int) -> Spoilt:
    ways = (
        Spoilt(row, row["type"], row["version"], row["body"][:-7]),
        Spoilt(row, "CaseTeleported", 1, row["body"]),
        Spoilt(row, row["type"], 99, row["body"]),
        Spoilt(row, row["type"], row["version"], orjson.dumps({"nothing": "of use"})),
    )
    return ways[number % len(ways)]


async def _write(connection: Any, producer: str, facts: list[Spoilt]) -> None:  # noqa: ANN401 - asyncpg has no type for its proxy
    """Change what is told, past the trigger that forbids it: nothing of ours can."""
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = 'replica'")
        for one in facts:
            await connection.execute(
                f"UPDATE {producer}.outbox SET type = $3, version = $4, body = $5 WHERE lane = $1 AND number = $2",  # noqa: S608 - as above
                one.was["lane"], one.was["number"], one.type, one.version, one.body,
            )  # fmt: skip


async def _junk(world: World, producer: str, dice: random.Random, count: int = 1) -> int:
    """Records that nobody of ours would write: without an envelope, with half of one, of no lane, too large."""
    whole = [
        ("ce_id", b"6f2b6c1e-9d0a-5c57-8a35-5e1c7a6b1f01"), ("ce_type", b"ComplaintReceived"),
        ("ce_source", f"linli/{world.stack.state.deployment}/{producer}".encode()),
        ("ce_time", b"2025-03-03T02:00:00Z"), ("ce_subject", b"e.c1"), ("ce_partitionkey", b"e"),
        ("ce_sequence", b"1"),
    ]  # fmt: skip
    kinds: list[tuple[Sequence[tuple[str, bytes | None]], bytes]] = [
        ([], b"{broken"),
        ([(name, None if name == "ce_id" else value) for name, value in whole], b"{}"),
        ([(name, b"\xff\xfe" if name == "ce_subject" else value) for name, value in whole], b"{}"),
        ([pair for pair in whole if pair[0] != "ce_partitionkey"], b"{}"),
        ([(name, b"0" if name == "ce_sequence" else value) for name, value in whole], b"{}"),
        ([(name, b"minus one" if name == "ce_sequence" else value) for name, value in whole], b"{}"),
        ([(name, b"linli/another/" + producer.encode() if name == "ce_source" else value) for name, value in whole],
         b"{}"),
    ]  # fmt: skip
    sender = AIOKafkaProducer(
        bootstrap_servers=world.bus.bootstrap, max_request_size=4_000_000, **world.bus.kafka.admin.client_options()
    )
    await sender.start()
    try:
        for headers, body in kinds * count:
            await sender.send(TOPIC_OF[producer], body, headers=headers, partition=dice.randrange(6))
        try:
            await sender.send_and_wait(TOPIC_OF[producer], dice.randbytes(2_000_000), partition=0)
        except MessageSizeTooLargeError:
            return (len(kinds) + 1) * count
    finally:
        await sender.stop()
    raise AssertionError("the broker took a record of 2 MB")


async def _mended(world: World, producer: str, was: dict[Place, Row]) -> None:
    """Look at all that is parked, correct it, have it tried again; returns when everybody has applied everything, and
    given the junk up.
    """
    readers = [service for service in SERVICES if producer in producers_of()[service]]
    junk = dict.fromkeys(readers, JUNK_PARKED)
    while True:
        parked = {service: await _parked(world, service) for service in readers}
        for service, items in parked.items():
            for item in items:
                shown = await world.client.get(service, f"/parked/{item['id']}")
                assert shown["error"], shown
                fact = was.get((item["producer"], item["lane"], item["number"]))
                junk[service] -= fact is None and item["waits_for"] is None
                await _mend(world, service, item, fact)
        behind = [
            service
            for service in readers
            for _, lane, number in was
            if (await world.inbox(service)).get(producer, {}).get(lane, 0) < number
        ]
        if not behind and not any(parked.values()) and not any(junk.values()):
            return
        await asyncio.sleep(_POLL_S)


async def _mend(world: World, service: str, item: Row, was: Row | None) -> None:
    if item["status"] != "parked" or item["waits_for"] is not None:
        return
    path = f"/parked/{item['id']}"
    if was is None:
        assert item["type"] == "unreadable", item
        await world.client.send(service, "POST", f"{path}/drop", {"reason": "junk"})
    elif (item["type"], item["error"].startswith("unknown type")) == (was["type"], False):
        await world.client.send(service, "POST", f"{path}/retry", {"body": orjson.loads(was["body"])})
    else:
        # As if a new program knew what this one calls unknown: it is tried again at its start.
        async with world.database() as connection:
            await connection.execute(
                f"UPDATE {service}.parked SET type = $2, headers = headers || $3::jsonb WHERE id = $1",  # noqa: S608 - a service's own name
                item["id"], was["type"],
                orjson.dumps({"ce_type": was["type"], "ce_dataversion": str(was["version"])}).decode(),
            )  # fmt: skip
        await world.restart(service)
        await world.ready(service)


async def _parked(world: World, service: str) -> list[Row]:
    return [item async for item in world.client.pages(service, "/parked", place="after", limit=500)]


async def clock_raises(strike: Strike) -> None:
    """Tickets that cannot be read by their rule when their clock runs out: each is set aside, mended, tried again."""
    world = strike.world
    async with world.database() as connection, connection.transaction():
        await connection.execute(_RAISE_VERSIONS)
        spoilt = await connection.fetch(
            "UPDATE dispatch.ticket SET state = jsonb_set(state, '{policy_version}', '\"0000.0\"') "
            "WHERE id IN (SELECT id FROM dispatch.timer WHERE state_table = 'ticket' AND due_at <= $1) "
            "RETURNING id, (SELECT t.state FROM dispatch.ticket t WHERE t.id = ticket.id) AS state",
            strike.instant,
        )
    strike.times += len(spoilt)
    await world.client.set_clock(strike.instant)
    mended: set[str] = set()
    while len(mended) < len(spoilt):
        for item in await _parked(world, DISPATCH):
            if item["source"] != "timer" or item["status"] != "parked":
                continue
            was = next(row["state"] for row in spoilt if row["id"] == item["subject"])
            async with world.database() as connection, connection.transaction():
                await connection.execute(_RAISE_VERSIONS)
                await connection.execute(
                    "UPDATE dispatch.ticket SET state = $2::jsonb WHERE id = $1", item["subject"], was
                )
            await world.client.send(DISPATCH, "POST", f"/parked/{item['id']}/retry", {})
            mended.add(item["subject"])
        await asyncio.sleep(_POLL_S)


async def half_poisoned(strike: Strike) -> None:
    """Half of all that comes is junk: the consumer stops and says so, as often as there is too much, until somebody has
    cleared it; the process goes on.
    """
    world, service, producer = strike.world, DISPATCH, INTAKE
    processed = sum(sum(lanes.values()) for lanes in (await world.inbox(service)).values())
    strike.times += await _junk(world, producer, strike.dice, max(PARKED_AT_LEAST, int(processed * PARKED_SHARE)) // 4)
    while not (await world.client.rest())[service].clogged:  # noqa: ASYNC110 - a process gives no signal
        await asyncio.sleep(_POLL_S)
    assert "records and clocks wait" in world.process(service).log_tail()
    for each in producers_of():
        if producer in producers_of()[each]:
            await _cleared(world, each)


async def _cleared(world: World, service: str) -> None:
    """Drop all junk, as often as the service stops for more of it."""
    while True:
        items = await _parked(world, service)
        for item in items:
            await world.client.send(service, "POST", f"/parked/{item['id']}/drop", {"reason": "junk"})
        readings = await world.client.rest()
        if not items and not any(readings[service].lag_behind(readings[one]) for one in producers_of()[service]):
            return
        await asyncio.sleep(_POLL_S)
