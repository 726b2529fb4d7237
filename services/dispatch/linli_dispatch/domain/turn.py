"""One decision about one ticket in the making: the facts it rests on, and what it has decided so far.

Rules take a turn, change its ticket and tell facts; the handler turns the turn into a `Decision`. It lives for one
input, holds no I/O, and is thrown away with everything in it when a rule refuses.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from linli_contracts.event import Event
from linli_rulebook.decision import Append, Because, Decision, State

from linli_dispatch.domain.blueprints.step_record import StepRecord
from linli_dispatch.domain.group.places import Estate, Home, Workload
from linli_dispatch.domain.terms import Terms
from linli_dispatch.domain.ticket import Ticket

ANSWERED = ("status", "round", "level", "owner_id", "handler_id")
"""What every command about a ticket answers, besides its id."""


_set = object.__setattr__  # past the frozen model, for a copy that nobody has seen yet


@dataclass(slots=True)
class Turn:
    """What a rule sees and changes: the ticket, its estate, the instant, the terms of its own policy version."""

    known: Ticket
    """The ticket as it was."""
    at: datetime
    terms: Terms
    estate: Estate
    workload: Workload
    step_record_of: Callable[[], StepRecord]
    """The counters of the estate's steps: looked up only by a rule that counts one."""
    home: Home | None = None
    touched: dict[str, State] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    reasons: list[Because] = field(default_factory=list)
    rows: list[Append] = field(default_factory=list)
    ticket: Ticket = field(init=False)
    """The ticket as decided so far."""

    def __post_init__(self) -> None:
        """Nothing is decided yet."""
        self.ticket = self.known

    def change(self, **facts: object) -> None:
        """The ticket with these facts changed.

        What `model_copy` does, without its checks: a decision changes the ticket several times, so it counts.
        """
        changed = object.__new__(Ticket)
        _set(changed, "__dict__", self.ticket.__dict__ | facts)
        _set(changed, "__pydantic_fields_set__", self.ticket.__pydantic_fields_set__)
        _set(changed, "__pydantic_extra__", None)
        _set(changed, "__pydantic_private__", None)
        self.ticket = changed

    @property
    def step_record(self) -> StepRecord:
        """The counters of the estate's steps, as counted so far."""
        known = self.touched.get("step_record")
        return known if isinstance(known, StepRecord) else self.step_record_of()

    @step_record.setter
    def step_record(self, counted: StepRecord) -> None:
        self.touched["step_record"] = counted

    def tell(self, event: Event) -> None:
        """A fact to tell the others."""
        self.events.append(event)

    def because(self, rule: str, what: str, facts: Mapping[str, object] | None = None) -> None:
        """A reason for the case's timeline."""
        self.reasons.append(Because(rule, what, self.ticket.id, self.terms.version, facts or {}))

    def hand_over(self, from_id: str | None, to_id: str | None, desk: str | None = None) -> None:
        """Keeps the counters of tickets in hand, and who serves the home, when the handler changes.

        ``desk``: the one that they are of, where they do its own work and no other's for want of somebody.
        """
        moved = self.workload.moved(from_id, to_id)
        if moved is not self.workload:
            self.workload = self.touched["workload"] = moved
        if to_id is not None and self.home is not None:
            served = self.home.served(to_id, desk)
            if served is not self.home:
                self.home = self.touched["home"] = served

    def decision(self, answer: Mapping[str, object] | None = None) -> Decision:
        """All of it as one decision; states that did not change are not saved."""
        ticket = self.ticket
        return Decision(
            save=(*((ticket,) if ticket is not self.known else ()), *self.touched.values()),
            events=tuple(self.events),
            append=tuple(self.rows),
            because=tuple(self.reasons),
            answer=answer,
        )

    @property
    def answer(self) -> dict[str, object]:
        """What whoever commanded it is told."""
        ticket = self.ticket
        return {"case_id": ticket.id, **{name: getattr(ticket, name) for name in ANSWERED}}
