"""Noticing that the bus has something for us which our client does not fetch: the process ends, and starts anew.

A client of Kafka keeps in memory what it believes of brokers, leaders, its group and fetches on their way. Where that
went wrong in an outage, nobody else would notice: every look for records finds none, and no error is told; or nobody
looks any more, for whatever waits for a cancelled future ends without a word. So another client, made for it, asks from
time to time how far the partitions reach, and whether the group answers.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from linli_messaging.consuming.consumer import Consumer
from linli_messaging.consuming.signs import Seen
from linli_messaging.topology import group_of, reads

LOOK_S: Final = 30.0
"""Between two looks (assumed): a record that stands there at both, with an empty look for records in between, was not
merely late, and no group takes so long to share out its partitions. A look is a connection of a few milliseconds. Where
no look for records is empty, because other partitions flow, it takes more looks to say so (`signs.py`)."""
ANSWER_WITHIN_S: Final = 20.0
STOOD_STILL_S: Final = 3.0
"""Three looks for records: what a whole process that stood still needs to go on before it is said not to look."""

log = logging.getLogger(__name__)


class StalledError(RuntimeError):
    """The bus has records for this process, and its client says that there are none."""


@dataclass(slots=True)
class StallWatch:
    """Watches one process's consumer."""

    consumer: Consumer
    new_client: Callable[..., AIOKafkaConsumer]
    """Another client of the same bus, not started; it may only ask of a group (``group_id=``), and joins none."""
    _before: Seen = field(default_factory=Seen)

    async def watch(self) -> None:
        """Look until cancelled; a bus that does not answer stalls nobody, it is down."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await asyncio.wait_for(self.look(), ANSWER_WITHIN_S)
            except (KafkaError, TimeoutError) as error:
                log.warning("stall watch: %s; looked at again", repr(error))

    async def look(self) -> None:
        """Compare where the consumer stands with how far the partitions reach, and with the last look."""
        before = self._before
        await self._see_that_it_looks()
        signs = self.consumer.signs.now()
        self._before = Seen(signs)  # all that is seen where the bus does not answer
        if signs.awaits_share:
            await self._ask_the_group()
        self._before = before.then(signs, await self._behind(), without_share=signs.awaits_share)
        stalled = self._before.stalled(before)
        if stalled:
            self.consumer.writer.fail(StalledError(f"{stalled}: the process ends"))

    async def _see_that_it_looks(self) -> None:
        signs = self.consumer.signs
        if self._before.looks_no_more(signs):
            await asyncio.sleep(STOOD_STILL_S)
            if self._before.looks_no_more(signs):
                self.consumer.writer.fail(StalledError("records are looked for no more: the process ends"))

    async def _behind(self) -> dict[TopicPartition, int | None]:
        stands = self.consumer.unfetched()
        if not stands:
            return {}
        async with self._other() as other:
            ends = await other.end_offsets(list(stands))
        return {place: at for place, at in stands.items() if (at or 0) < ends[place]}

    async def _ask_the_group(self) -> None:
        """Returns when it answers; what was acknowledged of any partition is a question that only it can answer."""
        service = self.consumer.writer.map
        place = TopicPartition(reads(service)[0], 0)
        async with self._other(group_id=group_of(service.name)) as other:
            other.assign([place])
            await other.committed(place)

    @asynccontextmanager
    async def _other(self, **options: str) -> AsyncIterator[AIOKafkaConsumer]:
        """Another client, started; its own context leaves one open that could not start, which it logs as an error."""
        other = self.new_client(**options)
        try:
            await other.start()
            yield other
        finally:
            await other.stop()
