"""Effects are intents of their decision: one a cause, none of what is not live; an end is told once, or set aside."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from linli_contracts.envelope import headers_of
from linli_messaging.batch.live import LiveFrom
from linli_messaging.batch.plan import Plan, Told
from linli_messaging.consuming.reading import Reader
from linli_messaging.lanes.inbox import sort_arrivals
from linli_messaging.loop.transaction import Committed
from linli_messaging.outside.effects import FEED_AFTER_S, EffectRunner, by_kind
from linli_messaging.outside.intent import Intent, Patience, Repeats, Result, Taken
from linli_messaging.outside.sharing import MOST_A_RECIPIENT, MOST_UNDER_WAY
from linli_messaging.service_map import Context, Facts, OnEvent, OnOutcome
from linli_rulebook.decision import Decision, Outcome
from linli_rulebook.effect import Effect
from linli_testkit.clock import HandClock
from linli_testkit.databases import Databases
from linli_testkit.house import House, Room

from libs.messaging.tests import small
from libs.messaging.tests.small import AT, Bell, Heard, Rung

BROKEN: Final = "e1.broken"


def on_rung(facts: Facts, fact: Rung, ctx: Context) -> Outcome:
    """A letter about the bell, to whom ``how`` says; its cause is the bell and the how-many-eth ring."""
    letter = Effect(
        kind="letter", cause=f"{fact.case_id}|{fact.nth}", subject=fact.case_id, recipient=fact.how or "somebody",
        payload={"nth": fact.nth}, send_from=ctx.now, give_up_at=ctx.now + timedelta(hours=1),
    )  # fmt: skip
    return Decision(effects=(letter,))


def on_letter_ended(facts: Facts, intent: Intent, ctx: Context) -> Outcome:
    """Told as heard; a bug for one of them."""
    if intent.subject == BROKEN:
        raise RuntimeError("a bug was ordered")
    nth = int(intent.payload["nth"])
    return Decision(events=(Heard(case_id=intent.subject, estate_id="e1", nth=nth, text=intent.status, at=ctx.now),))


MAP: Final = replace(
    small.MAP,
    events=(OnEvent(Rung, lambda fact: [(Bell, fact.case_id)], on_rung, ("INT-16",)),),
    outcomes=(OnOutcome("letter", lambda intent: [(Bell, intent.subject)], on_letter_ended, ("INT-16",)),),
)


class Post:
    """Takes every letter, once it may."""

    kind = "letter"
    repeats: Repeats = "recognised"

    def __init__(self, reference: str = "taken") -> None:
        self.sent: list[Intent] = []
        self.reference = reference
        self.open = asyncio.Event()

    def patience(self, now: object) -> Patience:
        return Patience(first_wait_s=1, longest_wait_s=1, jitter=0)

    def may_from(self, intent: Intent, now: datetime) -> datetime:
        return now

    async def send(self, intent: Intent) -> Result:
        self.sent.append(intent)
        await self.open.wait()
        return Taken(self.reference)

    async def ask(self, intent: Intent) -> None:
        return None


@asynccontextmanager
async def letters(databases: Databases) -> AsyncIterator[House]:
    """The small service with letters, on a database of its own."""
    database = await databases.fresh()
    built = await House.build(database.dsn, [(MAP, small.SQL)], AT)
    yield built
    await built.close()
    await databases.drop(database)


@pytest.fixture
async def house(databases: Databases) -> AsyncIterator[House]:
    """The small service with letters."""
    async with letters(databases) as built:
        yield built


def ring(number: int, bell: str = "e1.a", nth: int = 0, how: str = "") -> Any:  # noqa: ANN401 - a record of the bus
    return Reader(MAP).read(
        headers_of(small.envelope(small.rung(bell, nth, how), number)),
        small.rung(bell, nth, how).model_dump_json().encode(),
    )


async def intents(room: Room) -> list[tuple[str, str, bool, str | None]]:
    rows = await room.connection.fetch("SELECT cause, status, told, stuck FROM intent ORDER BY cause")
    return [(row["cause"], row["status"], row["told"], row["stuck"]) for row in rows]


class Silent:
    """A feed that finds nothing."""

    async def begin(self, connection: object) -> None:
        """It has no place."""

    async def step(self, connection: object) -> None:
        """There is nothing."""


@pytest.mark.rule("PAR-01", "OPS-04")
@pytest.mark.parametrize(
    ("stepped", "effect", "fed", "at_once", "soon"),
    [
        (False, False, True, False, True),
        (False, True, True, True, True),
        (True, False, True, True, True),
        (False, False, False, False, False),
    ],
    ids=["facts gather", "an effect is due", "the stepped clock", "nobody is fed"],
)
async def test_facts_gather_for_the_feeds_and_effects_do_not_wait_for_them(
    room: Room, *, stepped: bool, effect: bool, fed: bool, at_once: bool, soon: bool
) -> None:
    runner = EffectRunner(
        None, room.queries, HandClock(AT, stepped=stepped), {}, frozenset(), lambda: None,  # type: ignore[arg-type]  # it asks nothing here
        feeds=[Silent()] * fed,
    )  # fmt: skip
    letter = Effect(kind="letter", cause="c", subject="e1.a", recipient="r", payload={}, send_from=AT, give_up_at=AT)
    plan = Plan(told=[Told(small.rung(), "c", AT)], effects=[(letter, AT)] * effect)
    runner.committed(Committed(plan, sort_arrivals((), {}), round_trips=0, lanes=frozenset()))
    assert runner._wake.is_set() is at_once
    assert runner._gathering is (soon and not at_once)
    if soon:
        await asyncio.wait_for(runner._wake.wait(), 10 * FEED_AFTER_S)
        assert not runner._gathering


async def carry_out(room: Room, post: Post) -> None:
    """The runner's steps until nothing is due."""
    runner = EffectRunner(None, room.queries, HandClock(AT), by_kind([post]), frozenset({"letter"}), lambda: None)  # type: ignore[arg-type]  # steps take the room's connection
    await finish(runner, room, post)


