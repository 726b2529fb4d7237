"""Telling the group how far its records are handled: one telling at a time, and what came meanwhile goes with the next.

Where an inbox stands is known to the database alone (promise 4); the group's offsets only say where a process begins to
read that takes a partition over. So nothing waits for their acknowledgement, and a lost one only has some read again.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from linli_messaging import crash

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Acknowledging:
    """What one process has to tell its group."""

    _next: dict[TopicPartition, int] = field(default_factory=dict)
    """The offset after the last handled record of each partition, as far as that is not told yet."""
    _telling: "asyncio.Task[None] | None" = None

    def handled(self, records: "Iterable[ConsumerRecord[bytes, bytes]]") -> None:
        """These have been handled; they are not told yet, for others before them may be held back."""
        for record in records:
            self._next[TopicPartition(record.topic, record.partition)] = record.offset + 1

    def lost(self, partitions: Iterable[TopicPartition]) -> None:
        """These are another process's now."""
        for partition in partitions:
            self._next.pop(partition, None)

    def tell(self, kafka: AIOKafkaConsumer) -> None:
        """Tell all that has been handled, or see that it is told after what is being told."""
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell(kafka))

    async def _tell(self, kafka: AIOKafkaConsumer) -> None:
        while self._next:
            told = self._next
            self._next = {}
            try:
                await kafka.commit(told)
            except (KafkaError, IllegalStateError) as error:
                log.info("how far the records are handled was not told: %s", error)
            crash.point("after-acknowledge")
