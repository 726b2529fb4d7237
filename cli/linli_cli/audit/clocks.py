"""Whether every state that must have a running clock will be woken, and at the instant that its clocks say (DSP-19).

`clocks.sql` says which must. A state whose subject is held by something parked has none until the hold ends.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import asyncpg
from linli_messaging.batch.waking import AT_ONCE
from linli_messaging.queries import Queries
from linli_rulebook.decision import State
from pydantic import ValidationError

from linli_cli.audit.check import Check
from linli_cli.audit.violation import MOST, Found
from linli_cli.client.rest import service_map
from linli_cli.language import Words

NOT_WOKEN: Final = Check("states_without_clock", Words("应走时钟而未走", "a state must be woken, and nothing will"))
WOKEN_WRONGLY: Final = Check(
    "clocks_at_another_time",
    Words("时钟不在应响的时刻", "a state will be woken at another time than its clocks say"),
)
WOKEN_FOR_NOTHING: Final = Check("clocks_of_nothing", Words("时钟没有所属", "a clock runs for a state that wants none"))
UNREADABLE: Final = Check(
    "states_that_cannot_be_read", Words("状态无法读取", "a state is none that its service could read")
)
CLOCK_CHECKS: Final = (NOT_WOKEN, WOKEN_WRONGLY, WOKEN_FOR_NOTHING, UNREADABLE)
_ROWS: Final = 1000
"""Rows at a time: the states of a million cases don't have to fit into memory."""


@cache
def clock_queries() -> Queries:
    """The queries of `clocks.sql`."""
    return Queries.load(Path(str(files("linli_cli.audit") / "clocks.sql")))


def kinds_with_clocks(service: str) -> Iterator[type[State]]:
    """The states of a service that show clocks."""
    return (kind for kind in service_map(service).states if kind.timers is not State.timers)


async def look_at_clocks(connection: "asyncpg.Connection[Any]", service: str, held: set[str], found: Found) -> None:
    """Note every state of a service that is not woken as it must be; its transaction is open."""
    wrong: dict[Check, list[Mapping[str, Any]]] = {check: [] for check in CLOCK_CHECKS}
    for kind in kinds_with_clocks(service):
        query = clock_queries()[f"{service}_{kind.table}"]
        async for row in connection.cursor(query, prefetch=_ROWS):
            check, shown = _judge(kind, row["state"], row["due_at"])
            if check and row["id"] not in held and len(wrong[check]) <= MOST:
                ids = {"table": kind.table, "id": row["id"], "due_at": row["due_at"], "state_shows": shown}
                wrong[check].append(ids)
    for check, rows in wrong.items():
        found.note(check, service, rows)


def _judge(kind: type[State], state: str | None, due_at: datetime | None) -> tuple[Check | None, datetime | None]:
    """Which check the pair of a state and its row in `timer` violates, and what the state shows."""
    if due_at == AT_ONCE:
        # Its hold has just ended: it will be looked at now.
        return None, None
    if state is None:
        return WOKEN_FOR_NOTHING, None
    try:
        shown = min((timer.due_at for timer in kind.model_validate_json(state).timers()), default=None)
    except ValidationError:
        return UNREADABLE, None
    if due_at is None:
        return NOT_WOKEN, shown
    return (WOKEN_WRONGLY, shown) if due_at != shown else (None, shown)