async def finish(runner: EffectRunner, room: Room, post: Post) -> None:
    """The same of this runner."""
    post.open.set()
    while await runner._start_due(room.connection) or runner._under_way:
        await runner._wait()
        await runner._note_ended(room.connection)


@pytest.mark.rule("OPS-03", "INT-16")
async def test_one_cause_is_one_intent(house: House, room: Room) -> None:
    """Given two facts that ask for the same letter, then there is one intent, in the transaction of the first."""
    await room.commit([ring(1), ring(2), ring(3, nth=1)])
    await room.commit([ring(4)])
    assert [cause for cause, *_ in await intents(room)] == ["e1.a|0", "e1.a|1"]


@pytest.mark.rule("OPS-03")
async def test_what_is_not_live_asks_for_nothing(house: House, room: Room) -> None:
    """Given a service that joined after a fact, then it takes the fact in and sends nothing."""
    room.transactor.live_from = LiveFrom(AT + timedelta(seconds=1))
    await room.commit([ring(1)])
    assert await intents(room) == []


@pytest.mark.rule("OPS-02", "INT-16")
async def test_an_end_that_cannot_be_told_stands_alone(house: House, room: Room) -> None:
    """Given a bug in telling one letter's end, then the other is told, and a new program tells the first."""
    await room.commit([ring(1), ring(2, BROKEN)])
    await carry_out(room, Post())
    await house.deliver()
    (mine, other) = await intents(room)
    assert mine == ("e1.a|0", "sent", True, None)
    assert other[:3] == (f"{BROKEN}|0", "sent", False)
    assert "a bug was ordered" in str(other[3])
    told = "SELECT count(*) FROM outbox WHERE type = 'Heard'"
    assert await room.connection.fetchval(told) == 1
    await room.fetch("free_stuck_intents")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("libs.messaging.tests.test_effects.BROKEN", "")
        await house.deliver()
    assert await room.connection.fetchval(told) == 2
    await house.deliver()
    assert await room.connection.fetchval(told) == 2


@pytest.mark.rule("OPS-02", "INT-16")
async def test_a_receiver_may_call_what_it_took_whatever_it_likes(house: House, room: Room) -> None:
    """Given one whose reference has a zero character, which the database keeps of no text, then the letter is sent."""
    await room.commit([ring(1)])
    await carry_out(room, Post("no. \0"))
    assert await room.connection.fetchval("SELECT reference FROM intent WHERE status = 'sent'") == "no. \\0"


@pytest.mark.rule("OPS-04")
async def test_a_slow_recipient_has_a_few_sendings_at_a_time(house: House, room: Room) -> None:
    """Given many letters to one who is slow, then a few are under way, and the others' go out meanwhile."""
    many = [ring(number, nth=number, how="slow") for number in range(1, 101)]
    await room.commit([*many, *(ring(100 + number, nth=100 + number, how=f"one-{number}") for number in range(1, 11))])
    post = Post()
    runner = EffectRunner(None, room.queries, HandClock(AT), by_kind([post]), frozenset({"letter"}), lambda: None)  # type: ignore[arg-type]  # steps take the room's connection
    for _ in range(5):
        await runner._start_due(room.connection)
        await asyncio.sleep(0)
    recipients = [intent.recipient for intent in post.sent]
    assert recipients.count("slow") == MOST_A_RECIPIENT
    assert len(recipients) == MOST_A_RECIPIENT + 10 < MOST_UNDER_WAY
    await finish(runner, room, post)
    assert len({intent.cause for intent in post.sent}) == len(post.sent) == 110


