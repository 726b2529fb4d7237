"""What the loop finds in the database to do: states whose clocks are due, and stored inputs that may run. Reads only.

They are read without a lock, and looked at again once their lanes are held.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import asyncpg
from linli_rulebook.decision import State

from linli_messaging.consuming.reading import Reader
from linli_messaging.inputs import EventInput, OutcomeInput, TimerInput
from linli_messaging.outside.intent_rows import read_outcome
from linli_messaging.service_map import OnOutcome, ServiceMap

STORED_BATCH: Final = 10_000
"""Stored inputs of a kind that are taken at once: they come in the hundreds, after an operator's correction."""

OUTCOMES: Final = 2_000
"""What became of effects, at once: as many as a batch of the writer loop; the rest is looked for after its commit."""

StoredInput = EventInput | TimerInput | OutcomeInput
Fetch = Callable[..., Awaitable[list[asyncpg.Record]]]
"""Rows of a named query; waits while the database is away."""


def of_one_transaction(timers: Sequence[TimerInput]) -> list[TimerInput]:
    """The earliest of them, up to the first of whose kind there are enough already; the others are due still."""
    woken: Counter[type[State]] = Counter()
    for place, timer in enumerate(timers):
        kind = timer.refs[0][0]
        if woken[kind] >= kind.woken_at_once:
            return list(timers[:place])
        woken[kind] += 1
    return list(timers)


@dataclass(slots=True)
class Looking:
    """Finds the inputs of one service's map."""

    map: ServiceMap
    fetch: Fetch
    reader: Reader = field(init=False)
    _kinds: dict[str, type[State]] = field(init=False)
    _outcomes: dict[str, OnOutcome] = field(init=False)

    def __post_init__(self) -> None:
        """Reads stored facts as the map wants them."""
        self.reader = Reader(self.map)
        self._kinds = {kind.table: kind for kind in self.map.states}
        self._outcomes = {entry.kind: entry for entry in self.map.outcomes}

    async def due(self, until: Mapping[int, datetime], most: int) -> list[TimerInput]:
        """The states to wake, each lane's up to its own instant, the earliest first."""
        rows = await self.fetch("due_timers", list(until), list(until.values()), most)
        return [
            self._timer(row["state_table"], row["id"], row["lane"], row["due_at"], until[row["lane"]]) for row in rows
        ]

    async def ripe(self, until: Callable[[int], datetime], now: datetime) -> list[StoredInput]:
        """Early facts whose ground is there, what was parked and shall be tried again, and what became of effects."""
        early = await self.fetch("take_ripe_early", STORED_BATCH)
        parked = await self.fetch("take_ripe_parked", STORED_BATCH)
        timers = await self.fetch("take_ripe_timers", STORED_BATCH)
        inputs: list[StoredInput] = [self.reader.read_stored(row["headers"], row["body"], "early") for row in early]
        for row in parked:
            item = self.reader.read_stored(row["headers"], row["body"], "parked")
            item.parked_id = row["id"]
            inputs.append(item)
        for row in timers:
            timer = self._timer(row["type"], row["subject"], row["lane"], now, until(row["lane"]))
            timer.parked_id = row["id"]
            inputs.append(timer)
        if self._outcomes:
            inputs += [read_outcome(row, self._outcomes) for row in await self.fetch("untold_intents", OUTCOMES)]
        return inputs

    def _timer(self, table: str, identity: str, lane: int, at: datetime, until: datetime) -> TimerInput:
        return TimerInput(table, identity, lane, at, until, ((self._kinds[table], identity),))
