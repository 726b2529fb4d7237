"""Migrations run in order and once, by one runner at a time; an edited or vanished one is refused."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from linli_messaging.queries import Queries
from linli_runtime.founding import OWN_QUERIES
from linli_runtime.migrations import Migration, MigrationError, migrate, read_migrations
from linli_testkit.databases import Database

QUERIES = Queries.load(OWN_QUERIES)
ONE = Migration("t/0001_one", "CREATE TABLE one (id int); INSERT INTO one VALUES (1);")
TWO = Migration("t/0002_two", "ALTER TABLE one ADD COLUMN more int;")


async def run(database: Database, *migrations: Migration) -> list[str]:
    connection = await asyncpg.connect(database.dsn)
    try:
        return await migrate(connection, QUERIES, list(migrations))
    finally:
        await connection.close()


async def rows(database: Database) -> int:
    connection = await asyncpg.connect(database.dsn)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM one"))
    finally:
        await connection.close()


@pytest.mark.rule("OPS-04")
async def test_in_order_and_once(database: Database) -> None:
    assert await run(database, ONE) == [ONE.name]
    assert await run(database, ONE, TWO) == [TWO.name]
    assert await run(database, ONE, TWO) == []
    assert await rows(database) == 1


@pytest.mark.rule("OPS-04")
async def test_two_runners_at_once_apply_each_once(database: Database) -> None:
    done = await asyncio.gather(*[run(database, ONE, TWO) for _ in range(4)])
    assert sorted(len(names) for names in done) == [0, 0, 0, 2]
    assert await rows(database) == 1


@pytest.mark.rule("OPS-04")
@pytest.mark.parametrize(
    ("files", "why"),
    [
        ((Migration(ONE.name, ONE.statement + " "), TWO), "0001_one was edited"),
        ((TWO,), "0001_one was applied here, but its file is gone"),
    ],
)
async def test_an_edited_or_vanished_file_is_refused(
    database: Database, files: tuple[Migration, ...], why: str
) -> None:
    """Given the first applied, when it is edited or gone, then the second, which is new, is not applied either."""
    await run(database, ONE)
    with pytest.raises(MigrationError, match=why):
        await run(database, *files)
    assert await run(database, ONE, TWO) == [TWO.name]


@pytest.mark.rule("OPS-04")
async def test_one_that_fails_leaves_nothing_of_all(database: Database) -> None:
    with pytest.raises(asyncpg.PostgresError):
        await run(database, ONE, Migration("t/0002_bad", "CREATE TABLE nonsense (;"))
    assert await run(database, ONE) == [ONE.name]


@pytest.mark.parametrize("names", [["one.sql"], ["01_one.sql"], ["0001_one.sql", "0001_two.sql"]])
def test_file_names_are_numbered_each_number_once(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(MigrationError, match="each number once"):
        read_migrations("t", tmp_path)


def test_files_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("0010_b.sql", "0002_a.sql"):
        (tmp_path / name).write_text("SELECT 1;")
    assert [found.name for found in read_migrations("t", tmp_path)] == ["t/0002_a", "t/0010_b"]
