"""What contractors read of their own orders: the same facts that webhooks deliver, to be asked for (PAR-01, PAR-02)."""

from typing import Annotated, Any, Literal

import orjson
from linli_contracts.event import Instant
from linli_messaging.consuming.reading import MAX_NUMBER
from linli_runtime.reads import Reads
from pydantic import BaseModel, ConfigDict, Field

from linli_dispatch.domain.webhook import TOLD
from linli_dispatch.store import LARGEST_PAGE


class PartnerFactFilter(BaseModel):
    """From where on, and of which facts."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[int, Field(ge=0, le=MAX_NUMBER)] | None = None
    """The `next` of an earlier page. Neither this nor an instant: from the very beginning."""
    since: Instant | None = None
    """In place of it: from the first fact that happened at this instant or later."""
    types: tuple[Literal[tuple(sorted(TOLD))], ...] = ()  # type: ignore[valid-type]  # the table of the domain
    """None: all."""
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 100


class PartnerFact(BaseModel):
    """One fact, as a webhook delivers it."""

    id: str
    """The same wherever it is read."""
    type: str
    timestamp: Instant
    """When it happened."""
    data: dict[str, Any]


class PartnerFactPage(BaseModel):
    """Some facts in order; ask again behind `next`, at once where there are more."""

    items: list[PartnerFact]
    next: int
    more: bool


async def page_partner_facts(reads: Reads, contractor_id: str, wanted: PartnerFactFilter) -> PartnerFactPage:
    """A page of a contractor's facts; `next` stays where it was while nothing comes."""
    after = wanted.after or 0
    if wanted.after is None and wanted.since is not None:
        row = await reads.fetchrow("place_since", contractor_id, wanted.since)
        after = row["place"] if row else 0
    types = list(wanted.types or TOLD)
    rows = await reads.fetch("page_partner_facts", contractor_id, after, types, [], wanted.limit)
    items = [
        PartnerFact(id=row["id"], type=row["type"], timestamp=row["at"], data=orjson.loads(row["body"])) for row in rows
    ]
    return PartnerFactPage(items=items, next=rows[-1]["place"] if rows else after, more=len(rows) == wanted.limit)
