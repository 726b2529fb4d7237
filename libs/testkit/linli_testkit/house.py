"""A house of services on a real Postgres, without processes or a broker: the very transactions of the writer loop.

The bus is a loop that reads each producer's outbox and hands it to its consumers, so that a test can deliver twice,
late, out of order or never, and cut the power at any crash point. What only a broker can show is tested with one.
Each service works as the role that it has in life, with its few rights.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Self

import asyncpg
import linli_messaging
import orjson
from linli_contracts.envelope import headers_of
from linli_messaging import crash
from linli_messaging.batch.live import ALWAYS
from linli_messaging.consuming.reading import Reader
from linli_messaging.inputs import Answer, Record, TimerInput
from linli_messaging.lanes.completeness import FOR_EVER
from linli_messaging.loop.looking import Looking, StoredInput
from linli_messaging.loop.transaction import Committed, Transactor
from linli_messaging.producing.relay import envelope_of
from linli_messaging.queries import Queries
from linli_messaging.service_map import Actor, ServiceMap
from linli_messaging.tracing import Tracing
from linli_rulebook.decision import Refusal
from linli_runtime.commands import Asked, accept
from linli_runtime.database import KEYED_ACCESS
from linli_runtime.migrations import migrate, read_migrations

from linli_testkit.facts import OPERATOR, shipped_policy
from linli_testkit.roles import ensure_worker, work_as

DEPLOYMENT: Final = "house"
MESSAGING: Final = Path(linli_messaging.__file__).parent / "sql"
OWN_QUERIES: Final = Path(__file__).parents[2] / "runtime" / "linli_runtime" / "sql" / "queries.sql"
LANES: Final = list(range(64))
MAX_ROUNDS: Final = 500
"""Rounds of the bus until rest; more means that services send each other facts for ever."""


class PowerCutError(Exception):
    """The power was cut at a crash point: what was not committed is gone, what was not acknowledged comes again."""


@dataclass(slots=True)
class Room:
    """One service in its schema."""

    map: ServiceMap
    queries: Queries
    connection: "asyncpg.Connection[asyncpg.Record]"
    """As the service's working role."""
    transactor: Transactor
    reader: Reader
    round_trips: list[int] = field(default_factory=list)
    heads: dict[int, int] = field(default_factory=dict)
    """The highest number given out in each lane, as the room last looked or committed."""

    async def look(self) -> None:
        """Learn what has been told, also by whoever was cut off before he knew of his commit."""
        self.heads = {row["lane"]: row["head"] for row in await self.fetch("own_heads")}

    async def commit(self, inputs: Sequence[Any]) -> Committed:
        """One batch, one transaction."""
        committed = await self.transactor.run(self.connection, inputs, {})
        self.round_trips.append(committed.round_trips)
        self.heads |= committed.heads
        for command, answer in committed.plan.answers:
            if not command.answered.done():
                command.answered.set_result(answer)
        return committed

    async def fetch(self, name: str, *args: object) -> list[asyncpg.Record]:
        """Rows of a named query."""
        return await self.connection.fetch(self.queries[name], *args)

    @asynccontextmanager
    async def unbound(self) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
        """Inside, the connection may do everything: for what a test plants that a service never could."""
        await work_as(self.connection, "none")
        try:
            yield self.connection
        finally:
            await work_as(self.connection, f"linli_{self.map.name}")


