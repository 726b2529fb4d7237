"""Lists, search and counts over HTTP with ``TICKETS=`` stored (kept in ``DATA=``), a hundred requests each.

The real service answers, each time about another estate, person, region or word. Beside each its floor: the same
request's statements, asked directly by the same code without HTTP and tokens. On a machine with other work an instant
says little; the processor's time, of the service over HTTP and of Postgres over the direct way, says what it costs.
"""

import contextlib
import os
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import asyncpg
import linli_dispatch
from linli_cli.stack import Home, Stack, StackOptions
from linli_cli.stack.database import DATABASE
from linli_contracts.lanes import lane_of_key
from linli_contracts.topics import DISPATCH, SERVICES
from linli_dispatch.domain.title import Words, words_of
from linli_dispatch.ticket_lists import TicketFilter, TicketsWanted, count_tickets, page_tickets
from linli_messaging.queries import Queries
from linli_messaging.service_map import Actor
from linli_rulebook import PolicyBook
from linli_runtime.auth import WHOLE_GROUP
from linli_runtime.database import PLANNED_EACH_TIME
from linli_runtime.reads import Reads

from bench.figures import Figures, cpu_s
from bench.keepalive import Door, request
from bench.lifecycle import BROKER
from bench.list_questions import CODES, ESTATES, QUESTIONS, Question, a_region
from bench.repair_life import UNCALLED, RepairLives

TICKETS: Final = int(os.environ.get("TICKETS", "200000"))
DATA: Final = os.environ.get("DATA")
"""A directory that is filled when it is not there, and kept: filling millions takes longer than asking."""
ASKED: Final = 100
PAGE: Final = 50
CHUNK: Final = 100_000
SQL: Final = Path(__file__).with_name("lists.sql")
POLICY: Final = Path(__file__).parents[1] / "policy"
SCOPES: Final = frozenset({"dispatch:read"})
_COLUMN: Final = 26


async def lists() -> Figures:
    """The largest 99th percentile of all questions, and of their floors; the table of all is printed."""
    with contextlib.ExitStack() as kept:
        directory = DATA or kept.enter_context(tempfile.TemporaryDirectory(prefix="linli-bench-"))
        home = Home(Path(directory))
        options = StackOptions(home=home, broker=BROKER, clock="stepped", durable=False, watch=False)
        if not home.postgres.exists():
            async with Stack(options) as stack:
                await fill(stack)
        async with Stack(options) as stack:
            return await ask(stack)


async def fill(stack: Stack) -> None:
    """Play a few lives, and store as many tickets like them as asked for, in a group of 5,000 estates; the services of
    this stack stay stopped.
    """
    lives = RepairLives(stack.client, 10)
    await lives.found()
    await lives.waves(UNCALLED + 1)
    for service in SERVICES:
        await stack.services[service].stop()
    connection = await stack.postgres.server.connect(DATABASE)
    queries = Queries.load(SQL)
    keys = [f"b{number}" for number in range(ESTATES)]
    lanes = [lane_of_key(key) for key in keys]
    began_s = time.perf_counter()
    await connection.execute(queries["estates"], keys, lanes)
    for first in range(1, TICKETS + 1, CHUNK):
        last = min(first + CHUNK - 1, TICKETS)
        await connection.execute(queries["tickets"], keys, lanes, first, last, TICKETS, CODES, timeout=None)
    for step in ("open", "closed", "titles", "figures"):
        await connection.execute(queries[step], timeout=None)
    await connection.execute("VACUUM ANALYZE", timeout=None)
    size = await connection.fetchval("SELECT pg_size_pretty(pg_database_size(current_database()))")
    for table in ("ticket", "open_ticket", "closed_ticket", "title"):
        (rows,) = await connection.fetch(
            "SELECT count(*) AS rows, pg_size_pretty(pg_table_size($1::regclass)) AS size,"  # noqa: S608 - names of ours
            f" pg_size_pretty(pg_indexes_size($1::regclass)) AS indexes FROM dispatch.{table}",
            f"dispatch.{table}",
        )
        print(f"  {table:<14}{rows['rows']:>10,} rows, {rows['size']}, indexes {rows['indexes']}")
    await connection.close()
    print(f"  filled in {time.perf_counter() - began_s:.0f} s; the database has {size}", flush=True)


