"""Every named query of messaging and of every service prepares against the migrated schema."""

import pytest
from linli_testkit.databases import Databases
from linli_testkit.house import House

from tests.system.life import SERVICES, START


@pytest.mark.rule("OPS-04")
async def test_every_named_query_prepares(databases: Databases) -> None:
    """Given all schemas migrated, when each query is prepared by its service, then none is refused."""
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    refused = []
    for name, room in house.rooms.items():
        for query, statement in room.queries.items():
            try:
                await room.connection.prepare(statement)
            except Exception as error:  # noqa: BLE001 - every refusal is collected, so that one run shows all
                refused.append(f"{name}.{query}: {error}")
    await house.close()
    await databases.drop(database)
    assert refused == []