@dataclass(slots=True)
class House:
    """All services under test, and the bus between them."""

    rooms: dict[str, Room]
    instant: datetime
    times_delivered: int = 1
    """2: every record comes twice."""
    batch: int = 500
    arrange: Callable[[list[Record]], list[Record]] = list
    """May reorder or repeat what is delivered (a lane's own order is the inbox's to keep)."""

    @classmethod
    async def build(cls, dsn: str, services: Iterable[tuple[ServiceMap, Path]], instant: datetime) -> "House":
        """Make each service's schema in this database and migrate it."""
        rooms = {}
        for service, sql in services:
            connection = await asyncpg.connect(
                dsn, server_settings={"search_path": service.name, "timezone": "UTC", **KEYED_ACCESS}
            )
            await connection.execute(
                await connection.fetchval("SELECT format('CREATE SCHEMA %I', $1::text)", service.name)
            )
            queries = Queries.load(MESSAGING / "queries.sql", sql / "queries.sql")
            files = [
                *read_migrations("messaging", MESSAGING / "migrations"),
                *read_migrations(service.name, sql / "migrations"),
            ]
            worker = await ensure_worker(connection, service.name)
            await migrate(connection, Queries.load(OWN_QUERIES), files, worker)
            await work_as(connection, worker)
            await connection.execute(queries["found_deployment"], DEPLOYMENT, len(LANES), ALWAYS)
            transactor = Transactor(service, shipped_policy(), queries, Tracing(DEPLOYMENT), stepped=True)
            rooms[service.name] = Room(service, queries, connection, transactor, Reader(service))
        return cls(rooms, instant)

    async def close(self) -> None:
        """Close the connections."""
        for room in self.rooms.values():
            await room.connection.close()

    # -- commands -----------------------------------------------------------------------------------------------------

    async def command(
        self,
        name: str,
        body: Mapping[str, Any],
        *,
        key: str,
        at: datetime | None = None,
        actor: Actor = OPERATOR,
    ) -> Answer:
        """Send one command as the runtime does, at an instant; its answer or refusal.

        Only what the runtime makes at random follows from the key here, so that two houses can be compared.
        """
        room = self.rooms[name.partition(".")[0]]
        entry = next(entry for entry in room.map.commands if entry.name == name)
        content = orjson.loads(orjson.dumps(body, default=str))
        asked = Asked(entry, content, key, (at or self.instant).isoformat(), actor)
        command = accept(asked, stepped_to=self.instant)
        if isinstance(command, Refusal):
            return command
        if "random_ref" in entry.body.model_fields:
            told = {"random_ref": blake2b(key.encode(), digest_size=12).hexdigest()}
            command.body = entry.body.model_validate(command.body.model_dump() | told)
            command.refs = tuple(entry.needs(command.body))
        await room.commit([command])
        return await command.answered

    # -- the bus ------------------------------------------------------------------------------------------------------

    async def deliver(self) -> int:
        """Hand every fact to its consumers until nobody is behind; returns how many transactions that took."""
        transactions = 0
        for room in self.rooms.values():
            await room.look()
        for _ in range(MAX_ROUNDS):
            moved = 0
            for room in self.rooms.values():
                moved += await self._deliver_to(room)
            transactions += moved
            if not moved:
                return transactions
        message = "the services send each other facts for ever"
        raise AssertionError(message)

    async def _deliver_to(self, room: Room) -> int:
        moved = 0
        last: dict[str, dict[int, int]] = defaultdict(dict)
        for row in await room.fetch("all_inboxes"):
            last[row["producer"]][row["lane"]] = row["last"]
        for producer in room.map.producers():
            if producer not in self.rooms:
                continue
            records = await self._records(producer, room, last[producer])
            if records:
                arranged = self.arrange(records)[: self.batch]
                for _ in range(self.times_delivered):
                    await room.commit(arranged)
                moved += 1
        stored = await self.stored(room)
        if stored:
            await room.commit(stored)
            moved += 1
        return moved

    async def _records(self, producer: str, consumer: Room, last: Mapping[int, int]) -> list[Record]:
        """What this consumer has not processed of a producer; `last`: where its inbox stands in each lane."""
        source = self.rooms[producer]
        behind = [lane for lane, head in source.heads.items() if head > last.get(lane, 0)]
        if not behind:
            return []  # nearly always; to read from no lane would cost as much as from all
        rows = await source.fetch("read_again", behind, [last.get(lane, 0) for lane in behind], self.batch)
        return [self._record(producer, row, consumer.reader) for row in rows]

    def _record(self, producer: str, row: asyncpg.Record, reader: Reader) -> Record:
        return reader.take(headers_of(envelope_of(row, producer, DEPLOYMENT)), row["body"])

    async def stored(self, room: Room) -> list[StoredInput]:
        """Early and parked facts that may run now, and what became of effects."""

        async def fetch(name: str, most: int) -> list[asyncpg.Record]:
            return await room.fetch(name, min(most, self.batch))

        return await Looking(room.map, fetch).ripe(lambda _lane: self.instant, self.instant)

    # -- time ---------------------------------------------------------------------------------------------------------

    async def advance(self, until: datetime) -> None:
        """Let time pass, timer by timer in order of their due instants, delivering what each brings about."""
        await self.deliver()
        nearest: datetime | None = None
        for _ in range(MAX_ROUNDS):
            dues = [timer.at for room in self.rooms.values() for timer in await self.due_timers(room, FOR_EVER, 1)]
            nearest = min(dues, default=None)
            if nearest is None or nearest > until:
                break
            self.instant = max(self.instant, nearest)
            for room in self.rooms.values():
                timers = await self.due_timers(room, self.instant, self.batch)
                if timers:
                    await room.commit(timers)
            await self.deliver()
        else:
            message = f"timers never end; the next is due at {nearest}"
            raise AssertionError(message)
        self.instant = max(self.instant, until)

    async def due_timers(self, room: Room, until: datetime, most: int) -> list[TimerInput]:
        """The states of a service to be woken up to an instant, the earliest first."""
        return await Looking(room.map, room.fetch).due(dict.fromkeys(LANES, until), most)

    # -- looking ------------------------------------------------------------------------------------------------------

    async def books(self) -> dict[str, list[bytes]]:
        """All that must be the same however often it was delivered: states, facts, reasons, wake-ups, ledgers."""
        return {
            f"{name}.{table}": await _rows(room.connection, table, columns)
            for name, room in self.rooms.items()
            for table, columns in (
                *((kind.table, ("id", "state")) for kind in room.map.states),
                *_BOOKS.items(),
                *[(table, await _columns_of(room.connection, table)) for table in room.map.appends],
            )
        }

    async def parked(self) -> list[tuple[str, str, str]]:
        """What could not be handled: service, type, error with its stack."""
        return [
            (name, row["type"], row["error"] + "\n" + row["stack"])
            for name, room in self.rooms.items()
            for row in await room.connection.fetch("SELECT type, error, stack FROM parked WHERE status = 'parked'")
        ]


