"""What one transaction stores besides its inboxes: the outcome of deciding a batch. Plain values."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from linli_contracts.event import Event
from linli_rulebook.decision import Append, Because, Early, State
from linli_rulebook.effect import Effect

from linli_messaging.inputs import Answer, CommandInput, EventInput, OutcomeInput, TimerInput
from linli_messaging.lanes.inbox import LaneOf
from linli_messaging.service_map import Ref
from linli_messaging.tracing import trace_id_in, trace_id_of

Need = tuple[str, str]
"""What an early fact waits for: a state's table and id."""


class Told(NamedTuple):
    """A fact to be appended to the outbox."""

    event: Event
    cause: str
    at: datetime


class Reason(NamedTuple):
    """A reason to be appended to the history."""

    because: Because
    cause: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Parked:
    """An input that could not be handled."""

    source: str
    producer: str
    lane: int
    number: int
    type: str
    subject: str
    envelope: EventInput | None
    error: str
    stack: str
    holds: bool
    unknown: bool = False
    """Parked apart: of a type not known here."""
    again: bool = False
    """It was parked before, and an operator had it tried again."""
    case: str = ""
    """The case that a clock's state belongs to, or the first state of a command; a fact's stands in its envelope."""

    def trace_id(self, deployment: str) -> str | None:
        """The trace it stands in: a fact's came with it, or it has none; a clock's or a command's is its case's."""
        if self.source == "event":
            return trace_id_in(self.envelope.envelope.traceparent) if self.envelope else None
        return trace_id_of(deployment, self.case)


@dataclass(slots=True)
class Plan:
    """Everything one transaction stores besides its inboxes."""

    states: dict[Ref, State] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    appends: list[Append] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    answers: list[tuple[CommandInput, Answer]] = field(default_factory=list)
    early: list[tuple[EventInput, Early]] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    followers: list[EventInput] = field(default_factory=list)
    ripe: list[Need] = field(default_factory=list)
    """What has been created, and not all that waited for it could run with it."""
    applied: list[EventInput | TimerInput] = field(default_factory=list)
    """Stored inputs that have been applied (or moved to the other store) and leave where they were kept."""
    woken: list[TimerInput] = field(default_factory=list)
    """Timers taken: their rows follow from what the states show now."""
    suspended: list[TimerInput] = field(default_factory=list)
    """Timers of held states: they leave the queue until the hold is released."""
    due: dict[Ref, datetime | None] = field(default_factory=dict)
    """When to wake the states whose row in the timers' table changes; None: they show no clock any more."""
    waits: dict[LaneOf, EventInput] = field(default_factory=dict)
    """The first record of each lane that waits until facts of others are complete."""
    later: list[EventInput | CommandInput | OutcomeInput] = field(default_factory=list)
    """Commands, stored events and outcomes that wait likewise."""
    effects: list[tuple[Effect, datetime]] = field(default_factory=list)
    """What is to be done outside, and when that was decided."""
    settled: list[OutcomeInput] = field(default_factory=list)
    """What became of effects and is told in this transaction."""
    stuck: list[tuple[OutcomeInput, str]] = field(default_factory=list)
    """What could not be told, for a bug of its rule."""
    released: list[str] = field(default_factory=list)
    """Subjects whose hold ended in this batch: their timers come back."""
    latest: dict[int, datetime] = field(default_factory=dict)
    """The latest instant that anything was decided at, of each lane that it touched."""
    decisions: Counter[str] = field(default_factory=Counter)
    """How often each rule decided, for the metrics."""

    def failed(self, command_id: str) -> Parked:
        """Why this command, which was answered so, failed."""
        return next(parked for parked in self.parked if parked.source == "command" and parked.subject == command_id)
