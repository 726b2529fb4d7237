"""Facts a second: an empty bus rebuilt from outbox and archive (`replay`), a new consumer that takes all in (`join`).

Dispatch's facts of a whole year in one estate, `FACTS=` of them in as many estates as that takes; three quarters are in
the archive. Relay, consumer and writer loop are the real ones, in this process. Beside `replay` a raw COPY of as many
bodies into raw aiokafka batches, and one record at a time; beside `join` raw batches into COPY, and FastStream with one
message and one transaction at a time.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from faststream.kafka import KafkaBroker
from linli_contracts.lanes import LANES, lane_of_key, partition_of
from linli_contracts.topics import DISPATCH, FOLLOWUP, PARTITIONS, TOPIC_OF
from linli_embedded.broker import Broker, choose_broker
from linli_embedded.kafka import Kafka
from linli_embedded.postgres import Postgres
from linli_embedded.topics import ensure_topics
from linli_messaging.batch.numbering import OUTBOX
from linli_messaging.consuming.consumer import Consumer
from linli_messaging.lanes.barrier import Barrier
from linli_messaging.loop.transaction import Transactor
from linli_messaging.loop.writer import Writer
from linli_messaging.producing.archiving import Archiver
from linli_messaging.producing.parking import ParkedTopic
from linli_messaging.producing.relay import Relay
from linli_messaging.topology import topics
from linli_messaging.tracing import Tracing
from linli_runtime.database import open_writer
from linli_runtime.process import PACK_BYTES
from linli_testkit.clock import HandClock
from linli_testkit.facts import shipped_policy
from linli_testkit.house import DEPLOYMENT, House
from linli_testkit.roles import work_as

from bench.figures import Figures, cpu_s_here
from bench.lifecycle import BROKER
from tests.system.life import SERVICES, START, live

FACTS: Final = int(os.environ.get("FACTS", "200000"))
PEER_FACTS: Final = 500
ARCHIVED: Final = 0.75
END: Final = START + timedelta(days=700)
ESTATE: Final = "xh01"
BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Stage:
    """Dispatch and followup on a database and a broker of their own; dispatch has told everything long ago."""

    house: House
    dsn: str
    bootstrap: str
    producer: AIOKafkaProducer
    facts: int
    broker: Broker
    postgres: Postgres

    async def measured(self, work: Awaitable[float], facts: int) -> tuple[float, float]:
        """Facts a second as the work says, and milliseconds of processor a fact: ours, Postgres's, the broker's."""
        began_s = cpu_s_here(self.broker, self.postgres)
        rate = await work
        return rate, (cpu_s_here(self.broker, self.postgres) - began_s) * 1000 / facts

    async def rebuild(self) -> float:
        """Have dispatch's relay send everything again; facts a second."""
        pool = await open_writer(self.dsn, DISPATCH)
        queries = self.house.rooms[DISPATCH].queries
        relay = Relay(DISPATCH, DEPLOYMENT, pool, queries, self.producer, HandClock(END))
        lanes = list(range(LANES))
        await pool.execute(queries["ask_resend"], lanes, [1] * LANES, ["bench"] * LANES)
        began = time.perf_counter()
        working = asyncio.create_task(relay.run())
        await _until(lambda: relay.produced >= self.facts, working)
        took_s = time.perf_counter() - began
        relay.stop()
        await working
        await pool.close()
        return self.facts / took_s

    async def join(self) -> float:
        """Have followup, which knows nothing, take in what is on the bus; facts a second."""
        room = self.house.rooms[FOLLOWUP]
        pool = await open_writer(self.dsn, FOLLOWUP)
        clock = HandClock(START)
        transactor = Transactor(room.map, shipped_policy(), room.queries, Tracing(DEPLOYMENT), stepped=True)
        writer = Writer(room.map, pool, room.queries, transactor, clock, Barrier(room.map.producers()))
        relay = Relay(FOLLOWUP, DEPLOYMENT, pool, room.queries, self.producer, clock)
        broker = KafkaBroker(self.bootstrap, logger=None, apply_types=False)
        shown = ParkedTopic(FOLLOWUP, DEPLOYMENT, self.producer)
        consumer = Consumer(broker, writer, relay, pool, room.queries, self.producer, DEPLOYMENT, shown)
        consumer.subscribe()
        reached: dict[int, int] = {}
        writer.on_commit.append(
            lambda done: reached.update({lane: last for (_, lane), last in done.arrivals.stands.items()})
        )
        working = asyncio.create_task(writer.run())
        began = time.perf_counter()
        await broker.start()
        await _until(lambda: sum(reached.values()) >= self.facts, working)
        took_s = time.perf_counter() - began
        await broker.stop()
        writer.stop()
        await working
        await pool.close()
        return self.facts / took_s


async def replay() -> Figures:
    """The empty bus."""
    async with _stage() as stage:
        return await _figures(stage, stage.rebuild(), _copy_to_batches(stage), _one_at_a_time(stage))


