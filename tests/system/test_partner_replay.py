"""A partner reads its facts from any point on, and has them delivered once more; real sockets, real database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import httpx
import orjson
import pytest
from fastapi import FastAPI
from linli_dispatch.api import router
from linli_dispatch.main import feeds
from linli_messaging.inputs import Accepted
from linli_messaging.service_map import Actor
from linli_rulebook.decision import Refusal
from linli_runtime.database import open_reader, open_writer
from linli_runtime.problems import ProblemError, respond
from linli_runtime.reads import Reads
from linli_testkit.facts import shipped_policy
from linli_testkit.house import DEPLOYMENT
from linli_testkit.receiver import Answer, receiver
from linli_testkit.roles import dsn_as
from starlette.requests import Request
from starlette.responses import Response

from tests.system.test_webhooks import AN, BO, EAST, Partner, partner, verified

__all__ = ["partner"]
STAFF = Actor("staff", frozenset({"*"}))


class _Door:
    """Dispatch's routes for whoever comes."""

    def __init__(self, client: httpx.AsyncClient, app: FastAPI) -> None:
        self.client, self.app = client, app

    async def facts(self, who: Actor, contractor: str = "c-an", **query: Any) -> tuple[int, Any]:  # noqa: ANN401 - the parameters of a query
        return await self.get(who, f"/contractors/{contractor}/facts", **query)

    async def get(self, who: Actor, path: str, **query: Any) -> tuple[int, Any]:  # noqa: ANN401 - as above
        class Known:
            def actor(self, _header: str | None) -> Actor:
                return who

        self.app.state.tokens = Known()
        answer = await self.client.get(path, params=query)
        return answer.status_code, answer.json()


@pytest.fixture
async def door(partner: Partner) -> AsyncIterator[_Door]:
    """The GET routes of dispatch over the partner's database."""
    app = FastAPI()

    @app.exception_handler(ProblemError)
    async def _problem(_request: Request, error: ProblemError) -> Response:
        return respond(error.refusal)

    async with await open_reader(partner.dsn, "dispatch") as pool:
        app.include_router(router(Reads(pool, partner.life.house.rooms["dispatch"].queries)))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://dispatch") as client:
            yield _Door(client, app)


@pytest.mark.rule("PAR-01")
async def test_a_feed_is_read_with_a_cursor_and_misses_nothing(partner: Partner, door: _Door) -> None:
    """Given a contractor without a webhook, when it reads page by page while orders come, then it gets each fact once,
    its own alone, and the cursor stays where it is while nothing comes.
    """
    first = await partner.repair()
    await partner.deliver()
    status, page = await door.facts(AN, limit=1)
    assert (status, [item["type"] for item in page["items"]], page["more"]) == (200, ["ContractorNotified"], True)
    second = await partner.repair("103", "13800000003")
    await partner.life.do_as(AN, "dispatch.arrive", case_id=first)
    await partner.deliver()
    seen = page["items"]
    while page["more"]:
        _, page = await door.facts(AN, after=page["next"], limit=1)
        seen += page["items"]
    assert {(item["type"], item["data"]["case_id"]) for item in seen} == {
        ("ContractorNotified", first), ("ContractorNotified", second), ("ContractorArrived", first),
    }  # fmt: skip
    assert len({item["id"] for item in seen}) == len(seen) == 3
    _, still = await door.facts(AN, after=page["next"])
    assert (still["items"], still["next"], still["more"]) == ([], page["next"], False)
    _, arrivals = await door.facts(AN, types=["ContractorArrived"])
    assert [item["type"] for item in arrivals["items"]] == ["ContractorArrived"]
    assert (await door.facts(AN, types=["TicketClosed"]))[0] == 422
    assert (await door.facts(BO, "c-bo"))[1]["items"] == []


@pytest.mark.rule("PAR-01")
async def test_others_facts_are_nobodys_business(partner: Partner, door: _Door) -> None:
    await partner.repair()
    await partner.deliver()
    for who in (BO, EAST):
        status, problem = await door.facts(who)
        assert (status, problem["code"]) == (403, "other-contractor")
    assert len((await door.facts(STAFF))[1]["items"]) == 1


