"""Operators decide about messages that failed or are unknown: sent again once, settled, told once each, explained."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from linli_rulebook.decision import Refusal
from linli_runtime.database import open_writer
from linli_runtime.effects_by_hand import send_again, settle
from linli_runtime.running import Running
from linli_testkit.clock import HandClock
from linli_testkit.databases import Databases
from linli_testkit.receiver import Answer, receiver
from linli_testkit.roles import dsn_as

from tests.system.test_messages import Desk, _desk, _gateway, desk

__all__ = ["desk"]


@asynccontextmanager
async def operators_side(desk: Desk) -> AsyncIterator[Running]:
    """Intake as operators reach it, beside the house."""
    room = desk.life.house.rooms["intake"]
    writer: Any = SimpleNamespace(map=room.map, look_for_ripe=lambda: None)
    nothing: Any = None
    clock: Any = desk.clock
    async with await open_writer(dsn_as(desk.dsn, "intake"), "intake") as pool:
        yield Running(
            "intake", "house", writer, nothing, nothing, nothing, clock, pool, room.queries, nothing, nothing
        )  # fmt: skip


async def doubted(desk: Desk) -> UUID:
    """The only message, left unknown by a gateway that did not answer; its id."""
    await desk.receive()
    with receiver() as gateway:
        gateway.answers.append(Answer(0))
        await desk.send(gateway.url, "neither")
    (intent,) = await desk.intents()
    assert intent["status"] == "unknown"
    found: UUID = intent["id"]
    return found


@pytest.mark.rule("INT-16", "OPS-02")
async def test_an_unknown_message_is_sent_again_when_a_person_says_so(desk: Desk, tmp_path: Path) -> None:
    """Given an unknown message, when a person wants it twice, then it goes out once, with its key, and why."""
    identity = await doubted(desk)
    async with operators_side(desk) as running:
        async with _gateway(tmp_path, "neither") as gateway:
            assert await send_again(running, identity, "op-1", "the gateway has no such key") == "waiting"
            refused = await send_again(running, identity, "op-1", "again")
            assert isinstance(refused, Refusal)
            assert refused.code == "effect-stands-otherwise"
            await desk.send(gateway.url, "neither")
            assert [kept["key"] for kept in gateway.messages] == [str(identity)]
        assert (await desk.told("MessageUnconfirmed"), await desk.told("MessageSent")) == (1, 1)
        reasons = await desk.life.house.rooms["intake"].connection.fetch(
            "SELECT what, facts FROM history WHERE rule = 'INT-16' AND what LIKE 'message %' ORDER BY what"
        )
        assert [row["what"] for row in reasons] == ["message sent after all", "message unconfirmed"]
        assert "the gateway has no such key" in reasons[0]["facts"]


@pytest.mark.rule("INT-16", "OPS-03")
async def test_a_message_that_is_unknown_twice_is_told_twice(desk: Desk) -> None:
    """Given an unknown message that is sent again in vain, then its second end is a fact of its own."""
    identity = await doubted(desk)
    async with operators_side(desk) as running:
        assert await send_again(running, identity, "op-1", "once more") == "waiting"
        with receiver() as gateway:
            gateway.answers.append(Answer(0))
            await desk.send(gateway.url, "neither")
        connection = desk.life.house.rooms["intake"].connection
        ids = await connection.fetch("SELECT DISTINCT id FROM outbox WHERE type = 'MessageUnconfirmed'")
        assert len(ids) == await desk.told("MessageUnconfirmed") == 2


@pytest.mark.rule("INT-16", "OPS-02")
@pytest.mark.parametrize(("how", "fact"), [("sent", "MessageSent"), ("failed", "MessageFailed")])
async def test_an_unknown_message_is_settled(databases: Databases, how: Any, fact: str) -> None:  # noqa: ANN401 - one of two words
    """Given an unknown message, when somebody finds out how it ended, then that is told once, and nothing is sent."""
    async with _desk(databases) as desk:
        identity = await doubted(desk)
        async with operators_side(desk) as running:
            assert await settle(running, identity, how, "op-1", "seen in the gateway's list") == how
            again = await settle(running, identity, how, "op-1", "seen in the gateway's list")
            assert isinstance(again, Refusal)
            await desk.life.house.deliver()
            await desk.life.house.deliver()
            assert await desk.told(fact) == 1
            with receiver() as gateway:
                await desk.send(gateway.url, "neither")
                assert gateway.received == []


@pytest.mark.rule("INT-16", "OPS-02")
async def test_what_is_not_told_yet_or_not_there_is_refused(desk: Desk) -> None:
    identity = await doubted(desk)
    async with operators_side(desk) as running:
        await desk.life.house.rooms["intake"].connection.execute("UPDATE intent SET told = false")
        refused = await send_again(running, identity, "op-1", "once more")
        missing = await send_again(running, UUID(int=7), "op-1", "once more")
        assert isinstance(refused, Refusal)
        assert isinstance(missing, Refusal)
        assert (refused.code, missing.code) == ("effect-being-told", "effect-not-found")
        assert await desk.status() == "unknown"


@pytest.mark.rule("INT-16", "FUP-03")
async def test_a_gateway_that_is_back_at_night_reaches_nobody_then(desk: Desk, tmp_path: Path) -> None:
    """Given a message that could not be sent in the evening, when the gateway is back in the quiet hours, then it goes
    out when they are over.
    """
    start = desk.clock.now()
    evening = start.replace(hour=12, minute=59, second=30)
    await desk.life.until(evening)
    desk.clock = HandClock(evening, stepped=False)
    await desk.receive()
    await desk.send("http://127.0.0.1:9/")
    (intent,) = await desk.intents()
    assert (intent["status"], intent["tries"]) == ("waiting", 1)
    async with _gateway(tmp_path) as gateway:
        for instant in (start.replace(hour=13), start.replace(hour=23, minute=59)):
            desk.clock.set(instant)
            await desk.send(gateway.url)
            assert gateway.messages == []
        desk.clock.set(start.replace(day=start.day + 1, hour=1))
        await desk.send(gateway.url)
        assert len(gateway.messages) == 1
