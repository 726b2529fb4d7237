"""Lists and counts hold what a plain reading of the same tickets finds, in order, from page to page, within a scope."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args

import asyncpg
import pytest
import pytest_asyncio
from linli_contracts.events.intake import RequestKind
from linli_dispatch import ticket_lists
from linli_dispatch.domain.approvals.approval import Application
from linli_dispatch.domain.deadlines.running_clock import RunningClock
from linli_dispatch.domain.lifecycle import Status
from linli_dispatch.domain.repairs.order import Order
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.title import title_key, titles_with, words_of
from linli_dispatch.ticket_lists import (
    TicketCount,
    TicketFilter,
    TicketsWanted,
    count_tickets,
    page_for_office,
    page_tickets,
)
from linli_messaging.service_map import Actor
from linli_runtime.reads import Reads
from linli_testkit.databases import Database
from linli_testkit.facts import shipped_policy
from linli_testkit.tables import keep

from services.dispatch.tests.office import Office

WORDS = words_of(shipped_policy().policy("2000.1"))
SCOPES: Final = frozenset({"dispatch:read"})
REGION_OF: Final = {
    "xh01": "south",
    "xh02": "south",
    "xh03": "south",
    "bj01": "north",
    "bj02": "north",
    "bj03": "northwest",
}
"""Estates of three regions; the name of one begins like another's."""
NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
FIRST: Final = datetime(2026, 1, 1, tzinfo=UTC)
WAYS: Final = {
    "by estates": {},
    "by a few titles": {"FEW_ESTATES": 0, "FEW_TITLES": 1000},
    "by titles": {"MOST_ESTATES": 0},
    "by levels": {"MOST_ESTATES": 0, "MOST_TITLES": 0},
}
"""What makes lists of closed tickets walk each of the indexes."""
Found = list[str]
_WAITS_FOR_CLOSED_ONES: Final = "SELECT true FROM pg_locks WHERE relation = 'closed_ticket'::regclass AND NOT granted"


def a_ticket(chance: random.Random, number: int) -> Ticket:
    """Any ticket; several are received at one instant, and many are due at one."""
    estate_id = chance.choice(sorted(REGION_OF))
    received_at = FIRST + timedelta(hours=chance.randrange(200))
    status: Status = chance.choice((*get_args(Status), "closed"))
    late = chance.random() < 0.3
    due_at = received_at + timedelta(hours=chance.randrange(40))
    opened = status not in {"received", "closed"}
    return Ticket(
        id=f"{estate_id}.c{number}",
        estate_id=estate_id,
        home_id=None,
        kind=chance.choice(get_args(RequestKind)),
        category=chance.choice(("engineering_quality", "property_management")),
        subcategory=chance.choice(("leak", "roof_leak", "noise", "parking")),
        channel="hotline",
        customer_ref="cust1",
        received_at=received_at,
        trade=chance.choice((None, "plumbing")),
        place=chance.choice((None, "kitchen", "roof")),
        language="zh-CN",
        emergency=False,
        complete_by=None,
        people=1,
        status=status,
        level=chance.randint(1, 4),
        owner_id=chance.choice(("s1", "s2", "s3")),
        handler_id=chance.choice((None, "fixer1", "fixer2")),
        order=chance.choice((None, *(Order("o", who, None, due_at, due_at, due_at) for who in ("builder_co", "abc")))),
        clocks=(RunningClock("completion", received_at, due_at),) if opened else (),
        overdue=("customer_report",) if opened and late else (),
        round=1,
        round_from=received_at,
        report_from=received_at,
    )  # fmt: skip


def filters(chance: random.Random) -> dict[str, Any]:
    """Any filters that belong together; one in two is left out."""
    open_only: dict[str, Sequence[Any]] = {
        "owner": ("s1", "s2", "nobody"),
        "handler": ("fixer1", "fixer2"),
        "overdue": (True, False),
        "due_before": (FIRST + timedelta(hours=70),),
        "status": ("received", "open", "completed", "contractor_notified"),
        "order": ("due", "newest"),
        "closed": (False,),
    }
    of_all: dict[str, Sequence[Any]] = {"closed": (True, False), "status": ("closed",)}
    always: dict[str, Sequence[Any]] = {
        "org": ("group/south", "group/north", "group/south/p1", "group/east"),
        "estate_id": ("xh01", "bj01", "xh0"),
        "text": ("漏水", "厨房 漏水", "roof", "noise repair", "电梯", " "),
        "kind": ("repair", "complaint"),
        "level": (1, 4),
        "received_from": (FIRST + timedelta(hours=50),),
        "received_until": (FIRST + timedelta(hours=150),),
    }
    these = always | (open_only if chance.random() < 0.5 else dict([chance.choice(sorted(of_all.items()))]))
    return {name: chance.choice(values) for name, values in these.items() if chance.random() < 0.3}


