"""However much is stored, a list reads what it shows: no query of a list, as it is really asked, scans stored tickets.

The tables are filled until the planner has a choice, and each list is asked through the code that people's requests go
through; what Postgres would do for each of its statements is asked with the same parameters.
"""

import random
import re
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import pytest
from linli_dispatch import ticket_lists
from linli_dispatch.domain.repairs.order import Order
from linli_dispatch.domain.title import words_of
from linli_dispatch.ticket_lists import TicketCount, TicketFilter, TicketsWanted, count_tickets, page_tickets
from linli_messaging.service_map import Actor
from linli_runtime.reads import Reads
from linli_testkit.facts import shipped_policy
from pydantic import TypeAdapter

from services.dispatch.tests.office import NOW
from services.dispatch.tests.test_ticket_lists import a_ticket

WORDS = words_of(shipped_policy().policy("2000.1"))
GROUP = Actor("reader", frozenset({"dispatch:read"}))
REGION = Actor("reader", frozenset({"dispatch:read"}), org="group/region3")
BUILDER = Actor("reader", frozenset({"dispatch:read"}), contractor_id="builder_7")
ESTATES: Final = """
    INSERT INTO estate (id, lane, state)
    SELECT 'e' || n, 0, jsonb_build_object('region_id', 'region' || n / 10, 'project_id', 'p')
    FROM generate_series(0, 1999) AS n
"""
TICKETS: Final = """
    INSERT INTO ticket (id, lane, state)
    SELECT 'e' || n % 100 || '.c' || n, 0, $1::jsonb || jsonb_build_object(
        'id', 'e' || n % 100 || '.c' || n, 'estate_id', 'e' || n % 100,
        'subcategory', 'leak' || n % 500, 'level', 1 + n % 4,
        'received_at', '2025-01-01T00:00:00Z'::timestamptz + n * interval '1 minute', 'owner_id', 's' || n % 1000,
        'handler_id', 'fixer' || n % 1000, 'status', CASE WHEN n % 5 = 0 THEN 'received' ELSE 'closed' END,
        'order', CASE WHEN n % 3 = 0 THEN jsonb_build_object('contractor_id', 'builder_' || n % 200) || $2::jsonb END)
    FROM generate_series(1, 25000) AS n
"""
LISTS: Final = (
    """
    INSERT INTO open_ticket
    SELECT t.id, 0, l.estate_id, l.title, l.received_at, l.level, l.status, l.owner_id, l.handler_id, l.performer_id,
        l.offices, l.overdue, l.due_at, l.by_office, l.notified FROM ticket t, listed(t.state) AS l WHERE NOT l.closed
    """,
    """
    INSERT INTO closed_ticket SELECT t.id, 0, l.estate_id, l.title, l.received_at, l.level, l.performer_id
    FROM ticket t, listed(t.state) AS l WHERE l.closed
    """,
    "INSERT INTO title SELECT title FROM open_ticket UNION SELECT title FROM closed_ticket",
    "VACUUM ANALYZE",
)
QUESTIONS: Final[tuple[tuple[Actor, dict[str, Any], str | None], ...]] = (
    (GROUP, {}, "closed_of_levels"),
    (GROUP, {"level": 1, "closed": True}, "closed_of_levels"),
    (GROUP, {"estate_id": "e7"}, "closed_of_estates"),
    (GROUP, {"estate_id": "e7", "text": "leak77"}, "closed_of_estates"),
    (REGION, {}, "closed_of_estates"),
    (REGION, {"text": "leak77"}, "closed_of_estates"),
    (GROUP, {"text": "leak77"}, "closed_of_titles"),
    (GROUP, {"text": "leak4", "level": 2, "received_from": "2025-01-05T00:00:00Z"}, "closed_of_titles"),
    (GROUP, {"text": "nothing of the kind"}, None),
    (BUILDER, {}, "closed_of_performer"),
    (BUILDER, {"text": "leak77"}, "closed_of_performer"),
    (GROUP, {"owner": "s5"}, None),
    (GROUP, {"owner": "s5", "order": "due"}, None),
    (GROUP, {"handler": "fixer5", "level": 2}, None),
    (GROUP, {"estate_id": "e5", "closed": False, "order": "due"}, None),
)
BY_RECEIPT: Final[tuple[dict[str, Any], ...]] = ({}, {"closed": False}, {"closed": False, "level": 1})
"""The group's newest, also of a level: as many rows are read as are shown, or a few times as many."""


@dataclass(frozen=True, slots=True)
class Explained(Reads):
    """Remembers how Postgres would go about each statement that is asked."""

    plans: list[tuple[str, str]]

    async def fetch(self, name: str, *args: object) -> list[asyncpg.Record]:
        """As `Reads.fetch`."""
        plan = await self.pool.fetch(f"EXPLAIN {self.queries[name]}", *args)
        self.plans.append((name, "\n".join(row[0] for row in plan)))
        return await Reads.fetch(self, name, *args)

    async def fetchrow(self, name: str, *args: object) -> asyncpg.Record | None:
        """As `Reads.fetchrow`."""
        rows = await self.fetch(name, *args)
        return rows[0] if rows else None


@pytest.mark.rule("OPS-04")
async def test_no_list_scans_what_is_stored(reads: Reads) -> None:
    filled = await _filled(reads)
    for actor, wanted, closed_ones in QUESTIONS:
        filled.plans.clear()
        await page_tickets(filled, WORDS, actor, TicketsWanted.model_validate({**wanted, "limit": 50}))
        filters = {name: value for name, value in wanted.items() if name != "order"}
        await count_tickets(filled, WORDS, actor, TicketFilter.model_validate(filters))
        names = [name for name, _ in filled.plans]
        assert [name for name in names if name.startswith("closed_of")] == ([closed_ones] if closed_ones else []), (
            wanted
        )
        for name, plan in filled.plans:
            assert not re.search(r"Seq Scan on (ticket|closed_ticket|estate)\b", plan), (wanted, name, plan)
            if wanted.keys() & {"owner", "handler", "estate_id"}:
                assert "Seq Scan on open_ticket" not in plan, (wanted, name, plan)

    for wanted in BY_RECEIPT:
        filled.plans.clear()
        await page_tickets(filled, WORDS, GROUP, TicketsWanted.model_validate({**wanted, "limit": 50}))
        (plan,) = [plan for name, plan in filled.plans if name == "open_by_receipt"]
        assert "open_ticket_of_receipt" in plan, (wanted, plan)

    filled.plans.clear()
    counted = await count_tickets(filled, WORDS, GROUP, TicketFilter())
    assert (counted.count, counted.more) == (ticket_lists.LARGEST_COUNT, True)
    assert [name for name, _ in filled.plans] == ["count_open"]
    assert await count_tickets(filled, WORDS, GROUP, TicketFilter(estate_id="e7")) == TicketCount(count=250, more=False)


async def _filled(reads: Reads) -> Explained:
    """Twenty thousand closed tickets and five thousand open ones, of a hundred of two thousand estates."""
    await reads.pool.execute(ESTATES)
    order = Order("e.o", "", None, NOW, NOW, NOW)
    ticket = TypeAdapter(Order).dump_json(order, exclude={"contractor_id"}).decode()
    await reads.pool.execute(TICKETS, a_ticket(random.Random(1), 1).model_dump_json(), ticket)
    for statement in LISTS:
        await reads.pool.execute(statement)
    return Explained(reads.pool, reads.queries, [])
