"""The peer: eleven facts the usual way: FastStream one message at a time, a transaction each, an outbox poller."""

import asyncio
import time
from typing import Final

import asyncpg
from aiokafka import AIOKafkaProducer
from faststream.kafka import KafkaBroker
from linli_embedded.topics import ensure_topics
from pydantic import BaseModel

STAGES: Final = 11
POLL_S: Final = 0.05


class Fact(BaseModel):
    """A fact of the peer."""

    id: str
    stage: int


async def peer(bootstrap: str, connection: "asyncpg.Connection[asyncpg.Record]", lives: int) -> float:
    """Lifecycles a second."""
    await ensure_topics(bootstrap, {f"peer.{stage}": 1 for stage in range(STAGES + 1)})
    lock, finished = asyncio.Lock(), asyncio.Event()
    left = lives
    broker = KafkaBroker(bootstrap, logger=None)

    async def take(fact: Fact) -> None:
        nonlocal left
        async with lock, connection.transaction():
            body = Fact(id=fact.id, stage=fact.stage + 1).model_dump_json()
            await connection.execute("INSERT INTO state VALUES ($1, $2, $3)", f"p{fact.id}", fact.stage, body)
            if fact.stage < STAGES - 1:
                await connection.execute(
                    "INSERT INTO outbox (topic, key, body) VALUES ($1, $2, $3)", f"peer.{fact.stage + 1}", fact.id, body
                )
        if fact.stage == STAGES - 1:
            left -= 1
            if left == 0:
                finished.set()

    for stage in range(STAGES):
        broker.subscriber(f"peer.{stage}", group_id=f"peer-{stage}", auto_offset_reset="earliest")(take)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    await broker.connect()
    # Side by side, which FastStream does not do: the embedded broker lets nobody into a group for seconds.
    await asyncio.gather(*(subscriber.start() for subscriber in broker.subscribers))
    poller = asyncio.create_task(_poll(connection, lock, producer))
    try:
        began = time.perf_counter()
        for number in range(lives):
            await broker.publish(Fact(id=f"c{number}", stage=0), "peer.0")
        await finished.wait()
        return lives / (time.perf_counter() - began)
    finally:
        poller.cancel()
        await asyncio.gather(poller, return_exceptions=True)
        await broker.stop()
        await producer.stop()


async def _poll(
    connection: "asyncpg.Connection[asyncpg.Record]", lock: asyncio.Lock, producer: AIOKafkaProducer
) -> None:
    while True:
        async with lock:
            rows = await connection.fetch("SELECT number, topic, key, body FROM outbox ORDER BY number LIMIT 100")
        for row in rows:
            await producer.send_and_wait(row["topic"], row["body"].encode(), key=row["key"].encode())
        if rows:
            async with lock:
                await connection.execute("DELETE FROM outbox WHERE number = ANY($1)", [row["number"] for row in rows])
        else:
            await asyncio.sleep(POLL_S)
