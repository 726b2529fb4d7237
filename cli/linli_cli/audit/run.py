"""One audit: the bus first, then every schema in one snapshot, so that nothing that moves meanwhile looks wrong.

Reads only. The snapshot is held for as long as the questions take: meanwhile a busy database keeps what it would have
cleaned up.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import asyncpg
from linli_contracts.topics import SERVICES
from linli_messaging.queries import Queries

from linli_cli.audit.access import Access
from linli_cli.audit.books import read_books, write_books
from linli_cli.audit.bus import BUS_AT_REST, BUS_CHECKS, compare_ends, look_at_bus
from linli_cli.audit.checks import EACH_SERVICE, THE_HOUSE, Check
from linli_cli.audit.clocks import CLOCK_CHECKS, look_at_clocks
from linli_cli.audit.violation import MOST, Found
from linli_cli.complaint import Complaint
from linli_cli.language import Words

EARLY_WITH_ITS_NEED: Final = "early_with_its_need"
_EARLY_WRONG: Final = Words("事实所等已到而未被唤起", "an early fact waits for something that is there")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which checks to make."""

    moving: bool = False
    """Leave out what holds only while nothing is under way."""
    only: frozenset[str] = frozenset()
    """These; none: all."""

    def holds(self, check: Check) -> bool:
        """Whether to make a check of the table."""
        return self.any_of(check.name) and not (check.at_rest and self.moving)

    def any_of(self, *names: str) -> bool:
        """Whether to make one of these."""
        return not self.only or not self.only.isdisjoint(names)


EVERYTHING: Final = Wanted()
_BY_NAME: Final = {check.name: check for check in (*EACH_SERVICE, *THE_HOUSE)}
_OTHERS: Final = frozenset({*BUS_CHECKS, *CLOCK_CHECKS, EARLY_WITH_ITS_NEED})
"""What is no query of the table."""


def checks_named(moving: bool, only: Sequence[str]) -> Wanted:  # noqa: FBT001 - both are options of the command line
    """What an operator asked for; a complaint where a name is no check's, or none is left: nothing would be checked."""
    if unknown := sorted(set(only) - _BY_NAME.keys() - _OTHERS):
        raise Complaint(f"没有检查 {'、'.join(unknown)}", f"there is no check {', '.join(unknown)}")
    wanted = Wanted(moving, frozenset(only))
    at_rest = {name for name, check in _BY_NAME.items() if check.at_rest} | BUS_AT_REST
    if moving and only and at_rest.issuperset(only):
        names = ", ".join(sorted(only))
        raise Complaint(
            f"{names} 仅在静止时成立，不能与 --moving 同用", f"{names} holds at rest only: leave out --moving"
        )
    return wanted


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

    A complaint when the database or the bus can't be reached, and when a check that was asked for was not made: nothing
    wrong was found then, because nobody looked.
    """
    found = Found()
    try:
        connection = await asyncpg.connect(access.database_url, server_settings={"timezone": "UTC", "jit": "off"})
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Complaint(f"无法连接数据库：{error}", f"the database can't be reached: {error}") from error
    try:
        seen = await look_at_bus(connection, access, found) if wanted.any_of(*BUS_CHECKS) else None
        async with snapshot(connection):
            await audit_databases(connection, found, wanted)
            if seen is not None:
                await compare_ends(connection, seen, found, moving=wanted.moving)
            if books is not None:
                write_books(await read_books(connection), books)
    finally:
        await connection.close()
    if unmade := ", ".join(sorted(wanted.only - found.checks)):
        raise Complaint(
            f"没有做这些检查：{unmade}（名称有误，或只在静止时成立，或未指定总线）",
            f"not checked: {unmade} (no check has that name, or it holds at rest only, or no bus was named)",
        )
    return found


async def audit_databases(connection: "asyncpg.Connection[Any]", found: Found, wanted: Wanted = EVERYTHING) -> None:
    """Note what is wrong in the five schemas. A snapshot is open."""
    for service in SERVICES:
        await connection.fetchval(_query("enter"), service)
        for check in filter(wanted.holds, EACH_SERVICE):
            await _make(connection, check, service, found)
        if wanted.any_of(*CLOCK_CHECKS):
            held = {row["subject"] for row in await connection.fetch(_query("held"))}
            await look_at_clocks(connection, service, held, found)
        if wanted.any_of(EARLY_WITH_ITS_NEED):
            await _look_at_early(connection, service, found)
    for check in filter(wanted.holds, THE_HOUSE):
        await _make(connection, check, "", found)
    for row in await connection.fetch(_query("counts")):
        found.counts[row["what"]] = row["count"]


async def _make(connection: "asyncpg.Connection[Any]", check: Check, service: str, found: Found) -> None:
    cursor = await connection.cursor(_query(check.name), *check.parameters())
    found.note(check.name, check.wrong, service, await cursor.fetch(MOST + 1))


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
    found.note(EARLY_WITH_ITS_NEED, _EARLY_WRONG, service, there)


def _query(name: str) -> str:
    return check_queries()[name]


@cache
def _own_queries(service: str) -> Queries:
    return Queries.load(Path(str(files(f"linli_{service}") / "sql" / "queries.sql")))
