"""What people read of the homes of an estate."""

from datetime import date

from linli_runtime.reads import Reads
from pydantic import BaseModel, Field


class HomeSeen(BaseModel):
    """A home as it was registered, and who served it last."""

    home_id: str = Field(validation_alias="id")
    phase: str
    building: str
    handed_over_on: date | None
    occupied: bool
    top_floor: bool
    served_by: str | None


class HomePage(BaseModel):
    """Some homes by id, and the cursor of the next page."""

    items: list[HomeSeen]
    next: str | None


async def page_homes(reads: Reads, org: str, estate_id: str, *, after: str, limit: int) -> HomePage:
    """The homes of an estate after the cursor; none of an estate that the reader may not see."""
    rows = await reads.fetch("page_homes", after, limit + 1, estate_id, org)
    items = [HomeSeen.model_validate_json(row["state"]) for row in rows[:limit]]
    return HomePage(items=items, next=items[-1].home_id if len(rows) > limit else None)
