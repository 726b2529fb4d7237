"""Numbers the facts of a transaction in their lanes, and gives each its instant, id and trace (promises 1 and 2). Pure:
nothing here locks, reads or stores.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from linli_contracts.envelope import MAX_EVENT_BYTES, derived_id
from linli_contracts.lanes import lane_of, lane_of_key
from pydantic_core import to_json

from linli_messaging.batch.plan import Plan
from linli_messaging.tracing import Tracing

OUTBOX: Final = (
    "lane", "number", "id", "type", "version", "at", "key", "subject", "case_id", "cause", "traceparent", "body",
)  # fmt: skip
"""What a row says, in this order."""


class EventTooLargeError(ValueError):
    """An event over 512 KiB is refused at append (promise 1): it would jam the relay."""


class Held(NamedTuple):
    """A lane that is locked."""

    head: int
    last_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Numbered:
    """The rows to append, and what becomes of each lane that they, or changed states, lie in."""

    rows: list[tuple[Any, ...]]
    heads: dict[int, int]
    instants: dict[int, datetime]


def number_facts(plan: Plan, held: Mapping[int, Held], now: datetime | None, tracing: Tracing) -> Numbered:
    """Number the facts; ``now`` None: each keeps its own instant (stepped clock).

    On the system clock a lane gets the instant of what was decided in it too: nothing later in it is decided by an
    earlier one, though the next database's clock, or that of whoever tells us, may differ. Raises
    :class:`EventTooLargeError`.
    """
    touched = {lane_of(identity) for _, identity in plan.states}
    heads = {lane: held[lane].head for lane in touched}
    instants = {
        lane: held[lane].last_at if now is None else max(now, held[lane].last_at, plan.latest.get(lane, now))
        for lane in touched
    }
    times: dict[tuple[str, str], int] = defaultdict(int)
    rows: list[tuple[Any, ...]] = []
    for told in plan.told:
        event, cause = told.event, told.cause
        name, key, subject, case = event.type_name(), event.key, event.subject, event.case
        lane = lane_of_key(key)
        if lane not in heads:
            heads[lane], instants[lane] = held[lane].head, held[lane].last_at
        number = heads[lane] = heads[lane] + 1
        at = told.at if now is None else max(now, told.at, instants[lane])
        instants[lane] = max(at, instants[lane])
        index = times[cause, name]
        times[cause, name] = index + 1
        body = to_json(event, exclude_none=True)
        if len(body) > MAX_EVENT_BYTES:
            message = f"{name} of {subject} has {len(body)} bytes, {MAX_EVENT_BYTES} are allowed"
            raise EventTooLargeError(message)
        rows.append((
            lane, number, derived_id(cause, name, index), name, event.version, at, key, subject, case, cause,
            tracing.traceparent(case or subject, cause), body,
        ))  # fmt: skip
    return Numbered(rows, heads, instants)