@pytest.mark.rule("PAR-01", "DSP-20")
async def test_others_webhooks_are_not_read_either(partner: Partner, door: _Door) -> None:
    """Given webhooks of a contractor and of one of the staff, then the first reads its own, the whole group both."""
    an = (await partner.register("https://hooks.example.org/"))["webhook_id"]
    sun = (
        await partner.life.do("dispatch.register-staff-webhook", staff_id="dept-sun", url="https://mail.example.org/")
    )["webhook_id"]
    of_an = ("/contractors/c-an/webhooks", f"/webhooks/{an}")
    of_sun = ("/staff/dept-sun/webhooks", f"/webhooks/{sun}")
    may = {AN: of_an, BO: (), EAST: (), STAFF: of_an + of_sun}
    for who, allowed in may.items():
        for path in of_an + of_sun:
            status, answer = await door.get(who, path)
            assert status == (200 if path in allowed else 403), (who.subject, path)
            assert status == 200 or answer["code"] == "other-contractor"


@pytest.mark.rule("PAR-01", "PAR-02")
async def test_what_was_told_before_there_was_a_feed_is_kept_too(partner: Partner, door: _Door) -> None:
    """Given facts that were told and archived before a deployment had the feed, then they can be read as well."""
    await partner.repair()
    async with partner.life.house.rooms["dispatch"].unbound() as dispatch:
        await dispatch.execute("UPDATE feed SET number = 0")
        await dispatch.execute("TRUNCATE partner_fact")
    await partner.deliver()
    await partner.deliver()
    assert [item["type"] for item in (await door.facts(AN))[1]["items"]] == ["ContractorNotified"]


@pytest.mark.rule("PAR-02")
async def test_what_was_told_while_disabled_is_replayed(partner: Partner, door: _Door) -> None:
    """Given a webhook that was disabled for a while, when it is resumed and replayed, then what it took comes again
    with the id that it had, what it did not take comes too, and nothing comes a third time.
    """
    with receiver() as an:
        mine = await partner.register(an.url)
        first = await partner.repair()
        await partner.deliver()
        since = partner.life.house.instant
        an.answers.append(Answer(410))
        second = await partner.repair("103", "13800000003")
        await partner.deliver()
        third = await partner.repair("104", "13800000004")
        await partner.deliver()
        assert len(an.received) == 2
        refused = await partner.life.attempt(
            "dispatch.replay-webhook", AN, webhook_id=mine["webhook_id"], since=since.replace(year=2020)
        )
        assert isinstance(refused, Refusal)
        assert refused.code == "webhook-disabled"
        await partner.life.do_as(AN, "dispatch.resume-webhook", webhook_id=mine["webhook_id"])
        asked = await partner.life.attempt(
            "dispatch.replay-webhook", AN, webhook_id=mine["webhook_id"], since=since.replace(year=2020)
        )
        assert isinstance(asked, Accepted)
        for _ in range(3):
            await partner.deliver()
        told = [verified(sent, mine["secret"])["data"]["case_id"] for sent in an.received[2:]]
        assert sorted(told) == sorted([first, second, third])
        ids = [sent.headers["webhook-id"] for sent in an.received]
        assert set(ids[:2]) < set(ids[2:])
        fact_ids = {orjson.loads(sent.body)["id"] for sent in an.received}
        assert fact_ids == {item["id"] for item in (await door.facts(AN))[1]["items"]}


@pytest.mark.rule("PAR-02")
async def test_a_replay_begins_at_its_instant_and_is_its_partners_own(partner: Partner) -> None:
    """Given two orders, when the contractor has it told again from between them on, then the later alone comes again;
    another contractor may not ask for it, and nobody from the future.
    """
    with receiver() as an:
        mine = await partner.register(an.url)
        await partner.repair()
        await partner.life.after(hours=1)
        since = partner.life.house.instant
        later = await partner.repair("103", "13800000003")
        await partner.deliver()
        for who, instant, code in (
            (BO, since, "other-contractor"),
            (AN, since.replace(year=2099), "instant-in-future"),
        ):
            refused = await partner.life.attempt(
                "dispatch.replay-webhook", who, webhook_id=mine["webhook_id"], since=instant
            )
            assert isinstance(refused, Refusal)
            assert refused.code == code
        await partner.life.do_as(AN, "dispatch.replay-webhook", webhook_id=mine["webhook_id"], since=since)
        for _ in range(3):
            await partner.deliver()
        assert [orjson.loads(sent.body)["data"]["case_id"] for sent in an.received[2:]] == [later]


