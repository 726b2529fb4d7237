"""What an organisation's directory would change: each row beside what dispatch has registered, read over HTTP.

A row that dispatch has already is no change and is not sent. What the directory does not name stays as it is.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from linli_contracts.topics import DISPATCH
from linli_dispatch import commands, service_commands

from linli_cli.client.answers import Command
from linli_cli.client.client import Client
from linli_cli.group.files import Directory, Row

_LINES: Final = 500
"""Rows in one command: half of what dispatch takes, some hundred kilobytes."""


@dataclass(frozen=True, slots=True)
class Change:
    """A row that is new or differs from what is registered."""

    row: Row
    wanted: Mapping[str, Any]
    known: Mapping[str, Any] | None
    """None: it is new."""

    @property
    def differing(self) -> dict[str, tuple[Any, Any]]:
        """The fields that change: what is registered, and what is wanted."""
        known = self.known or {}
        return {name: (known.get(name), value) for name, value in self.wanted.items() if known.get(name) != value}


@dataclass(frozen=True, slots=True)
class _Sent:
    """How the rows of a file travel: the command, the field of its list (none: a row is a command)."""

    command: str
    lines: str = ""
    place: str = "estate_id"


_SENT: Final[Mapping[str, _Sent]] = {
    "estates.csv": _Sent("dispatch.register-estate"),
    "homes.csv": _Sent("dispatch.register-homes", "homes"),
    "roster.csv": _Sent("dispatch.roster-staff", "staff"),
    "contractors.csv": _Sent("dispatch.register-contractor", "contractors"),
    "absences.csv": _Sent("dispatch.record-absence"),
    "services.csv": _Sent("dispatch.offer-services", "services"),
    "prices.csv": _Sent("dispatch.price-works", "works", "region_id"),
}
"""In the order in which they are sent: an estate before what belongs to it, people before their absences."""


async def changes(client: Client, directory: Directory) -> list[Change]:
    """Every row that is new or differs, in the order in which it is to be sent."""
    known: dict[tuple[str, str], Mapping[str, Any]] = {}
    for estate_id in sorted({row.place for row in directory.rows["estates.csv"]}):
        known.update(await _registered(client, estate_id, with_homes=bool(directory.rows["homes.csv"])))
    for region_id in sorted({row.place for row in directory.rows["prices.csv"]}):
        prices = await client.find(DISPATCH, f"/regions/{region_id}/prices") or {"works": {}}
        known.update({("prices.csv", f"{region_id}|{item}"): work for item, work in prices["works"].items()})
    found = (_change(row, known) for file in _SENT for row in directory.rows[file])
    return [change for change in found if change is not None]


def commands_of(wanted: Iterable[Change]) -> Iterator[Command]:
    """The commands that make the changes: of one estate and file together, in their order.

    An id follows from the change itself, so that the same import, repeated after it broke off, sends the same command;
    and an import that changes something back is another one.
    """
    grouped: dict[tuple[str, str], list[Change]] = {}
    for change in wanted:
        grouped.setdefault((change.row.file, change.row.place), []).append(change)
    for (file, place), together in grouped.items():
        sent = _SENT[file]
        size = _LINES if sent.lines else 1
        for start in range(0, len(together), size):
            part = together[start : start + size]
            body = {sent.place: place, sent.lines: [one.wanted for one in part]} if sent.lines else dict(part[0].wanted)
            yield Command(sent.command, f"group-{_digest(part)}", body)


async def _registered(client: Client, estate_id: str, *, with_homes: bool) -> dict[tuple[str, str], Mapping[str, Any]]:
    """What dispatch has of an estate, by file and by what tells rows apart."""
    estate = await client.find(DISPATCH, f"/estates/{estate_id}")
    if estate is None:
        return {}
    known: dict[tuple[str, str], Mapping[str, Any]] = {("estates.csv", estate_id): estate}
    for one in estate["staff"]:
        known["roster.csv", f"{estate_id}|{one['staff_id']}|{one['desk']}"] = one
    for one in estate["contractors"]:
        known["contractors.csv", f"{estate_id}|{one['contractor_id']}"] = one
    for one in estate["absences"]:
        known["absences.csv", f"{estate_id}|{one['staff_id']}"] = {"estate_id": estate_id, **one}
    if with_homes:
        async for home in client.pages(DISPATCH, f"/estates/{estate_id}/homes", limit=500):
            known["homes.csv", home["home_id"]] = home
    catalogue = await client.find(DISPATCH, f"/estates/{estate_id}/services") or {"services": {}}
    for item, offers in catalogue["services"].items():
        for offer in offers:
            known["services.csv", f"{estate_id}|{item}|{offer['from_at']}"] = offer
        # A row without an instant speaks of what was offered last.
        known["services.csv", f"{estate_id}|{item}|None"] = offers[-1] | {"from_at": None}
    return known


def _change(row: Row, known: Mapping[tuple[str, str], Mapping[str, Any]]) -> Change | None:
    wanted = row.sent.model_dump(mode="json")
    has = known.get((row.file, _identity(row, wanted)))
    if has is not None and all(name not in has or has[name] == value for name, value in wanted.items()):
        return None
    return Change(row, wanted, has)


def _identity(row: Row, wanted: Mapping[str, Any]) -> str:
    match row.sent:
        case commands.RegisterEstate():
            return row.place
        case commands.HomeLine(home_id=home_id):
            return home_id
        case commands.StaffLine(staff_id=staff_id, desk=desk):
            return f"{row.place}|{staff_id}|{desk}"
        case commands.ContractorLine(contractor_id=contractor_id):
            return f"{row.place}|{contractor_id}"
        case commands.RecordAbsence(staff_id=staff_id):
            return f"{row.place}|{staff_id}"
        case service_commands.ServiceLine(item=item):
            return f"{row.place}|{item}|{wanted['from_at']}"
        case commands.PriceLine(work_item=item):
            return f"{row.place}|{item}"
        case other:
            raise TypeError(f"no row of an organisation's directory: {other!r}")


def _digest(part: Iterable[Change]) -> str:
    said = [[change.row.file, change.row.place, change.wanted, change.known] for change in part]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:40]
