"""What an organisation's directory would change: each row beside what dispatch has registered, read over HTTP.

A row that dispatch has already is no change and is not sent. What the directory does not name stays as it is.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

import orjson
from linli_contracts.topics import DISPATCH

from linli_cli.client.answers import Command
from linli_cli.client.client import Client
from linli_cli.group.offered import Said, from_now_on, offered_last, service_of
from linli_cli.group.planned import Known, lay_over, planned_for
from linli_cli.group.tables import (
    ABSENCES,
    CONTRACTORS,
    ESTATES,
    HOMES,
    OF_REGIONS,
    PRICES,
    ROSTER,
    SERVICES,
    Place,
    Row,
)

LINES: Final = 1_000
"""Rows in one command: what dispatch takes, some hundred kilobytes."""
_HOMES_PAGE: Final = 10_000
"""The most that dispatch shows at a time."""


@dataclass(frozen=True, slots=True)
class Change:
    """A row that is new or differs from what is registered."""

    row: Row
    wanted: Mapping[str, Any]
    known: Mapping[str, Any] | None
    """None: it is new."""

    @property
    def is_one(self) -> bool:
        """False for a row that is as it is registered, and only goes along."""
        return _differs(self.wanted, self.known)

    @property
    def differing(self) -> dict[str, tuple[Any, Any]]:
        """The fields that change: what is registered, and what is wanted."""
        known = self.known if self.known is not None else dict.fromkeys(self.wanted)
        return {
            name: (known[name], value) for name, value in self.wanted.items() if name in known and known[name] != value
        }


async def registered(client: Client, places: Sequence[Place], at: datetime | None = None) -> Known:
    """What dispatch has of these places: one question for all estates, and one for the homes of those that it has.

    `at`: what it will have at that instant, by what is planned; none: what it has now.
    """
    known: Known = {}
    estates = [place.id for place in places if place.tables is not OF_REGIONS]
    if estates:
        found = await client.get(DISPATCH, "/registry/estates", estate_id=estates)
        for estate in found:
            known.update(_of_estate(estate))
        there = [estate["estate_id"] for estate in found]
        if there:
            homes = client.pages(DISPATCH, "/registry/homes", estate_id=there, limit=_HOMES_PAGE)
            known.update({(HOMES, home["home_id"].partition(".")[0], home["home_id"]): home async for home in homes})
    for place in places:
        if place.tables is OF_REGIONS:
            prices = await client.find(DISPATCH, f"/regions/{place.id}/prices") or {"works": {}}
            known.update({(PRICES, place.id, item): work for item, work in prices["works"].items()})
    if at is not None:
        lay_over(known, await planned_for(client, places), at)
    return known


def changes(rows: Iterable[Row], known: Known) -> list[Change]:
    """The rows that are new or differ, in their order; and those as they were that a service's change takes along."""
    wanted = [(row, row.wanted) for row in rows]
    if offered := offered_last(wanted, known):
        known = known | offered
    found = list(_compared(wanted, known, along=frozenset()))
    anew = {service_of(one.row) for one in found if from_now_on(one.row)}
    return list(_compared(wanted, known, along=anew)) if anew else found


def _compared(wanted: Sequence[Said], known: Known, along: Collection[tuple[str, str] | None]) -> Iterator[Change]:
    """The rows that differ, and those of the services that go along."""
    for row, said in wanted:
        has = known.get(row.table.key(row.place, said))
        if _differs(said, has) or (along and service_of(row) in along):
            yield Change(row, said, has)


def _differs(said: Mapping[str, Any], has: Mapping[str, Any] | None) -> bool:
    return has is None or any(name in has and has[name] != value for name, value in said.items())


def commands_of(
    wanted: Iterable[Change], run: str, from_at: datetime | None = None, of_import: str | None = None
) -> Iterator[tuple[Command, int]]:
    """The commands that make the changes, each with its number of rows: of one place and file together, in their order.

    `of_import`: the import in whose name they are planned, and `from_at` its instant; none: they hold from now on.

    An id follows from the change and from `run`, a name of this run of the import: sent again within the run, it is the
    same command. Another run wants the change anew, also where it was made once before and changed back or withdrawn
    since; what is still as an earlier run left it is no change.
    """
    for (table, place), together in groupby(wanted, key=lambda change: (change.row.table, change.row.place)):
        of_place = list(together)
        size = LINES if table.lines else 1
        for start in range(0, len(of_place), size):
            part = of_place[start : start + size]
            lines = [one.wanted for one in part]
            body = {table.place: place, table.lines: lines} if table.lines else dict(lines[0])
            if of_import and from_at:
                body |= {table.dated: from_at.isoformat(), "import_id": of_import}
            yield Command(table.command, f"group-{run}-{_digest(part)}", body), len(part)


def _of_estate(estate: Mapping[str, Any]) -> Known:
    estate_id = estate["estate_id"]
    known: Known = {(ESTATES, estate_id): estate}
    for one in estate["staff"]:
        known[ROSTER, estate_id, one["staff_id"], one["desk"]] = one
    for one in estate["contractors"]:
        known[CONTRACTORS, estate_id, one["contractor_id"]] = one
    for one in estate["absences"]:
        known[ABSENCES, estate_id, one["staff_id"]] = {"estate_id": estate_id, **one}
    for item, offers in estate["services"].items():
        for offer in offers:
            known[SERVICES, estate_id, item, offer["from_at"]] = offer
    return known


def _digest(part: Sequence[Change]) -> str:
    said = [[change.row.table.file, change.row.place, change.wanted] for change in part]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:40]
