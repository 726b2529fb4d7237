"""A way to customers that hangs holds up no message that goes another way for longer than one try lasts (INT-16)."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest
from linli_embedded.ports import LOOPBACK
from linli_intake.gateway import MessageSender, message_patience
from linli_intake.settings import GatewaySettings
from linli_messaging.outside import way
from linli_messaging.outside.sharing import MOST_UNDER_WAY
from linli_runtime import mail, outside
from linli_runtime.database import open_reader, open_writer
from linli_runtime.mail import MailServer
from linli_runtime.outside import Outside
from linli_runtime.reads import Reads
from linli_testkit.clock import HandClock
from linli_testkit.facts import shipped_policy
from linli_testkit.mailbox import mailbox
from linli_testkit.receiver import receiver
from linli_testkit.sending import runner_of

from tests.system.test_customers_mail import server
from tests.system.test_messages import Desk, desk

__all__ = ["desk"]
MANY: Final = 3 * MOST_UNDER_WAY
"""Customers who are told by the way that hangs, each for the first time: they would fill all places three times."""
ONE_TRY_S: Final = 3.0
"""Of a way that hangs: shorter than shipped, as is what makes it slow."""
WITHIN_S: Final = 60.0


@dataclass(slots=True)
class Silence:
    """A server that takes connections and says nothing."""

    port: int = 0
    connections: int = 0


@asynccontextmanager
async def silence() -> AsyncIterator[Silence]:
    """One while the block runs."""
    state, over = Silence(), asyncio.Event()

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections += 1
        await over.wait()
        writer.close()

    listening = await asyncio.start_server(hold, LOOPBACK, 0)
    state.port = listening.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        over.set()
        listening.close()
        await listening.wait_closed()


async def told_first(desk: Desk, contact: str, *, then: str) -> None:
    """Many customers with such a contact are to be told of something, and behind them one with another."""
    await desk.receive(contact=contact)
    connection = desk.life.house.rooms["intake"].connection
    await connection.execute(
        "INSERT INTO customer SELECT id || '-' || nth, lane, jsonb_set(state, '{id}', to_jsonb(id || '-' || nth))"
        " FROM customer, generate_series(2, $1::int) nth",
        MANY,
    )
    same = "lane, kind, subject, payload, emergency, made_at, give_up_at, next_at, noted_at"
    await connection.execute(
        f"INSERT INTO intent (cause, id, recipient, {same}) SELECT cause || '-' || nth, gen_random_uuid(),"  # noqa: S608 - our own names
        f" recipient || '-' || nth, {same} FROM intent, generate_series(2, $1::int) nth",
        MANY,
    )
    await desk.life.after(minutes=1)
    await desk.receive(contact=then)


async def tried_before(
    desk: Desk, came: Callable[[], bool], url: str, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> list[dict[str, Any]]:
    """Send what is due until what goes the other way ``came``; what had been tried by then, this included."""
    monkeypatch.setattr(mail, "REACHED_WITHIN_S", ONE_TRY_S)
    monkeypatch.setattr(outside, "ANSWER_WITHIN_S", ONE_TRY_S)
    monkeypatch.setattr(way, "SLOW_S", ONE_TRY_S / 2)
    clock = HandClock(desk.life.house.instant, stepped=False)  # what is tried again is not due before the end
    settings, through = GatewaySettings.model_validate({"url": url}), Outside(public_only=False)
    room, deadline = desk.life.house.rooms["intake"], time.monotonic() + WITHIN_S
    async with await open_reader(desk.dsn, "intake") as reader, await open_writer(desk.dsn, "intake") as pool:
        patience = message_patience(shipped_policy())
        sender = MessageSender(settings, Reads(reader, room.queries), through, patience, mail_server)
        runner = runner_of(room.map, room.queries, pool, [sender], clock)
        running = asyncio.create_task(runner.run())
        try:
            while not came():
                assert time.monotonic() < deadline
                await asyncio.sleep(0.02)
            tried = [one for one in await desk.intents() if one["tries"] and one["error"] != "way_hangs"]
        finally:
            runner.stop()
            await running
    await through.close()
    return tried


@pytest.mark.rule("INT-16", "OPS-04")
async def test_a_mail_server_that_hangs_holds_up_no_text_message(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a mail server that says nothing, and letters to many customers, when a text message is due behind them,
    then it goes out while some of them have not been tried; nothing of theirs is lost or in doubt.
    """
    await told_first(desk, "wang@example.org", then="+86 138 0000 0001")
    with receiver() as gateway:
        async with silence() as hanging:
            tried = await tried_before(desk, gateway.came.is_set, gateway.url, server(hanging.port), monkeypatch)
    assert len(tried) < MANY
    ends = [intent["status"] for intent in await desk.intents()]
    assert {end: ends.count(end) for end in ends} == {"sent": 1, "waiting": MANY}


@pytest.mark.rule("INT-16", "OPS-04")
async def test_a_gateway_that_hangs_holds_up_no_letter(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a gateway that takes messages and never answers, when a letter is due behind many of them, then it goes out
    while some of them have not been tried; in doubt is what was handed over, and nothing else.
    """
    await told_first(desk, "+86 138 0000 0001", then="wang@example.org")
    with mailbox() as box:
        async with silence() as hanging:
            url = f"http://{LOOPBACK}:{hanging.port}/"
            tried = await tried_before(desk, lambda: bool(box.received), url, server(box.port), monkeypatch)
    assert len(tried) < MANY
    ends = [intent["status"] for intent in await desk.intents()]
    over = hanging.connections  # each message has one of its own, for none is answered
    assert {end: ends.count(end) for end in ends} == {"sent": 1, "unknown": over, "waiting": MANY - over}
