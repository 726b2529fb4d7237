"""What people read of imports of the organisation: where they stand, and what became of their changes."""

from typing import Annotated

import orjson
from linli_contracts.event import Instant
from linli_messaging.batch.versions import stored_version
from linli_runtime.reads import Reads
from pydantic import BaseModel, Field

from linli_dispatch.domain.group.planned_change import Status
from linli_dispatch.domain.group.registry_import import ImportStatus, RegistryImport
from linli_dispatch.store import CURSOR_PATTERN, LARGEST_PAGE


class ImportSeen(BaseModel):
    """An import, and where it stands."""

    import_id: str = Field(validation_alias="id")
    org: str
    digest: str | None = None
    from_at: Instant
    opened_at: Instant
    status: ImportStatus


class ImportInFull(ImportSeen):
    """The same with its changes."""

    changes: dict[Status, int]
    """How many stand how; those of one that is over are planned until its instant, and withdrawn then."""


class ImportPage(BaseModel):
    """Some imports by id, and the cursor of the next page."""

    items: list[ImportSeen]
    next: str | None


class ImportsWanted(BaseModel):
    """Which imports: of one instant, of one status, or all."""

    from_at: Instant | None = None
    status: ImportStatus | None = None
    cursor: str = Field(default="", pattern=CURSOR_PATTERN)
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 100


async def page_imports(reads: Reads, org: str, wanted: ImportsWanted) -> ImportPage:
    """The imports after the cursor that the reader's part of the organisation has to do with."""
    rows = await reads.fetch("page_imports", wanted.cursor, wanted.limit + 1, org, wanted.status, wanted.from_at)
    items = [ImportSeen.model_validate_json(row["state"]) for row in rows[: wanted.limit]]
    return ImportPage(items=items, next=items[-1].import_id if len(rows) > wanted.limit else None)


async def show_import(reads: Reads, org: str, identity: str) -> tuple[ImportInFull, str] | None:
    """One import with its version, if there is one and the reader may see it."""
    row = await reads.fetchrow("show_import", identity, org)
    if row is None:
        return None
    seen = ImportInFull.model_validate(orjson.loads(row["state"]) | {"changes": orjson.loads(row["changes"])})
    return seen, stored_version(RegistryImport, row["state"])
