"""What followup keeps is read back in pages by status, estate and due time, within one's organisation, and counted."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import linli_followup
import pytest
from fastapi import FastAPI
from linli_contracts.events.dispatch import EstateRegistered
from linli_followup.api import router
from linli_followup.commands import CompleteCallback, NoAnswer
from linli_followup.domain.callback import callback_id
from linli_followup.store import callback_page, figures, find_callback
from linli_messaging.service_map import Actor
from linli_runtime.reads import Reads
from linli_testkit.databases import Database
from linli_testkit.tables import figures_that_differ, keep, migrated

from services.followup.tests.callers import DUE_BY, DUE_FROM, FINISHED, Callers, at, repair_done

SQL = Path(linli_followup.__file__).parent / "sql"


def year() -> Callers:
    """Four estates' callbacks: planned, due and late, completed, unreachable; two regions."""
    world = Callers()
    for estate, region in (("xh01", "r1"), ("xh010", "r1"), ("xh02", "r2"), ("xh03", "r2")):
        world.hear(
            EstateRegistered(
                estate_id=estate, region_id=region, project_id="p1", name="星河湾", kind="residential",
                registered_at=FINISHED,
            ),
            FINISHED,
        )  # fmt: skip
    for number, estate in enumerate(("xh01", "xh01", "xh010", "xh02", "xh03")):
        case = {"case_id": f"{estate}.c{number}", "estate_id": estate}
        finished = FINISHED + timedelta(days=30 if number == 1 else 0)
        world.hear(repair_done(finished).model_copy(update=case), finished)
    world.until(DUE_BY + timedelta(seconds=1))
    answer = CompleteCallback(callback_id=callback_id("xh02.c3", 1), satisfied=False, by="agent1")
    world.ask(answer, DUE_BY + timedelta(minutes=1))
    for tried in ("2026-03-18 15:00:00", "2026-03-19 20:00:00", "2026-03-20 10:00:00"):
        world.ask(NoAnswer(callback_id=callback_id("xh03.c4", 1), by="agent1"), at(tried))
    return world


@pytest.fixture
async def reads(database: Database) -> AsyncIterator[Reads]:
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=2) as pool:
        reads = await migrated(pool, SQL)
        await keep(reads, year().states.values())
        yield reads


@pytest.mark.rule("FUP-01")
async def test_what_is_kept_is_read_back_as_it_was(reads: Reads) -> None:
    for state in year().states.values():
        rows = await reads.fetch(f"load_{state.table}", [state.id, "nobody"])
        assert [type(state).model_validate_json(row["state"]) for row in rows] == [state]


def ids(*cases: str) -> list[str]:
    return [callback_id(case, 1) for case in cases]


@pytest.mark.rule("FUP-01", "ORG-01")
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ids("xh01.c0", "xh01.c1", "xh010.c2", "xh02.c3", "xh03.c4")),
        ({"status": "due"}, ids("xh01.c0", "xh010.c2")),
        ({"status": "planned"}, ids("xh01.c1")),
        ({"status": "completed"}, ids("xh02.c3")),
        ({"estate_id": "xh01"}, ids("xh01.c0", "xh01.c1")),
        ({"due_before": DUE_BY}, []),
        ({"due_before": DUE_BY + timedelta(microseconds=1)}, ids("xh01.c0", "xh010.c2")),
        ({"due_before": DUE_BY + timedelta(seconds=1)}, ids("xh01.c0", "xh010.c2")),
        ({"org": "group/r2"}, ids("xh02.c3", "xh03.c4")),
        ({"org": "group/r2", "status": "due"}, []),
        ({"org": "group/r1/p1/xh01"}, ids("xh01.c0", "xh01.c1")),
        ({"org": "group/r"}, []),
    ],
)
async def test_pages_hold_what_was_asked_for_in_order(
    reads: Reads, asked: dict[str, str | datetime], found: list[str]
) -> None:
    got: list[str] = []
    cursor = None
    for _ in range(10):
        page = await callback_page(reads, **{"org": "group", "after": cursor, "limit": 2, **asked})  # type: ignore[arg-type]  # a row of the table
        got += [callback.id for callback in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert got == found


@pytest.mark.rule("FUP-01", "FUP-04")
async def test_the_figures_count_every_callback_once(reads: Reads) -> None:
    assert await figures_that_differ(reads) == []
    counts = await figures(reads, org="group")
    assert counts.model_dump() == {
        "callbacks": 5, "planned": 1, "due": 2, "completed": 1, "satisfied": 0, "unsatisfied": 1, "unreachable": 1,
        "cancelled": 0, "tries": 4, "late": 4, "in_quiet_hours": 0,
    }  # fmt: skip


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize(("org", "count"), [("group/r1", 3), ("group/r2", 2), ("group/r1/p1/xh01", 2), ("group/r", 0)])
async def test_figures_are_those_of_ones_own_organisation(reads: Reads, org: str, count: int) -> None:
    assert (await figures(reads, org=org)).callbacks == count


@pytest.mark.rule("ORG-01")
async def test_a_callback_is_shown_to_its_own_organisation_only(reads: Reads) -> None:
    (known,) = ids("xh01.c0")
    for org, shown in (("group", True), ("group/r1", True), ("group/r2", False), ("group/r1/p1/xh010", False)):
        assert (await find_callback(reads, known, org=org) is not None) is shown
    assert await find_callback(reads, "xh01.b9-c0", org="group") is None


class OneToken:
    """Whoever asks is this actor."""

    def actor(self, _authorization: str | None) -> Actor:
        return Actor("test", frozenset({"followup:read"}))


async def test_the_routes_answer(reads: Reads) -> None:
    app = FastAPI()
    app.include_router(router(reads))
    app.state.tokens = OneToken()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://followup") as client:
        page = (await client.get("/callbacks", params={"due_before": DUE_BY.isoformat(), "limit": 1})).json()
        assert page == {"items": [], "next": None}
        (known,) = ids("xh01.c0")
        shown = (await client.get(f"/callbacks/{known}")).json()
        assert (shown["status"], shown["call_from"]) == ("due", DUE_FROM.isoformat().replace("+00:00", "Z"))
        assert (await client.get("/figures")).json()["callbacks"] == 5
        for wrong in ({"limit": "501"}, {"cursor": "\x00"}, {"due_before": "0001-01-01T00:00:00+08:00"}):
            assert (await client.get("/callbacks", params=wrong)).status_code == 422
        assert (await client.get("/callbacks/xh01.b1-%00")).status_code == 422
