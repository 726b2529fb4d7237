"""Lists, search and counts over HTTP with ``TICKETS=`` stored (kept in ``DATA=``), a hundred requests each.

The real service answers, each time about another estate, person, region or word. Beside each its floor: the time that
the same request's statements take in the database, asked directly by the same code without HTTP and tokens.
"""

import contextlib
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import asyncpg
import linli_dispatch
from linli_cli.stack import Home, Stack, StackOptions
from linli_cli.stack.database import DATABASE
from linli_contracts.lanes import lane_of_key
from linli_contracts.topics import DISPATCH, SERVICES
from linli_dispatch.domain.title import words_of
from linli_dispatch.ticket_lists import TicketFilter, TicketsWanted, count_tickets, page_tickets
from linli_messaging.queries import Queries
from linli_messaging.service_map import Actor
from linli_rulebook import PolicyBook
from linli_runtime.auth import WHOLE_GROUP
from linli_runtime.database import open_reader
from linli_runtime.reads import Reads

from bench.figures import Figures
from bench.keepalive import Door, request
from bench.lifecycle import BROKER
from bench.repair_life import REST_S, RepairLives

TICKETS: Final = int(os.environ.get("TICKETS", "200000"))
ESTATES: Final = int(os.environ.get("ESTATES", "5000"))
DATA: Final = os.environ.get("DATA")
"""A directory that is filled when it is not there, and kept: filling millions takes longer than asking."""
ASKED: Final = 100
CHUNK: Final = 100_000
SQL: Final = Path(__file__).with_name("lists.sql")
POLICY: Final = Path(__file__).parents[1] / "policy"
SCOPES: Final = frozenset({"dispatch:read"})
CODES: Final = [
    "leak/engineering_quality/plumbing", "parking/property_management/", "noise/property_management/",
    "lift/property_management/equipment", "cleaning/property_management/", "fee/property_management/",
    "crack/engineering_quality/structure", "power/engineering_quality/electrical", "greening/property_management/",
    "door_window/engineering_quality/decoration", "staff_attitude/customer_service/",
    "water_supply/property_management/plumbing", "waste/property_management/",
    "heating/engineering_quality/heating_cooling", "drainage/engineering_quality/plumbing",
    "roof_leak/engineering_quality/waterproofing", "public_light/property_management/electrical",
    "facilities/property_management/", "cooking_fumes/property_management/",
    "fire_safety/property_management/equipment", "illegal_building/property_management/", "title_deed/sales/",
    "late_handover/sales/", "warranty/customer_service/", "decoration/property_management/",
    "goods_pass/property_management/", "home_service/customer_service/", "pipe_burst/engineering_quality/plumbing",
    "water_pressure/property_management/plumbing", "owners_committee/property_management/",
    "water_quality/property_management/", "structural_crack/engineering_quality/structure",
    "no_heating/property_management/heating_cooling", "trapped_in_lift/property_management/equipment",
    "tree_down/property_management/", "flooding/property_management/", "dog_barking/other/", "drone_flights/other/",
    "beekeeping/other/", "hedgehog_houses/other/",
]  # fmt: skip


