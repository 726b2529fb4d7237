"""The pools of a service: what a process holds when it freezes is given up without it."""

import asyncpg
import pytest
from linli_messaging.sqlstate import is_transient
from linli_runtime.database import FROZEN_MS, open_writer
from linli_testkit.databases import Database

LOST = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, ConnectionError)
"""What asyncpg says of a connection that the server ended, by how far it had heard of it."""


@pytest.mark.rule("OPS-04")
async def test_a_transaction_whose_process_is_frozen_gives_up_its_locks(database: Database) -> None:
    """Given a row held by a process that says no more, when its time is over, then another gets the row, and the first
    one, when it wakes, meets an outage like any other.
    """
    async with await open_writer(database.dsn, "public") as pool, pool.acquire() as frozen:
        assert await frozen.fetchval("SHOW idle_in_transaction_session_timeout") == f"{FROZEN_MS // 1000}s"
        await frozen.execute("CREATE TABLE lane (lane int); INSERT INTO lane VALUES (1)")
        await frozen.execute("SET idle_in_transaction_session_timeout = 50; BEGIN; SELECT * FROM lane FOR UPDATE")
        async with pool.acquire() as other:
            assert await other.fetch("SELECT * FROM lane FOR UPDATE") != []
        with pytest.raises(LOST) as woken:
            await frozen.execute("COMMIT")
        assert is_transient(woken.value)