@pytest.mark.rule("PAR-01")
async def test_a_contractor_has_a_few_webhooks_at_a_time(partner: Partner) -> None:
    """Given as many webhooks as the policy allows, then one more is refused by name until one of them has ended."""
    made = [await partner.life.do_as(AN, "dispatch.register-webhook", **_HOOK) for _ in range(5)]
    refused = await partner.life.attempt("dispatch.register-webhook", AN, **_HOOK)
    assert isinstance(refused, Refusal)
    assert refused.code == "too-many-webhooks"
    await partner.life.do_as(AN, "dispatch.end-webhook", webhook_id=made[0]["webhook_id"])
    ended = await partner.life.attempt("dispatch.end-webhook", AN, webhook_id=made[0]["webhook_id"])
    assert isinstance(ended, Refusal)
    assert ended.code == "webhook-ended"
    assert isinstance(await partner.life.attempt("dispatch.register-webhook", AN, **_HOOK), Accepted)
    refused = await partner.life.attempt("dispatch.register-webhook", AN, **_HOOK)
    assert isinstance(refused, Refusal)


class _Interrupted:
    """A connection that lets something else happen when it has read for the n-th time how far a feed is."""

    def __init__(self, connection: Any, read: str, nth: int, between: Callable[[], Awaitable[None]]) -> None:  # noqa: ANN401 - asyncpg's proxy
        self._connection, self._read, self._left, self._between = connection, read, nth, between

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a connection has
        return getattr(self._connection, name)

    async def fetch(self, query: str, *args: object) -> Any:  # noqa: ANN401 - as asyncpg answers
        rows = await self._connection.fetch(query, *args)
        if query == self._read:
            self._left -= 1
            if self._left == 0:
                await self._between()
        return rows


@pytest.mark.rule("PAR-01", "OPS-03")
@pytest.mark.parametrize("nth", [1, 2])
async def test_two_runners_at_a_feed_lose_and_double_nothing(partner: Partner, nth: int) -> None:
    """Given a runner that was taken for dead once it knew how far the feed is, when another one looks further and finds
    more lanes to look at, then each fact is kept and delivered once: the second waits, or the first finds it done.
    """
    room = partner.life.house.rooms["dispatch"]
    await partner.register("http://127.0.0.1:9/")
    await partner.repair()
    async with (
        await open_writer(dsn_as(partner.dsn, "dispatch"), "dispatch") as pool,
        pool.acquire() as one,
        pool.acquire() as other,
    ):
        feed, *_ = feeds(DEPLOYMENT, room.queries, partner.clock, shipped_policy())
        tasks: list[asyncio.Task[None]] = []

        async def meanwhile() -> None:
            await partner.life.do_as(AN, "dispatch.register-webhook", **_HOOK)  # another lane has news
            await partner.repair("103", "13800000003")
            tasks.append(asyncio.create_task(feed.step(other)))
            await asyncio.wait(tasks, timeout=0.5)

        await feed.step(_Interrupted(one, room.queries["read_feed_places"], nth, meanwhile))
        await asyncio.gather(*tasks)
        await feed.step(one)
        told = await one.fetchval("SELECT count(*) FROM outbox WHERE type = 'ContractorNotified'")
        assert await one.fetchval("SELECT count(*) FROM partner_fact") == told == 2
        delivered = await one.fetch("SELECT payload ->> 'id' AS fact FROM intent WHERE starts_with(recipient, 'c-an.')")
        assert len({row["fact"] for row in delivered}) == 2


_HOOK: Final = {"contractor_id": "c-an", "url": "http://127.0.0.1:9/", "types": ["RepairDone"]}
