"""What a service may do to its own schema as the role that it works as: its work, and nothing that undoes a promise.

On a server of its own, whose roles are made as `linli up` and the containers make them, after each service's start.
"""

from typing import Any, Final

import asyncpg
import pytest
from linli_cli.stack.database import DATABASE, Addresses, prepare_database
from linli_contracts.topics import DISPATCH, LOYALTY, SERVICES, WARRANTY
from linli_embedded.postgres import Postgres
from linli_messaging.queries import Queries
from linli_runtime.database import open_writer
from linli_runtime.founding import found
from linli_runtime.process import MESSAGING_SQL
from linli_runtime.settings import Settings
from linli_testkit.facts import POLICY_DIR, shipped_policy

from tests.system.life import SERVICES as MAPS

LEDGERS: Final[dict[str, set[str]]] = {
    LOYALTY: {"points_entry"}, DISPATCH: {"missed_deadline"}, WARRANTY: {"movement", "claim_movement"},
}  # fmt: skip
OF_ALL: Final = {"history", "outbox", "archive"}
"""Of the outbox, the archiver takes what the archive has: a trigger sees to that (`outbox_kept`)."""
SHAPE: Final = """
    SELECT c.oid::regclass::text AS name, c.xmin::text AS written, pg_get_userbyid(c.relowner) AS owner
    FROM pg_class c WHERE c.relnamespace = $1::text::regnamespace AND c.relkind IN ('r', 'v', 'S') ORDER BY 1
"""
MAY: Final = """
    SELECT c.relname, has_table_privilege($2::text, c.oid, 'SELECT') AS read,
        has_table_privilege($2::text, c.oid, 'INSERT') AS add, has_table_privilege($2::text, c.oid, 'UPDATE') AS change,
        has_table_privilege($2::text, c.oid, 'DELETE') AS remove
    FROM pg_class c WHERE c.relnamespace = $1::text::regnamespace AND c.relkind = 'r'
"""


async def start_all(workers: dict[str, str], owners: dict[str, str]) -> None:
    """What each service does to its schema when it starts."""
    for service, sql in MAPS:
        told: dict[str, Any] = {
            "database_url": workers[service.name], "owner_database_url": owners.get(service.name), "bootstrap": "x",
            "deployment": "d1", "policy_dir": POLICY_DIR, "http_port": 1, "jwt_public_key": "x",
        }  # fmt: skip
        queries = Queries.load(MESSAGING_SQL / "queries.sql", sql / "queries.sql")
        async with await open_writer(workers[service.name], service.name) as pool:
            await found(pool, queries, service, sql, Settings(**told), shipped_policy())


async def started(server: Postgres) -> Addresses:
    addresses = await prepare_database(server, SERVICES)
    await start_all(addresses.workers, addresses.owners)
    return addresses


def append_only(service: str) -> set[str]:
    return OF_ALL | LEDGERS.get(service, set())


def beyond(service: str, tables: set[str]) -> list[str]:
    """What would undo that something is append-only, or change what a migration made."""
    of_schema = [
        "CREATE TABLE more (n int)", f"CREATE SCHEMA more AUTHORIZATION linli_{service}",
        f"DROP SCHEMA {service} CASCADE",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "DROP FUNCTION refuse_change() CASCADE", "UPDATE migration SET checksum = ''", "DELETE FROM migration",
        "INSERT INTO migration (name, checksum) VALUES ('later', '')", "SET session_replication_role = replica",
        f"SET ROLE linli_{service}_owner", f"ALTER ROLE linli_{service}_owner PASSWORD 'known'",
        f"GRANT linli_{service}_owner TO CURRENT_USER", f"REASSIGN OWNED BY linli_{service}_owner TO CURRENT_USER",
    ]  # fmt: skip
    of_ledgers = [
        statement
        for table in sorted(append_only(service))
        for statement in (
            f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only", f"ALTER TABLE {table} DISABLE TRIGGER ALL",
            f"DROP TRIGGER {table}_append_only ON {table}", f"UPDATE {table} SET lane = lane",  # noqa: S608 - a table of ours
            f"CREATE RULE kept AS ON INSERT TO {table} DO INSTEAD NOTHING", f"SELECT FROM {table} FOR UPDATE",
            f"ALTER TABLE {table} OWNER TO CURRENT_USER",
            *([] if table == "outbox" else [f"DELETE FROM {table}"]),  # noqa: S608 - a table of ours
        )
    ]  # fmt: skip
    of_tables = [f"{what} {table}" for table in sorted(tables) for what in ("TRUNCATE", "DROP TABLE")]
    return [*of_schema, *of_ledgers, *of_tables]