async def ask(stack: Stack) -> Figures:
    """Ask every question as a list of 50 and as a count."""
    settings = {"search_path": DISPATCH, **PLANNED_EACH_TIME}
    pool = await asyncpg.create_pool(stack.postgres.dsn(DATABASE), min_size=1, max_size=1, server_settings=settings)
    book = PolicyBook.load(POLICY)
    asking = Asking(
        stack, pool, words_of(book.policy(book.versions[-1])), await pool.fetchval("SELECT pg_backend_pid()")
    )
    print("  half, 99 of 100, all within: ms; processor: ms a request of the service, of Postgres")
    print(
        f"  {'':<42}"
        + "".join(
            f"{name:>{_COLUMN}}" for name in ("list of 50", "directly", "processor", "count", "directly", "processor")
        )
    )
    worst: list[tuple[float, float]] = []
    for question in QUESTIONS:
        row = ""
        for what in ("list", "count"):
            ours, floor, service_ms, postgres_ms = await asking.ask(question, what)
            row += (
                f"{_three(ours):>{_COLUMN}}{_three(floor):>{_COLUMN}}{f'{service_ms:.1f} {postgres_ms:.1f}':>{_COLUMN}}"
            )
            worst.append((_p99(ours), _p99(floor)))
        print(f"  {question.name:<42}{row}", flush=True)
    await pool.close()
    return Figures(max(ours for ours, _ in worst), max(floor for _, floor in worst))


class Asking:
    """One client, over HTTP and past it."""

    def __init__(self, stack: Stack, pool: asyncpg.Pool, words: Words, backend: int) -> None:
        """Ask the stack's dispatch, and its database by this pool of one connection."""
        self._stack, self._words = stack, words
        self._reads = Reads(pool, Queries.load(Path(linli_dispatch.__file__).parent / "sql" / "queries.sql"))
        self._schedstat = Path(f"/proc/{backend}/schedstat")

    async def ask(self, question: Question, what: str) -> tuple[list[float], list[float], float, float]:
        """A hundred times: ms over HTTP, ms directly; the service's and Postgres's processor for one, in ms."""
        chance = random.Random(question.name)
        asked = [
            (question.filled(chance), a_region(chance) if question.of_a_region else WHOLE_GROUP) for _ in range(ASKED)
        ]
        ours, floor = [], []
        door = await Door.open(self._stack.addresses[DISPATCH])
        before_s = self._service_s()
        for filters, org in asked:
            token = self._stack.signer.mint(org=org)
            path = "/tickets?limit=50&" if what == "list" else "/tickets/count?"
            given = {name: value for name, value in filters.items() if what == "list" or name != "order"}
            began_s = time.perf_counter()
            await door.ask(request("GET", path + urlencode(given), token))
            ours.append((time.perf_counter() - began_s) * 1000)
        door.close()
        service_ms = (self._service_s() - before_s) * 1000 / ASKED
        before_s = self._postgres_s()
        for filters, org in asked:
            began_s = time.perf_counter()
            await self._directly(filters, Actor("bench", SCOPES, org=org), what)
            floor.append((time.perf_counter() - began_s) * 1000)
        return ours, floor, service_ms, (self._postgres_s() - before_s) * 1000 / ASKED

    async def _directly(self, filters: dict[str, str], actor: Actor, what: str) -> None:
        if what == "list":
            wanted = TicketsWanted.model_validate({**filters, "limit": PAGE})
            await page_tickets(self._reads, self._words, actor, wanted)
        else:
            counted = TicketFilter.model_validate({name: value for name, value in filters.items() if name != "order"})
            await count_tickets(self._reads, self._words, actor, counted)

    def _service_s(self) -> float:
        return cpu_s(self._stack.services[DISPATCH].usage())

    def _postgres_s(self) -> float:
        return int(self._schedstat.read_text().split()[0]) / 1e9


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def _three(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} {_p99(values):.1f} {max(values):.1f}"
