"""A whole life, lived once a run, for whoever looks at what it left."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import asyncpg
import pytest
from linli_testkit.databases import Database, Databases, blocking
from linli_testkit.house import House

from tests.system.life import SERVICES, START, live

LIVED: Final = "lived"


async def _prepare(dsn: str) -> None:
    """A whole life, as it stands once a relay has sent everything."""
    house = await House.build(dsn, SERVICES, START)
    await live(house)
    for room in house.rooms.values():
        await room.connection.execute("UPDATE published SET number = head FROM lane WHERE lane.lane = published.lane")
        await room.fetch("set_stepped", house.instant)
    await house.close()


@pytest.fixture(scope="module")
def lived_database(databases: Databases) -> Iterator[Database]:
    """A copy of the life, for all tests of a file."""
    template = blocking(databases.template(LIVED, _prepare))
    database = blocking(databases.fresh(template))
    yield database
    blocking(databases.drop(database))


@pytest.fixture
async def lived(lived_database: Database) -> AsyncIterator[Any]:
    """A connection to the life, inside a transaction that is taken back afterwards."""
    connection = await asyncpg.connect(lived_database.dsn)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()
