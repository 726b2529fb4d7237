"""What the writer loop takes in: events from the bus, commands from people, timers that are due, and stored events.

Plain values; nothing here decides or stores.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from linli_contracts.envelope import Envelope
from linli_contracts.event import Event
from linli_rulebook.decision import Refusal
from pydantic import BaseModel

from linli_messaging.service_map import Actor, OnCommand, OnEvent, Ref


@dataclass(frozen=True, slots=True)
class Accepted:
    """A command's answer after the commit; ``repeated`` when it had been answered before."""

    answer: Mapping[str, Any]
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A command met a bug; nothing changed. ``reference`` finds the stack in the log."""

    reference: str


Answer = Accepted | Refusal | Failed


@dataclass(slots=True)
class EventInput:
    """One record of the bus, decoded, or with the reason why it cannot be."""

    envelope: Envelope
    body: bytes
    entry: OnEvent[Any] | None
    event: Event | None
    refs: tuple[Ref, ...]
    unreadable: str = ""
    """Why it cannot be decoded (it is parked); empty when it can."""
    unknown: bool = False
    """Its type or version is not known here: parked apart, and tried again after an upgrade."""
    stored: Literal["", "early", "parked"] = ""
    """Where it was kept, when it does not come from the bus."""
    parked_id: int | None = None

    @property
    def at(self) -> datetime:
        """The instant of the fact's record."""
        return self.envelope.at

    @property
    def cause(self) -> str:
        """The event's id: decisions it brings about derive their ids from it."""
        return str(self.envelope.id)

    @property
    def lanes(self) -> set[int]:
        """The lane of its inbox."""
        return {self.envelope.lane}


@dataclass(slots=True)
class CommandInput:
    """One command, with the future that gets its answer after the commit."""

    entry: OnCommand[Any]
    id: str
    digest: bytes
    body: BaseModel
    actor: Actor
    lane: int
    refs: tuple[Ref, ...]
    at: datetime | None
    """Its own instant on the stepped clock; None: the clock's."""
    answered: "asyncio.Future[Answer]" = field(repr=False)

    @property
    def cause(self) -> str:
        """The command's id."""
        return self.id

    @property
    def lanes(self) -> set[int]:
        """The lane it is stored under."""
        return {self.lane}


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

    @property
    def cause(self) -> str:
        """What woke it; each clock fired derives its own cause below this state."""
        return f"timer|{self.table}|{self.id}"

    @property
    def lanes(self) -> set[int]:
        """The state's lane."""
        return {self.lane}


Input = EventInput | CommandInput | TimerInput
