"""An office with one estate: a roster with every step of the ladder, a home, three contractors; and real tables."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import linli_dispatch
import pytest
import pytest_asyncio
from linli_runtime.reads import Reads
from linli_testkit.databases import Database
from linli_testkit.tables import migrated

from services.dispatch.tests.office import Office

SQL = Path(linli_dispatch.__file__).parent / "sql"


@pytest.fixture
def office() -> Office:
    """An office on a Tuesday at 09:30."""
    new = Office()
    new.found()
    return new


@pytest_asyncio.fixture
async def reads(database: Database) -> AsyncIterator[Reads]:
    """Reads over the migrated tables, empty."""
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=2) as pool:
        yield await migrated(pool, SQL)
