"""What time does to a ticket: deadlines missed, steps of the ladder taken, levels raised (DSP-06, DSP-07)."""

from linli_contracts.event import Event, Id, Instant, Key, Level
from linli_contracts.events.dispatch.words import Clock, LadderStep
from linli_contracts.topics import DISPATCH


class DeadlineMissed(Event):
    """A clock ran out: one second after the due instant, not at it (ORG-04)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    clock: Clock
    due_at: Instant
    customer_ref: Key
    provisional: bool = False
    rule: str
    policy_version: str
    blueprint: str | None = None
    blueprint_step: str | None = None
    """Which step of which blueprint, for the clock of that name (DSP-17)."""


class DeadlineApproached(Event):
    """A deadline is about to be missed: the policy's share of its time is used (DSP-20)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    clock: Clock
    due_at: Instant
    person_ids: tuple[Key, ...]
    """Who is to act, or their deputies; empty: nobody who is there."""
    policy_version: str


class TicketEscalated(Event):
    """One step of the ladder was taken: once, in order, never skipped (DSP-06)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    step: LadderStep
    person_id: str | None
    """None: the step is vacant and the next one follows at once."""
    because: Clock
    escalated_at: Instant
    step_due_at: Instant | None = None
    policy_version: str


class TicketLevelRaised(Event):
    """The level rose by age or by facts; no step of the ladder (DSP-06, DSP-07)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    level: Level
    previous_level: Level
    because: str
    raised_at: Instant
    policy_version: str


class TicketAged(Event):
    """Its age came to be the ground of a level that the case has already, or is above: that level stays (INT-06,
    DSP-06).
    """

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    level: Level
    """The one that its age gives."""
    because: Clock
    aged_at: Instant
    policy_version: str
