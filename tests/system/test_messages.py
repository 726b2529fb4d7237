"""Customers are told once for each cause, whatever dies in between: a real runner, gateway process and database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from linli_contracts.events.messages import MessageRequested
from linli_embedded.gateway import Gateway
from linli_intake.gateway import MessageSender, message_patience
from linli_intake.settings import GatewaySettings
from linli_messaging import crash
from linli_messaging.outside.intent import Patience, Repeats
from linli_runtime.database import open_reader
from linli_runtime.mail import MailServer
from linli_runtime.outside import Outside
from linli_runtime.reads import Reads
from linli_testkit.clock import HandClock
from linli_testkit.crash import crash_child, run_child
from linli_testkit.databases import Databases
from linli_testkit.facts import shipped_policy
from linli_testkit.house import House
from linli_testkit.receiver import Answer, receiver
from linli_testkit.sending import carry_out, runner_of

from tests.system.life import SERVICES, START, request
from tests.system.player import Life

CHILD: Final = str(Path(__file__).with_name("sending_child.py"))
PATIENCE: Final = Patience(first_wait_s=10, longest_wait_s=600, jitter=0.2)
WRITTEN: Final = {"channel": "email", "contact": "wang@example.org", "name": "王小明"}


@dataclass(slots=True)
class Desk:
    """Intake, dispatch and followup in a house, their database, and the clock of whoever sends."""

    life: Life
    dsn: str
    clock: HandClock

    async def receive(self, **fields: Any) -> str:  # noqa: ANN401 - a request's fields
        """A request that is confirmed by a message; its case."""
        answer = await self.life.do("intake.receive", **request(**(WRITTEN | fields)))
        return str(answer["case_id"])

    async def send(self, url: str | None, repeats: Repeats = "recognised", secret: str = "known") -> None:  # noqa: S107 - of a gateway that lives for a test
        """Send what is due with a runner of our own, and tell what became of it."""
        await self.send_with(GatewaySettings.model_validate({"url": url, "repeats": repeats, "secret": secret}))

    async def send_with(self, settings: GatewaySettings, mail: MailServer | None = None) -> None:
        """The same, through a gateway that is set up so, and mail through a server of its own."""
        if self.life.house.instant > self.clock.now():
            self.clock.set(self.life.house.instant)
        outside = Outside(public_only=False)
        queries = self.life.house.rooms["intake"].queries
        async with await open_reader(self.dsn, "intake") as reader:
            sender = MessageSender(settings, Reads(reader, queries), outside, message_patience(shipped_policy()), mail)
            await carry_out(self.life.house, self.dsn, "intake", [sender], self.clock)
        await outside.close()

    def child(self, gateway: Gateway, repeats: Repeats) -> list[str]:
        """The arguments of a process that sends what is due."""
        return [CHILD, self.dsn, gateway.url, repeats, self.clock.now().isoformat()]

    async def intents(self) -> list[dict[str, Any]]:
        """What is to be told, and how far it has come."""
        rows = await self.life.house.rooms["intake"].connection.fetch("SELECT * FROM intent ORDER BY cause")
        return [dict(row) for row in rows]

    async def status(self) -> str:
        """Of the only intent."""
        (intent,) = await self.intents()
        return str(intent["status"])

    async def told(self, kind: str) -> int:
        """How many facts of this type intake told."""
        connection = self.life.house.rooms["intake"].connection
        return int(await connection.fetchval("SELECT count(*) FROM outbox WHERE type = $1", kind))


@asynccontextmanager
async def _desk(databases: Databases) -> AsyncIterator[Desk]:
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES[:3], START)
    life = Life(house, tells_customers=False)
    await life.do("dispatch.register-estate", estate_id="xh01", region_id="east", project_id="xh", name="西湖花园")
    homes = [{"home_id": "xh01.p1-1-101", "phase": "p1", "building": "1", "handed_over_on": "2024-06-01"}]
    await life.do("dispatch.register-homes", estate_id="xh01", homes=homes)
    yield Desk(life, database.dsn, HandClock(START))
    await house.close()
    await databases.drop(database)


@pytest.fixture
async def desk(databases: Databases) -> AsyncIterator[Desk]:
    """A desk with one estate."""
    async with _desk(databases) as made:
        yield made


@asynccontextmanager
async def _gateway(directory: Path, repeats: Repeats = "recognised") -> AsyncIterator[Gateway]:
    machine = Gateway(directory / "messages.jsonl", directory / "gateway.log", repeats=repeats)
    await machine.start()
    try:
        yield machine
    finally:
        await machine.stop()


@pytest.mark.rule("INT-16", "INT-15", "INT-13", "OPS-03")
async def test_a_request_that_came_in_writing_is_confirmed_once(desk: Desk, tmp_path: Path) -> None:
    """Given a mail, when every fact comes twice, then one message goes out, with number and secret, and is told."""
    desk.life.house.times_delivered = 2
    case = await desk.receive()
    async with _gateway(tmp_path) as gateway:
        await desk.send(gateway.url)
        await desk.send(gateway.url)
        (kept,) = gateway.messages
    message = kept["message"]
    assert (message["to"], message["channel"], message["subject"]) == ("wang@example.org", "mail", "已受理")
    assert case in message["text"]
    (intent,) = await desk.intents()
    assert (intent["status"], intent["tries"], str(intent["id"])) == ("sent", 1, kept["key"])
    assert intent["reference"].startswith("msg-")
    assert await desk.told("MessageSent") == 1
    stored = await desk.life.house.rooms["intake"].connection.fetch("SELECT intent::text AS row FROM intent")
    assert not any(word in row["row"] for row in stored for word in ("wang@", "王小明"))


@pytest.mark.rule("INT-16", "FUP-04")
async def test_a_service_asks_and_intake_alone_writes(desk: Desk, tmp_path: Path) -> None:
    """Given a customer who is not reached, when the next try is planned, then they are told when, in their language."""
    case = await desk.receive(channel="hotline", contact="+86 138 0000 0001", language="en")
    await desk.life.do("dispatch.resolve", case_id=case, how="handled")
    await desk.life.after(days=2)
    callback = await desk.life.callback_of(case)
    await desk.life.do("followup.no-answer", callback_id=callback, by="caller-1")
    async with _gateway(tmp_path) as gateway:
        await desk.send(gateway.url)
        (kept,) = gateway.messages
    assert (kept["message"]["channel"], kept["message"]["language"]) == ("sms", "en")
    assert kept["message"]["text"].startswith(f"About your request, number {case}: we shall call you between 2025-03-")
    assert await desk.told("MessageSent") == 1
    followup = desk.life.house.rooms["followup"].connection
    bodies = [row["body"] for row in await followup.fetch("SELECT body FROM outbox WHERE type = 'MessageRequested'")]
    assert len(bodies) == 1
    assert MessageRequested.model_validate_json(bodies[0]).customer_ref == (await desk.intents())[0]["recipient"]


@pytest.mark.rule("INT-16", "FUP-03", "INT-11")
async def test_quiet_hours_hold_but_for_emergencies(desk: Desk, tmp_path: Path) -> None:
    """Given 22:00 on the estate's clocks, then a message waits for 09:00, and an emergency goes out at once."""
    await desk.life.until(START.replace(hour=14))
    ordinary = await desk.receive()
    urgent = await desk.receive(contact="li@example.org", channel="hotline", emergency=True)
    async with _gateway(tmp_path) as gateway:
        await desk.send(gateway.url)
        assert [urgent in kept["message"]["text"] for kept in gateway.messages] == [True]
        await desk.life.until(START.replace(day=START.day + 1, hour=0, minute=59, second=59))
        await desk.send(gateway.url)
        assert len(gateway.messages) == 1
        await desk.life.until(START.replace(day=START.day + 1, hour=1))
        await desk.send(gateway.url)
        assert ordinary in gateway.messages[1]["message"]["text"]
    assert await desk.told("MessageSent") == 2