def actors(chance: random.Random) -> Actor:
    org = chance.choice(("group", "group", "group/south", "group/north", "group/north/p1/bj01", "group/east"))
    contractor_id = chance.choice((None, None, None, "builder_co"))
    return Actor("reader", SCOPES, org=org, contractor_id=contractor_id)


def plainly(tickets: Iterable[Ticket], actor: Actor, wanted: TicketsWanted) -> Found:
    """The same list, by looking at every ticket."""

    def fits(ticket: Ticket) -> Iterator[bool]:
        path = f"group/{REGION_OF[ticket.estate_id]}/p1/{ticket.estate_id}/"
        closed = ticket.status == "closed"
        order = ticket.order
        yield path.startswith(f"{actor.org}/")
        yield path.startswith(f"{wanted.org}/")
        yield actor.contractor_id is None or (order is not None and order.performer_id == actor.contractor_id)
        yield wanted.estate_id in {None, ticket.estate_id}
        yield wanted.closed in {None, closed}
        yield not (closed and (wanted.of_open_ones or wanted.order == "due"))
        yield wanted.kind in {None, ticket.kind}
        yield wanted.level in {None, ticket.level}
        yield wanted.status in {None, ticket.status}
        yield wanted.owner in {None, ticket.owner_id}
        yield wanted.handler in {None, ticket.handler_id}
        yield wanted.overdue in {None, bool(ticket.overdue)}
        yield wanted.due_before is None or due(ticket) < wanted.due_before
        yield wanted.received_from is None or ticket.received_at >= wanted.received_from
        yield wanted.received_until is None or ticket.received_at < wanted.received_until
        yield bool(titles_with(WORDS, (key_of(ticket),), wanted.text, None))

    found = [ticket for ticket in tickets if all(fits(ticket))]
    if wanted.order == "due":
        return [t.id for t in sorted(found, key=lambda t: (not t.overdue, due(t), t.id))]
    return [t.id for t in sorted(found, key=lambda t: (t.received_at, t.id), reverse=True)]


def due(ticket: Ticket) -> datetime:
    return ticket.clocks[0].due_at if ticket.clocks else NEVER


def key_of(ticket: Ticket) -> str:
    return title_key(
        kind=ticket.kind,
        category=ticket.category,
        subcategory=ticket.subcategory,
        trade=ticket.trade,
        place=ticket.place,
    )


async def pages(reads: Reads, actor: Actor, limit: int, **wanted: object) -> AsyncIterator[Found]:
    cursor: str | None = ""
    while cursor is not None:
        asked = TicketsWanted.model_validate({**wanted, "cursor": cursor, "limit": limit})
        page = await page_tickets(reads, WORDS, actor, asked)
        assert len(page.items) <= limit
        yield [item.case_id for item in page.items]
        cursor = page.next


@pytest_asyncio.fixture
async def tickets(reads: Reads) -> list[Ticket]:
    """Four hundred stored tickets of six registered estates."""
    office = Office()
    for estate_id, region_id in REGION_OF.items():
        office.send("register-estate", estate_id=estate_id, region_id=region_id, project_id="p1", name=estate_id)
    chance = random.Random(20261129)
    made = [a_ticket(chance, number) for number in range(400)]
    await keep(reads, [*office.states.values(), *made])
    return made


