"""A partner's replay: what it was told of its orders since an instant is delivered once more (PAR-02).

The runner of effects does it page by page, behind what it looks through of new facts: whatever was looked at before is
in the kept facts, and whatever is looked at later is delivered as new. Deliveries and the place reached are committed
together. A delivery keeps its id, so that a partner who has had it may ignore it.
"""

from dataclasses import dataclass
from typing import Any, Final

import orjson
from linli_messaging.any_clock import Clock
from linli_messaging.loop.storing import Store
from linli_messaging.queries import Queries
from linli_rulebook import PolicyBook

from linli_dispatch.delivering import delivery_terms
from linli_dispatch.domain.webhook import Webhook, deliveries

AT_ONCE: Final = 8
"""Replays that are taken a page further at a time."""
PAGE: Final = 500
"""Facts a page: one transaction of a few milliseconds."""
BY_PARTNER: Final = "partner"
WHY: Final = "replay"


@dataclass(frozen=True, slots=True)
class Replays:
    """All replays of a service."""

    service: str
    deployment: str
    queries: Queries
    clock: Clock
    policies: PolicyBook

    async def begin(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's proxy
        """Nothing: how far each has come is stored."""

    async def step(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's proxy
        """Take each replay that is under way a page further."""
        for row in await connection.fetch(self.queries["replays_under_way"], AT_ONCE):
            await self._page(connection, Webhook.model_validate_json(row["state"]), row["replays"], row["place"])

    async def _page(self, connection: Any, webhook: Webhook, replay: int, after: int | None) -> None:  # noqa: ANN401 - asyncpg's proxy
        since, owner, now = webhook.replay_since or webhook.since, webhook.owner_id, self.clock.now()
        if after is None:
            after = await connection.fetchval(self.queries["place_since"], owner, since)
        wanted = list(webhook.types), list(webhook.estate_ids)
        rows = await connection.fetch(self.queries["page_partner_facts"], owner, after, *wanted, PAGE)
        terms = delivery_terms(self.policies, now)
        effects = [
            (effect, now)
            for row in rows
            if row["at"] >= since
            for effect in deliveries(
                row["id"], row["type"], row["at"], orjson.loads(row["body"]), (webhook,), now, terms
            )
        ]
        async with connection.transaction():
            causes = [effect.cause for effect, _ in effects]
            await connection.execute(
                self.queries["intents_again"], causes, now, now + terms.give_up_after, BY_PARTNER, WHY
            )
            await Store(connection, self.queries, self.deployment, self.service).append_intents(effects)
            reached = rows[-1]["place"] if rows else after
            await connection.execute(self.queries["note_replay"], webhook.id, replay, reached, len(rows) < PAGE)
