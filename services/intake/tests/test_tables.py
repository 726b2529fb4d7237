"""What is decided is stored and read again from a real database; who may not see it, does not."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import asyncpg
import linli_intake
import pytest
import pytest_asyncio
from linli_contracts.events.intake import Channel
from linli_contracts.lanes import lane_of
from linli_intake.domain.request import Request
from linli_intake.handlers import MAP
from linli_intake.store import Filter, figures, page_quarantine, page_requests, show_request, show_standing
from linli_messaging.service_map import Actor
from linli_runtime.reads import Reads
from linli_testkit.databases import Database
from linli_testkit.tables import figures_that_differ, keep, migrated

from services.intake.tests.desk import COMPLETE, Desk

EVERYTHING = Filter()
SQL = Path(linli_intake.__file__).parent / "sql"


@pytest_asyncio.fixture
async def reads(database: Database) -> AsyncIterator[Reads]:
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=2) as pool:
        yield await migrated(pool, SQL)


@pytest.mark.rule("INT-03", "INT-07", "INT-13", "INT-15")
async def test_what_is_saved_is_read_again(desk: Desk, reads: Reads) -> None:
    first = desk.receive()
    second = desk.receive(contact="another", people=4, kind="complaint")
    elsewhere = desk.receive(estate_id="xh02", home_id="xh02.1-1-101")
    refused = desk.receive(expects=None)
    desk.accepted("intake.link", case_id=first["case_id"], other_case_id=second["case_id"], by="s17")
    await keep(reads, desk.states.values())
    await keep(reads, desk.states.values())

    for kind in MAP.states:
        rows = await reads.fetch(f"load_{kind.table}", [identity for of, identity in desk.states if of is kind])
        assert {row["id"]: kind.model_validate_json(row["state"]) for row in rows} == {
            identity: state for (of, identity), state in desk.states.items() if of is kind
        }

    bare = await show_request(reads, first["case_id"], "group", with_words=False)
    full = await show_request(reads, first["case_id"], "group/south", with_words=True)
    assert bare is not None
    assert full is not None
    assert (bare.words, bare.customer) == (None, None)
    assert bare.links is not None
    assert (bare.links.people, set(bare.links.case_ids)) == (5, {first["case_id"], second["case_id"]})
    assert full.words is not None
    assert full.customer is not None
    assert (full.words.what_happened, full.customer.name) == (COMPLETE["what_happened"], COMPLETE["name"])
    assert await show_request(reads, first["case_id"], "group/sou", with_words=False) is None

    async def cases(org: str = "group", wanted: Filter = EVERYTHING) -> set[str]:
        seen: set[str] = set()
        after = ""
        while True:
            page = await page_requests(reads, org, wanted, after=after, limit=1)
            assert len(page.items) <= 1
            seen |= {item.case_id for item in page.items}
            if page.next is None:
                return seen
            after = page.next

    home, other = {first["case_id"], second["case_id"]}, {elsewhere["case_id"]}
    assert await cases() == home | other
    assert await cases("group/south/p1/xh02") == other
    assert await cases("group/north") == set()
    assert await cases(wanted=Filter(estate_id="xh01")) == home
    assert await cases(wanted=Filter(kind="complaint")) == {second["case_id"]}
    assert await cases(wanted=Filter(level=1)) == home
    assert await cases(wanted=Filter(level=4, status="received", estate_id="xh02", kind="repair")) == other
    assert await cases(wanted=Filter(status="closed")) == set()

    hidden = await page_quarantine(reads, "group", "open", after="", limit=9, with_words=False)
    shown = await page_quarantine(reads, "group", "open", after="", limit=9, with_words=True)
    assert [item.quarantine_id for item in hidden.items] == [refused["quarantine_id"]]
    assert hidden.items[0].form is None
    assert shown.items[0].form is not None
    assert shown.items[0].form.name == COMPLETE["name"]


@pytest.mark.rule("INT-03", "ORG-01")
async def test_everything_is_counted_once_and_a_refused_form_where_it_came_from(desk: Desk, reads: Reads) -> None:
    first = desk.receive()
    second = desk.receive(contact="another", people=4, kind="complaint")
    desk.receive(estate_id="xh02", home_id="xh02.1-1-101")
    desk.receive(expects=None)
    desk.accepted("intake.link", case_id=first["case_id"], other_case_id=second["case_id"], by="s17")
    await keep(reads, desk.states.values())
    desk.sender = Actor("agent", frozenset(), "group/south")
    desk.receive(estate_id="nowhere")
    desk.accepted("intake.unlink", case_id=second["case_id"], by="s17")
    desk.accepted("intake.link", case_id=second["case_id"], other_case_id=first["case_id"], by="s17")
    await keep(reads, desk.states.values())
    assert await figures_that_differ(reads) == []
    for org, quarantined in {
        "group": 2,
        "group/south": 2,
        "group/south/p1": 1,
        "group/sou": 0,
        "group/north": 0,
    }.items():
        assert (await figures(reads, org, None)).quarantined == quarantined
        page = await page_quarantine(reads, org, "open", after="", limit=9, with_words=False)
        assert len(page.items) == quarantined

    counted = await figures(reads, "group", None)
    assert (counted.received, counted.by_level, counted.by_kind) == (3, {1: 2, 4: 1}, {"repair": 2, "complaint": 1})
    assert (counted.quarantined, counted.linked_groups, counted.linked_requests) == (2, 1, 2)
    assert (await figures(reads, "group/north", None)).received == 0
    assert (await figures(reads, "group", "xh02")).received == 1


@pytest.mark.rule("INT-01")
async def test_how_a_request_came_is_kept_and_counted(desk: Desk, reads: Reads) -> None:
    """Given a request by each channel there is, then each is stored with it, and the figures say how many came so."""
    cases = {
        channel: desk.receive(channel=channel, contact=f"139{number:08}")["case_id"]
        for number, channel in enumerate(get_args(Channel))
    }
    desk.receive(channel="hotline", contact="13700000000")
    await keep(reads, desk.states.values())
    assert await figures_that_differ(reads) == []
    for channel, case_id in cases.items():
        shown = await show_request(reads, case_id, "group", with_words=False)
        assert shown is not None
        assert shown.request.channel == channel
    counted = (await figures(reads, "group", None)).by_channel
    assert counted == dict.fromkeys(cases, 1) | {"hotline": 2}


@pytest.mark.rule("INT-15")
async def test_the_status_page_opens_with_the_right_secret_only(desk: Desk, reads: Reads) -> None:
    answer = desk.receive()
    await keep(reads, desk.states.values())

    standing = await show_standing(reads, answer["case_id"], answer["secret"])
    assert standing is not None
    assert (standing.status, standing.zh) == ("received", "已受理，正在安排工程师现场查看。"), "a repair (DSP-10)"
    assert await show_standing(reads, answer["case_id"], "wrong") is None
    assert await show_standing(reads, "xh01.c000000000000", answer["secret"]) is None


async def test_every_query_can_be_prepared(reads: Reads) -> None:
    async with reads.pool.acquire() as connection:
        for statement in reads.queries.values():
            await connection.prepare(statement)


async def test_pages_of_an_estate_and_of_a_level_use_an_index(desk: Desk, reads: Reads) -> None:
    case_id = desk.receive()["case_id"]
    row = desk.states[Request, case_id].model_dump_json()
    ids = [f"e{number % 50:02d}.c{number:06d}" for number in range(20_000)]
    await reads.fetch("save_request", ids, [lane_of(one) for one in ids], [row] * len(ids))
    await reads.pool.execute("ANALYZE request")

    for name, more in (("page_requests", ()), ("page_requests_of_level", (1,))):
        for estate in ("e07", None):
            plan = await reads.pool.fetchval(
                f"EXPLAIN (FORMAT TEXT) {reads.queries[name]}", "", 51, "group", estate, None, None, *more
            )
            assert "Seq Scan on request" not in str(plan), (name, estate, plan)
