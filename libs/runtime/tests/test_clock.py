"""The stepped clock stands at an instant like any other, also before anybody has set it."""

import pytest
from linli_messaging.queries import Queries
from linli_runtime.clock import SteppedClock
from linli_runtime.database import open_writer
from linli_testkit.databases import Database


@pytest.mark.rule("OPS-03")
async def test_what_is_stored_before_it_is_set_is_read_back_as_it_was(database: Database) -> None:
    """Given a clock that nobody has set, then the database gives its instant back as that instant, with its zone."""
    async with await open_writer(database.dsn, "public") as pool:
        clock = SteppedClock(pool, Queries({}))
        assert await pool.fetchval("SELECT $1::timestamptz", clock.now()) == clock.now()
