"""What a pure rule returns: a decision is a value, and so is a refusal.

A rule takes states, an input, the policy and ``now`` and returns one of the four outcomes below. Nothing here or in a
rule does I/O, reads a clock or makes an id at random; the writer loop (``linli_messaging``) stores what a rule decided.

What a batch makes thousands of is a named tuple: a frozen dataclass takes three times as long to make.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Final, NamedTuple

from pydantic import BaseModel, ConfigDict

from linli_rulebook.effect import Effect


class Timer(NamedTuple):
    """A clock of one state that runs out at ``due_at``; ``occurrence`` is the round, ``step`` the how-many-eth of it.

    Timers are a *projection* of their state: a rule never sets or cancels one, it changes the state, and the writer
    loop stores the earliest. A rule that fires a timer must return a state that no longer shows this very timer.
    """

    due_at: datetime
    clock: str
    occurrence: int = 1
    step: int = 1


_GIVEN: Final[set[str]] = set()
"""Which fields a state was made with: nobody asks, and a set of thirty names takes as much memory as the rest."""


class State(BaseModel):
    """What a service knows of one thing (a ticket, an estate): immutable, stored whole, locked by its id's lane."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)
    """Built at its first use, like an event."""

    table: ClassVar[str]
    """The table that keeps it; its queries are named ``load_<table>`` and ``save_<table>``."""
    remembered: ClassVar[bool] = True
    """Whether a process remembers it between batches; what is large and seldom looked at says no."""
    woken_at_once: ClassVar[int] = 1_000
    """So many of the kind have their clocks fired in one transaction, at most: fewer where each brings much along."""

    id: str

    def model_post_init(self, _: object) -> None:
        """Every state has the same empty set of fields given: thousands are remembered (docs/performance/tried.md)."""
        object.__setattr__(self, "__pydantic_fields_set__", _GIVEN)

    def stored(self) -> str:
        """What its table keeps of it: JSON that its model reads again."""
        return self.model_dump_json()

    def timers(self) -> Iterable[Timer]:
        """The running clocks of this state, at least the one that is due first (none by default).

        The writer loop stores and fires only the earliest, and asks again after every decision, so a state with many
        clocks may show that one alone.
        """
        return ()

    def tally(self) -> Mapping[str, int]:
        """What this state adds to its service's figures, by name (none by default): a projection, like timers."""
        return {}

    @property
    def counted_in(self) -> str:
        """The part of the figures that it counts in: what is read together (its key by default)."""
        return self.id.partition(".")[0]

    @classmethod
    def case_of(cls, identity: str) -> str:
        """The case in whose trace stands what fails about the state of this id, which may not exist: by default, and
        where it is no such id, the id itself.
        """
        return identity

    @property
    def case(self) -> str:
        """The same of one that exists, where its id does not name its case."""
        return self.case_of(self.id)


class Because(NamedTuple):
    """Why something was decided: rule, conclusion, the facts it rests on (ORG-02); goes to the case's timeline."""

    rule: str
    what: str
    subject: str
    """The id of the state it is about; a case id puts it on that case's timeline."""
    policy_version: str | None = None
    facts: Mapping[str, Any] = MappingProxyType({})
    """Plain JSON values; never personal data (INT-13)."""


@dataclass(frozen=True, slots=True)
class Append:
    """A row for an append-only table (a ledger's movement, a correction): written with the query ``append_<table>``."""

    table: str
    key: str
    """The key whose lane must be locked to write it."""
    values: Mapping[str, Any]
    tally: Mapping[str, int] = field(default_factory=dict)
    """What the row adds to the service's figures, by name."""
    counted_in: str = ""
    """The part of the figures that it counts in."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What shall be so from now on: new states, facts to tell, rows to append, the reasons, the answer to a command;
    and what shall be done outside after it is committed.
    """

    save: tuple[State, ...] = ()
    events: tuple[BaseModel, ...] = ()
    append: tuple[Append, ...] = ()
    because: tuple[Because, ...] = ()
    answer: Mapping[str, Any] | None = None
    effects: tuple[Effect, ...] = ()

    def __add__(self, other: "Decision") -> "Decision":
        """This decision followed by ``other`` (a later state of the same id replaces the earlier one)."""
        return Decision(
            save=self.save + other.save,
            events=self.events + other.events,
            append=self.append + other.append,
            because=self.because + other.because,
            answer=other.answer if other.answer is not None else self.answer,
            effects=self.effects + other.effects,
        )


NOTHING = Decision()
"""The input changes nothing (a repeated fact, a clock that no longer matters)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A named business refusal: nothing changes. ``code`` is stable; the texts are for people, zh-CN first."""

    code: str
    rule: str
    zh: str
    en: str
    status: int = 409
    """HTTP status: 404 unknown id, 403 not allowed, 409 wrong state, 422 wrong content."""
    fields: tuple[tuple[str, str], ...] = ()
    """(field, what is allowed) for each field at fault."""


@dataclass(frozen=True, slots=True)
class Early:
    """Another producer's fact is still missing: the event is stored and applied together with it (promise 5)."""

    table: str
    id: str


@dataclass(frozen=True, slots=True)
class More:
    """The rule needs these states too (their lanes get locked); it is asked again with them loaded."""

    refs: tuple[tuple[type[State], str], ...]


Outcome = Decision | Refusal | Early | More