async def join() -> Figures:
    """The new consumer."""
    async with _stage() as stage:
        await stage.rebuild()
        await _somebody_else(stage)
        return await _figures(stage, stage.join(), _batches_to_copy(stage), _one_message_at_a_time(stage))


async def _somebody_else(stage: Stage) -> None:
    """A group that was there before: the broker keeps places of groups only once there is one, which takes seconds."""
    consumer = AIOKafkaConsumer(TOPIC_OF[DISPATCH], bootstrap_servers=stage.bootstrap, group_id="somebody-else")
    await consumer.start()
    await consumer.stop()


async def _figures(stage: Stage, ours: Awaitable[float], floor: Awaitable[float], peer: Awaitable[float]) -> Figures:
    linli, linli_ms = await stage.measured(ours, stage.facts)
    lowest, lowest_ms = await stage.measured(floor, stage.facts)
    usual, usual_ms = await stage.measured(peer, PEER_FACTS)
    return Figures(linli, lowest, usual, {"linli": linli_ms, "floor": lowest_ms, "peer": usual_ms})


@asynccontextmanager
async def _stage() -> AsyncIterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as directory:
        postgres = Postgres(Path(directory) / "postgres")
        broker = await choose_broker(BROKER, Path(directory) / "bus")
        try:
            await postgres.start()
            for name in ("life", "bench"):
                await postgres.ensure_database(name)
            template = await _facts_of_a_life(postgres.dsn("life"))
            wanted = [service for service in SERVICES if service[0].name in (DISPATCH, FOLLOWUP)]
            house = await House.build(postgres.dsn("bench"), wanted, START)
            for room in house.rooms.values():
                await work_as(room.connection, "none")  # the benchmark has tables of its own beside the service's
            connection = house.rooms[DISPATCH].connection
            facts = await _tell(connection, template)
            await _archive(postgres.dsn("bench"), house, template[int(len(template) * ARCHIVED)]["at"], facts)
            await ensure_topics(broker.bootstrap, topics((DISPATCH, FOLLOWUP)) | {"raw": PARTITIONS, "peer": 1})
            producer = AIOKafkaProducer(
                bootstrap_servers=broker.bootstrap, acks="all", enable_idempotence=isinstance(broker, Kafka),
                linger_ms=2, max_batch_size=PACK_BYTES,
            )  # fmt: skip
            await producer.start()
            yield Stage(house, postgres.dsn("bench"), broker.bootstrap, producer, facts, broker, postgres)
            await producer.stop()
            await house.close()
        finally:
            await postgres.destroy()
            await broker.stop()


async def _facts_of_a_life(dsn: str) -> list[asyncpg.Record]:
    """What dispatch tells in an estate's year, in the order of their instants."""
    house = await House.build(dsn, SERVICES, START)
    await live(house)
    rows = await house.rooms[DISPATCH].connection.fetch("SELECT * FROM fact WHERE key = $1 ORDER BY number", ESTATE)
    await house.close()
    return rows


