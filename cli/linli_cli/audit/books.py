"""The books of the house: all states, ledgers, timelines and reasons, and what was kept for those outside and sent to
them, as text that two runs of one input have alike.

Not in them: what differs between two runs by right. Lanes and numbers; the references of customers, which are random
(a customer is called by the first of the own cases); on the system clock every instant and span of time. What is
personal is left out. Fields that depend on who came first where that may decide (who of two free engineers gets a
case) are there: whoever compares runs in which the order was left open names them, `--leave-out`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg
import orjson
from linli_contracts.topics import SERVICES
from linli_messaging.queries import Queries

from linli_cli.complaint import Complaint

OF_EVERY_SERVICE: Final = ("told", "because", "timer", "command")
_REFERENCE: Final = re.compile(r"\bcu[A-Za-z0-9_\-]+|\b\d{19}\b")
"""A customer's reference, or the membership number that follows from it."""
_INSTANT: Final = re.compile(r'"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[^"]*"')
_SPAN: Final = re.compile(r'"-?P(?=[\dT])[\dYMDTHS.]*"')

Key = tuple[str, str, str]
"""Service, what it is (a table, or one of OF_EVERY_SERVICE), id."""
Books = dict[Key, Any]


class Difference(NamedTuple):
    """One place where two books differ; None: there is nothing."""

    service: str
    what: str
    id: str
    field: str
    """The way to it: `clocks.0.due_at`; empty: the whole row."""
    first: Any
    second: Any


@cache
def book_queries() -> Queries:
    """The queries of `books.sql`."""
    return Queries.load(Path(str(files("linli_cli.audit") / "books.sql")))


async def read_books(connection: "asyncpg.Connection[Any]") -> Books:
    """All books, by their keys; a snapshot is open."""
    queries = book_queries()
    called: dict[str, str] = {}
    for row in await connection.fetch(queries["customers"]):
        if row["case_id"]:
            called[row["id"]] = f"customer-of-{row['case_id']}"
        if row["member_no"]:
            called[row["member_no"]] = f"member-{called.get(row['id'], row['id'])}"
    stepped = await connection.fetchval(queries["clock"]) is not None
    books: Books = {}
    for name in queries:
        service, _, what = name.partition("_")
        if service in SERVICES:
            books.update(_rows(service, what, await connection.fetch(queries[name]), called, stepped=stepped))
    for service in SERVICES:
        await connection.fetchval(queries["enter"], service)
        for what in OF_EVERY_SERVICE:
            books.update(_rows(service, what, await connection.fetch(queries[what]), called, stepped=stepped))
    return books


def _rows(
    service: str, what: str, rows: list[asyncpg.Record], called: Mapping[str, str], *, stepped: bool
) -> Iterator[tuple[Key, Any]]:
    for row in rows:
        text = row["content"]
        timeless = text if stepped else without_instants(text)
        yield (service, what, _renamed(row["id"], called)), orjson.loads(_renamed(timeless, called))


def without_instants(text: str) -> str:
    """A JSON text without when anything was, and how long it took: by the system clock no two runs have them alike."""
    return _SPAN.sub('"(span)"', _INSTANT.sub('"(instant)"', text))


def _renamed(text: str, called: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda found: called.get(found[0], found[0]), text)


def write_books(books: Books, path: Path) -> None:
    """One line a row, in order, so that two files can also be compared by `diff`."""
    lines = (
        orjson.dumps({"service": service, "what": what, "id": id_, "content": content}, option=orjson.OPT_SORT_KEYS)
        for (service, what, id_), content in sorted(books.items(), key=lambda item: item[0])
    )
    try:
        path.write_bytes(b"".join(line + b"\n" for line in lines))
    except OSError as error:
        raise Complaint(f"无法写入 {path}：{error.strerror}", f"{path} can't be written: {error.strerror}") from error


def load_books(path: Path) -> Books:
    """What `write_books` wrote; a complaint when it is something else."""
    try:
        rows = [orjson.loads(line) for line in path.read_bytes().splitlines()]
        return {(row["service"], row["what"], row["id"]): row["content"] for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Complaint(f"{path} 不是账目文件：{error}", f"{path} holds no books: {error}") from error


def compare(first: Books, second: Books, leave_out: frozenset[str] = frozenset()) -> Iterator[Difference]:
    """Every difference, in order; fields of these names are not looked at, wherever they are."""
    for key in sorted(first.keys() | second.keys()):
        for field, one, other in _differ(first.get(key), second.get(key), leave_out):
            yield Difference(*key, field, one, other)


def _differ(one: Any, other: Any, leave_out: frozenset[str]) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 - any JSON value
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted((one.keys() | other.keys()) - leave_out)
        parts = [(name, one.get(name), other.get(name)) for name in names]
    elif isinstance(one, list) and isinstance(other, list):
        parts = [(str(place), *pair) for place, pair in enumerate(zip_longest(one, other))]
    else:
        if one != other:
            yield "", one, other
        return
    for name, mine, theirs in parts:
        for field, left, right in _differ(mine, theirs, leave_out):
            yield ".".join(filter(None, (name, field))), left, right
