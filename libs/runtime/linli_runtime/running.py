"""The running parts of a service process, and what operators may ask of them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer
from linli_contracts.lanes import lane_of
from linli_messaging.batch.waking import AT_ONCE
from linli_messaging.consuming.consumer import Consumer
from linli_messaging.lanes.own_numbers import OwnNumbers
from linli_messaging.lanes.restored import abandon_numbers, note_seen, numbers_on_the_bus
from linli_messaging.loop.writer import Writer
from linli_messaging.outside.effects import EffectRunner
from linli_messaging.partitions import partitions_now
from linli_messaging.producing.archiving import Archiver
from linli_messaging.producing.relay import Relay
from linli_messaging.queries import Queries
from linli_messaging.topology import looks_at
from linli_messaging.tracing import cause_shown, trace_id_of
from linli_rulebook.decision import Refusal

from linli_runtime.clock import AnyClock
from linli_runtime.metrics import Metrics
from linli_runtime.parked import why_not_dropped, why_not_retried

LOOK_WITHIN_S: Final = 60.0
"""A look takes a second; whoever supervises the process starts one again that could not."""
ARCHIVED_AT_ONCE: Final = 20_000
"""Facts an operator's request moves: about a second's work."""


@dataclass(slots=True)
class Running:
    """One process of a service, after its start."""

    service: str
    deployment: str
    writer: Writer
    relay: Relay
    consumer: Consumer
    archiver: Archiver
    clock: AnyClock
    pool: asyncpg.Pool
    queries: Queries
    metrics: Metrics
    new_consumer: Callable[[], AIOKafkaConsumer]
    """One without a group, not started: for looking at the bus."""
    effects: EffectRunner | None = None
    """Where the service has effects."""

    def ready(self) -> bool:
        """Migrated, joined to the group, and the loop is sound."""
        return self.consumer.assigned.is_set() and self.writer.fatal is None

    async def fetch(self, name: str, *args: object) -> list[asyncpg.Record]:
        """Rows of a named query."""
        return await self.pool.fetch(self.queries[name], *args)

    async def rest(self) -> dict[str, Any]:
        """What must be nothing, and equal, for the system to be at rest (promise 10).

        `next_timer_at`: the earliest timer, which `linli_late_seconds` counts from; an effect that has failed may wait
        on purpose. `next_due_at`: the earliest of timers and waiting effects, where a conductor moves on to.
        """
        waiting, instant = self.writer.waiting, self.clock.now()
        read = dict((await self.fetch("read_rest", instant))[0])
        effects = dict((await self.fetch("count_intents", instant))[0])
        dues = [due for due in (read["next_timer_at"], effects.pop("next_at")) if due is not None]
        numbers = {name: orjson.loads(read.pop(name) or "{}") for name in ("heads", "published", "inbox")}
        silent: dict[str, dict[str, int]] = {producer: {} for producer in self.writer.map.producers()}
        return {
            "service": self.service,
            "instant": instant,
            "clock": "stepped" if self.clock.stepped else "system",
            "waiting": max(waiting, self.writer.waiting),
            "clogged": self.writer.clogged,
            **read,
            "next_due_at": min(dues, default=None),
            "effects": effects,
            **numbers,
            "inbox": silent | numbers["inbox"],
        }

    def look_at_the_clock(self) -> None:
        """It was moved: timers and effects may be due, and the others are told the instant."""
        self.writer.sweep()
        self.relay.tell_heads()
        if self.effects is not None:
            self.effects.wake()

    async def timeline(self, case_id: str) -> list[dict[str, Any]]:
        """Everything this service told and decided about a case, in order."""
        trace = trace_id_of(self.deployment, case_id)
        items = [
            self._item("event", row, what=row["type"], facts=row["body"], trace=trace)
            for row in await self.fetch("timeline_events", case_id)
        ]
        items += [
            self._item("because", row, what=row["what"], facts=row["facts"], trace=trace)
            for row in await self.fetch("timeline_reasons", case_id)
        ]
        return sorted(items, key=lambda item: item["at"])

    def _item(self, kind: str, row: asyncpg.Record, *, what: str, facts: bytes, trace: str) -> dict[str, Any]:
        return {
            "at": row["at"],
            "recorded_at": row.get("recorded_at", row["at"]),
            "service": self.service,
            "kind": kind,
            "what": what,
            "rule": row.get("rule"),
            "policy_version": row.get("policy_version"),
            "subject": row["subject"],
            "facts": orjson.loads(facts),
            "cause": cause_shown(row["cause"]),
            "trace_id": trace,
        }

    async def retry_parked(self, parked_id: int, body: bytes | None) -> Refusal | None:
        """Make a parked head ripe, so that the loop tries it again; why not, where that is impossible."""
        if not await self.fetch("retry_parked", parked_id, body):
            return why_not_retried(await self._parked(parked_id))
        self.writer.look_for_ripe()
        return None

    async def drop_parked(self, parked_id: int, reason: str) -> Refusal | None:
        """Give a parked event up; its followers and its subject's clocks run. Why not, where that is impossible."""
        async with self.pool.acquire() as connection, connection.transaction():
            # The lane first, as everybody: a batch at work may be putting a follower behind this one.
            for row in await connection.fetch(self.queries["show_parked"], parked_id):
                lanes = sorted({row["lane"], lane_of(row["subject"])})
                await connection.fetch(self.queries["lock_lanes"], lanes)
            dropped = await connection.fetch(self.queries["drop_parked"], parked_id, reason)
            for row in dropped:
                if not await connection.fetch(self.queries["hand_on_hold"], row["subject"]):
                    tables = [kind.table for kind in self.writer.map.states]
                    woken = [row["subject"]] * len(tables), [lane_of(row["subject"])] * len(tables)
                    await connection.execute(
                        self.queries["set_timers"], tables, *woken, [AT_ONCE] * len(tables), [], []
                    )
        if not dropped:
            return why_not_dropped(await self._parked(parked_id))
        self.writer.look_for_ripe()
        self.writer.sweep()
        return None

    async def _parked(self, parked_id: int) -> dict[str, Any] | None:
        rows = await self.fetch("show_parked", parked_id)
        return dict(rows[0]) if rows else None

    async def replay(
        self, lanes: Sequence[int], since: datetime | None, since_number: dict[int, int], by: str
    ) -> dict[int, int]:
        """Ask our own relay to send again; returns the first number of each lane."""
        first = {lane: since_number.get(lane, 1) for lane in lanes}
        if since is not None:
            rows = await self.fetch("first_number_since", since, list(lanes))
            first = {row["lane"]: row["number"] for row in rows}
        if first:
            await self.fetch("ask_resend", list(first), list(first.values()), [by] * len(first))
            self.relay.asked()
        return first

    async def archive(self, before: datetime) -> int:
        """Move published facts from before an instant into the archive, some of them: ask again until it is none."""
        return await self.archiver.archive(before, most=ARCHIVED_AT_ONCE)

    async def look_at_the_bus(self) -> None:
        """Look for numbers of ours above our heads; where there are any, nothing is written (promise 8).

        ``TimeoutError`` where that cannot be known within ``LOOK_WITHIN_S``: who has not looked must not write.
        """
        consumer = self.new_consumer()
        try:
            async with asyncio.timeout(LOOK_WITHIN_S):
                await consumer.start()
                heads = {row["lane"]: row["head"] for row in await self.fetch("own_heads")}
                own = OwnNumbers(self.deployment, self.service, heads)
                own_topics = looks_at(self.writer.map)
                partitions = {topic: await partitions_now(self.relay.producer, topic) for topic in own_topics}
                seen = await numbers_on_the_bus(consumer, own, partitions)
        except TimeoutError as error:
            raise TimeoutError(f"looking for our own numbers on the bus took too long {error}".strip()) from error
        finally:
            await consumer.stop()
        if await note_seen(self.pool, self.queries, seen):
            self.writer.suspend()

    async def restored(self, handled: dict[int, int]) -> dict[int, tuple[int, int]]:
        """An operator says that the restored database shall go on: above every number seen; what is abandoned.

        ``handled``: the highest number of ours by lane that others have handled, as far as the operator has asked them.
        """
        await self.look_at_the_bus()
        await note_seen(self.pool, self.queries, handled)
        abandoned = await abandon_numbers(self.pool, self.queries, self.clock.now())
        self.writer.sweep()
        self.relay.wake()
        return abandoned

    async def refresh_metrics(self) -> None:
        """Bring the gauges up to date before they are read."""
        self.metrics.show(await self.rest(), self.relay.produced, self.consumer.foreign)
        (kept,) = await self.fetch("read_kept")
        oldest_at = kept["oldest_at"]
        oldest = self.clock.now() - oldest_at if oldest_at else timedelta()
        self.metrics.show_kept(kept["archived"], oldest, kept["early_for"])
        if self.effects is not None:
            self.metrics.effects(self.effects.noted)
