"""The ledger in the database refuses what the rules never do: a cause twice, a balance below zero, a changed row."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import linli_loyalty
import orjson
import pytest
from fastapi import FastAPI
from linli_loyalty.api import router
from linli_loyalty.commands import Spend
from linli_loyalty.handlers import MAP
from linli_loyalty.store import figures, find_member, ledger_page
from linli_messaging.queries import Queries
from linli_messaging.service_map import Actor
from linli_runtime.http import build_app
from linli_runtime.reads import Reads
from linli_testkit.databases import Database
from linli_testkit.tables import figures_that_differ, keep, migrated
from pydantic import ValidationError

from services.loyalty.tests.club import JOINED, REF, Club, joined, missed, survey

SQL = Path(linli_loyalty.__file__).parent / "sql"
QUERIES = Queries.load(SQL / "queries.sql")


def years() -> Club:
    """Earned twice, partly spent; the rest of the survey's points has expired."""
    world = joined()
    world.hear(survey("b1", JOINED), JOINED)
    world.hear(missed("c1", JOINED + timedelta(days=30)), JOINED + timedelta(days=30))
    world.ask(Spend(customer_ref=REF, points=30, cause_id="fee-1"), JOINED + timedelta(days=40))
    world.until(JOINED + timedelta(days=740))
    return world


@pytest.fixture
async def reads(database: Database) -> AsyncIterator[Reads]:
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=2) as pool:
        reads = await migrated(pool, SQL)
        world = years()
        await keep(reads, world.states.values(), world.rows)
        yield reads


async def append(pool: asyncpg.Pool, *rows: Any) -> None:  # noqa: ANN401 - rows as rules write them
    await pool.execute(QUERIES["append_points_entry"], orjson.dumps(rows).decode())


async def test_what_is_kept_is_read_back_as_it_was(reads: Reads) -> None:
    for state in years().states.values():
        rows = await reads.fetch(f"load_{state.table}", [state.id])
        assert [type(state).model_validate_json(row["state"]) for row in rows] == [state]


@pytest.mark.rule("LOY-03")
async def test_the_ledger_is_read_in_pages_in_the_order_of_its_writing(reads: Reads) -> None:
    first = await ledger_page(reads, REF, after=0, limit=4)
    rest = await ledger_page(reads, REF, after=int(first.next or 0), limit=4)
    assert [(row.number, row.what, row.kind, row.points, row.balance) for row in (*first.items, *rest.items)] == [
        (1, "earned", "reward", 20, 20),
        (2, "earned", "upgrade", 20, 20),
        (3, "earned", "reward", 50, 70),
        (4, "spent", "reward", -20, 50),
        (5, "spent", "reward", -10, 40),
        (6, "expired", "upgrade", -20, 0),
    ]
    assert (first.next, rest.next) == ("4", None)
    assert (await ledger_page(reads, "nobody", after=0, limit=4)).items == []


@pytest.mark.rule("LOY-03")
async def test_the_figures_show_whether_the_ledger_equals_what_is_held(reads: Reads) -> None:
    assert await figures_that_differ(reads) == []
    counts = await figures(reads)
    assert (counts.members, counts.earned, counts.spent, counts.expired, counts.balance) == (1, 90, 30, 20, 40)
    assert [(each.cause, each.kind, each.times, each.points) for each in counts.earned_by_cause] == [
        ("apology_late_case", "reward", 1, 50),
        ("survey_answered", "reward", 1, 20),
        ("survey_answered", "upgrade", 1, 20),
    ]
    assert counts.ledger_balances
    member = await find_member(reads, REF)
    assert member is not None
    forged = member.model_copy(update={"reward": 41})
    await keep(reads, [forged])
    assert not (await figures(reads)).ledger_balances


@pytest.mark.rule("LOY-03")
@pytest.mark.parametrize(
    "change",
    [
        {"number": 99, "lot": 99},
        {"number": 99, "lot": 99, "cause_id": "xh01.b2", "balance": -1},
        {"number": 1, "lot": 1, "cause_id": "xh01.b2"},
        {"number": 99, "lot": 99, "cause_id": "xh01.b2", "points": -20},
        {"number": 99, "lot": 1, "cause_id": "xh01.b2", "what": "spent"},
        {"number": 99, "lot": 1, "cause_id": "fee-1", "what": "spent", "points": -1},
    ],
    ids=["cause twice", "below zero", "number twice", "earned below zero", "spent above zero", "spent twice of a lot"],
)
async def test_the_database_refuses_a_wrong_entry(reads: Reads, change: dict[str, Any]) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await append(reads.pool, {**years().ledger[0], **change})


@pytest.mark.rule("LOY-03")
@pytest.mark.parametrize(
    "change", ["UPDATE points_entry SET points = 1", "DELETE FROM points_entry", "TRUNCATE points_entry"]
)
async def test_the_database_refuses_to_change_an_entry(reads: Reads, change: str) -> None:
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await reads.pool.execute(change)


@pytest.mark.rule("LOY-03")
async def test_the_database_refuses_a_negative_balance_and_a_number_given_twice(reads: Reads) -> None:
    member = years().member
    for other in (
        member.model_copy(update={"reward": -1}),
        member.model_copy(update={"id": "another"}),
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await reads.pool.execute(QUERIES["save_member"], [other.id], [0], [other.model_dump_json()])


class OneToken:
    """Whoever asks is this actor."""

    def actor(self, _authorization: str | None) -> Actor:
        return Actor("test", frozenset({"loyalty:read"}))


async def test_the_routes_answer(reads: Reads) -> None:
    app = FastAPI()
    app.include_router(router(reads))
    app.state.tokens = OneToken()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://loyalty") as client:
        member = (await client.get(f"/members/{REF}")).json()
        assert (member["reward"], len(member["lots"])) == (40, 1)
        page = (await client.get(f"/members/{REF}/points", params={"limit": 2})).json()
        assert (len(page["items"]), page["next"]) == (2, "2")
        assert (await client.get("/figures")).json()["ledger_balances"] is True
        assert (await client.get("/members/%00")).status_code == 422
        assert (await client.get("/members/%00/points")).status_code == 422


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize("path", ["/figures", f"/members/{REF}", f"/members/{REF}/points"])
async def test_the_club_is_the_whole_groups(reads: Reads, path: str) -> None:
    class Regional:
        """A token of one region."""

        def actor(self, _authorization: str | None) -> Actor:
            return Actor("test", frozenset({"loyalty:read"}), org="group/east")

    app = build_app(MAP, [router(reads)])
    app.state.tokens = Regional()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://loyalty") as client:
        assert (await client.get(path)).status_code == 403


@pytest.mark.rule("LOY-03")
@pytest.mark.parametrize("points", [0, -1, True, "30", 1.5, 10**18])
def test_only_whole_points_are_spent(points: object) -> None:
    with pytest.raises(ValidationError):
        Spend.model_validate({"customer_ref": REF, "points": points, "cause_id": "fee-1"})
