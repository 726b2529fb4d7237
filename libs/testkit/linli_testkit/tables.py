"""A service's tables for tests that need no loop: migrated, and filled with the states and rows that rules decided.

What is kept goes through the loop's own statements (`linli_messaging.loop.storing`), figures included.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import asyncpg
import linli_messaging
from linli_messaging.batch.plan import Plan
from linli_messaging.loop.storing import Store
from linli_messaging.queries import Queries
from linli_messaging.service_map import Ref
from linli_rulebook.decision import Append, State
from linli_runtime.migrations import read_migrations
from linli_runtime.reads import Reads

MESSAGING = Path(linli_messaging.__file__).parent / "sql"


async def migrated(pool: asyncpg.Pool, sql: Path) -> Reads:
    """The tables of the service whose statements lie in ``sql``, empty."""
    for migration in (
        *read_migrations("messaging", MESSAGING / "migrations"),
        *read_migrations("service", sql / "migrations"),
    ):
        await pool.execute(migration.statement)
    return Reads(pool, Queries.load(MESSAGING / "queries.sql", sql / "queries.sql"))


async def keep(reads: Reads, states: Iterable[State], rows: Iterable[Append] = ()) -> None:
    """Store states, new ones and changed ones, and rows."""
    plan = Plan(states={(type(state), state.id): state for state in states}, appends=list(rows))
    kinds = dict.fromkeys(kind for kind, _ in plan.states)
    pool: Any = reads.pool  # asyncpg hands out a proxy that its types do not call a connection
    async with pool.acquire() as connection, connection.transaction():
        store = Store(connection, reads.queries, deployment="tests", producer="tests")
        before: dict[Ref, State | None] = {}
        await store.load(plan.states, before)
        await store.save_states(kinds, plan.states)
        await store.append_rows(plan.appends)
        await store.move_tally(plan, before)


async def figures_that_differ(reads: Reads) -> list[tuple[str, str]]:
    """The figures that are not what is stored comes to, as `linli audit` asks."""
    rows = await reads.pool.fetch(
        "SELECT part, name FROM tally t FULL JOIN counted_anew a USING (part, name, lane)"
        " WHERE coalesce(t.counted, 0) <> coalesce(a.counted, 0) ORDER BY part, name"
    )
    return [(row["part"], row["name"]) for row in rows]