@pytest.mark.rule("OPS-03", "INT-16")
@pytest.mark.parametrize("point", crash.EFFECT_POINTS)
async def test_killed_anywhere_with_a_gateway_that_recognises_keys(desk: Desk, tmp_path: Path, point: str) -> None:
    """Given a runner killed at a point, when another one runs, then one message went out and one fact says so."""
    await desk.receive()
    async with _gateway(tmp_path) as gateway:
        await asyncio.to_thread(crash_child, desk.child(gateway, "recognised"), point)
        await desk.send(gateway.url)
        desk.clock.advance(timedelta(minutes=1))
        await desk.send(gateway.url)
        assert len(gateway.messages) == 1
    assert await desk.status() == "sent"
    assert await desk.told("MessageSent") == 1


@pytest.mark.rule("OPS-03", "INT-16")
async def test_killed_between_sending_and_noting_with_a_gateway_that_can_be_asked(desk: Desk, tmp_path: Path) -> None:
    """Given a gateway that takes keys twice, when it is asked before, then one message went out."""
    await desk.receive()
    async with _gateway(tmp_path, "asked") as gateway:
        await asyncio.to_thread(crash_child, desk.child(gateway, "asked"), "effect-after-sending")
        await desk.send(gateway.url, "asked")
        desk.clock.advance(timedelta(minutes=1))
        await desk.send(gateway.url, "asked")
        assert len(gateway.messages) == 1
    assert await desk.status() == "sent"
    assert await desk.told("MessageSent") == 1


