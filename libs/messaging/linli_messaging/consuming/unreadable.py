"""A record without a readable envelope has no number: it is kept as it came (promise 6); its number shows as a gap."""

from typing import Any

import orjson
from aiokafka import ConsumerRecord

from linli_messaging.consuming.parked_share import count_anew, too_much_parked
from linli_messaging.loop.storing import storable
from linli_messaging.queries import Queries


async def keep_raw(
    connection: Any,  # noqa: ANN401 - asyncpg's proxy
    queries: Queries,
    record: "ConsumerRecord[bytes, bytes]",
    error: str,
) -> bool:
    """Keep it with why; True when too much is parked by now."""
    await count_anew(connection, queries, 0)
    headers = {
        storable(name): storable((value or b"").decode(errors="backslashreplace")) for name, value in record.headers
    }
    await connection.execute(
        queries["park_raw"],
        record.topic, record.partition, record.offset, orjson.dumps(headers).decode(), record.value or b"",
        storable(error) )  # fmt: skip
    return await too_much_parked(connection, queries)
