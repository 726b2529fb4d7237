"""The map of a service: every input, what it needs loaded, the function that decides it, the rules it serves.

A service's ``handlers.py`` holds one :class:`ServiceMap`. The writer loop, the HTTP routes, the subscriptions, AsyncAPI
and OpenAPI are all made from it; adding a rule is a function and a line. Nothing here runs anything.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, Protocol, TypeVar

from linli_contracts.event import Event
from linli_rulebook import PolicyBook
from linli_rulebook.decision import Outcome, State, Timer
from pydantic import BaseModel

from linli_messaging.outside.intent import Intent

S = TypeVar("S", bound=State)
B = TypeVar("B", bound=BaseModel)
E = TypeVar("E", bound=Event)

Ref = tuple[type[State], str]
"""A state to load: its class and its id."""
ANYWHERE: Final = "*"
"""The organisation path of what lies in no part of the organisation and may be sent from any."""


class Facts(Protocol):
    """The states an input asked for, as they are now inside this batch (later inputs see earlier decisions)."""

    def get(self, kind: type[S], identity: str) -> S | None:
        """The state, or None when there is none.

        One that the input's ``needs`` did not name raises inside the loop, which loads it and asks the rule again:
        right, but a second round; so name in ``needs`` all that can be named.
        """
        ...


@dataclass(frozen=True, slots=True)
class Actor:
    """Who sends a command: from the token, never from the body."""

    subject: str
    scopes: frozenset[str]
    org: str = "group"
    """Organisation subtree, ``group`` or ``group/<region>`` or ``group/<region>/<project>/<estate>``."""
    contractor_id: str | None = None

    def may_touch(self, path: str | None) -> bool:
        """Organisation subtree: a token for a region may not touch another one; None only the whole group may."""
        inside = path is not None and f"{path}/".startswith(f"{self.org}/")
        return inside or path == ANYWHERE or self.org == "group"


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may use besides its states and input."""

    now: datetime
    """The instant of the input: a timer's due instant, a command's or event's own (see docs/delivery.md)."""
    policies: PolicyBook
    cause: str
    """Unique and stable for the input; ids are derived from it."""
    actor: Actor | None = None
    live: bool = True
    """False for a fact or clock from before the service's ``live_from``: it asks for nothing outside (promise 7)."""
    number: int = 0
    """A fact's place in its producer's lane: of two about one thing the higher was told later, also where the other was
    parked and comes after it. 0: no fact.
    """


@dataclass(frozen=True, slots=True)
class OnEvent(Generic[E]):
    """A fact of another service (or our own) that changes something here."""

    event: type[E]
    needs: Callable[[E], Iterable[Ref]]
    decide: Callable[[Facts, E, Context], Outcome]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OnCommand(Generic[B]):
    """Something a person or program asks for over HTTP; ``name`` is also its name in bulk files."""

    name: str
    route: str
    """``POST /tickets/{case_id}/resolve``: path parameters are fields of the body."""
    body: type[B]
    scope: str
    needs: Callable[[B], Iterable[Ref]]
    """The first ref's lane is where the command is stored with its answer."""
    decide: Callable[[Facts, B, Context], Outcome]
    rules: tuple[str, ...]
    org: Callable[[Facts, B], str | None] | None = None
    """The organisation path the command touches, or ANYWHERE; None: only tokens for the whole group may send it."""
    summary: str = ""
    tell: Callable[[Mapping[str, Any]], Mapping[str, Any]] = field(default=lambda answer: answer)
    """What the client is told, from the stored answer: with what must not be stored, such as a secret."""

    @property
    def versioned(self) -> bool:
        """Whether its first state is shown with its version, so that clients may name it: its body's class says so."""
        return bool(getattr(self.body, "versioned", False))


@dataclass(frozen=True, slots=True)
class OnTimer(Generic[S]):
    """A clock of a state that ran out."""

    state: type[S]
    clock: str
    decide: Callable[[Facts, S, Timer, Context], Outcome]
    rules: tuple[str, ...]
    needs: Callable[[S, Timer], Iterable[Ref]] = field(default=lambda _state, _timer: ())
    """Further states; the state itself is always loaded."""
    refused: Callable[[Facts, S, Timer, Context, Exception], Outcome] | None = None
    """In place of ``decide`` once the database has refused what that decided. None: the state is held for a person."""


@dataclass(frozen=True, slots=True)
class OnOutcome:
    """What became of an outside effect: it was sent, it failed, or nobody knows (promise 9)."""

    kind: str
    needs: Callable[[Intent], Iterable[Ref]]
    decide: Callable[[Facts, Intent, Context], Outcome]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceMap:
    """All of a service on one page."""

    name: str
    states: tuple[type[State], ...]
    events: tuple[OnEvent[Any], ...] = ()
    commands: tuple[OnCommand[Any], ...] = ()
    timers: tuple[OnTimer[Any], ...] = ()
    outcomes: tuple[OnOutcome, ...] = ()
    appends: tuple[str, ...] = ()
    """Append-only tables, each written with the query ``append_<name>``."""

    def producers(self) -> tuple[str, ...]:
        """The services whose facts this one reads, in a fixed order."""
        return tuple(sorted({producer for entry in self.events for producer in entry.event.producers()}))
