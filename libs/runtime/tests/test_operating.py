"""Operators' routes: an id that cannot be is refused at the door, and a part of the group sees none of them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey
from linli_messaging.service_map import ServiceMap
from linli_runtime.auth import Tokens
from linli_runtime.effect_routes import effect_routes
from linli_runtime.http import build_app
from linli_runtime.operating import operating_routes

from libs.runtime.tests.conftest import Sign


class Shown:
    """Shows nothing, and remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    async def timeline(self, case_id: str) -> list[object]:
        self.asked.append(case_id)
        return []

    async def fetch(self, _name: str, *arguments: object) -> list[Any]:
        self.asked.append(arguments)
        return []


@pytest.fixture
async def client(key: RSAKey) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(ServiceMap("small", ()), [operating_routes(), effect_routes()])
    app.state.tokens = Tokens.from_pem(key.as_pem(private=False).decode())
    app.state.running = Shown()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://small") as opened:
        yield opened


async def status(client: httpx.AsyncClient, token: str, path: str) -> int:
    response = await client.get(path, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code < 400 or response.headers["content-type"] == "application/problem+json"
    return response.status_code


@pytest.mark.rule("INT-15", "OPS-02")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/timeline/xh01.c1", 200),
        ("/timeline/%00", 422),
        ("/timeline/" + "x" * 301, 422),
        ("/parked?after=0", 200),
        ("/parked?after=9223372036854775807", 200),
        ("/parked?after=9223372036854775808", 422),
        ("/parked?after=-1", 422),
        ("/parked/9223372036854775808", 422),
        ("/parked/0", 422),
        ("/parked/1", 404),
        ("/effects", 200),
        ("/effects?status=sent", 422),
    ],
)
async def test_an_id_that_cannot_be_is_refused_at_the_door(
    client: httpx.AsyncClient, sign: Sign, path: str, expected: int
) -> None:
    assert await status(client, sign(scope="operate"), path) == expected


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize("path", ["/timeline/xh01.c1", "/parked", "/parked/1", "/rest", "/effects"])
async def test_a_token_for_a_part_of_the_group_operates_nothing(
    client: httpx.AsyncClient, sign: Sign, path: str
) -> None:
    assert await status(client, sign(scope="operate", org="group/east"), path) == 403
    assert await status(client, sign(scope="operate", org=""), path) == 403


@pytest.mark.rule("INT-15", "OPS-02")
@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/replay", '{"since": "0001-01-01T00:00:00+08:00"}', "body.since"),
        ("POST", "/replay", '{"since": "9999-12-31T23:59:59-08:00"}', "body.since"),
        ("POST", "/archive", '{"before": "0001-01-01T00:00:00+08:00"}', "body.before"),
        ("PUT", "/clock", '{"instant": "9999-12-31T23:59:59-08:00"}', "body.instant"),
        ("POST", "/parked/1/retry", '{"body": {"n": 1' + "0" * 30 + "}}", "body.body"),
        ("POST", "/parked/1/retry", '{"body": {"n": "\\ud800"}}', "body.body"),
        ("POST", "/parked/1/retry", '{"body": {"n": ' + "[" * 300 + "]" * 300 + "}}", "body.body"),
    ],
)
async def test_what_cannot_be_kept_is_refused_with_its_field(
    client: httpx.AsyncClient, sign: Sign, method: str, path: str, body: str, field: str
) -> None:
    headers = {"Authorization": f"Bearer {sign(scope='operate')}", "Content-Type": "application/json"}
    response = await client.request(method, path, content=body, headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert [error["field"] for error in response.json()["errors"]] == [field]
