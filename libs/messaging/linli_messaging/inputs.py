"""What the writer loop takes in: events from the bus, commands from people, timers that are due, stored events, and
what became of outside effects.

Plain values; nothing here decides or stores.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from linli_contracts.envelope import Envelope
from linli_contracts.event import Event
from linli_rulebook.decision import Refusal, Timer
from pydantic import BaseModel

from linli_messaging.outside.intent import Intent
from linli_messaging.service_map import Actor, OnCommand, OnEvent, OnOutcome, Ref


@dataclass(frozen=True, slots=True)
class Accepted:
    """A command's answer after the commit; ``repeated`` when it had been answered before."""

    answer: Mapping[str, Any]
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A command met a bug; nothing changed. ``reference``, its span, finds the stack in the log."""

    reference: str


Answer = Accepted | Refusal | Failed


class Passing(NamedTuple):
    """A record of a type that the service knows and has no entry for: only its place in the lane is noted."""

    deployment: str
    producer: str
    lane: int
    number: int
    abandoned_from: int | None = None


@dataclass(slots=True)
class EventInput:
    """One record of the bus, decoded, or with the reason why it cannot be."""

    envelope: Envelope
    body: bytes
    entry: OnEvent[Any] | None
    event: Event | None
    refs: tuple[Ref, ...]
    unreadable: Exception | None = None
    """What was raised where it, or what it needs, was read (it is parked)."""
    unknown: bool = False
    """Its type or version is not known here: parked apart, and tried again after an upgrade."""
    stored: Literal["", "early", "parked"] = ""
    """Where it was kept, when it does not come from the bus."""
    parked_id: int | None = None

    @property
    def deployment(self) -> str:
        """Whose record it is."""
        return self.envelope.deployment

    @property
    def producer(self) -> str:
        """The service that told it."""
        return self.envelope.producer

    @property
    def lane(self) -> int:
        """The producer's lane, whose inbox it moves."""
        return self.envelope.lane

    @property
    def number(self) -> int:
        """Its place in the lane."""
        return self.envelope.number

    @property
    def abandoned_from(self) -> int | None:
        """From where on the numbers before it are abandoned, if it says so."""
        return self.envelope.abandoned_from

    @property
    def at(self) -> datetime:
        """The instant of the fact's record."""
        return self.envelope.at

    @property
    def critical(self) -> bool:
        """Followers of the same subject must not overtake it; a body that cannot be read does not change that."""
        return self.entry is not None and self.entry.event.order_critical

    @property
    def cause(self) -> str:
        """The event's id: decisions it brings about derive their ids from it."""
        return self.envelope.id


@dataclass(slots=True)
class CommandInput:
    """One command, with the future that gets its answer after the commit."""

    entry: OnCommand[Any]
    id: str
    digest: bytes
    body: BaseModel
    actor: Actor
    lane: int
    """The lane it is stored under."""
    refs: tuple[Ref, ...]
    at: datetime | None
    """Its own instant on the stepped clock; None: the clock's."""
    answered: "asyncio.Future[Answer]" = field(repr=False)
    expected: frozenset[str] | None = None
    """Versions of its first state, one of which must stand (versions.py); None: whichever stands."""
    waits_since_s: float | None = None
    """Since when it waits for facts that are on their way, in monotonic seconds."""

    @property
    def cause(self) -> str:
        """The command's id."""
        return self.id


@dataclass(slots=True)
class TimerInput:
    """A state whose earliest clock is due: all its clocks up to ``until`` are fired, in order."""

    table: str
    id: str
    lane: int
    at: datetime
    until: datetime
    refs: tuple[Ref, ...]
    parked_id: int | None = None
    """What it was parked as, when an operator wants it tried again."""
    alone: bool = False
    """Only its earliest clock: the database refused something of a batch, and the culprit is looked for."""
    clock: Timer | None = None
    """Which one that was, the last time it was decided: what the database refuses then is of this one."""

    @property
    def cause(self) -> str:
        """What woke it; each clock fired derives its own cause below this state."""
        return f"timer|{self.table}|{self.id}"


@dataclass(slots=True)
class OutcomeInput:
    """An outside effect that came to its end, and that is not told yet."""

    entry: OnOutcome
    intent: Intent
    lane: int
    refs: tuple[Ref, ...]

    @property
    def at(self) -> datetime:
        """When it came to its end."""
        return self.intent.noted_at

    @property
    def cause(self) -> str:
        """The intent's cause and how it ended: told once each, and anew for each time a person had it sent again."""
        again = f"|{self.intent.again}" if self.intent.again else ""
        return f"effect|{self.intent.cause}|{self.intent.status}{again}"


Record = EventInput | Passing
"""What comes from the bus."""
Input = EventInput | CommandInput | TimerInput | OutcomeInput
"""What is decided."""
