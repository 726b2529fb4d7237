"""Whatever is sent, the answer is JSON or problem+json that names the fault, and never a stack (INT-03, INT-15)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import asyncpg
import httpx
import orjson
import pytest
from fastapi import APIRouter, Depends
from joserfc.jwk import RSAKey
from linli_messaging.inputs import Accepted, Answer, CommandInput, Failed
from linli_messaging.loop.refusing import OverloadedError
from linli_messaging.loop.writer import Writer
from linli_messaging.service_map import OnCommand, ServiceMap
from linli_rulebook.decision import NOTHING, Refusal, State
from linli_runtime.auth import Tokens, require
from linli_runtime.commands import MAX_LINE_BYTES, answer_bulk
from linli_runtime.http import build_app
from linli_runtime.problems import refusing
from linli_testkit.facts import OPERATOR
from pydantic import BaseModel, ConfigDict

from libs.runtime.tests.conftest import Sign


class Thing(State):
    table = "thing"


class Make(BaseModel):
    model_config = ConfigDict(extra="forbid")
    thing_id: str
    size: int = 1
    note: str = ""
    command_id: str = ""
    random_ref: str = ""


def entry(name: str, route: str, scope: str) -> OnCommand[Any]:
    return OnCommand(name, route, Make, scope, lambda body: [(Thing, body.thing_id)], lambda *_: NOTHING, ("OPS-03",))


MAP = ServiceMap("small", (Thing,), commands=(entry("small.make", "POST /things/{thing_id}", "small:make"),))


class Loop:
    """A writer that answers by the size of the thing."""

    def __init__(self) -> None:
        self.clock = SimpleNamespace(stepped=True, now=lambda: datetime(2026, 3, 10, tzinfo=UTC))
        self.taken: list[CommandInput] = []

    async def submit_command(self, command: CommandInput) -> Answer:
        self.taken.append(command)
        size = command.body.size  # type: ignore[attr-defined]  # it is a Make
        if size == 503:
            raise OverloadedError
        answers: dict[int, Answer] = {409: Refusal("taken", "OPS-03", "已有", "taken"), 500: Failed("ref-1")}
        return answers.get(size, Accepted({"size": size}))


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
async def client(loop: Loop, key: RSAKey, sign: Sign) -> AsyncIterator[httpx.AsyncClient]:
    broken = APIRouter()

    @broken.get("/broken")
    async def _broken() -> None:
        raise RuntimeError("a secret of the stack")

    @broken.post("/kept", dependencies=[Depends(require("small:read"))])
    async def _kept(_made: Make) -> None:
        """Takes a body."""

    @broken.get("/away")
    async def _away() -> None:
        await asyncpg.connect("postgresql://127.0.0.1:9/nothing")

    app = build_app(MAP, [broken])
    app.state.tokens = Tokens.from_pem(key.as_pem(private=False).decode())
    app.state.writer = loop
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {sign()}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://small", headers=headers) as opened:
        yield opened


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["code"] == code
    assert document.keys() >= {"type", "title", "status", "detail", "detail_en", "rule", "errors"}
    assert "Traceback" not in response.text
    return document


async def make(client: httpx.AsyncClient, body: object = None, key: str | None = "k", **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else orjson.dumps(body or {})
    sent = headers | ({"Idempotency-Key": key} if key is not None else {})
    return await client.post("/things/t1", content=content, headers=sent)


@pytest.mark.rule("OPS-03")
async def test_a_command_gets_its_answer(client: httpx.AsyncClient, loop: Loop) -> None:
    response = await make(client, {"size": 7})
    assert (response.status_code, response.json()) == (200, {"size": 7})
    (taken,) = loop.taken
    assert (taken.id, taken.body.thing_id) == ("somebody|k", "t1")  # type: ignore[attr-defined]  # it is a Make
    assert len(taken.body.random_ref) == 24  # type: ignore[attr-defined]  # the same


@pytest.mark.rule("OPS-03", "INT-03")
@pytest.mark.parametrize(
    ("body", "idem", "status", "code"),
    [
        ({}, None, 400, "idempotency-key-needed"),
        ({}, "x" * 201, 400, "idempotency-key-needed"),
        ({}, "", 400, "idempotency-key-needed"),
        (b"{", "k", 400, "not-json"),
        (b"[]", "k", 400, "not-json"),
        (b"\xff", "k", 400, "not-json"),
        (b"[" * 5000, "k", 400, "not-json"),
        ({"size": "big"}, "k", 422, "invalid-content"),
        ({"colour": 1}, "k", 422, "invalid-content"),
        ({"command_id": "mine"}, "k", 422, "invalid-content"),
        ({"random_ref": "mine"}, "k", 422, "invalid-content"),
        ({"thing_id\u0000": "x"}, "k", 422, "invalid-content"),
        (b" " * (MAX_LINE_BYTES + 1), "k", 422, "invalid-content"),
        ({"size": 409}, "k", 409, "taken"),
        ({"size": 500}, "k", 500, "failed"),
        ({"size": 503}, "k", 503, "overloaded"),
    ],
)
async def test_every_refusal_is_a_named_problem(
    client: httpx.AsyncClient, body: object, idem: str | None, status: int, code: str
) -> None:
    problem(await make(client, body, idem), status, code)


async def test_zero_characters_never_reach_the_database(client: httpx.AsyncClient, loop: Loop) -> None:
    problem(await client.post("/things/t%00", headers={"Idempotency-Key": "k"}), 422, "invalid-content")
    assert loop.taken == []


@pytest.mark.rule("INT-03")
async def test_words_about_a_zero_character_hold_none(client: httpx.AsyncClient, loop: Loop) -> None:
    assert (await make(client, {"note": "the text \\u0000 was printed"})).status_code == 200
    problem(await make(client, {"note": "a\x00b"}, key="k2"), 422, "invalid-content")
    assert [command.body.note for command in loop.taken] == ["the text \\u0000 was printed"]  # type: ignore[attr-defined]  # it is a Make


@pytest.mark.rule("OPS-04")
@pytest.mark.parametrize("path", ["/things/t1", "/kept"])
async def test_a_body_without_end_is_not_read_to_its_end(client: httpx.AsyncClient, path: str) -> None:
    """Neither by a command nor by a route whose body FastAPI reads before it looks at the token."""
    read = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 1000:
            read += 1
            yield b" " * 64 * 1024

    response = await client.post(path, content=pieces(), headers={"Idempotency-Key": "k"})
    problem(response, 422, "invalid-content")
    assert read < 20


@pytest.mark.rule("INT-15")
async def test_wrong_addresses_and_methods(client: httpx.AsyncClient) -> None:
    problem(await client.get("/nowhere"), 404, "not-found")
    wrong = problem(await client.get("/things/t1"), 405, "method-not-allowed")
    assert wrong["errors"] == [{"field": "method", "allowed": "POST"}]
    assert (await client.get("/things/t1")).headers["allow"] == "POST"
    problem(await client.post("/replay", json={"since": "yesterday"}), 404, "not-found")


async def test_a_bug_shows_no_stack_and_a_reference_by_which_the_log_has_it(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    response = await client.get("/broken")
    reference = problem(response, 500, "failed")["reference"]
    assert "secret" not in response.text
    (record,) = [record for record in caplog.records if reference in record.getMessage()]
    assert record.exc_info


@pytest.mark.rule("PAR-01")
@pytest.mark.rule("OPS-02")
async def test_a_database_that_is_away_is_no_bug(client: httpx.AsyncClient) -> None:
    problem(await client.get("/away"), 503, "database-away")


async def test_without_token_or_scope(client: httpx.AsyncClient, sign: Sign) -> None:
    problem(await make(client, Authorization="Bearer x"), 401, "unauthenticated")
    early = problem(await make(client, Authorization=f"Bearer {sign(nbf=4e9)}"), 401, "unauthenticated")
    assert [error["field"] for error in early["errors"]] == ["nbf"]
    problem(await make(client, Authorization=f"Bearer {sign(scope='small:other')}"), 403, "forbidden")


@pytest.mark.rule("ORG-04")
async def test_an_instant_only_on_the_stepped_clock_and_with_the_scope(
    client: httpx.AsyncClient, loop: Loop, sign: Sign
) -> None:
    at = {"Linli-At": "2026-03-02T09:00:00+08:00"}
    assert (await make(client, **at)).status_code == 200
    assert loop.taken[0].at == datetime(2026, 3, 2, 1, tzinfo=UTC)
    problem(await make(client, **{"Linli-At": "2026-03-02T09:00:00"}), 422, "invalid-content")
    problem(await make(client, **at, Authorization=f"Bearer {sign(scope='small:make')}"), 422, "instant-not-allowed")
    loop.clock.stepped = False
    problem(await make(client, **at), 422, "instant-not-allowed")


def line(identity: object, body: object = None, **more: object) -> bytes:
    return orjson.dumps({"name": "small.make", "id": identity, "body": body or {"thing_id": "t1"}} | more)


async def bulk(client: httpx.AsyncClient, content: bytes) -> list[dict[str, Any]]:
    response = await client.post("/commands", content=content)
    assert response.headers["content-type"].startswith("application/x-ndjson")
    return [orjson.loads(answer) for answer in response.text.splitlines()]


@pytest.mark.rule("OPS-03")
async def test_each_line_is_answered_in_order_and_a_bad_one_alone_is_refused(client: httpx.AsyncClient) -> None:
    lines = [
        line("1", {"thing_id": "t1", "size": 4}),
        b"{not json",
        b"7",
        line("4", name="small.unmake"),
        line(5),
        line("6", {"thing_id": "t1", "size": 409}),
        line("7", {"size": 1}),
        line("8\x00"),
        line("9", at="yesterday"),
        b"",
        b'{"id":"deep","name":"small.make","body":{"thing_id":' + b"[" * 300 + b"]" * 300 + b"}}",
        b'{"id":' + b"[" * 300 + b"]" * 300 + b',"name":"small.make","body":{}}',
        line("10")[:-5],
    ]
    answers = await bulk(client, b"\n".join(lines))
    assert [(answer["id"], answer["status"]) for answer in answers] == [
        ("1", 200), (None, 422), (None, 422), ("4", 422), (5, 422), ("6", 409), ("7", 422), ("8\x00", 400), ("9", 422),
        ("deep", 422), (None, 422), (None, 422),
    ]  # fmt: skip
    assert answers[0]["answer"] == {"size": 4}
    assert answers[5]["problem"]["code"] == "taken"


@pytest.mark.rule("OPS-03")
async def test_thousands_of_lines_keep_their_order(client: httpx.AsyncClient) -> None:
    answers = await bulk(client, b"\n".join(line(str(nth)) for nth in range(2500)) + b"\n")
    assert [answer["id"] for answer in answers] == [str(nth) for nth in range(2500)]


@pytest.mark.rule("OPS-04")
async def test_lines_as_long_as_they_may_be_are_not_all_taken_at_once(loop: Loop) -> None:
    """Given twenty lines of nearly a megabyte, then the first are answered before the last are read."""
    read: list[int] = []

    async def lines() -> AsyncIterator[bytes]:
        for nth in range(20):
            read.append(nth)
            yield line(str(nth)) + b" " * (MAX_LINE_BYTES - 1024)

    answers = answer_bulk(cast("Writer", loop), {"small.make": MAP.commands[0]}, OPERATOR, lines())
    first = orjson.loads(await anext(answers))
    assert (first["id"], first["status"]) == ("0", 200)
    assert len(read) <= 5
    assert [orjson.loads(one)["id"] async for one in answers] == [str(nth) for nth in range(1, 20)]


@pytest.mark.rule("OPS-04")
async def test_a_line_without_end_is_refused_and_nothing_after_it_read(client: httpx.AsyncClient, loop: Loop) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield line("1") + b"\n"
        for _ in range(40):
            yield b"x" * 64 * 1024
        yield b"\n" + line("3") + b"\n"

    response = await client.post("/commands", content=pieces())
    answers = [orjson.loads(answer) for answer in response.text.splitlines()]
    assert [answer["status"] for answer in answers] == [200, 422]
    assert len(loop.taken) == 1


NEVER_HERE = Refusal("never-here", "INT-15", "不在此处", "never here", 410)


@pytest.mark.rule("INT-15")
def test_the_document_holds_every_refusal_and_no_other() -> None:
    routes = APIRouter()

    @refusing(NEVER_HERE)
    def behind() -> None:
        """Stands for what routes share."""

    @routes.get("/open")
    async def _open() -> None:
        """Refuses nothing, and wants no token."""

    @routes.get("/told", dependencies=[Depends(behind), Depends(require("small:read"))])
    async def _told() -> None:
        """Refuses what is behind it."""

    @routes.put("/changed")
    @refusing(Refusal("taken", "OPS-03", "已有", "taken"))
    async def _changed(_made: Make) -> None:
        """Refuses of its own, and bodies."""

    document = build_app(MAP, [routes]).openapi()
    answers = {
        (method, path): list(operation["responses"])
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    assert answers == {
        ("get", "/open"): ["200"],
        ("get", "/told"): ["200", "401", "403", "410", "503"],
        ("put", "/changed"): ["200", "400", "409", "422"],
        ("post", "/things/{thing_id}"): ["200", "400", "401", "503", "403", "404", "409", "422"],
        ("post", "/commands"): ["200", "401"],
    }
    told = document["paths"]["/told"]["get"]
    assert "`never-here` (INT-15)" in told["responses"]["410"]["description"]
    assert list(told["responses"]["410"]["content"]) == ["application/problem+json"]
    assert "security" not in told
    assert document["paths"]["/open"]["get"]["security"] == []