async def _tell(connection: "asyncpg.Connection[asyncpg.Record]", template: list[asyncpg.Record]) -> int:
    """The same for as many estates as it takes, side by side in their lanes; how many facts these are."""
    estates = [f"e{number}" for number in range(-(-FACTS // len(template)))]
    numbers = dict.fromkeys(range(LANES), 0)
    for row in template:
        rows: list[tuple[object, ...]] = []
        for estate in estates:
            lane = lane_of_key(estate)
            numbers[lane] += 1
            renamed = {name: _renamed(row[name], estate) for name in ("key", "subject", "case_id", "cause", "body")}
            told = {**dict(row), **renamed, "lane": lane, "number": numbers[lane], "id": uuid4()}
            rows.append(tuple(told[name] for name in OUTBOX))
        await connection.copy_records_to_table("outbox", columns=OUTBOX, records=rows)
    await connection.executemany("UPDATE lane SET head = $2 WHERE lane = $1", list(numbers.items()))
    await connection.execute("UPDATE published SET number = head FROM lane WHERE lane.lane = published.lane")
    await connection.execute("ANALYZE outbox")
    return sum(numbers.values())


def _renamed(value: Any, estate: str) -> Any:  # noqa: ANN401 - text, bytes or nothing
    if isinstance(value, bytes):
        return value.replace(ESTATE.encode(), estate.encode())
    return value.replace(ESTATE, estate) if value else value


async def _archive(dsn: str, house: House, before: datetime, facts: int) -> None:
    pool = await open_writer(dsn, DISPATCH)
    archiver = Archiver(pool, house.rooms[DISPATCH].queries, HandClock(END), timedelta(30))
    size = "SELECT pg_total_relation_size($1::regclass)"
    was = await pool.fetchval(size, "outbox")
    began = time.perf_counter()
    moved = await archiver.archive(before)
    took_s = time.perf_counter() - began
    each = await pool.fetchval(size, "archive") / moved
    print(
        f"  archived {moved:,} of {facts:,} facts, {moved / took_s:,.0f}/s with its pauses;"
        f" bytes a fact: {was / facts:.0f} in the outbox, {each:.0f} in the archive"
    )
    await pool.close()


async def _until(done: Any, working: "asyncio.Task[None]") -> None:  # noqa: ANN401 - a function without arguments
    while not done():
        if working.done():
            working.result()
        await asyncio.sleep(0.005)


# -- beside it --------------------------------------------------------------------------------------------------------


async def _copy_to_batches(stage: Stage) -> float:
    """The floor of `replay`: bodies as text out of one table, lane by lane, into packs without headers."""
    connection = stage.house.rooms[DISPATCH].connection
    await connection.execute(
        "CREATE UNLOGGED TABLE raw AS SELECT lane, number, convert_from(body, 'UTF8') AS body FROM fact"
        " ORDER BY lane, number"
    )
    began = time.perf_counter()
    sent: list[asyncio.Future[Any]] = []
    left = b""
    packs = {partition: stage.producer.create_batch() for partition in range(PARTITIONS)}

    async def send(partition: int) -> None:
        packs[partition].close()
        sent.append(await stage.producer.send_batch(packs[partition], "raw", partition=partition))
        packs[partition] = stage.producer.create_batch()

    async def take(data: bytes) -> None:
        nonlocal left
        *lines, left = (left + data).split(b"\n")
        for line in lines:
            lane, _, body = line.partition(b"\t")
            partition = int(lane) % PARTITIONS
            if packs[partition].append(key=None, value=body, timestamp=None) is None:
                await send(partition)
                packs[partition].append(key=None, value=body, timestamp=None)

    await connection.copy_from_query("SELECT lane, body FROM raw", output=take)
    for partition in range(PARTITIONS):
        await send(partition)
    await asyncio.gather(*sent)
    return stage.facts / (time.perf_counter() - began)


async def _one_at_a_time(stage: Stage) -> float:
    """The peer of `replay`: read one, send one, wait for it."""
    connection = stage.house.rooms[DISPATCH].connection
    places = await connection.fetch("SELECT lane, number FROM raw LIMIT $1", PEER_FACTS)
    await connection.execute("ALTER TABLE raw ADD PRIMARY KEY (lane, number)")
    began = time.perf_counter()
    for lane, number in places:
        body = await connection.fetchval("SELECT body FROM raw WHERE lane = $1 AND number = $2", lane, number)
        await stage.producer.send_and_wait("raw", body.encode(), partition=partition_of(lane, PARTITIONS))
    return len(places) / (time.perf_counter() - began)


async def _batches_to_copy(stage: Stage) -> float:
    """The floor of `join`: batches of raw records into one table, one transaction each, nothing decoded."""
    connection = stage.house.rooms[FOLLOWUP].connection
    await connection.execute("CREATE TABLE raw (partition int, number bigint, body bytea)")
    consumer = AIOKafkaConsumer(bootstrap_servers=stage.bootstrap, enable_auto_commit=False)
    began = time.perf_counter()
    await consumer.start()
    places = [TopicPartition(TOPIC_OF[DISPATCH], partition) for partition in range(PARTITIONS)]
    consumer.assign(places)
    await consumer.seek_to_beginning(*places)
    taken = 0
    while taken < stage.facts:
        for records in (await consumer.getmany(timeout_ms=100, max_records=BATCH)).values():
            rows = [(record.partition, record.offset, record.value) for record in records]
            await connection.copy_records_to_table("raw", records=rows)
            taken += len(rows)
    took_s = time.perf_counter() - began
    await consumer.stop()
    return stage.facts / took_s


async def _one_message_at_a_time(stage: Stage) -> float:
    """The peer of `join`: FastStream, one message at a time, each in a transaction of its own."""
    connection = stage.house.rooms[FOLLOWUP].connection
    await connection.execute("CREATE TABLE peer (id text PRIMARY KEY, body text)")
    broker, finished, left = KafkaBroker(stage.bootstrap, logger=None), asyncio.Event(), PEER_FACTS

    async def take(fact: dict[str, Any]) -> None:
        nonlocal left
        async with connection.transaction():
            seen = await connection.fetchval("SELECT 1 FROM peer WHERE id = $1", str(left))
            if not seen:
                await connection.execute("INSERT INTO peer VALUES ($1, $2)", str(left), str(fact))
        left -= 1
        if left == 0:
            finished.set()

    broker.subscriber("peer", group_id="peer", auto_offset_reset="earliest")(take)
    for number in range(PEER_FACTS):
        await stage.producer.send("peer", b'{"estate_id":"e%d"}' % number)
    await stage.producer.flush()
    began = time.perf_counter()
    await broker.start()
    await finished.wait()
    took_s = time.perf_counter() - began
    await broker.stop()
    return PEER_FACTS / took_s
