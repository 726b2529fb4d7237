"""Partners who answer nothing hold a part of the sendings only: real HTTP servers, a real runner and database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import pytest
from linli_messaging.outside import sharing
from linli_messaging.outside.effects import EffectRunner, by_kind
from linli_messaging.outside.intent import InDoubt, Intent, Patience, Repeats, Result, Taken
from linli_messaging.outside.sharing import MOST_TO_SLOW
from linli_runtime import outside
from linli_runtime.outside import NoAnswerError, Outside
from linli_testkit.clock import HandClock
from linli_testkit.databases import Databases
from linli_testkit.house import House, Room
from linli_testkit.receiver import receiver

from libs.messaging.tests.small import AT
from libs.messaging.tests.test_effects import letters, ring

SILENT: Final = [f"partner-{partner}-{nth}" for partner in range(11) for nth in range(5)]
"""Eleven partners with as many addresses as each may have."""
OTHERS: Final = [f"other-{nth}" for nth in range(30)]


@dataclass
class Caller:
    """Posts to a recipient's address."""

    urls: dict[str, str]
    outside: Outside
    at_once: set[str] = field(default_factory=set)
    """To whom something is under way."""
    most_silent: int = 0
    kind: str = "letter"
    repeats: Repeats = "recognised"

    def patience(self, now: object) -> Patience:
        return Patience(first_wait_s=1, longest_wait_s=1, jitter=0)

    def may_from(self, intent: Intent, now: datetime) -> datetime:
        return now

    async def send(self, intent: Intent) -> Result:
        self.at_once.add(intent.recipient)
        self.most_silent = max(self.most_silent, len(self.at_once.intersection(SILENT)))
        try:
            answered = await self.outside.post(self.urls[intent.recipient], {}, b"{}")
        except NoAnswerError:
            return InDoubt("no_answer")
        finally:
            self.at_once.discard(intent.recipient)
        return Taken(str(answered.status))

    async def ask(self, intent: Intent) -> None:
        return None


@pytest.fixture
async def house(databases: Databases) -> AsyncIterator[House]:
    """The small service with letters."""
    async with letters(databases) as built:
        yield built


@pytest.mark.rule("PAR-02", "OPS-04")
async def test_partners_who_answer_do_not_wait_for_any_number_who_do_not(
    house: House, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given eleven partners whose five addresses each let every delivery run out of time, when all of these have more
    to get than may be under way, and others are due behind them, then each of the others is told before one of the
    silent ones has run out of time again, and those have a quarter at most.
    """
    monkeypatch.setattr(outside, "ANSWER_WITHIN_S", 3.0)
    monkeypatch.setattr(sharing, "SLOW_S", 2.0)
    clock = HandClock(AT)
    with receiver() as silent, receiver() as answering:
        silent.may_answer.clear()
        caller = Caller(
            dict.fromkeys(SILENT, silent.url) | dict.fromkeys(OTHERS, answering.url), Outside(public_only=False)
        )
        runner = EffectRunner(None, room.queries, clock, by_kind([caller]), frozenset({"letter"}), lambda: None)  # type: ignore[arg-type]  # steps take the room's connection
        try:
            await room.commit([ring(nth, nth=nth, how=one) for nth, one in enumerate(SILENT * 4, 1)])
            for _ in range(2):
                await begin_all(runner, room)
                await asyncio.wait(runner._under_way)
                await runner._note_ended(room.connection)
                clock.advance(timedelta(seconds=2))  # beyond the longest wait: all are due again
            first = 1 + 4 * len(SILENT)
            await room.commit([ring(first + nth, nth=first + nth, how=one) for nth, one in enumerate(OTHERS)])
            caller.most_silent = 0
            await begin_all(runner, room)
            begun = {intent.recipient for intent in runner._under_way.values()}
            assert begun.issuperset(OTHERS)
            assert len(begun.intersection(SILENT)) == MOST_TO_SLOW
            await asyncio.wait([task for task, intent in runner._under_way.items() if intent.recipient in OTHERS])
            assert len(answering.received) == len(OTHERS)
            assert caller.most_silent == MOST_TO_SLOW
            silent.may_answer.set()
            while await runner._start_due(room.connection) or runner._under_way:
                await runner._wait()
                await runner._note_ended(room.connection)
                clock.advance(timedelta(seconds=2))
            ends = await room.connection.fetch("SELECT status, count(*) FROM intent GROUP BY status")
            assert [tuple(row) for row in ends] == [("sent", first - 1 + len(OTHERS))]
        finally:
            silent.may_answer.set()
            await asyncio.gather(*runner._under_way)
            await caller.outside.close()


async def begin_all(runner: EffectRunner, room: Room) -> None:
    """Begin to send all that may be sent now."""
    while await runner._start_due(room.connection):
        pass
    await asyncio.sleep(0)
