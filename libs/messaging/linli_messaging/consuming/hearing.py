"""What services say to each other besides facts: told heads, and asks for what is missing.

Noise is no error: whatever is said is said again. It is heard while facts wait, too: neither is decided.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

import orjson
from aiokafka import ConsumerRecord
from linli_contracts.lanes import LANES
from linli_contracts.topics import asks_topic, heads_topic

from linli_messaging.consuming.reading import MAX_NUMBER
from linli_messaging.lanes.gaps import GapWatch
from linli_messaging.lanes.restored import note_seen
from linli_messaging.loop.writer import Writer
from linli_messaging.producing.relay import Relay
from linli_messaging.queries import Queries
from linli_messaging.storable import storable


@dataclass(frozen=True, slots=True)
class Hearing:
    """Of one process."""

    writer: Writer
    relay: Relay
    watch: GapWatch
    queries: Queries
    deployment: str

    async def hear(self, records: "Iterable[ConsumerRecord[bytes, bytes]]") -> int:
        """Hear what these say; how many of them are not of this deployment."""
        foreign = 0
        by_topic: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for record in records:
            said = _said(record.value)
            if said.get("deployment") == self.deployment:
                by_topic[record.topic].append(said)
            else:
                foreign += 1
        for producer in self.writer.map.producers():
            self._hear_heads(producer, by_topic[heads_topic(producer)])
        await self._hear_asks(by_topic[asks_topic(self.writer.map.name)])
        return foreign

    def _hear_heads(self, producer: str, said: Iterable[Mapping[str, Any]]) -> None:
        now_s = time.monotonic()
        told = [heads for one in said if (heads := Heads.read(one))]
        for heads in told:
            self.writer.barrier.tell(producer, heads.at, heads.heads, heads.overdue)
            self.watch.told(producer, heads.published, now_s)
            self.watch.told_heads(producer, heads.heads)
        if told:
            self.writer.sweep()

    async def _hear_asks(self, said: Iterable[Mapping[str, Any]]) -> None:
        asks = Asks.read(said)
        if asks.first:
            handled = {lane: number - 1 for lane, number in asks.furthest.items()}
            if await self.writer.retrying(lambda connection: note_seen(connection, self.queries, handled)):
                self.writer.suspend()
            numbers, askers = zip(*asks.first.values(), strict=True)
            columns = [list(asks.first), list(numbers), list(askers)]
            await self.writer.retrying(lambda connection: connection.execute(self.queries["ask_resend"], *columns))
            self.relay.asked()


def _said(value: bytes | None) -> Mapping[str, Any]:
    try:
        said = orjson.loads(value or b"{}")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


@dataclass(frozen=True, slots=True)
class Heads:
    """What a producer told of some of its lanes."""

    at: datetime
    heads: Mapping[int, int]
    published: Mapping[int, int]
    overdue: Mapping[int, datetime]
    """Of lanes that have an overdue clock, when that is due."""

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self | None:
        """None for noise."""
        try:
            lanes = {
                _lane(lane): (_number(head), _number(published)) for lane, (head, published) in said["lanes"].items()
            }
            return cls(
                at=_instant(said["at"]),
                heads={lane: head for lane, (head, _) in lanes.items()},
                published={lane: published for lane, (_, published) in lanes.items()},
                overdue={_lane(lane): _instant(due) for lane, due in said.get("overdue", {}).items()},
            )
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
            return None


def _lane(said: Any) -> int:  # noqa: ANN401 - whatever stands there
    lane = int(said)
    if not 0 <= lane < LANES:
        raise ValueError
    return lane


def _number(said: Any) -> int:  # noqa: ANN401 - whatever stands there
    number = int(said)
    if not 0 <= number <= MAX_NUMBER:
        raise ValueError
    return number


def _instant(said: Any) -> datetime:  # noqa: ANN401 - whatever stands there
    """One without an offset is none, for it can't be compared with another; nor is one that UTC cannot say."""
    at = datetime.fromisoformat(said)
    if at.tzinfo is None:
        raise ValueError
    return at.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Asks:
    """What is asked for of each lane, all asks together."""

    first: dict[int, tuple[int, str]] = field(default_factory=dict)
    """From which number on, at the least, and who asks for that."""
    furthest: dict[int, int] = field(default_factory=dict)
    """The highest number that anybody asks for: he has all before it."""

    @classmethod
    def read(cls, said: Iterable[Mapping[str, Any]]) -> Self:
        """Noise is left out."""
        asks = cls()
        for ask in said:
            try:
                lane, number, asker = _lane(ask["lane"]), _number(ask["from"]), storable(str(ask["asker"]))
            except (KeyError, ValueError, TypeError):
                continue
            if number:
                asks.first[lane] = min(asks.first.get(lane, (number, asker)), (number, asker))
                asks.furthest[lane] = max(number, asks.furthest.get(lane, 0))
        return asks
