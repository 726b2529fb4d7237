"""Named statements are found by name, and a malformed file says where; which database errors pass by themselves."""

from pathlib import Path

import asyncpg
import pytest
from linli_messaging.queries import Queries, QueryError
from linli_messaging.sqlstate import is_transient


def write(tmp_path: Path, text: str, name: str = "queries.sql") -> Path:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


def test_statements_by_name(tmp_path: Path) -> None:
    queries = Queries.load(write(tmp_path, "-- a file\n-- name: one\n-- purpose\nSELECT 1;\n-- name: two\nSELECT 2;\n"))
    assert list(queries) == ["one", "two"]
    assert queries["two"] == "SELECT 2;"
    with pytest.raises(KeyError):
        queries["three"]


def test_a_name_exists_once_over_all_files(tmp_path: Path) -> None:
    first, second = (write(tmp_path, "-- name: one\nSELECT 1;\n", name) for name in ("a.sql", "b.sql"))
    with pytest.raises(QueryError, match=r"b\.sql: the query one exists already"):
        Queries.load(first, second)


def test_a_statement_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"queries\.sql:2: a statement without a name"):
        Queries.load(write(tmp_path, "-- a file\nSELECT 1;\n"))


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (asyncpg.ConnectionDoesNotExistError("gone"), True),
        (asyncpg.DeadlockDetectedError("deadlock"), True),
        (asyncpg.SerializationError("again"), True),
        (asyncpg.TooManyConnectionsError("full"), True),
        (asyncpg.AdminShutdownError("bye"), True),
        (asyncpg.DiskFullError("full"), True),
        (asyncpg.LockNotAvailableError("canceling statement due to lock timeout"), True),
        (asyncpg.TransactionTimeoutError("terminating"), True),
        (asyncpg.ReadOnlySQLTransactionError("cannot execute it"), True),
        (asyncpg.InterfaceError("connection is closed"), True),
        (asyncpg.InterfaceError("cannot call it: connection has been released back to the pool"), True),
        (asyncpg.InternalClientError("cannot switch to state 15"), True),
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (asyncpg.UniqueViolationError("twice"), False),
        (asyncpg.CheckViolationError("negative"), False),
        (asyncpg.DataError("too long"), False),
        (asyncpg.InterfaceError("the server expects 1 argument"), False),
        (ValueError("a bug"), False),
    ],
)
def test_what_passes_by_itself_is_tried_again(error: Exception, transient: bool) -> None:  # noqa: FBT001 - a table gives it
    assert is_transient(error) is transient
