"""The floor: eleven facts with raw aiokafka batches of 500, orjson, no validation, one bulk transaction a batch.

All stages run in this one process (ours has five), so it is a floor of work, not of what two cores could give.
"""

import asyncio
import time
from pathlib import Path
from typing import Final

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from linli_embedded.topics import ensure_topics

STAGES: Final = 11
BATCH: Final = 500
SCHEMA: Final = Path(__file__).with_name("floor.sql")


async def floor(bootstrap: str, connection: "asyncpg.Connection[asyncpg.Record]", lives: int) -> float:
    """Lifecycles a second."""
    await connection.execute(SCHEMA.read_text(encoding="utf-8"))
    topics = [f"floor.{stage}" for stage in range(STAGES + 1)]
    await ensure_topics(bootstrap, dict.fromkeys(topics, 1))
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=2)
    await producer.start()
    lock = asyncio.Lock()
    try:
        began = time.perf_counter()
        stages = [
            asyncio.create_task(_stage(bootstrap, producer, connection, lock, stage, lives)) for stage in range(STAGES)
        ]
        sent = [
            await producer.send(topics[0], orjson.dumps({"id": f"c{number}", "stage": 0})) for number in range(lives)
        ]
        await asyncio.gather(*sent)
        await asyncio.gather(*stages)
        return lives / (time.perf_counter() - began)
    finally:
        await producer.stop()


async def _stage(
    bootstrap: str,
    producer: AIOKafkaProducer,
    connection: "asyncpg.Connection[asyncpg.Record]",
    lock: asyncio.Lock,
    stage: int,
    lives: int,
) -> None:
    consumer = AIOKafkaConsumer(
        f"floor.{stage}", bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    done = 0
    try:
        while done < lives:
            for records in (await consumer.getmany(timeout_ms=100, max_records=BATCH)).values():
                facts = [orjson.loads(record.value) for record in records]
                bodies = [orjson.dumps({"id": fact["id"], "stage": stage + 1}) for fact in facts]
                async with lock, connection.transaction():
                    await connection.execute(
                        "INSERT INTO state SELECT * FROM unnest($1::text[], $2::int[], $3::text[])",
                        [fact["id"] for fact in facts],
                        [stage] * len(facts),
                        [body.decode() for body in bodies],
                    )
                await asyncio.gather(*[await producer.send(f"floor.{stage + 1}", body) for body in bodies])
                done += len(facts)
    finally:
        await consumer.stop()