@pytest.mark.rule("OPS-04")
async def test_many_who_answer_nothing_leave_room_for_those_who_do(house: House, room: Room) -> None:
    """Given four partners whose five addresses each answer nothing, and more due to all of these than may be under way,
    when others' letters come due later, then they go out at once.
    """
    silent = [f"{partner}-{nth}" for partner in ("p1", "p2", "p3", "p4") for nth in range(5)] * MOST_A_RECIPIENT
    others = [f"other-{nth}" for nth in range(30)]
    post = Post()
    runner = EffectRunner(None, room.queries, HandClock(AT), by_kind([post]), frozenset({"letter"}), lambda: None)  # type: ignore[arg-type]  # steps take the room's connection
    for due, first in ((silent, 1), (others, 1 + len(silent))):
        await room.commit([ring(first + nth, nth=first + nth, how=one) for nth, one in enumerate(due)])
        while await runner._start_due(room.connection):
            pass
    await asyncio.sleep(0)
    begun = {intent.recipient for intent in post.sent}
    assert begun == {*silent, *others}
    assert len(post.sent) < MOST_UNDER_WAY
    await finish(runner, room, post)
    assert len({intent.cause for intent in post.sent}) == len(post.sent) == len(silent) + len(others)


@pytest.mark.rule("OPS-04")
async def test_a_way_that_answers_nothing_leaves_room_for_others(house: House, room: Room) -> None:
    """Given more pigeons due than there is room for, each to another, when a letter comes due, then it goes out."""
    await room.commit([ring(nth, nth=nth, how=f"r{nth}") for nth in range(1, MOST_UNDER_WAY + 2)])
    await room.connection.execute("UPDATE intent SET kind = 'pigeon'")
    post, pigeons = Post(), Post()
    pigeons.kind = "pigeon"
    senders = by_kind([post, pigeons])
    runner = EffectRunner(None, room.queries, HandClock(AT), senders, frozenset(senders), lambda: None)  # type: ignore[arg-type]  # steps take the room's connection
    while await runner._start_due(room.connection):
        pass
    await room.commit([ring(MOST_UNDER_WAY + 2, nth=MOST_UNDER_WAY + 2)])
    await runner._start_due(room.connection)
    await asyncio.sleep(0)
    assert [intent.kind for intent in post.sent] == ["letter"]
    pigeons.open.set()
    await finish(runner, room, post)
    assert len(pigeons.sent) == MOST_UNDER_WAY + 1


@pytest.mark.rule("OPS-04")
async def test_what_nobody_here_can_send_holds_nothing_up(house: House, room: Room) -> None:
    """Given more that is due, and for longer, of a kind that this process has no sender of, then a letter goes out."""
    await room.commit([ring(nth, nth=nth) for nth in range(1, MOST_UNDER_WAY + 2)])
    await room.connection.execute("UPDATE intent SET kind = 'pigeon', next_at = next_at - interval '1 minute'")
    await room.commit([ring(MOST_UNDER_WAY + 2)])
    post = Post()
    await carry_out(room, post)
    assert [intent.kind for intent in post.sent] == ["letter"]


@pytest.mark.rule("OPS-03", "INT-16")
async def test_the_loop_is_woken_when_an_end_is_committed(house: House, room: Room) -> None:
    """Given a letter whose time is over, then whoever tells its end is woken after the commit, not before."""
    await room.commit([ring(1)])
    woken: list[bool] = []
    late = HandClock(AT + timedelta(hours=2), stepped=False)
    runner = EffectRunner(
        None,  # type: ignore[arg-type]  # steps take the room's connection
        room.queries, late, by_kind([Post()]), frozenset({"letter"}),
        lambda: woken.append(room.connection.is_in_transaction()),
    )  # fmt: skip
    await runner._start_due(room.connection)
    assert woken == [False]
    assert [status for _, status, *_ in await intents(room)] == ["failed"]


@pytest.mark.rule("INT-16", "ORG-04")
async def test_a_step_of_days_makes_nothing_late(house: House, room: Room) -> None:
    """Given a letter with an hour's time, when the stepped clock leaps by days, then it goes out at its own instant."""
    await room.commit([ring(1)])
    post = Post()
    leapt = HandClock(AT + timedelta(days=10))
    runner = EffectRunner(None, room.queries, leapt, by_kind([post]), frozenset({"letter"}), lambda: None)  # type: ignore[arg-type]  # steps take the room's connection
    post.open.set()
    await runner._start_due(room.connection)
    await runner._wait()
    await runner._note_ended(room.connection)
    rows = await room.connection.fetch("SELECT status, noted_at FROM intent")
    assert [tuple(row) for row in rows] == [("sent", AT)]