async def refused(connection: Any, statement: str) -> bool:  # noqa: ANN401 - asyncpg's proxy
    """Whether Postgres refuses it for want of a right, and not for another reason."""
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return True
    return False


@pytest.mark.rule("WAR-03", "LOY-03", "OPS-02")
async def test_a_service_cannot_undo_what_is_append_only_nor_change_its_schema(server: Postgres) -> None:
    """Given all services started, then what each would need for it is refused to its role by Postgres itself."""
    addresses = await started(server)
    for service in SERVICES:
        worker = await asyncpg.connect(addresses.workers[service], server_settings={"search_path": service})
        rights = await worker.fetch(MAY, service, f"linli_{service}")
        for statement in beyond(service, {row["relname"] for row in rights}):
            assert await refused(worker, statement), f"{service} may: {statement}"
        kept = append_only(service) | {"migration"}
        assert {row["relname"] for row in rights if not row["change"]} == kept
        assert {row["relname"] for row in rights if not row["remove"]} == kept - {"outbox"}
        assert {row["relname"] for row in rights if not row["add"]} == {"migration"}
        assert all(row["read"] for row in rights)
        await worker.close()


async def test_what_a_trigger_guards_is_named_as_the_grants_expect(server: Postgres) -> None:
    """Grants follow from the triggers `<table>_append_only`: one under another name would leave its table open."""
    await started(server)
    administrator = await server.server.connect(DATABASE)
    for service in SERVICES:
        # tgtype: 1 is FOR EACH ROW, 2 is BEFORE, 8 is DELETE, 16 is UPDATE: who refuses a whole statement.
        rows = await administrator.fetch(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE c.relnamespace = $1::text::regnamespace AND t.tgtype & 3 = 2 AND t.tgtype & 24 <> 0",
            service,
        )
        assert {row["relname"] for row in rows} == append_only(service)
        assert [row["tgname"] for row in rows if row["tgname"] != f"{row['relname']}_append_only"] == []
    await administrator.close()


async def test_a_second_start_and_new_passwords_change_nothing_in_a_schema(server: Postgres) -> None:
    await started(server)
    administrator = await server.server.connect(DATABASE)
    before = [await administrator.fetch(SHAPE, service) for service in SERVICES]
    addresses = await prepare_database(server, SERVICES)
    rights = [await administrator.fetch(MAY, service, f"linli_{service}") for service in SERVICES]
    await start_all(addresses.workers, addresses.owners)
    assert [await administrator.fetch(MAY, service, f"linli_{service}") for service in SERVICES] == rights
    # The auditor is let into all tables anew each time: there, names and owners are what is compared.
    after = [await administrator.fetch(SHAPE, service) for service in SERVICES]
    assert [[(row["name"], row["owner"]) for row in rows] for rows in after] == [
        [(row["name"], row["owner"]) for row in rows] for rows in before
    ]
    await start_all(addresses.workers, addresses.owners)
    assert [await administrator.fetch(SHAPE, service) for service in SERVICES] == after
    await administrator.close()


async def test_a_schema_that_the_working_role_owned_changes_hands(server: Postgres) -> None:
    """Given schemas of a deployment where each service had one role, when its roles are made anew, then processes that
    run work on, the other role owns everything, and the next start leaves the working role what it needs.
    """
    await server.ensure_database(DATABASE)
    administrator = await server.server.connect(DATABASE)
    workers = {}
    for service in SERVICES:
        await server.ensure_role(f"linli_{service}", "first")
        await administrator.execute(f"CREATE SCHEMA {service} AUTHORIZATION linli_{service}")
        workers[service] = server.dsn(DATABASE, f"linli_{service}", "first")
    await start_all(workers, {})
    running = await asyncpg.connect(workers[DISPATCH], server_settings={"search_path": DISPATCH})
    addresses = await prepare_database(server, SERVICES)
    await running.execute("UPDATE lane SET version = version + 1; DELETE FROM timer; INSERT INTO title VALUES ('kept')")
    await running.close()
    for service in SERVICES:
        shape = await administrator.fetch(SHAPE, service)
        assert {row["owner"] for row in shape} == {f"linli_{service}_owner"}
    await start_all(addresses.workers, addresses.owners)
    for service in SERVICES:
        rights = await administrator.fetch(MAY, service, f"linli_{service}")
        assert {row["relname"] for row in rights if not row["change"]} == append_only(service) | {"migration"}
    await administrator.close()
