"""Telling the group how far its records are handled: now and then, and what came meanwhile goes with the next telling.

Where an inbox stands is known to the database alone (promise 4); the group's offsets only say where a process begins to
read that takes a partition over. So nothing waits for their acknowledgement, and a lost one only has some read again.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, Protocol

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from linli_messaging import crash

TELL_EVERY_S: Final = 0.5
"""How often the group is told at most: what a process that takes over reads once more is the work of so long, and takes
it milliseconds; a telling costs the broker a write to its disk."""

END_WITHIN_S: Final = 1.0
"""How long the last telling may take: where the broker is away, a process that stops does not wait for it."""

log = logging.getLogger(__name__)


class Member(Protocol):
    """A member of the group, as aiokafka's consumer is one."""

    def assignment(self) -> AbstractSet[TopicPartition]:
        """The partitions that it has been given."""
        ...

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Tell the group; raises ``KafkaError`` where it does not take it, as where one of these is not its own."""
        ...


@dataclass(slots=True)
class Acknowledging:
    """What one process has to tell its group: of each partition the offset after the last record that is handled."""

    every_s: float = TELL_EVERY_S
    _handled: dict[TopicPartition, int] = field(default_factory=dict)
    """Handed over; may not be told yet, for some of it may be held back."""
    _committed: dict[TopicPartition, int] = field(default_factory=dict)
    """May be told, and is not yet."""
    _again_s: float = 0.0
    """When the group may be told again, in monotonic seconds."""
    _telling: "asyncio.Task[None] | None" = None
    _leaving: bool = False

    def handled(self, records: "Iterable[ConsumerRecord[bytes, bytes]]") -> None:
        """These have been taken; whether all up to them is committed is for the caller to say, by `tell`."""
        for record in records:
            self._handled[TopicPartition(record.topic, record.partition)] = record.offset + 1

    def lost(self, partitions: Iterable[TopicPartition]) -> None:
        """These are another process's now."""
        for partition in partitions:
            self._handled.pop(partition, None)
            self._committed.pop(partition, None)

    def tell(self, member: Member) -> None:
        """All that has been handled is committed: tell it, or see that it is told after what is being told."""
        self._committed |= self._handled
        self._handled = {}
        if not self._leaving and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell_in_turn(member))

    async def end(self, member: Member) -> None:
        """Tell the rest at once, and nothing after it: the member is about to leave."""
        self._leaving = True
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._tell(member), END_WITHIN_S)

    async def _tell_in_turn(self, member: Member) -> None:
        while self._committed:
            await asyncio.sleep(max(0.0, self._again_s - time.monotonic()))
            await self._tell(member)
            self._again_s = time.monotonic() + self.every_s

    async def _tell(self, member: Member) -> None:
        given = member.assignment()  # one that was lost with records of it in hand would have all of them refused
        told = {partition: offset for partition, offset in self._committed.items() if partition in given}
        self._committed = {}
        if not told:
            return
        try:
            await member.commit(told)
        except KafkaError as error:
            log.info("how far the records are handled was not told: %s", error)
        crash.point("after-acknowledge")
