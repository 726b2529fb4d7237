"""Which numbers of its own a service sees on the bus (promise 8). Pure.

The heads have every lane's head as of a second ago at most; what was produced after them lies at the end of the facts.
A lane's facts follow each other without a gap, so a number that does not follow is none of ours: junk suspends nobody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson
from linli_contracts.envelope import EnvelopeError, read_headers
from linli_contracts.lanes import LANES

from linli_messaging.consuming.reading import MAX_NUMBER


@dataclass(slots=True)
class OwnNumbers:
    """The highest number of each of our lanes that the bus shows. Pure; records of a partition come in order."""

    deployment: str
    service: str
    heads: Mapping[int, int]
    """What our database has."""
    seen: dict[int, int] = field(default_factory=dict)
    told_since_ms: int | None = None
    """When the first of the heads was told that were read."""
    jumped: bool = False
    """A fact of ours did not follow: either it is junk, or those before it lie further back than was read."""

    def take_heads(self, timestamp_ms: int, value: bytes | None) -> None:
        """One told set of heads; what is not ours, or not readable, says nothing."""
        try:
            told = orjson.loads(value or b"")
            if (told["deployment"], told["producer"]) != (self.deployment, self.service):
                return
            heads = {int(lane): int(numbers[0]) for lane, numbers in told["lanes"].items()}
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            return
        for lane, head in heads.items():
            if 0 <= lane < LANES and 0 < head <= MAX_NUMBER:
                self.seen[lane] = max(head, self.seen.get(lane, 0))
        self.told_since_ms = min(timestamp_ms, self.told_since_ms or timestamp_ms)

    def take_fact(self, headers: Iterable[tuple[str, bytes | None]]) -> None:
        """One record of our topic: the next number of its lane, or one that says nothing."""
        try:
            envelope = read_headers(headers)
        except EnvelopeError:
            return
        if (envelope.deployment, envelope.producer) != (self.deployment, self.service):
            return
        reached = max(self.seen.get(envelope.lane, 0), self.heads.get(envelope.lane, 0))
        first = envelope.abandoned_from or envelope.number
        if first <= reached + 1 <= envelope.number <= MAX_NUMBER:
            self.seen[envelope.lane] = envelope.number
        elif envelope.number > reached:
            self.jumped = True
