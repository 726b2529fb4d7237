"""Storm mode (DSP-09): declared, its work orders joined and assigned, ended."""

from typing import Literal

from linli_contracts.event import Event, Id, Instant, Key
from linli_contracts.events.dispatch.words import Role
from linli_contracts.topics import DISPATCH


class StormDeclared(Event):
    """Far more requests of one cause than usual, or somebody says so: from now on they are handled together."""

    producer = DISPATCH
    subject_field = "storm_id"

    storm_id: Id
    estate_id: Key
    cause: str
    how: Literal["estate", "region", "by_hand"]
    """Recognised at the estate, as part of its region's, or declared by a person."""
    requests: int
    """How many there were when it was recognised; of a region: how many of its estates stirred."""
    usual: float
    """How many are usual."""
    declared_by: str | None = None
    reason: str | None = None
    """The person's, as a code."""
    declared_at: Instant


class StormEnded(Event):
    """What comes from now on is handled one by one again."""

    producer = DISPATCH
    subject_field = "storm_id"

    storm_id: Id
    estate_id: Key
    cause: str
    how: Literal["over", "by_hand"]
    requests: int
    """How many its work orders served."""
    orders: int
    ended_by: str | None = None
    reason: str | None = None
    ended_at: Instant


class StormOrderJoined(Event):
    """A request is served by the same work order as others of its cause and building; it keeps its own ticket."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    storm_id: Id
    order_id: Id
    cause: str
    phase: str | None = None
    building: str | None = None
    """None: the common area."""
    requests: int
    """How many the work order serves now."""
    joined_at: Instant


class StormOrderAssigned(Event):
    """A work order was given out, chosen over the whole set; each of its requests is assigned besides (DSP-08)."""

    producer = DISPATCH
    subject_field = "order_id"

    order_id: Id
    estate_id: Key
    storm_id: Id
    handler_id: str | None
    role: Role | None
    requests: int
    shortage: bool = False
    assigned_at: Instant
