"""What dispatch knows of a case: facts that never change, what happened in this round, the clocks that run.

Data only. Deadlines are worked out from these facts by `clocks.py`, never from "last modified"; `turn.py` changes them.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import ClassVar, Final

from linli_contracts.event import Instant
from linli_contracts.events.dispatch import Clock, Ground, LadderStep, Role
from linli_contracts.events.intake import Category, Channel, RequestKind, Trade
from linli_rulebook.decision import State, Timer
from pydantic import BaseModel, ConfigDict

from linli_dispatch.domain.lifecycle import IN_HAND, Status

ONE_SECOND: Final = timedelta(seconds=1)
"""Done at the due instant is kept, one second later is missed (ORG-04): a clock runs out a second after it is due."""
RUNS_OUT_WHEN_DUE: Final[frozenset[str]] = frozenset({"callback_close"})
"""Acts *within* its time, not after it: a case is closed at the latest one month after completion (FUP-01)."""
WAIT_ENDS: Final = "wait_ends"
"""The timer of a dated wait for the customer; no deadline of ours."""
ORDINARY: Final = 4
"""The least severe level (INT-06)."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class RunningClock(_Value):
    """A clock that runs towards ``due_at``. ``step`` tells those of one name in one round apart."""

    name: Clock
    since: Instant
    """The fact it counts from; another one makes another clock."""
    due_at: Instant
    step: int = 1
    provisional: bool = False
    """Counted over a year whose holidays are not yet published (ORG-04)."""
    remedies: Clock | None = None
    """For a step of the ladder: the missed deadline it is to put right."""


class Wait(_Value):
    """A dated wait for the customer; ``reason`` is a code."""

    reason: str
    since: Instant
    until: Instant
    ended_at: Instant | None = None


class Order(_Value):
    """The repair order to a contractor (工程联系单), and to its replacement once it is re-entrusted."""

    order_id: str
    contractor_id: str
    contract_id: str | None
    called_at: Instant
    """When the one who is to come was told: the notice, later the re-entrusting."""
    arrive_by: Instant
    finish_by: Instant
    arrived_at: Instant | None = None
    ground: Ground | None = None
    """Why re-entrusting was proposed."""
    proposed_at: Instant | None = None
    declined_at: Instant | None = None
    replacement_id: str | None = None
    price_fen: int | None = None

    @property
    def performer_id(self) -> str:
        """Who is to do the work now."""
        return self.replacement_id or self.contractor_id


class Ticket(State):
    """A case. Fields of a round are set anew when it is reopened; the others belong to its whole life."""

    table: ClassVar[str] = "ticket"

    estate_id: str
    home_id: str | None
    kind: RequestKind
    category: Category
    subcategory: str
    channel: Channel
    customer_ref: str
    received_at: Instant
    received_by: str
    trade: Trade | None
    language: str
    emergency: bool
    complete_by: Instant | None
    people: int

    status: Status = "received"
    policy_version: str | None = None
    """The version in force when the ticket was opened: it decides to the end (ORG-02)."""
    zone: str = ""
    opened_at: Instant | None = None
    owner_id: str
    """The first receiver: exactly one, to the end (INT-04, DSP-19)."""
    level: int = ORDINARY
    """The more severe of the two below."""
    graded_level: int = ORDINARY
    """By the facts: intake's decision."""
    age_level: int = ORDINARY
    """By age: it never falls (DSP-06)."""
    level_reasons: tuple[str, ...] = ()
    leads_to: str | None = None
    """The case this one was linked to (INT-07)."""
    waits: tuple[Wait, ...] = ()
    kept: Mapping[str, int] = {}
    missed: Mapping[str, int] = {}
    """Deadlines kept and missed so far, by clock."""
    steps_taken: Mapping[LadderStep, int] = {}
    """Steps of the ladder, over all rounds."""
    reentrusted: int = 0
    closed_at: Instant | None = None
    closed_how: str | None = None

    # -- of this round
    round: int = 1
    round_from: Instant
    """What the round's deadlines count from: the receipt, later the reopening."""
    watched_from: Instant | None = None
    """Nothing runs out before it: a ticket that is opened late misses its deadlines then, not in the past."""
    desk: str = ""
    handler_id: str | None = None
    handler_role: Role | None = None
    complex: bool = False
    """Longer time to complete (DSP-03); time once given is not taken back in the same round."""
    passed_on_at: Instant | None = None
    passed_on: int = 0
    answer_from: Instant | None = None
    """The department got the form and owes its opinion in time (DSP-02)."""
    answered_at: Instant | None = None
    report_from: Instant
    report_by: Instant | None = None
    """The date given to the customer, if one was named (DSP-03)."""
    reports: int = 0
    """How many reporting dates of the round are over."""
    reports_missed: int = 0
    """How many of them in a row were missed."""
    order: Order | None = None
    clocks: tuple[RunningClock, ...] = ()
    overdue: tuple[Clock, ...] = ()
    """Deadlines that were missed and are still owed."""
    steps: tuple[LadderStep, ...] = ()
    """The steps of the ladder taken in this round."""
    completed_at: Instant | None = None

    @property
    def in_hand(self) -> bool:
        """Whether somebody has to act."""
        return self.status in IN_HAND

    @property
    def waiting(self) -> Wait | None:
        """The wait for the customer that is on, if any."""
        return self.waits[-1] if self.waits and self.waits[-1].ended_at is None else None

    def timers(self) -> Iterator[Timer]:
        """Every running clock, one second after it is due, and the end of a dated wait."""
        for clock in self.clocks:
            at = clock.due_at if clock.name in RUNS_OUT_WHEN_DUE else clock.due_at + ONE_SECOND
            if self.watched_from is not None and at < self.watched_from:
                at = self.watched_from
            yield Timer(at, clock.name, self.round, clock.step)
        wait = self.waiting
        if wait is not None:
            yield Timer(wait.until, WAIT_ENDS, self.round, len(self.waits))