@pytest.mark.rule("OPS-03", "INT-16", "INT-11")
@pytest.mark.parametrize("emergency", [False, True])
async def test_killed_between_sending_and_noting_with_any_other_gateway(
    desk: Desk, tmp_path: Path, *, emergency: bool
) -> None:
    """Given a gateway that takes keys twice, then nobody knows, and it is sent again only in an emergency."""
    await desk.receive(emergency=emergency)
    async with _gateway(tmp_path, "neither") as gateway:
        await asyncio.to_thread(crash_child, desk.child(gateway, "neither"), "effect-after-sending")
        for _ in range(3):
            await desk.send(gateway.url, "neither")
            desk.clock.advance(timedelta(minutes=1))
        assert len(gateway.messages) == (2 if emergency else 1)
    assert await desk.status() == ("sent" if emergency else "unknown")
    assert await desk.told("MessageUnconfirmed") == (0 if emergency else 1)
    assert await desk.told("MessageSent") == (1 if emergency else 0)


@pytest.mark.rule("OPS-03", "INT-16")
async def test_a_gateway_that_is_down_for_an_hour(desk: Desk, tmp_path: Path) -> None:
    """Given a gateway that cannot be reached for an hour, when it is back, then each message goes out once."""
    cases = [await desk.receive(contact=f"w{number}@example.org") for number in range(5)]
    machine = Gateway(tmp_path / "messages.jsonl", tmp_path / "gateway.log")
    await desk.send(machine.url)
    tries = 0
    while desk.clock.now() < START + timedelta(hours=1):
        nearest = min(intent["next_at"] for intent in await desk.intents())
        desk.clock.set(nearest)
        await desk.send(machine.url)
        tries += 1
    assert {intent["status"] for intent in await desk.intents()} == {"waiting"}
    assert tries < 60
    await machine.start()
    try:
        desk.clock.advance(timedelta(minutes=13))
        await desk.send(machine.url)
        assert sorted(kept["key"] for kept in machine.messages) == sorted(str(i["id"]) for i in await desk.intents())
    finally:
        await machine.stop()
    assert len(machine.messages) == len(cases)
    assert await desk.told("MessageSent") == 5


@pytest.mark.rule("INT-16")
async def test_what_is_never_taken_is_given_up_and_told(desk: Desk) -> None:
    """Given a gateway that is away for a day, then the message fails one second after its time, and that is told."""
    await desk.receive()
    nowhere = "http://127.0.0.1:9/"
    await desk.send(nowhere)
    over = START + timedelta(hours=24)
    desk.clock.set(over)
    await desk.send(nowhere)
    assert await desk.status() == "waiting"
    desk.clock.advance(timedelta(seconds=1))
    await desk.send(nowhere)
    (intent,) = await desk.intents()
    assert (intent["status"], intent["error"]) == ("failed", "not_reached")
    assert await desk.told("MessageFailed") == 1


@pytest.mark.rule("INT-16")
async def test_a_gateway_that_wants_no_secret_is_reached_without_one(desk: Desk, tmp_path: Path) -> None:
    await desk.receive()
    async with _gateway(tmp_path) as gateway:
        await desk.send(gateway.url, secret="")
    assert await desk.status() == "sent"


@pytest.mark.rule("INT-16", "INT-13")
@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (Answer(422), "failed", "gateway_422"),
        (Answer(429, {"retry-after": "3600"}), "waiting", "gateway_429"),
        (Answer(302, {"location": "http://127.0.0.1:9/"}), "waiting", "gateway_302"),
        (Answer(401), "waiting", "gateway_401"),
        (Answer(500), "unknown", "gateway_500"),
        (Answer(0), "unknown", "no_answer"),
    ],
)
async def test_what_a_gateway_answers(desk: Desk, answer: Answer, status: str, error: str) -> None:
    """Given an answer of a gateway that may not be given a key twice, then only a clear no is tried again."""
    await desk.receive()
    with receiver() as gateway:
        gateway.answers.append(answer)
        await desk.send(gateway.url, "neither")
        (sent,) = gateway.received
    assert sent.headers["authorization"] == "Bearer known"
    (intent,) = await desk.intents()
    assert (intent["status"], intent["error"], sent.headers["idempotency-key"]) == (status, error, str(intent["id"]))
    if "retry-after" in answer.headers:
        assert intent["next_at"] >= START + timedelta(hours=1)


