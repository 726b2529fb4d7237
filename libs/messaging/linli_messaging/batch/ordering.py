"""In which order the inputs of a batch are decided. Pure."""

from collections.abc import Callable, Iterable
from datetime import datetime

from linli_messaging.inputs import EventInput, Input, TimerInput


def in_order(inputs: Iterable[Input], instant_of: Callable[[Input], datetime]) -> list[Input]:
    """What was stored first, then by instants; but never against the order of a lane, or of what waited in line."""
    latest: dict[object, datetime] = {}
    queue: list[tuple[bool, datetime, int, Input]] = []
    for place, item in enumerate(inputs):
        at, fresh = instant_of(item), True
        if isinstance(item, EventInput):
            line = (item.envelope.producer, item.envelope.lane)
            fresh, queued = not item.stored, item.envelope.subject if item.stored == "parked" else line
            at = latest[queued] = max(at, latest.get(queued, at))
        elif isinstance(item, TimerInput):
            fresh = item.parked_id is None
        queue.append((fresh, at, place, item))
    return [item for _, _, _, item in sorted(queue, key=lambda entry: entry[:3])]
