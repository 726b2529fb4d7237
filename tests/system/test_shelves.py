"""Homes that were kept a row each come onto their shelves by the migration, where they are looked for (WAR-02)."""

import asyncpg
import pytest
from linli_contracts.lanes import lane_of
from linli_contracts.shelves import SHELVES, shelf_of
from linli_intake.domain.place import Homes as KnownHomes
from linli_messaging.queries import Queries
from linli_runtime.migrations import migrate, read_migrations
from linli_testkit.databases import Database
from linli_testkit.house import MESSAGING, OWN_QUERIES
from linli_warranty.domain.estate import Home, Homes

from tests.system.life import SERVICES

SQL = {service.name: path for service, path in SERVICES}
SHELVED = "0005_homes_on_shelves", "0004_homes_on_shelves"
IDS = [f"{estate}.p1-1-{nth}" for estate in ("xh01", "xh02") for nth in range(40)]


@pytest.mark.rule("WAR-02", "INT-03")
@pytest.mark.parametrize(("service", "migration"), list(zip(("intake", "warranty"), SHELVED, strict=True)))
async def test_homes_of_before_stand_on_the_shelves_that_are_looked_on(
    database: Database, service: str, migration: str
) -> None:
    """Given eighty homes of two estates stored before, then each is on its shelf, and nothing else is."""
    connection = await asyncpg.connect(database.dsn)
    files = [
        *read_migrations("messaging", MESSAGING / "migrations"), *read_migrations(service, SQL[service] / "migrations")
    ]  # fmt: skip
    before = [file for file in files if not (file.name.startswith(service) and file.name >= f"{service}/{migration}")]
    try:
        queries = Queries.load(OWN_QUERIES)
        await migrate(connection, queries, before)
        await connection.execute(
            "INSERT INTO home (id, lane, state)"
            " SELECT id, lane, jsonb_build_object('id', id, 'phase', 'p1', 'handed_over_on', '2024-05-01')"
            " FROM unnest($1::text[], $2::smallint[]) AS one (id, lane)",
            IDS,
            [lane_of(one) for one in IDS],
        )
        await migrate(connection, queries, files)
        rows = await connection.fetch("SELECT id, lane, state::text AS state FROM homes")
    finally:
        await connection.close()
    assert 16 < len(rows) <= 2 * SHELVES
    assert all(row["lane"] == lane_of(row["id"]) for row in rows)
    if service == "intake":
        known = [KnownHomes.model_validate_json(row["state"]) for row in rows]
        found = {home_id: shelf.id for shelf in known for home_id in shelf.ids}
    else:
        kept = [Homes.model_validate_json(row["state"]) for row in rows]
        assert {home for shelf in kept for home in shelf.homes.values()} == {
            Home.model_validate({"phase": "p1", "handed_over_on": "2024-05-01"})
        }
        found = {home_id: shelf.id for shelf in kept for home_id in shelf.homes}
    assert found == {home_id: shelf_of(home_id) for home_id in IDS}
