"""What people read of changes of the registry that were planned."""

from typing import Any

from linli_contracts.event import Instant
from linli_runtime.reads import Reads
from pydantic import BaseModel, Field

from linli_dispatch.domain.group.planned_change import Status


class PlannedChangeSeen(BaseModel):
    """A change, its body as long as it is planned, and what became of it."""

    change_id: str = Field(validation_alias="id")
    command: str
    body: dict[str, Any] | None
    lines: int
    from_at: Instant
    planned_at: Instant
    status: Status
    refusal: str | None


class PlannedChangePage(BaseModel):
    """Some changes by id, and the cursor of the next page."""

    items: list[PlannedChangeSeen]
    next: str | None


async def page_planned_changes(reads: Reads, org: str, place_id: str, *, after: str, limit: int) -> PlannedChangePage:
    """The changes of an estate, or of a region's prices, after the cursor; none of a place the reader may not see."""
    rows = await reads.fetch("page_planned_changes", after, limit + 1, place_id, org)
    items = [PlannedChangeSeen.model_validate_json(row["state"]) for row in rows[:limit]]
    return PlannedChangePage(items=items, next=items[-1].change_id if len(rows) > limit else None)
