"""What could not be handled is shown on a topic too, for those who watch the bus (promise 6). The table is what counts:
a process that dies between its commit and the sending shows it in the table only, and so does one whose bus does not
take it for as long as the producer itself tries; that is logged.
"""

import asyncio
import logging
from dataclasses import dataclass, field

import orjson
from aiokafka import AIOKafkaProducer
from linli_contracts.topics import parked_topic

from linli_messaging.batch.plan import Parked
from linli_messaging.loop.transaction import Committed

log = logging.getLogger(__name__)


@dataclass(slots=True)
class ParkedTopic:
    """Sends what was parked; a listener of the writer loop, and told of what does not come that far."""

    service: str
    deployment: str
    producer: AIOKafkaProducer
    _sending: "set[asyncio.Task[None]]" = field(default_factory=set)

    def committed(self, committed: Committed) -> None:
        """A batch was committed; commands that failed are told to their caller, not here."""
        for parked in committed.plan.parked:
            if parked.source != "command":
                self.show(parked)

    def show(self, parked: Parked) -> None:
        """This one was committed."""
        task = asyncio.create_task(self._send(parked))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, parked: Parked) -> None:
        shown = {
            "source": parked.source,
            "producer": parked.producer,
            "lane": parked.lane,
            "number": parked.number,
            "type": parked.type,
            "subject": parked.subject,
            "error": parked.error,
            "stack": parked.stack,
            "holds": parked.holds,
            "trace_id": parked.trace_id(self.deployment),
            "traceparent": parked.envelope.envelope.traceparent if parked.envelope else None,
        }
        try:
            await self.producer.send_and_wait(
                parked_topic(self.service), orjson.dumps(shown), key=parked.subject.encode()
            )
        except Exception:  # nobody waits for this task: what it raised would be told to nobody
            place = f"{parked.producer} {parked.lane}/{parked.number} {parked.type} {parked.subject}"
            log.exception("%s is parked, and only the table shows it", place)
