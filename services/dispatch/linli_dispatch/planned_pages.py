"""What people read of changes of the registry that were planned."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import asyncpg
from linli_contracts.event import KEY_PATTERN, Instant
from linli_messaging.batch.versions import stored_version
from linli_runtime.reads import Reads
from pydantic import BaseModel, Field, StringConstraints

from linli_dispatch.domain.group.planned_change import MOST_CHANGES, PlannedChange, Status
from linli_dispatch.domain.group.registry_import import ImportStatus
from linli_dispatch.store import CURSOR_PATTERN

MOST_PLACES: Final = 100
"""Asked about together: their ids are an address of some kilobytes, which every proxy lets through."""


class PlannedChangeSeen(BaseModel):
    """A change, its body as long as it may still begin, and what became of it."""

    change_id: str = Field(validation_alias="id")
    command: str
    body: dict[str, Any] | None
    lines: int
    from_at: Instant
    planned_at: Instant
    status: Status
    times: int = 1
    refusal: str | None
    error: str | None = None
    """What went wrong where it is set aside."""
    import_id: str | None = None
    import_status: ImportStatus | None = None
    """Where its import stands, if it belongs to one: of one that lapsed or was withdrawn it never begins."""


class PlannedChangePage(BaseModel):
    """Some changes by id, and the cursor of the next page."""

    items: list[PlannedChangeSeen]
    next: str | None


class ChangesWanted(BaseModel):
    """Which changes: of these places, of one status or all."""

    place_id: list[Annotated[str, StringConstraints(pattern=KEY_PATTERN)]] = Field(
        min_length=1, max_length=MOST_PLACES, description="estates, and regions for their prices"
    )
    status: Status | None = None
    cursor: str = Field(default="", pattern=CURSOR_PATTERN)
    limit: int = Field(default=MOST_CHANGES, ge=1, le=MOST_CHANGES)


async def page_planned_changes(reads: Reads, org: str, wanted: ChangesWanted) -> PlannedChangePage:
    """The changes of these places after the cursor; none of a place the reader may not see."""
    given = wanted.cursor, wanted.limit + 1, wanted.place_id, org, wanted.status
    return _page(await reads.fetch("page_planned_changes", *given), wanted.limit)


async def show_planned_change(reads: Reads, org: str, identity: str) -> tuple[PlannedChangeSeen, str] | None:
    """One change with its version, if there is one and the reader may see its place."""
    row = await reads.fetchrow("show_planned_change", identity, org)
    if row is None:
        return None
    return _seen(row), stored_version(PlannedChange, row["state"])


async def page_set_aside(reads: Reads, org: str, *, after: str, limit: int) -> PlannedChangePage:
    """The changes that are set aside, wherever the reader may look."""
    return _page(await reads.fetch("page_set_aside", after, limit + 1, org), limit)


def _page(rows: Sequence[asyncpg.Record], limit: int) -> PlannedChangePage:
    items = [_seen(row) for row in rows[:limit]]
    return PlannedChangePage(items=items, next=items[-1].change_id if len(rows) > limit else None)


def _seen(row: asyncpg.Record) -> PlannedChangeSeen:
    change = PlannedChangeSeen.model_validate_json(row["state"])
    return change.model_copy(update={"import_status": row["import_status"]})
