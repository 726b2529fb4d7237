"""Facts that this service told, for those outside whom they concern: kept for them, and sent as effects (PAR-01).

The runner of effects looks through the service's own facts, after their commit, with a place of its own in every lane;
the writer loop has no part in it, and no lane is held. What is kept, the intents and the new place are committed
together, by one at a time (the feed's first place is locked): each fact is looked at once, and what is kept becomes
visible in the order of its numbers, so that whoever reads on from the last one misses none.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from linli_rulebook.effect import Effect

from linli_messaging.any_clock import Clock
from linli_messaging.loop.storing import Store
from linli_messaging.queries import Queries

PER_LANE: Final = 500
"""Numbers a lane that are looked through at once; like the relay's."""


@dataclass(frozen=True, slots=True)
class FactTold:
    """A fact as it was told."""

    id: str
    type: str
    at: datetime
    body: Mapping[str, Any]


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
    owner: tuple[str, ...]
    """The fields of a body that say whom a fact concerns, the first that is there; without one it concerns nobody."""
    keep: str
    """The named query that keeps facts for those to ask for: owners, ids, types, instants, bodies."""
    subscribers: str
    """The named query that finds which of these owners want to be sent them: rows with ``owner``."""
    wanted: Callable[[FactTold, Mapping[str, Any], datetime], Iterable[Effect]]
    """Which effects a fact has for one subscriber, now; pure."""

    async def begin(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's proxy
        """Take its place, the first time: at the very first fact."""
        await connection.execute(self.queries["begin_feed"], self.name)

    async def step(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's proxy
        """Look through what was told since the last time."""
        if not await connection.fetch(self.queries["read_feed_places"], self.name):
            return
        async with connection.transaction():
            await connection.execute(self.queries["lock_feed"], self.name)
            places = await connection.fetch(self.queries["read_feed_places"], self.name)
            lanes, was = [row["lane"] for row in places], [row["number"] for row in places]
            until = [min(row["head"], row["number"] + PER_LANE) for row in places]
            rows = await connection.fetch(self.queries["read_feed"], lanes, was, until, sorted(self.types))
            facts = [FactTold(row["id"], row["type"], row["at"], orjson.loads(row["body"])) for row in rows]
            await self._pass_on(connection, [fact for fact in facts if self._owner_of(fact) is not None])
            await connection.execute(self.queries["move_feed"], self.name, lanes, until)

    def _owner_of(self, fact: FactTold) -> str | None:
        return next((fact.body[name] for name in self.owner if fact.body.get(name) is not None), None)

    async def _pass_on(self, connection: Any, facts: list[FactTold]) -> None:  # noqa: ANN401 - asyncpg's proxy
        if not facts:
            return
        facts.sort(key=lambda fact: fact.at)
        owners = [str(self._owner_of(fact)) for fact in facts]
        await connection.execute(
            self.queries[self.keep], owners, [fact.id for fact in facts], [fact.type for fact in facts],
            [fact.at for fact in facts], [orjson.dumps(fact.body).decode() for fact in facts],
        )  # fmt: skip
        # Found after the heads were read: who subscribed before a fact was told is among them.
        subscribers: dict[str, list[dict[str, Any]]] = {}
        for row in await connection.fetch(self.queries[self.subscribers], sorted(set(owners))):
            subscribers.setdefault(row["owner"], []).append(dict(row))
        now = self.clock.now()
        effects = [
            (effect, now)
            for owner, fact in zip(owners, facts, strict=True)
            for subscriber in subscribers.get(owner, ())
            for effect in self.wanted(fact, subscriber, now)
        ]
        await Store(connection, self.queries, self.deployment, self.service).append_intents(effects)
