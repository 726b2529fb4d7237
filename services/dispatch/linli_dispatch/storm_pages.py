"""Typed reads of storms and their work orders for people (DSP-09)."""

from linli_contracts.event import Instant
from linli_contracts.events.dispatch import Role
from linli_contracts.events.intake import Trade
from linli_messaging.batch.versions import stored_version, version_of
from linli_runtime.reads import Reads
from pydantic import BaseModel, Field

from linli_dispatch.domain.storms.storm import How, Storm, StormOrder


class StormSeen(BaseModel):
    """A storm as people see it."""

    storm_id: str = Field(validation_alias="id")
    estate_id: str
    cause: str
    how: How
    declared_at: Instant
    surged_at: Instant
    ended_at: Instant | None
    orders: int
    requests: int
    households: int
    waiting: tuple[str, ...]
    round_at: Instant | None


class StormPage(BaseModel):
    """Some storms by id, and the cursor of the next page."""

    items: list[StormSeen]
    next: str | None


class StormOrderSeen(BaseModel):
    """A work order of a storm, with the requests that it serves."""

    order_id: str = Field(validation_alias="id")
    storm_id: str
    desk: str
    trade: Trade | None
    phase: str | None
    building: str | None
    opened_at: Instant
    case_ids: tuple[str, ...]
    """In the order in which the visit sees to them."""
    handler_id: str | None
    handler_role: Role | None
    assigned_at: Instant | None


class StormOrderPage(BaseModel):
    """Some work orders by id, and the cursor of the next page."""

    items: list[StormOrderSeen]
    next: str | None


async def page_storms(reads: Reads, org: str, estate_id: str | None, *, on: bool, after: str, limit: int) -> StormPage:
    """Storms after the cursor; with ``on`` those that have not ended."""
    rows = await reads.fetch("page_storms", after, limit + 1, org, estate_id, on)
    items = [StormSeen.model_validate_json(row["state"]) for row in rows[:limit]]
    return StormPage(items=items, next=items[-1].storm_id if len(rows) > limit else None)


async def show_storm(reads: Reads, org: str, storm_id: str) -> tuple[StormSeen, str] | None:
    """One storm with its version, if there is one and the reader may see its estate."""
    row = await reads.fetchrow("show_storm", storm_id, org)
    return (StormSeen.model_validate_json(row["state"]), stored_version(Storm, row["state"])) if row else None


async def show_storm_order(reads: Reads, org: str, order_id: str) -> tuple[StormOrderSeen, str] | None:
    """One work order with its version, if there is one and the reader may see its estate."""
    row = await reads.fetchrow("show_storm_order", order_id, org)
    if row is None:
        return None
    order = StormOrder.model_validate_json(row["state"])
    return _seen(order), version_of(order)


def _seen(order: StormOrder) -> StormOrderSeen:
    return StormOrderSeen.model_validate({**order.model_dump(), "case_ids": order.in_turn})


async def page_storm_orders(reads: Reads, org: str, storm_id: str, *, after: str, limit: int) -> StormOrderPage:
    """The work orders of a storm after the cursor."""
    rows = await reads.fetch("page_storm_orders", after, limit + 1, org, storm_id)
    items = [_seen(StormOrder.model_validate_json(row["state"])) for row in rows[:limit]]
    return StormOrderPage(items=items, next=items[-1].order_id if len(rows) > limit else None)
