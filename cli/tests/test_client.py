"""The client finds each answer again, sends what was not answered once more, and says what a service said."""

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from linli_cli.client.answers import Command
from linli_cli.client.client import Client, segment
from linli_cli.client.rest import Reading
from linli_cli.client.tokens import DEMANDED, Identity, TokenSigner, make_key_pair
from linli_cli.complaint import Complaint
from linli_cli.stack.database import Addresses
from linli_cli.stack.home import Home
from linli_cli.stack.settings_of_service import environment_of
from linli_runtime.auth import Tokens
from linli_runtime.problems import ProblemError

from cli.tests import small_service


@pytest.fixture
def signer(tmp_path: Path) -> TokenSigner:
    make_key_pair(tmp_path / "key.pem", tmp_path / "key.public.pem")
    return TokenSigner(tmp_path / "key.pem")


@pytest.fixture
async def client(signer: TokenSigner, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setenv("SMALL_SERVICE", "intake")
    small_service.seen.clear()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(small_service.app, log_level="warning", lifespan="off"))
        serving = asyncio.create_task(server.serve([listening]))
        async with Client({"intake": f"http://127.0.0.1:{listening.getsockname()[1]}"}, signer) as client:
            yield client
        server.should_exit = True
        await serving


@pytest.mark.rule("PAR-01")
def test_a_token_has_what_the_deployment_demands(
    signer: TokenSigner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given an issuer and an audience in the environment, then ours are taken where services are told the same."""
    tokens = Tokens.from_pem((tmp_path / "key.public.pem").read_text(), issuer="us", audience="linli")
    for name in DEMANDED.values():
        with pytest.raises(ProblemError):
            tokens.actor(f"Bearer {signer.mint()}")
        monkeypatch.setenv(name, {"LINLI_JWT_ISSUER": "us"}.get(name, "linli"))
    assert tokens.actor(f"Bearer {signer.mint()}").subject == "linli-cli"
    told = environment_of(
        "loyalty", home=Home(tmp_path), deployment="d1", clock="system", port=1,
        databases=Addresses({"loyalty": "x"}, {"loyalty": "x"}, ""), gateway=None, more={},
    )  # fmt: skip
    assert (told["LINLI_JWT_ISSUER"], told["LINLI_JWT_AUDIENCE"]) == ("us", "linli")


async def test_answers_come_in_the_order_of_their_commands(client: Client) -> None:
    commands = [Command("intake.receive", f"c{n}", {"n": n, "fault": n == 7}) for n in range(1200)]
    answers = await client.commands("intake", commands)
    assert [answer.id for answer in answers] == [command.id for command in commands]
    assert [answer.id for answer in answers if not answer.done] == ["c7"]
    assert answers[7].code == "incomplete"
    assert answers[7].why.zh == "缺少内容"
    again = await client.command("intake", commands[3])
    assert again.answer["again"] is True


async def test_a_stream_of_commands_is_answered_whole(client: Client) -> None:
    async def many() -> AsyncIterator[Command]:
        for n in range(1700):
            yield Command("intake.receive", f"c{n}", {"n": n}, at=datetime(2011, 7, 1, tzinfo=UTC))

    assert [answer.answer["n"] async for answer in client.stream("intake", many())] == list(range(1700))


async def test_the_clock_is_moved_and_read(client: Client) -> None:
    await client.set_clock(datetime(2011, 7, 2, 12, tzinfo=UTC))
    assert (await client.rest())["intake"].instant == datetime(2011, 7, 2, 12, tzinfo=UTC)


async def test_a_producer_at_work_is_waited_for_as_far_as_it_had_come(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a service that tells more all the time, then another has processed it once it is where that one was."""
    told = itertools.count(3)

    async def rest() -> dict[str, Reading]:
        head = next(told)
        about = {"instant": "2011-07-01T00:00:00Z", "clock": "stepped"}
        dispatch = {"service": "dispatch", "heads": {"3": head}, **about}
        intake = {"service": "intake", "heads": {}, "inbox": {"dispatch": {"3": head - 1}}, **about}
        return {"dispatch": Reading.model_validate(dispatch), "intake": Reading.model_validate(intake)}

    monkeypatch.setattr(client, "rest", rest)
    await client.wait_until_processed("dispatch", "intake", 1.0)
    assert next(told) == 5


async def test_a_list_is_read_page_by_page(client: Client) -> None:
    assert [item["number"] async for item in client.pages("intake", "/lists")] == [1, 2, 3, 4, 5, 6]


async def test_what_is_not_there_is_none_or_a_complaint(client: Client) -> None:
    assert await client.find("intake", "/nothing") is None
    with pytest.raises(Complaint, match="404"):
        await client.get("intake", "/nothing")
    with pytest.raises(Complaint, match="there is no service elsewhere"):
        await client.get("elsewhere", "/rest")


async def test_an_unreachable_service_is_a_complaint(signer: TokenSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linli_cli.client.client._FIRST_WAIT_S", 0.001)
    async with Client({"intake": "http://127.0.0.1:9"}, signer) as client:
        with pytest.raises(Complaint, match="can't be reached"):
            await client.rest()


def test_a_token_says_who_and_what(signer: TokenSigner, tmp_path: Path) -> None:
    token = signer.mint(("partner:repair",), "group/east", "acme", "someone")
    claims = jwt.decode(token, RSAKey.import_key((tmp_path / "key.public.pem").read_bytes())).claims
    assert claims.pop("exp") - claims.pop("iat") == 12 * 3600
    assert claims == {"sub": "someone", "scope": "partner:repair", "org": "group/east", "contractor": "acme"}
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0


async def test_another_identity_uses_the_same_connections(client: Client) -> None:
    other = client.acting_as(Identity("agent-1", ("intake:receive",)))
    await other.close()
    assert (await client.rest())["intake"].service == "intake"


@pytest.mark.parametrize("typed", ["xh01.c1", "../rest", "..", "a/b", "a?b#c", "a\x01\n", "案件", "%2e%2e"])
def test_what_a_person_types_is_one_part_of_an_address(typed: str) -> None:
    url = httpx.URL(f"http://intake/parked/{segment(typed)}/retry")
    assert url.path == f"/parked/{typed}/retry"
    assert url.raw_path.count(b"/") == 3