@pytest.mark.rule("INT-16")
async def test_without_a_gateway_every_message_fails_and_says_so(desk: Desk) -> None:
    """Given no gateway, then nothing waits for ever: the message fails as that."""
    await desk.receive()
    await desk.send(None)
    (intent,) = await desk.intents()
    assert (intent["status"], intent["error"]) == ("failed", "no_gateway")


@pytest.mark.rule("OPS-03")
async def test_two_runners_at_once_send_once(desk: Desk, tmp_path: Path) -> None:
    """Given two processes that send at the same time, then each message goes out once."""
    for number in range(20):
        await desk.receive(contact=f"w{number}@example.org")
    async with _gateway(tmp_path, "neither") as gateway:
        children = [asyncio.to_thread(run_child, desk.child(gateway, "neither")) for _ in range(2)]
        ends = await asyncio.gather(*children)
        assert [end.exit_code for end in ends] == [0, 0], ends
        keys = [kept["key"] for kept in gateway.messages]
    assert (len(keys), len(set(keys))) == (20, 20)
    await desk.life.house.deliver()
    assert await desk.told("MessageSent") == 20


@pytest.mark.rule("OPS-03", "OPS-04")
async def test_a_slow_gateway_holds_up_nobody_else(desk: Desk) -> None:
    """Given a gateway that does not answer, when a request of the same estate comes, then it is received meanwhile."""
    await desk.receive()
    with receiver() as gateway:
        gateway.may_answer.clear()
        sending = asyncio.create_task(desk.send(gateway.url))
        assert await asyncio.to_thread(gateway.came.wait, 20)
        await desk.receive(contact="other@example.org", channel="hotline")
        assert not sending.done()
        assert await desk.told("ComplaintReceived") == 2
        gateway.may_answer.set()
        await sending
    assert await desk.status() == "sent"


@pytest.mark.rule("OPS-03")
async def test_a_runner_taken_for_dead_still_tells_what_it_knows(desk: Desk) -> None:
    """Given a runner whose connection was cut in mid-sending, when another marks it unknown, then its answer counts."""
    await desk.receive()
    connection = desk.life.house.rooms["intake"].connection
    with receiver() as gateway:
        gateway.may_answer.clear()
        sending = asyncio.create_task(desk.send(gateway.url, "neither"))
        assert await asyncio.to_thread(gateway.came.wait, 20)
        marked = await connection.execute(
            "UPDATE intent SET status = 'unknown', doubtful = true WHERE status = 'sending'"
        )
        assert marked == "UPDATE 1"
        # The other process's runner has the lock no more: the answer comes to the first.
        gateway.may_answer.set()
        await sending
        assert len(gateway.received) == 1
    assert await desk.status() == "sent"
    assert await desk.told("MessageSent") == 1


@pytest.mark.rule("OPS-03", "INT-16")
async def test_a_restored_database_repeats_no_message(desk: Desk, tmp_path: Path) -> None:
    """Given a database put back to before the sending, then nothing is sent until an operator says that it is meant;
    and then nobody knows whether it was sent before.
    """
    await desk.receive()
    connection = desk.life.house.rooms["intake"].connection
    async with _gateway(tmp_path, "neither") as gateway:
        await desk.send(gateway.url, "neither")
        await connection.execute("UPDATE intent SET status = 'waiting', tries = 0, reference = NULL, run = NULL")
        await connection.execute("UPDATE deployment SET suspended_at = now()")
        await desk.life.house.rooms["intake"].fetch("doubt_waiting_intents")
        assert not await _begins_any(desk)
        await connection.execute("UPDATE deployment SET suspended_at = NULL")
        await desk.send(gateway.url, "neither")
        assert len(gateway.messages) == 1
    assert await desk.status() == "unknown"


async def _begins_any(desk: Desk) -> bool:
    """Whether a runner would begin to send anything now."""
    room = desk.life.house.rooms["intake"]
    reads = Reads(None, room.queries)  # type: ignore[arg-type]  # never asked
    sender = MessageSender(GatewaySettings(), reads, Outside(public_only=False), lambda _now: PATIENCE)
    return await runner_of(room.map, room.queries, None, [sender], desk.clock)._start_due(room.connection)  # type: ignore[arg-type]  # never asked
