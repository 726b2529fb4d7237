"""Customers who are reached by mail get it from the deployment's own mail server, once for each cause (INT-16)."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import pytest
from linli_embedded.ports import LOOPBACK, free_port
from linli_intake.settings import GatewaySettings
from linli_messaging import crash
from linli_runtime.mail import MailServer, MailSettings
from linli_testkit.crash import crash_child
from linli_testkit.mailbox import LOST, mailbox
from linli_testkit.receiver import receiver

from tests.system.life import START
from tests.system.test_messages import CHILD, Desk, desk

__all__ = ["desk"]
NO_GATEWAY: Final = GatewaySettings.model_validate({"url": None})


def at(port: int, repeats: str = "neither") -> dict[str, Any]:
    """The settings of a mail server on this machine."""
    return {"host": LOOPBACK, "port": port, "security": "none", "sender": "service@linli.example", "repeats": repeats}


def server(port: int, repeats: str = "neither") -> MailServer:
    """The server itself."""
    return MailServer(MailSettings.model_validate(at(port, repeats)))


def environment(port: int, repeats: str = "neither") -> Mapping[str, str]:
    """The same for a child process."""
    return {f"LINLI_MAIL_{name.upper()}": str(value) for name, value in at(port, repeats).items()}


@pytest.mark.rule("INT-16", "INT-13", "OPS-03")
async def test_mail_goes_to_the_mail_server_and_a_number_through_the_gateway(desk: Desk) -> None:
    """Given both, when facts come twice, then each goes its way once, and only intake knows to whom."""
    desk.life.house.times_delivered = 2
    case = await desk.receive()
    await desk.receive(contact="+86 138 0000 0001")
    with receiver() as gateway, mailbox() as box:
        settings = GatewaySettings.model_validate({"url": gateway.url})
        for _ in range(2):
            await desk.send_with(settings, server(box.port))
        (sent,), (letter,) = gateway.received, box.received
    assert (letter["To"], letter["Subject"], case in letter.get_content()) == ("wang@example.org", "已受理", True)
    assert b'"channel":"sms"' in sent.body
    intents = await desk.intents()
    assert f"<{next(i['id'] for i in intents if i['reference'] == str(i['id']))}@linli.example>" in {
        letter["Message-ID"], f"<{sent.headers['idempotency-key']}@linli.example>",
    }  # fmt: skip
    assert [intent["status"] for intent in intents] == ["sent", "sent"]
    assert await desk.told("MessageSent") == 2
    stored = await desk.life.house.rooms["intake"].connection.fetch(
        "SELECT convert_from(body, 'UTF8') AS row FROM outbox UNION ALL SELECT intent::text FROM intent"
    )
    assert not [row for row in stored if "wang@" in row["row"]]


@pytest.mark.rule("INT-16")
@pytest.mark.parametrize(
    ("place", "answer", "status", "error"),
    [
        ("at_recipient", "550 5.1.1 nobody of that name", "failed", "smtp_550"),
        ("at_recipient", "451 4.7.1 later", "waiting", "smtp_451"),
        ("at_text", "552 5.3.4 too large", "failed", "smtp_552"),
        ("at_text", LOST, "unknown", "no_answer"),
    ],
)
async def test_what_the_mail_server_answers(desk: Desk, place: str, answer: str, status: str, error: str) -> None:
    """Given a refusal for good, for now, or a lost answer, then it fails, waits, or nobody knows; told once."""
    await desk.receive()
    with mailbox() as box:
        getattr(box, place).append(answer)
        await desk.send_with(NO_GATEWAY, server(box.port))
        (intent,) = await desk.intents()
        assert (intent["status"], intent["error"]) == (status, error)
        desk.clock.advance(timedelta(minutes=5))
        await desk.send_with(NO_GATEWAY, server(box.port))
        assert len(box.received) == (0 if status == "failed" else 1)
    assert await desk.status() == ("sent" if status == "waiting" else status)
    facts = {name: await desk.told(name) for name in ("MessageSent", "MessageFailed", "MessageUnconfirmed")}
    expected = {"waiting": "MessageSent", "failed": "MessageFailed", "unknown": "MessageUnconfirmed"}[status]
    assert facts == {name: int(name == expected) for name in facts}


@pytest.mark.rule("INT-16", "OPS-03")
async def test_a_mail_server_that_is_down_for_an_hour(desk: Desk) -> None:
    """Given a server that is away, when it is back, then each letter goes out once."""
    for number in range(3):
        await desk.receive(contact=f"w{number}@example.org")
    port = free_port()
    await desk.send_with(NO_GATEWAY, server(port))
    while desk.clock.now() < START + timedelta(hours=1):
        desk.clock.set(min(intent["next_at"] for intent in await desk.intents()))
        await desk.send_with(NO_GATEWAY, server(port))
    assert {intent["status"] for intent in await desk.intents()} == {"waiting"}
    with mailbox(port) as box:
        desk.clock.advance(timedelta(minutes=13))
        await desk.send_with(NO_GATEWAY, server(port))
        assert sorted(str(letter["To"]) for letter in box.received) == [f"w{number}@example.org" for number in range(3)]
    assert await desk.told("MessageSent") == 3


@pytest.mark.rule("INT-16", "OPS-03", "INT-11")
@pytest.mark.parametrize(
    ("repeats", "emergency", "letters", "status"),
    [("neither", False, 1, "unknown"), ("neither", True, 2, "sent"), ("recognised", False, 2, "sent")],
)
@pytest.mark.parametrize("gateway_url", [None, "http://127.0.0.1:9/"])
async def test_killed_between_sending_and_noting(
    desk: Desk, *, repeats: str, emergency: bool, letters: int, status: str, gateway_url: str | None
) -> None:
    """Given a runner killed after the server took the letter, then it goes again only where the receiver drops it or in
    an emergency, under the same Message-ID; else nobody knows. Also beside a gateway that recognises keys.
    """
    await desk.receive(emergency=emergency)
    gateway = GatewaySettings.model_validate({"url": gateway_url, "repeats": "recognised"})
    with mailbox() as box:
        arguments = [CHILD, desk.dsn, gateway_url or "", "recognised", desk.clock.now().isoformat()]
        env = environment(box.port, repeats)
        await asyncio.to_thread(crash_child, arguments, "effect-after-sending", env=env)
        assert len(box.received) == 1
        for _ in range(3):
            await desk.send_with(gateway, server(box.port, repeats))
            desk.clock.advance(timedelta(minutes=1))
        assert len(box.received) == letters
        assert len({letter.as_bytes() for letter in box.received}) == 1
    assert await desk.status() == status
    assert await desk.told("MessageUnconfirmed") == (status == "unknown")
    assert await desk.told("MessageSent") == (status == "sent")


@pytest.mark.rule("INT-16", "OPS-03")
@pytest.mark.parametrize("point", [one for one in crash.EFFECT_POINTS if one != "effect-after-sending"])
async def test_killed_anywhere_else(desk: Desk, point: str) -> None:
    """Given a runner killed before sending or after noting, then a letter is never sent twice."""
    await desk.receive()
    with mailbox() as box:
        arguments = [CHILD, desk.dsn, "", "neither", desk.clock.now().isoformat()]
        await asyncio.to_thread(crash_child, arguments, point, env=environment(box.port))
        for _ in range(2):
            await desk.send_with(NO_GATEWAY, server(box.port))
            desk.clock.advance(timedelta(minutes=1))
        status = await desk.status()
        assert len(box.received) == (status == "sent")
    assert status == ("unknown" if point == "effect-after-taking" else "sent"), (
        "taken, and nobody knows how far it came"
    )


@pytest.mark.rule("INT-16")
async def test_a_number_without_a_gateway_fails_as_that(desk: Desk) -> None:
    await desk.receive(contact="+86 138 0000 0001")
    with mailbox() as box:
        await desk.send_with(NO_GATEWAY, server(box.port))
    (intent,) = await desk.intents()
    assert (intent["status"], intent["error"], box.tries) == ("failed", "no_gateway", 0)
