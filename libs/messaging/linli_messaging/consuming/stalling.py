"""Noticing that the bus has something for us which our client does not fetch: the process ends, and starts anew.

A client of Kafka keeps in memory what it believes of brokers, leaders and fetches on their way. Where that went wrong
in an outage, nobody else would notice: every look for records finds none, and no error is told. So another client,
made for it, asks from time to time how far the partitions reach.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from linli_messaging.consuming.consumer import Consumer

LOOK_S: Final = 30.0
"""Between two looks (assumed): a record that stands there at both, with an empty look for records in between, was not
merely late. A look is a connection of a few milliseconds."""
ANSWER_WITHIN_S: Final = 20.0

log = logging.getLogger(__name__)


class StalledError(RuntimeError):
    """The bus has records for this process, and its client says that there are none."""


@dataclass(slots=True)
class StallWatch:
    """Watches one process's consumer."""

    consumer: Consumer
    new_client: Callable[[], AIOKafkaConsumer]
    """Another client of the same bus, not started, that belongs to no group."""
    _stood: dict[TopicPartition, int] = field(default_factory=dict)
    """Where the consumer stood at the last look, of the partitions that had more."""
    _empty_looks: int = 0

    async def watch(self) -> None:
        """Look until cancelled; a bus that does not answer stalls nobody, it is down."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await asyncio.wait_for(self.look(), ANSWER_WITHIN_S)
            except (KafkaError, TimeoutError) as error:
                self._stood = {}
                log.warning("stall watch: %s; looked at again", repr(error))

    async def look(self) -> None:
        """Compare where the consumer stands with how far the partitions reach, and with the last look."""
        stands = self.consumer.positions()
        behind: dict[TopicPartition, int] = {}
        if stands:
            async with self.new_client() as other:
                ends = await other.end_offsets(list(stands))
            behind = {place: at for place, at in stands.items() if at < ends[place]}
        found_nothing = self.consumer.empty_looks > self._empty_looks
        stalled = [place for place, at in behind.items() if found_nothing and self._stood.get(place) == at]
        self._stood, self._empty_looks = behind, self.consumer.empty_looks
        if stalled:
            message = (
                f"nothing more is fetched of {stalled[0].topic}, partition {stalled[0].partition}: the process ends"
            )
            self.consumer.writer.fail(StalledError(message))
