"""The SQL of one transaction, a method a step; every step is one round trip or none. No decisions here."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg
import orjson
from linli_contracts.envelope import headers_of
from linli_contracts.lanes import lane_of, lane_of_key
from linli_rulebook.decision import Append, State
from linli_rulebook.effect import Effect

from linli_messaging.batch.numbering import OUTBOX, Held, number_facts
from linli_messaging.batch.plan import Plan, Reason
from linli_messaging.batch.tallying import moved
from linli_messaging.consuming.parked_share import count_anew, too_much_parked
from linli_messaging.inputs import Accepted, Answer, CommandInput, EventInput, OutcomeInput, TimerInput
from linli_messaging.lanes.barrier import LONG_AGO
from linli_messaging.lanes.inbox import LaneOf
from linli_messaging.lanes.restored import SuspendedError
from linli_messaging.outside.intent_rows import intent_id
from linli_messaging.queries import Queries
from linli_messaging.service_map import Ref
from linli_messaging.storable import storable
from linli_messaging.tracing import Tracing

HISTORY: Final = ("lane", "subject", "at", "what", "rule", "policy_version", "cause", "facts")
COMMAND: Final = ("id", "lane", "name", "digest", "answer", "at")


@dataclass(slots=True)
class Store:
    """The steps of one transaction on one connection; counts its round trips."""

    connection: "asyncpg.Connection[asyncpg.Record]"
    queries: Queries
    deployment: str
    producer: str
    round_trips: int = 2
    """BEGIN and COMMIT."""
    _early: bool = True
    """Whether any early fact waits: once the lanes are held, none can come to wait for a state of theirs."""

    async def _fetch(self, name: str, *args: object) -> list[asyncpg.Record]:
        self.round_trips += 1
        return await self.connection.fetch(self.queries[name], *args)

    async def _execute(self, name: str, *args: object) -> None:
        self.round_trips += 1
        await self.connection.execute(self.queries[name], *args)

    async def _copy(self, table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
        """Append rows in Postgres's binary form: neither side makes the arrays that an INSERT would take them in."""
        self.round_trips += 1
        await self.connection.copy_records_to_table(table, columns=columns, records=rows)

    # -- before deciding ----------------------------------------------------------------------------------------------

    async def lock(self, lanes: Collection[int]) -> dict[int, Held]:
        """Hold the lanes; their heads, last instants and versions. Raises :class:`SuspendedError` (promise 8)."""
        rows = await self._fetch("lock_lanes", sorted(lanes))
        if any(row["suspended"] for row in rows):
            raise SuspendedError("a number above our own heads was seen; see: linli restored")
        return {row["lane"]: Held(row["head"], _finite(row["last_at"]), row["version"]) for row in rows}

    async def inbox(self, lanes: Collection[int]) -> tuple[datetime, dict[LaneOf, int], bool]:
        """The database's instant, the last number processed of each producer's lane, whether any subject is held."""
        rows = await self._fetch("read_inbox", sorted(lanes))
        last = {(row["producer"], row["lane"]): row["last"] for row in rows if row["producer"]}
        self._early = rows[0]["early"]
        return rows[0]["now"], last, rows[0]["holds"]

    async def known(
        self, commands: Sequence[str], subjects: Sequence[str]
    ) -> tuple[dict[str, tuple[bytes, Mapping[str, Any]]], dict[str, int]]:
        """Commands answered before, with digest and answer; subjects held by something parked, and by what."""
        if not commands and not subjects:
            return {}, {}
        rows = await self._fetch("read_known", commands, subjects)
        answered = {row["id"]: (row["digest"], orjson.loads(row["answer"])) for row in rows if row["parked_id"] is None}
        held = {row["id"]: row["parked_id"] for row in rows if row["parked_id"] is not None}
        return answered, held

    async def still_stored(self, items: Sequence[EventInput | TimerInput]) -> list[EventInput | TimerInput]:
        """Those of these that nobody has applied meanwhile: they were read before their lanes were held."""
        if not items:
            return []
        early = [item.envelope for item in items if isinstance(item, EventInput) and item.stored == "early"]
        rows = await self._fetch(
            "read_stored",
            [envelope.producer for envelope in early],
            [envelope.lane for envelope in early],
            [envelope.number for envelope in early],
            [item.parked_id for item in items if item.parked_id is not None],
        )
        there = {(row["producer"], row["lane"], row["number"], row["parked_id"]) for row in rows}
        return [item for item in items if _stored_as(item) in there]

    async def still_untold(self, items: Sequence[OutcomeInput]) -> list[OutcomeInput]:
        """Those of these that nobody has told meanwhile."""
        if not items:
            return []
        rows = await self._fetch("still_untold", *_columns([_as_settled(item) for item in items]))
        there = {(row["cause"], row["status"]) for row in rows}
        return [item for item in items if _as_settled(item) in there]

    async def load(self, refs: Iterable[Ref], into: dict[Ref, State | None]) -> None:
        """Load the states, one query a table."""
        by_kind: dict[type[State], list[str]] = defaultdict(list)
        for kind, identity in refs:
            into[kind, identity] = None
            by_kind[kind].append(identity)
        for kind, ids in by_kind.items():
            validate = kind.model_validate_json
            for row in await self._fetch(f"load_{kind.table}", ids):
                into[kind, row["id"]] = validate(row["state"])

    async def early_for(self, missing: Collection[Ref], most: int) -> list[asyncpg.Record]:
        """Stored facts that wait for these states, whose lanes are held."""
        if not missing or not self._early:
            return []
        needs = [kind.table for kind, _ in missing], [identity for _, identity in missing]
        return await self._fetch("early_for", *needs, most)

    # -- after deciding -----------------------------------------------------------------------------------------------

    async def move_inbox(self, reached: Mapping[LaneOf, int], last: Mapping[LaneOf, int]) -> bool:
        """Advance the inboxes by compare-and-set; False when another process moved one."""
        if not reached:
            return True
        places = list(reached)
        rows = await self._fetch(
            "move_inbox",
            [producer for producer, _ in places],
            [lane for _, lane in places],
            [last.get(place, 0) for place in places],
            [reached[place] for place in places],
        )
        return len(rows) == len(places)

    async def save_states(self, kinds: Iterable[type[State]], states: Mapping[Ref, State]) -> None:
        """Upsert the changed states, one query a table."""
        by_kind: dict[type[State], list[State]] = defaultdict(list)
        for state in states.values():
            by_kind[type(state)].append(state)
        for kind in kinds:
            changed = by_kind.get(kind)
            if changed:
                await self._execute(
                    f"save_{kind.table}",
                    [state.id for state in changed],
                    [lane_of(state.id) for state in changed],
                    [state.stored() for state in changed],
                )

    async def save_timers(self, due: Mapping[Ref, datetime | None]) -> None:
        """Bring the wake-up rows in line with what the states show; None: it shows no clock any more."""
        wake = [(kind.table, identity, at) for (kind, identity), at in due.items() if at is not None]
        drop = [(kind.table, identity) for (kind, identity), at in due.items() if at is None]
        if wake or drop:
            await self._execute(
                "set_timers",
                [table for table, _, _ in wake],
                [identity for _, identity, _ in wake],
                [lane_of(identity) for _, identity, _ in wake],
                [at for _, _, at in wake],
                [table for table, _ in drop],
                [identity for _, identity in drop],
            )

    async def append_facts(
        self, plan: Plan, heads: Mapping[int, Held], now: datetime | None, version: int, tracing: Tracing
    ) -> dict[int, int]:
        """Number the facts in their lanes and append them; ``now`` None: each keeps its own instant (stepped clock).

        Every lane that facts were told in, or states changed in, gets its new head, instant and version; the heads of
        all these.
        """
        numbered = number_facts(plan, heads, now, tracing)
        reached = numbered.heads
        if numbered.rows:
            await self._copy("outbox", OUTBOX, numbered.rows)
        if reached:
            instants = [numbered.instants[lane] for lane in reached]
            await self._execute("move_lanes", list(reached), list(reached.values()), instants, version)
        return reached

    async def append_rows(self, appends: Sequence[Append]) -> None:
        """Append ledger rows and the like, one query a table."""
        by_table: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in appends:
            by_table[row.table].append({**row.values, "lane": lane_of_key(row.key)})
        for table, values in by_table.items():
            await self._execute(f"append_{table}", orjson.dumps(values, default=str).decode())

    async def move_tally(self, plan: Plan, loaded: Mapping[Ref, State | None]) -> None:
        """Bring the figures in line with the states and rows."""
        change = moved(plan.states, loaded, plan.appends)
        if change:
            await self._execute("move_tally", *_columns([(*place, by) for place, by in change.items()]))

    async def append_reasons(self, reasons: Sequence[Reason]) -> None:
        """Append why things were decided."""
        if reasons:
            rows = [
                (lane_of(r.because.subject), r.because.subject, r.at, r.because.what, r.because.rule,
                 r.because.policy_version, r.cause, orjson.dumps(dict(r.because.facts), default=str).decode())
                for r in reasons
            ]  # fmt: skip
            await self._copy("history", HISTORY, rows)

    async def append_answers(self, answers: Sequence[tuple[CommandInput, Answer]], now: datetime) -> None:
        """Remember the answers of accepted commands; a refusal changed nothing and is not remembered."""
        rows = [
            (
                item.id,
                item.lane,
                item.entry.name,
                item.digest,
                orjson.dumps(dict(answer.answer), default=str).decode(),
                now,
            )
            for item, answer in answers
            if isinstance(answer, Accepted) and not answer.repeated
        ]
        if rows:
            unique = {row[0]: row for row in rows}
            await self._copy("command", COMMAND, list(unique.values()))

    async def settle_stored(self, plan: Plan) -> None:
        """Stored events: keep the early ones, ripen those that could not run yet, remove or settle the applied ones."""
        if plan.early:
            rows = [
                (item.envelope.producer, item.envelope.lane, item.envelope.number, early.table, early.id,
                 _headers(item), item.body)
                for item, early in plan.early
            ]  # fmt: skip
            await self._execute("append_early", *_columns(rows))
        if plan.ripe:
            await self._execute("ripen_early", *_columns(plan.ripe))
        early = [item.envelope for item in plan.applied if isinstance(item, EventInput) and item.stored == "early"]
        if early:
            await self._execute("drop_early", *_columns([(e.producer, e.lane, e.number) for e in early]))
        parked = [item.parked_id for item in plan.applied if item.parked_id is not None]
        if parked:
            await self._execute("settle_parked", parked)

    async def append_intents(self, effects: Sequence[tuple[Effect, datetime]]) -> None:
        """Write down what is to be done outside; a cause that was there before changes nothing (promise 9)."""
        if effects:
            rows = [
                (effect.cause, intent_id(self.deployment, self.producer, effect), lane_of(effect.subject), effect.kind,
                 effect.subject, effect.recipient, orjson.dumps(dict(effect.payload), default=str).decode(),
                 effect.emergency, at, effect.give_up_at, max(at, effect.send_from))
                for effect, at in effects
            ]  # fmt: skip
            await self._execute("append_intents", *_columns(rows))

    async def settle_intents(self, plan: Plan) -> None:
        """What became of effects is told with this transaction; or cannot be, and says why."""
        rows: list[tuple[str, str, str | None]] = [(*_as_settled(item), None) for item in plan.settled]
        rows += [(*_as_settled(item), storable(error)) for item, error in plan.stuck]
        if rows:
            await self._execute("settle_intents", *_columns(rows))

    async def note_gaps(self, gaps: Mapping[LaneOf, tuple[int, int]]) -> None:
        """Store what was noticed as missing."""
        if gaps:
            await self._execute(
                "note_gaps", *_columns([(producer, lane, *numbers) for (producer, lane), numbers in gaps.items()])
            )

    async def park(self, plan: Plan, just_processed: int) -> bool:
        """Park what could not be handled; True when something is, now and not before, and too much is by now.

        ``just_processed``: records by which this transaction has moved the inboxes.
        """
        rows = [
            (p.source, p.producer, p.lane, p.number, p.type, p.subject, _headers(p.envelope) if p.envelope else "{}",
             p.envelope.body if p.envelope else b"", storable(p.error), storable(p.stack), p.holds, p.unknown)
            for p in plan.parked
            if p.source != "command"
        ]  # fmt: skip
        fresh = any(p.source != "command" and not p.again for p in plan.parked)
        if fresh:
            self.round_trips += 1
            await count_anew(self.connection, self.queries, just_processed)
        if rows:
            await self._execute("append_parked", *_columns(rows))
        if plan.followers:
            followers = [
                ("event", e.producer, e.lane, e.number, e.type, e.subject, _headers(item), item.body)
                for item in plan.followers
                for e in (item.envelope,)
            ]
            await self._execute("append_followers", *_columns(followers))
        if not fresh:
            return False
        self.round_trips += 1
        return await too_much_parked(self.connection, self.queries)


def _stored_as(item: EventInput | TimerInput) -> tuple[str | None, int | None, int | None, int | None]:
    if isinstance(item, EventInput) and item.stored == "early":
        return item.envelope.producer, item.envelope.lane, item.envelope.number, None
    return None, None, None, item.parked_id


def _as_settled(item: OutcomeInput) -> tuple[str, str]:
    return item.intent.cause, item.intent.status


def _finite(at: datetime) -> datetime:
    return at if at.tzinfo else LONG_AGO


def _headers(item: EventInput) -> str:
    return orjson.dumps({name: value.decode() for name, value in headers_of(item.envelope)}).decode()


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """Rows as one array a column, as ``unnest`` takes them."""
    return [list(column) for column in zip(*rows, strict=True)]
