"""The connections of a service: one pool that writes with its own role and schema, one that only reads; and, while it
starts, one of the role that owns the schema.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

WRITER_CONNECTIONS: Final = 7
"""The loop, the relay, its telling of heads, the gap watch, the archiver, the runner of effects, and one for operators'
commands."""
READER_CONNECTIONS: Final = 4
COMMAND_TIMEOUT_S: Final = 60.0
FROZEN_MS: Final = 30_000
"""How long a transaction may wait for its process, while it holds lanes: one that is frozen, or cut off without a word,
gives them up after this. Deciding the largest batch takes a few seconds on a crowded machine."""

KEYED_ACCESS: Final = {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off"}
"""Every query of the loop goes by key. Plans made while tables are small would turn into scans of large ones,
so the planner is told."""

PLANNED_EACH_TIME: Final = {"plan_cache_mode": "force_custom_plan", "jit": "off"}
"""A list with eleven filters of which two are given is another query than one with the other nine; a plan takes under a
millisecond, compiling one a tenth of a second."""


async def open_writer(url: str, schema: str) -> asyncpg.Pool:
    """The pool of the writer loop; everything it does is in ``schema``."""
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=WRITER_CONNECTIONS,
        command_timeout=COMMAND_TIMEOUT_S,
        reset=_as_it_is,
        server_settings=_writes_in(schema, f"linli-{schema}") | KEYED_ACCESS,
    )


@asynccontextmanager
async def open_owner(url: str, schema: str) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """A connection that migrates ``schema``, closed afterwards: nothing that works later has its rights."""
    connection = await asyncpg.connect(
        url,
        command_timeout=COMMAND_TIMEOUT_S,
        server_settings=_writes_in(schema, f"linli-{schema}-owner"),
    )
    try:
        yield connection
    finally:
        await connection.close()


def _writes_in(schema: str, called: str) -> dict[str, str]:
    """Settings of a connection that writes; ``called``: its name in the database's views."""
    return {
        "search_path": schema,
        "timezone": "UTC",
        "application_name": called,
        "idle_in_transaction_session_timeout": str(FROZEN_MS),
    }


async def _as_it_is(_connection: object) -> None:
    """Nothing that the loop or a reader does outlives its transaction, and the relay gives its lock back itself: the
    reset that asyncpg would send after every use costs a round trip a batch, and as much as all the rest of a query.
    """


async def open_reader(url: str, schema: str) -> asyncpg.Pool:
    """The pool of people's queries: read-only, short transactions."""
    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=READER_CONNECTIONS,
        command_timeout=COMMAND_TIMEOUT_S,
        reset=_as_it_is,
        server_settings={
            "search_path": schema, "timezone": "UTC", "application_name": f"linli-{schema}-read",
            "default_transaction_read_only": "on", "statement_timeout": "10000", **PLANNED_EACH_TIME,
        },
    )  # fmt: skip
