"""What of a directory is planned for a later instant: laid over what is registered, and found again to be withdrawn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linli_contracts.topics import DISPATCH

from linli_cli.client.client import Client
from linli_cli.group.tables import BY_COMMAND, Place, Row, Table

Known = dict[tuple[object, ...], Mapping[str, Any]]
"""What dispatch has, by file, place and what tells rows of a place apart."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned change whose command is one of a file's."""

    change_id: str
    table: Table
    place: str
    from_at: datetime
    planned_at: datetime
    lines: tuple[Mapping[str, Any], ...]
    """Its rows, as the file's rows are sent."""


async def planned_for(client: Client, places: Sequence[Place]) -> list[Planned]:
    """What is planned for these places, in the order in which it is to begin."""
    asked = client.pages(DISPATCH, "/registry/changes", place_id=[place.id for place in places], status="planned")
    found = [_planned(change) async for change in asked if change["command"] in BY_COMMAND]
    return sorted(found, key=lambda one: (one.from_at, one.planned_at))


def lay_over(known: Known, changes: Iterable[Planned], until: datetime) -> None:
    """What is known becomes what it will be at an instant, as far as it is planned by now."""
    for change in changes:
        if change.from_at <= until:
            for line in change.lines:
                key = change.table.key(change.place, line)
                known[key] = {**known.get(key, {}), **line}


def of_rows(changes: Iterable[Planned], rows: Iterable[Row], from_at: datetime) -> list[Planned]:
    """Those of that very instant all of whose lines are rows of a directory: what its import has planned."""
    wanted = {row.key: row.wanted for row in rows}
    return [
        change
        for change in changes
        if change.from_at == from_at
        and all(wanted.get(change.table.key(change.place, line)) == line for line in change.lines)
    ]


def _planned(change: Mapping[str, Any]) -> Planned:
    table, body = BY_COMMAND[change["command"]], change["body"]
    return Planned(
        change_id=change["change_id"],
        table=table,
        place=body[table.place],
        from_at=datetime.fromisoformat(change["from_at"]),
        planned_at=datetime.fromisoformat(change["planned_at"]),
        lines=tuple(body[table.lines]) if table.lines else (table.undated(body),),
    )