_BOOKS: Final[dict[str, tuple[str, ...]]] = {
    "outbox": ("lane", "number", "type", "at", "subject", "cause", "body"),
    "history": ("subject", "at", "what", "rule", "policy_version", "cause", "facts"),
    "timer": ("state_table", "id", "due_at"),
    "command": ("id", "name"),
    "inbox": ("producer", "lane", "last"),
    "intent": ("cause", "kind", "subject", "recipient", "payload", "emergency", "made_at", "give_up_at", "status"),
}


async def _columns_of(connection: "asyncpg.Connection[asyncpg.Record]", table: str) -> tuple[str, ...]:
    """The columns of a ledger but for the instant of processing."""
    rows = await connection.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1"
        " AND COALESCE(column_default, '') NOT LIKE '%clock_timestamp%' ORDER BY ordinal_position",
        table,
    )
    return tuple(row["column_name"] for row in rows)


async def _rows(connection: "asyncpg.Connection[asyncpg.Record]", table: str, columns: tuple[str, ...]) -> list[bytes]:
    """All rows of a table as text, in an order of their own."""
    written = BytesIO()
    await connection.copy_from_table(table, columns=columns, output=written)
    return sorted(written.getvalue().splitlines())


class PowerCuts:
    """Cuts the power at the n-th passage of a crash point, and then at every so-many-eth (0: only once)."""

    def __init__(self, point: str, passage: int = 1, every: int = 0) -> None:
        """Where, at which passage first, and how often after it."""
        self._point, self._left, self._every, self._real = point, passage, every, crash.point

    def __enter__(self) -> Self:
        """From here on the power may fail."""
        crash.point = self._pass
        return self

    def __exit__(self, *_: object) -> None:
        """The power is back."""
        crash.point = self._real

    def _pass(self, name: str) -> None:
        if name == self._point:
            self._left -= 1
            if self._left == 0:
                self._left = self._every
                raise PowerCutError(name)


async def surviving(work: Callable[[], Any], times: int = 1000) -> Any:  # noqa: ANN401 - as the work returns
    """Do the work again after a power cut, as a restarted process does."""
    for _ in range(times):
        try:
            return await work()
        except PowerCutError:
            await asyncio.sleep(0)
    message = f"the power was cut {times} times"
    raise AssertionError(message)
