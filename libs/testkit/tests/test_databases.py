"""Every test has a database of its own, made quickly from a template that is prepared once."""

import time

import asyncpg
import pytest
from linli_testkit.databases import Database, Databases


async def test_database_is_empty_and_speaks_utf8(database: Database) -> None:
    connection = await asyncpg.connect(database.dsn)
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    assert await connection.fetchval("SHOW server_encoding") == "UTF8"
    await connection.close()


async def test_template_is_prepared_once_and_copied(databases: Databases) -> None:
    prepared = []

    async def prepare(dsn: str) -> None:
        prepared.append(dsn)
        connection = await asyncpg.connect(dsn)
        await connection.execute("CREATE TABLE estate (name text); INSERT INTO estate VALUES ('翠苑')")
        await connection.close()

    started = time.monotonic()
    name = await databases.template("estate", prepare)
    assert await databases.template("estate", prepare) == name
    assert len(prepared) == 1

    copies = [await databases.fresh(name) for _ in range(2)]
    print(f"a template and two copies: {time.monotonic() - started:.3f} s")
    for copy in copies:
        connection = await asyncpg.connect(copy.dsn)
        assert await connection.fetchval("SELECT name FROM estate") == "翠苑"
        await connection.execute("DELETE FROM estate")
        # Still connected: a test that leaks a connection does not keep its database alive.
        await databases.drop(copy)
        connection.terminate()


async def test_template_that_was_half_prepared_is_made_anew(databases: Databases) -> None:
    async def fail(dsn: str) -> None:
        raise RuntimeError(dsn)

    async def succeed(dsn: str) -> None:
        assert dsn

    with pytest.raises(RuntimeError):
        await databases.template("half", fail)
    assert await databases.template("half", succeed)


async def test_role_enters_by_its_password_only(database: Database) -> None:
    await database.server.ensure_role("testkit_reader", "right")
    connection = await asyncpg.connect(database.dsn_as("testkit_reader", "right"))
    await connection.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(database.dsn_as("testkit_reader", "wrong"))