class TimedReads(Reads):
    """Adds up how long statements take."""

    spent_s = 0.0

    async def fetch(self, name: str, *args: object) -> list[asyncpg.Record]:
        """As `Reads.fetch`."""
        began_s = time.perf_counter()
        rows = await super().fetch(name, *args)
        TimedReads.spent_s += time.perf_counter() - began_s
        return rows

    async def fetchrow(self, name: str, *args: object) -> asyncpg.Record | None:
        """As `Reads.fetchrow`."""
        began_s = time.perf_counter()
        row = await super().fetchrow(name, *args)
        TimedReads.spent_s += time.perf_counter() - began_s
        return row


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody looks at, and as whom: the organisation path of the token."""

    name: str
    filters: Mapping[str, str | Callable[[random.Random], str]]
    of_a_region: bool = False
    """Whether the token is one of a region; else of the group."""

    def filled(self, chance: random.Random) -> dict[str, str]:
        """The filters, each time with another estate, person or word."""
        return {name: value if isinstance(value, str) else value(chance) for name, value in self.filters.items()}


def _estate(chance: random.Random) -> str:
    return f"b{chance.randrange(ESTATES)}"


def _person(chance: random.Random) -> str:
    return f"{_estate(chance)}-s{chance.randrange(50)}"


def _region(chance: random.Random) -> str:
    return f"group/region{chance.randrange(-(-ESTATES // 100))}"


def _usual_word(chance: random.Random) -> str:
    return chance.choice(("漏水", "停车", "噪音", "lift", "保洁", "报修", "parking", "水"))


def _rarer_words(chance: random.Random) -> str:
    return chance.choice(
        ("电梯困人 厨房 表扬", "beekeeping lobby", "无人机 车库", "drone garage praise", "树木倒伏 卧室")
    )


QUESTIONS: Final = (
    Question("open of an owner, due first", {"owner": _person, "order": "due"}),
    Question("open of a handler, newest", {"handler": _person}),
    Question("open of an estate, due first", {"estate_id": _estate, "closed": "false", "order": "due"}),
    Question("overdue of a region, due first", {"org": _region, "overdue": "true", "order": "due"}),
    Question("overdue of the group, due first", {"overdue": "true", "order": "due"}),
    Question("open at level 1 of the group", {"level": "1", "closed": "false"}),
    Question("due by an instant, of the group", {"due_before": "2026-02-10T00:00:00Z", "order": "due"}),
    Question("open of the group, newest", {"closed": "false"}),
    Question("open repairs with a word, group", {"kind": "repair", "text": _usual_word, "closed": "false"}),
    Question("all of an estate", {"estate_id": _estate}),
    Question("all of a region", {"org": _region}),
    Question("all of the group", {}),
    Question("all at level 1 of the group", {"level": "1"}),
    Question("common word, estate", {"text": _usual_word, "estate_id": _estate}),
    Question("common word, region", {"text": _usual_word, "org": _region}),
    Question("rarer words, region", {"text": _rarer_words, "org": _region}),
    Question("common word, token of a region", {"text": _usual_word}, of_a_region=True),
    Question("common word, group", {"text": _usual_word}),
    Question("common word at level 1, closed, group", {"text": _usual_word, "level": "1", "closed": "true"}),
    Question("common word in a month, group", {
        "text": _usual_word, "received_from": "2024-05-01T00:00:00Z", "received_until": "2024-06-01T00:00:00Z"}),
    Question("rarer words, group", {"text": _rarer_words}),
    Question("words of no title, group", {"text": "独角兽"}),
)  # fmt: skip


async def lists() -> Figures:
    """The largest 99th percentile of all questions, and of their floors; the table of all is printed."""
    with contextlib.ExitStack() as kept:
        directory = DATA or kept.enter_context(tempfile.TemporaryDirectory(prefix="linli-bench-"))
        home = Home(Path(directory))
        filled = home.postgres.exists()
        options = StackOptions(home=home, broker=BROKER, clock="stepped", durable=False, watch=False)
        async with Stack(options) as stack:
            if not filled:
                await fill(stack)
            return await ask(stack)


async def fill(stack: Stack) -> None:
    """Play a few lives, and store as many tickets like them as asked for, in a group of 5,000 estates."""
    lives = RepairLives(stack.client, 10)
    await lives.found()
    await lives.days(2)
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
    for service in SERVICES:
        stack.services[service].start()
    for service in SERVICES:
        await stack.answers(service, "ready", REST_S)
    print(f"  filled in {time.perf_counter() - began_s:.0f} s; the database has {size}", flush=True)


async def ask(stack: Stack) -> Figures:
    """Ask every question a hundred times, as a list of 50 and as a count."""
    door = await Door.open(stack.addresses[DISPATCH])
    pool = await open_reader(stack.postgres.dsn(DATABASE), DISPATCH)
    reads = TimedReads(pool, Queries.load(Path(linli_dispatch.__file__).parent / "sql" / "queries.sql"))
    words = words_of((book := PolicyBook.load(POLICY)).policy(book.versions[-1]))
    worst: list[tuple[float, float]] = []
    print(f"  {'ms: half, 99 of 100, all within':<44}{'list of 50':>22}{'its SQL':>22}{'count':>22}{'its SQL':>22}")
    for question in QUESTIONS:
        columns: list[list[float]] = [[], [], [], []]
        chance = random.Random(question.name)
        for _ in range(ASKED):
            filters, org = question.filled(chance), _region(chance) if question.of_a_region else WHOLE_GROUP
            actor = Actor("bench", SCOPES, org=org)
            token = stack.signer.mint(org=org)
            wanted = TicketsWanted.model_validate({**filters, "limit": 50})
            counted = TicketFilter.model_validate({name: value for name, value in filters.items() if name != "order"})
            given = (
                wanted.model_dump(mode="json", exclude_unset=True),
                counted.model_dump(mode="json", exclude_unset=True),
            )
            for nth, (path, parameters) in enumerate(zip(("/tickets", "/tickets/count"), given, strict=True)):
                began_s = time.perf_counter()
                await door.ask(request("GET", f"{path}?{urlencode(parameters)}".replace("True", "true"), token))
                columns[2 * nth].append((time.perf_counter() - began_s) * 1000)
                TimedReads.spent_s = 0.0
                await (
                    page_tickets(reads, words, actor, wanted)
                    if nth == 0
                    else count_tickets(reads, words, actor, counted)
                )
                columns[2 * nth + 1].append(TimedReads.spent_s * 1000)
        print(f"  {question.name:<44}" + "".join(f"{_three(column):>22}" for column in columns), flush=True)
        worst += [(_p99(columns[0]), _p99(columns[1])), (_p99(columns[2]), _p99(columns[3]))]
    await pool.close()
    door.close()
    return Figures(max(ours for ours, _ in worst), max(floor for _, floor in worst))


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def _three(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} {_p99(values):.1f} {max(values):.1f}"
