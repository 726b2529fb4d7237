"""Outside effects of facts that this service told: for subscribers who want to know of them (promise 9, PAR-01).

The runner of effects looks through the service's own facts, after their commit, with a place of its own in every lane;
the writer loop has no part in it, and no lane is held. Intents and the new place are committed together, so that each
fact is looked at once; a repetition would make no second intent anyway, for its cause is the same.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg
import orjson
from linli_rulebook.effect import Effect

from linli_messaging.queries import Queries
from linli_messaging.storing import Store
from linli_messaging.writer import Clock

PER_LANE: Final = 500
"""Numbers a lane that are looked through at once; like the relay's."""


@dataclass(frozen=True, slots=True)
class FactTold:
    """A fact as it was told."""

    id: str
    type: str
    at: datetime
    subject: str
    body: dict[str, Any]


Subscribers = Sequence[asyncpg.Record]
"""Rows of the query that finds them."""


@dataclass(frozen=True, slots=True)
class FactFeed:
    """One feed of a service."""

    name: str
    service: str
    deployment: str
    queries: Queries
    clock: Clock
    types: frozenset[str]
    """Of which facts; the others are passed over unread."""
    subscribers: str
    """The named query that finds who wants to know."""
    wanted: Callable[[FactTold, Subscribers, datetime], Iterable[Effect]]
    """Which effects a fact has, now; pure."""

    async def begin(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's proxy
        """Take its place, the first time: whoever subscribes later is told of what comes later."""
        await connection.execute(self.queries["begin_feed"], self.name)

    async def step(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's proxy
        """Look through what was told since the last time."""
        places = await connection.fetch(self.queries["read_feed_places"], self.name)
        if not places:
            return
        lanes, was = [row["lane"] for row in places], [row["number"] for row in places]
        until = [min(row["head"], row["number"] + PER_LANE) for row in places]
        # Found after the heads were read: who subscribed before a fact was told is among them.
        subscribers = await connection.fetch(self.queries[self.subscribers])
        effects: list[tuple[Effect, datetime]] = []
        if subscribers:
            now = self.clock.now()
            for row in await connection.fetch(self.queries["read_feed"], lanes, was, until, sorted(self.types)):
                fact = FactTold(row["id"], row["type"], row["at"], row["subject"], orjson.loads(row["body"]))
                effects += [(effect, now) for effect in self.wanted(fact, subscribers, now)]
        else:
            until = [row["head"] for row in places]
        async with connection.transaction():
            moved = await connection.fetch(self.queries["move_feed"], self.name, lanes, was, until)
            if len(moved) == len(lanes):
                await Store(connection, self.queries, self.deployment, self.service).append_intents(effects)
