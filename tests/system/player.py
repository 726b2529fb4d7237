"""Who plays a life: sends commands into a house of services, hands on what follows, tells customers, lets time pass.

What happens in a life is not here but in `life.py` and `matters.py`.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from linli_messaging.inputs import Accepted, Answer
from linli_messaging.outside.effects import EffectRunner, by_kind
from linli_messaging.outside.intent import Intent, Patience, Repeats, Result, Taken
from linli_messaging.service_map import Actor
from linli_testkit.clock import HandClock
from linli_testkit.facts import OPERATOR
from linli_testkit.house import House, surviving


class Accepting:
    """The outside world at its best."""

    kind = "message"
    repeats: Repeats = "recognised"

    def patience(self, now: datetime) -> Patience:
        """Never needed but after a power cut."""
        return Patience(first_wait_s=0, longest_wait_s=0, jitter=0)

    def may_from(self, intent: Intent, now: datetime) -> datetime:
        """At any hour."""
        return now

    async def send(self, intent: Intent) -> Result:
        """Taken."""
        return Taken(f"taken-{intent.cause}")

    async def ask(self, intent: Intent) -> None:
        """Nobody asks who recognises keys."""


class Life:
    """Plays inputs into a house; every input survives a power cut, as a client that repeats with the same key does."""

    def __init__(self, house: House, *, tells_customers: bool = True) -> None:
        """In this house. `tells_customers`: False leaves the messages to whoever tests their sending."""
        self.house = house
        self._tells_customers = tells_customers
        self._keys = 0

    async def do(self, name: str, /, **body: Any) -> Mapping[str, Any]:  # noqa: ANN401 - a command's fields
        """Send a command now and deliver what follows; it must be accepted."""
        return await self.do_as(OPERATOR, name, **body)

    async def do_as(self, who: Actor | str, name: str, /, **body: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as above
        """The same, sent by somebody: a person of the staff by their id."""
        answer = await self.attempt(name, who, **body)
        assert isinstance(answer, Accepted), (name, body, answer)
        return answer.answer

    async def attempt(self, name: str, who: Actor | str = OPERATOR, /, **body: Any) -> Answer:  # noqa: ANN401 - as above
        """Send a command now and deliver what follows; it may be refused."""
        self._keys += 1
        actor = Actor(who, frozenset({"*"})) if isinstance(who, str) else who
        key = f"{name}-{self._keys}"
        answer: Answer = await surviving(lambda: self.house.command(name, body, key=key, actor=actor))
        await surviving(self.house.deliver)
        if self._tells_customers:
            await surviving(self._tell_customers)
        return answer

    async def _tell_customers(self) -> None:
        """The real runner, step by step, with an outside world that takes everything (and every key once)."""
        room = self.house.rooms["intake"]
        clock = HandClock(self.house.instant)
        tells = frozenset(entry.kind for entry in room.map.outcomes)
        runner = EffectRunner(None, room.queries, clock, by_kind([Accepting()]), tells, lambda: None)  # type: ignore[arg-type]  # steps take the room's connection
        await runner._doubt_abandoned(room.connection)
        while await runner._start_due(room.connection):
            await asyncio.wait(runner._under_way)
            await runner._note_ended(room.connection)
        await self.house.deliver()

    async def until(self, instant: datetime) -> None:
        """Let time pass to an instant."""
        await surviving(lambda: self.house.advance(instant))

    async def after(self, **delta: float) -> None:
        """Let time pass by this much."""
        await self.until(self.house.instant + timedelta(**delta))

    async def callback_of(self, case_id: str) -> str:
        """The id of the case's latest callback."""
        rows = await self.house.rooms["followup"].connection.fetch("SELECT id, state FROM callback ORDER BY id")
        return str(next(row["id"] for row in reversed(rows) if f'"{case_id}"' in row["state"]))

    async def handler_of(self, case_id: str) -> str:
        """Who handles the case."""
        dispatch = self.house.rooms["dispatch"].connection
        return str(await dispatch.fetchval("SELECT state ->> 'handler_id' FROM ticket WHERE id = $1", case_id))