@pytest.mark.rule("ORG-01", "PAR-01", "DSP-19")
@pytest.mark.parametrize("way", WAYS)
async def test_a_list_and_its_count_are_what_a_plain_reading_finds(
    reads: Reads, tickets: list[Ticket], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    for limit_of_way, value in WAYS[way].items():
        monkeypatch.setattr(ticket_lists, limit_of_way, value)
    chance = random.Random(way)
    lengths = []
    for _ in range(250):
        actor, wanted, limit = actors(chance), filters(chance), chance.choice((1, 7, 50, 500))
        expected = plainly(tickets, actor, TicketsWanted.model_validate(wanted))
        found = [case_id async for page in pages(reads, actor, limit, **wanted) for case_id in page]
        assert found == expected, (actor, wanted, limit)
        counted = await count_tickets(
            reads, WORDS, actor, TicketFilter.model_validate({k: v for k, v in wanted.items() if k != "order"})
        )
        without_order = plainly(tickets, actor, TicketsWanted.model_validate({**wanted, "order": "newest"}))
        assert counted == TicketCount(count=len(without_order), more=False), (actor, wanted)
        lengths.append(len(expected))
    assert sum(1 for length in lengths if length) > 100, "most filters find nothing"


@pytest.mark.rule("ORG-01", "DSP-19")
@pytest.mark.parametrize("way", WAYS)
async def test_a_part_that_has_most_of_a_page_is_read_as_far_as_the_page_reaches(
    reads: Reads, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Given a region in which one estate and one title has nearly all but the newest, many of one instant: these are
    more than half a page, of as many estates and of other titles or levels.
    """
    for limit_of_way, value in WAYS[way].items():
        monkeypatch.setattr(ticket_lists, limit_of_way, value)
    office, chance = Office(), random.Random(way)
    estates = [f"xh{number:02}" for number in range(1, 25)]
    for estate_id in estates:
        monkeypatch.setitem(REGION_OF, estate_id, "south")
        office.send("register-estate", estate_id=estate_id, region_id="south", project_id="p1", name=estate_id)
    made = []
    for number in range(300):
        ticket = a_ticket(chance, number).model_copy(update={"status": "closed", "clocks": (), "overdue": ()})
        leak = {"subcategory": "leak", "kind": "repair", "trade": None, "place": None}
        where: dict[str, Any] = {
            "estate_id": chance.choice(estates[1:]),
            "subcategory": chance.choice(("roof_leak", "noise")),
        }
        if number >= 288:
            where = leak | {"estate_id": estates[number - 287], "level": (1, 2, 4)[number % 3]}
        elif number % 10:
            where = leak | {"estate_id": "xh01", "level": 3}
        received = {"id": f"{where['estate_id']}.c{number}", "received_at": FIRST + timedelta(hours=number // 8)}
        made.append(ticket.model_copy(update=where | received))
    await keep(reads, [*office.states.values(), *made])
    actor = Actor("reader", SCOPES, org="group/south")
    for wanted in ({}, {"text": "漏水"}, {"text": "漏水", "received_from": FIRST + timedelta(hours=20)}):
        expected = plainly(made, actor, TicketsWanted.model_validate(wanted))
        for limit in (1, 7, 20, 100):
            assert [one async for page in pages(reads, actor, limit, **wanted) for one in page] == expected


async def _until(connection: "asyncpg.Connection[asyncpg.Record]", question: str) -> None:
    """Ask the database until it is so: of who waits for a lock it tells nobody by itself."""
    while True:
        if await connection.fetchval(question):
            return
        await asyncio.sleep(0.01)


@pytest.mark.rule("DSP-19")
async def test_a_ticket_that_is_closed_while_they_are_counted_counts_once(
    database: Database, reads: Reads, tickets: list[Ticket]
) -> None:
    """Given a count that has asked for the open ones, when one is closed before it asks for the others, then all are
    counted, and none twice.
    """
    closing = next(ticket for ticket in tickets if ticket.status != "closed")
    closed = closing.model_copy(update={"status": "closed", "clocks": (), "overdue": ()})
    other = await asyncpg.connect(database.dsn)
    async with other.transaction():
        await other.execute("LOCK TABLE closed_ticket IN ACCESS EXCLUSIVE MODE")
        counting = asyncio.create_task(count_tickets(reads, WORDS, Actor("reader", SCOPES), TicketFilter()))
        async with asyncio.timeout(20):
            await _until(other, _WAITS_FOR_CLOSED_ONES)
        lane = await other.fetchval("SELECT lane FROM ticket WHERE id = $1", closed.id)
        await other.execute(reads.queries["save_ticket"], [closed.id], [lane], [closed.model_dump_json()])
    await other.close()
    assert await counting == TicketCount(count=len(tickets), more=False)
    after = await count_tickets(reads, WORDS, Actor("reader", SCOPES), TicketFilter(status="closed"))
    assert after.count == sum(ticket.status == "closed" for ticket in tickets) + 1


@pytest.mark.rule("DSP-19")
async def test_pages_meet_while_tickets_change(reads: Reads, tickets: list[Ticket]) -> None:
    """Between two pages tickets are closed, get other deadlines and handlers, and new ones come."""
    chance = random.Random(7)
    group = Actor("reader", SCOPES)
    by_id = {ticket.id: ticket for ticket in tickets}
    seen: Found = []
    number = len(tickets)
    async for page in pages(reads, group, 9):
        seen += page
        changed = []
        for ticket in chance.sample([ticket for ticket in by_id.values() if ticket.status != "closed"], 5):
            if chance.random() < 0.5:
                changed.append(ticket.model_copy(update={"status": "closed", "clocks": (), "overdue": ()}))
            else:
                later = RunningClock("completion", ticket.received_at, ticket.received_at + timedelta(days=9))
                changed.append(ticket.model_copy(update={"handler_id": "fixer9", "clocks": (later,)}))
        await keep(reads, changed)
        by_id |= {ticket.id: ticket for ticket in changed}
        await keep(reads, [a_ticket(chance, number)])
        number += 1
    assert len(seen) == len(set(seen)), "doubled"
    assert {ticket.id for ticket in tickets} <= set(seen), "missed"


@pytest.mark.rule("DSP-19")
async def test_a_ticket_is_in_the_list_where_it_is_now(reads: Reads, tickets: list[Ticket]) -> None:
    """Each save moves it, once and twice alike."""
    group = Actor("reader", SCOPES)
    ticket = next(ticket for ticket in tickets if ticket.status == "open" and not ticket.overdue)

    async def where(**wanted: object) -> bool:
        return ticket.id in [case_id async for page in pages(reads, group, 500, **wanted) for case_id in page]

    for changes, seen in (
        ({"handler_id": "fixer7"}, {"handler": "fixer7"}),
        ({"owner_id": "s7"}, {"owner": "s7"}),
        ({"overdue": ("completion",)}, {"overdue": True}),
        ({"level": 2}, {"level": 2, "closed": False}),
        ({"status": "completed"}, {"status": "completed"}),
        ({"status": "closed", "clocks": ()}, {"closed": True}),
        ({"level": 1}, {"closed": True, "level": 1}),
    ):
        ticket = ticket.model_copy(update=changes)
        assert not await where(**seen) or seen == {"closed": True}
        await keep(reads, [ticket])
        await keep(reads, [ticket])
        assert await where(**seen), seen
    assert not await where(closed=False)


@pytest.mark.rule("DSP-04", "ORG-01")
async def test_an_office_has_what_it_has_to_decide(reads: Reads, tickets: list[Ticket]) -> None:
    waiting = [ticket for ticket in tickets if ticket.status == "open"][:9]
    for nth, ticket in enumerate(waiting):
        office = "gm" if nth % 3 else "engineering_vp"
        asked = Application(
            f"{ticket.id}.a", "plan", "s1", ("engineering_vp", "gm"), FIRST, 1, "pending", office=office
        )
        await keep(reads, [ticket.model_copy(update={"applications": (asked,)})])
    decided = Application(f"{waiting[0].id}.a", "plan", "s1", ("gm",), FIRST, 1, "approved")
    await keep(reads, [waiting[0].model_copy(update={"applications": (decided,)})])

    async def before(office: str, org: str = "group", estate_id: str | None = None) -> Found:
        actor, found, cursor = Actor("reader", SCOPES, org=org), Found(), ""
        while True:
            page = await page_for_office(reads, WORDS, actor, office, estate_id, after=cursor, limit=2)
            found += [item.case_id for item in page.items]
            if page.next is None:
                return found
            cursor = page.next

    of_gm = sorted(ticket.id for nth, ticket in enumerate(waiting) if nth % 3)
    assert await before("gm") == of_gm
    assert await before("engineering_vp") == sorted(ticket.id for ticket in (waiting[3], waiting[6]))
    assert await before("nobody") == []
    south = [case_id for case_id in of_gm if REGION_OF[case_id.partition(".")[0]] == "south"]
    assert await before("gm", "group/south") == south
    assert await before("gm", estate_id="xh01") == [case_id for case_id in of_gm if case_id.startswith("xh01.")]
