"""A record without a readable envelope has no number: it is kept as it came (promise 6); its number shows as a gap."""

import logging
from dataclasses import dataclass
from typing import Any

import orjson
from aiokafka import ConsumerRecord

from linli_messaging.batch.plan import Parked
from linli_messaging.consuming.parked_share import TooMuchParkedError, count_anew, too_much_parked
from linli_messaging.loop.writer import Writer
from linli_messaging.producing.parking import ParkedTopic
from linli_messaging.queries import Queries
from linli_messaging.storable import storable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Parks such records for one process."""

    writer: Writer
    queries: Queries
    shown: ParkedTopic

    async def park(self, record: "ConsumerRecord[bytes, bytes]", error: str) -> None:
        """Keep it with why, and show that; where too much is parked, once some has been cleared. One that has been
        kept before, as where a record comes again, is not shown again.
        """
        await self.writer.not_clogged()
        parked = Parked(
            "event", record.topic, record.partition, record.offset, "unreadable", record.topic, None, error, "",
            holds=False,
        )  # fmt: skip
        fresh, too_much = await self.writer.retrying(lambda connection: self._keep(connection, record, parked))
        if fresh:
            log.error("parked a record of %s without an envelope: %s", record.topic, error)
            self.shown.show(parked)
        if too_much:
            self.writer.clog(TooMuchParkedError(self.writer.map.name, f"a record of {record.topic}: {error}"))

    async def _keep(
        self,
        connection: Any,  # noqa: ANN401 - asyncpg's proxy
        record: "ConsumerRecord[bytes, bytes]",
        parked: Parked,
    ) -> tuple[bool, bool]:
        """Whether it had not been kept before, and whether too much is parked by that: one that comes again, as all do
        that a stopped process did not acknowledge, adds nothing and stops nothing.
        """
        headers = {
            storable(name): storable((value or b"").decode(errors="backslashreplace")) for name, value in record.headers
        }
        async with connection.transaction():
            await count_anew(connection, self.queries, 0)
            kept = await connection.fetch(
                self.queries["park_raw"],
                parked.producer, parked.lane, parked.number, orjson.dumps(headers).decode(), record.value or b"",
                storable(parked.error),
            )  # fmt: skip
            return bool(kept), bool(kept) and await too_much_parked(connection, self.queries)
