"""One audit: the bus first, then every schema in one snapshot, so that nothing that moves meanwhile looks wrong.

Reads only. The snapshot is held for as long as the questions take: meanwhile a busy database keeps what it would have
cleaned up.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import asyncpg
from linli_contracts.topics import SERVICES
from linli_messaging.queries import Queries

from linli_cli.audit.access import Access
from linli_cli.audit.books import read_books, write_books
from linli_cli.audit.bus import BUS_CHECKS, compare_ends, look_at_bus
from linli_cli.audit.check import EVERYTHING, Check, Wanted
from linli_cli.audit.checks import EACH_SERVICE, THE_HOUSE
from linli_cli.audit.clocks import CLOCK_CHECKS, look_at_clocks
from linli_cli.audit.violation import MOST, Found
from linli_cli.complaint import Complaint
from linli_cli.language import Words

EARLY_WITH_ITS_NEED: Final = Check(
    "early_with_its_need", Words("事实所等已到而未被唤起", "an early fact waits for something that is there")
)
_BY_NAME: Final = {
    check.name: check for check in (*EACH_SERVICE, *THE_HOUSE, *BUS_CHECKS, *CLOCK_CHECKS, EARLY_WITH_ITS_NEED)
}


def checks_named(moving: bool, only: Sequence[str]) -> Wanted:  # noqa: FBT001 - both are options of the command line
    """What an operator asked for; a complaint where a name is no check's, or its check would be left out."""
    if unknown := sorted(set(only) - _BY_NAME.keys()):
        raise Complaint(f"没有检查 {'、'.join(unknown)}", f"there is no check {', '.join(unknown)}")
    if moving and (at_rest := ", ".join(sorted({name for name in only if _BY_NAME[name].at_rest}))):
        raise Complaint(
            f"{at_rest} 仅在静止时成立，不能与 --moving 同用", f"{at_rest} holds at rest only: leave out --moving"
        )
    return Wanted(moving, frozenset(_BY_NAME[name] for name in only))


@cache
def check_queries() -> Queries:
    """The queries of `checks.sql`."""
    return Queries.load(Path(str(files("linli_cli.audit") / "checks.sql")))


@asynccontextmanager
async def snapshot(connection: "asyncpg.Connection[Any]") -> AsyncIterator[None]:
    """Everything that is read within is of one instant, and nothing can be changed."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        yield


async def audit_all(access: Access, wanted: Wanted = EVERYTHING, books: Path | None = None) -> Found:
    """One audit of databases and bus by these means; the books of that instant go to the file `books`, if one is named.

    A complaint when the database or the bus can't be reached, and when a check of the bus was asked for and none is
    named: nothing wrong would be found, because nobody looked.
    """
    if access.bootstrap is None and (of_the_bus := wanted.only.intersection(BUS_CHECKS)):
        names = ", ".join(sorted(check.name for check in of_the_bus))
        raise Complaint(f"未指定总线，无法检查 {names}", f"no bus was named to check {names} on")
    found = Found(wanted)
    try:
        connection = await asyncpg.connect(access.database_url, server_settings={"timezone": "UTC", "jit": "off"})
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Complaint(f"无法连接数据库：{error}", f"the database can't be reached: {error}") from error
    try:
        seen = await look_at_bus(connection, access, found)
        async with snapshot(connection):
            await audit_databases(connection, found)
            if seen is not None:
                await compare_ends(connection, seen, found)
            if books is not None:
                write_books(await read_books(connection), books)
    finally:
        await connection.close()
    return found


async def audit_databases(connection: "asyncpg.Connection[Any]", found: Found) -> None:
    """Note what is wrong in the five schemas. A snapshot is open."""
    makes = found.wanted.makes
    for service in SERVICES:
        await connection.fetchval(_query("enter"), service)
        for check in filter(makes, EACH_SERVICE):
            await _make(connection, check, service, found)
        if makes(*CLOCK_CHECKS):
            held = {row["subject"] for row in await connection.fetch(_query("held"))}
            await look_at_clocks(connection, service, held, found)
        if makes(EARLY_WITH_ITS_NEED):
            await _look_at_early(connection, service, found)
    for check in filter(makes, THE_HOUSE):
        await _make(connection, check, "", found)
    for row in await connection.fetch(_query("counts")):
        found.counts[row["what"]] = row["count"]


async def _make(connection: "asyncpg.Connection[Any]", check: Check, service: str, found: Found) -> None:
    cursor = await connection.cursor(_query(check.name), *check.parameters())
    found.note(check, service, await cursor.fetch(MOST + 1))


async def _look_at_early(connection: "asyncpg.Connection[Any]", service: str, found: Found) -> None:
    """A fact that came early becomes ripe in the transaction that makes what it waits for; one that did not is lost."""
    waiting: dict[str, list[str]] = defaultdict(list)
    for row in await connection.fetch(_query("early_needs")):
        waiting[row["needs_table"]].append(row["needs_id"])
    there = [
        {"needs_table": table, "needs_id": row["id"]}
        for table, ids in waiting.items()
        for row in await connection.fetch(_own_queries(service)[f"load_{table}"], ids)
    ]
    found.note(EARLY_WITH_ITS_NEED, service, there)


def _query(name: str) -> str:
    return check_queries()[name]


@cache
def _own_queries(service: str) -> Queries:
    return Queries.load(Path(str(files(f"linli_{service}") / "sql" / "queries.sql")))
