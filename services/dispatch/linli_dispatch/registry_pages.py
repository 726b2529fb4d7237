"""What is registered of many estates at once: what an import of the organisation compares its files with."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Query
from linli_contracts.event import KEY_PATTERN
from linli_runtime.reads import Reads
from pydantic import Field, StringConstraints

from linli_dispatch.domain.blueprints.catalogue import Offer, ServiceCatalogue
from linli_dispatch.domain.group.places import Absence, Contractor, Staff
from linli_dispatch.home_pages import HomePage, HomeSeen
from linli_dispatch.store import EstateSeen

MOST_ESTATES: Final = 100
"""Asked about together: their ids are an address of some kilobytes, which every proxy lets through."""
MOST_HOMES: Final = 10_000
"""In one answer: a megabyte and a half, for programs."""


class EstateOnFile(EstateSeen):
    """An estate as it was registered: its roster, its contractors, who is away, its catalogue of services."""

    staff: tuple[Staff, ...]
    contractors: tuple[Contractor, ...]
    absences: tuple[Absence, ...] = ()
    services: dict[str, tuple[Offer, ...]] = Field(default_factory=dict)


Estates = Annotated[
    list[Annotated[str, StringConstraints(pattern=KEY_PATTERN)]],
    Query(min_length=1, max_length=MOST_ESTATES),
]


async def registered_estates(reads: Reads, org: str, estates: Sequence[str]) -> list[EstateOnFile]:
    """Those of these estates that are registered and that the reader may see, by id."""
    rows = await reads.fetch("registered_estates", estates, org)
    return [_on_file(row["state"], row["catalogue"]) for row in rows]


async def registered_homes(reads: Reads, org: str, estates: Sequence[str], *, after: str, limit: int) -> HomePage:
    """The homes of several estates after the cursor; none of an estate that the reader may not see."""
    rows = await reads.fetch("registered_homes", after, limit + 1, estates, org)
    items = [HomeSeen.model_validate_json(row["state"]) for row in rows[:limit]]
    return HomePage(items=items, next=items[-1].home_id if len(rows) > limit else None)


def _on_file(state: str, catalogue: str | None) -> EstateOnFile:
    estate = EstateOnFile.model_validate_json(state)
    if catalogue is None:
        return estate
    services = dict(ServiceCatalogue.model_validate_json(catalogue).services)
    return estate.model_copy(update={"services": services})
