"""What is planned of the places of a directory for a later instant: laid over what is registered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from linli_contracts.topics import DISPATCH

from linli_cli.client.client import Client
from linli_cli.group.tables import BY_COMMAND, Place, Table

Known = dict[tuple[object, ...], Mapping[str, Any]]
"""What dispatch has, by file, place and what tells rows of a place apart."""
_WILL_HOLD: Final = frozenset({None, "confirmed", "begun"})
"""Where its import stands, of what begins at its instant; none: it was planned by hand."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned change whose command is one of a file's."""

    table: Table
    place: str
    from_at: datetime
    planned_at: datetime
    lines: tuple[Mapping[str, Any], ...]
    """Its rows, as the file's rows are sent."""


async def planned_for(client: Client, places: Sequence[Place]) -> list[Planned]:
    """What is planned for these places, in the order in which it is to begin; of imports what is confirmed."""
    asked = client.pages(DISPATCH, "/registry/changes", place_id=[place.id for place in places], status="planned")
    found = [
        _planned(change)
        async for change in asked
        if change["command"] in BY_COMMAND and change["import_status"] in _WILL_HOLD
    ]
    return sorted(found, key=lambda one: (one.from_at, one.planned_at))


def lay_over(known: Known, changes: Iterable[Planned], until: datetime) -> None:
    """What is known becomes what it will be at an instant, as far as it is planned by now."""
    for change in changes:
        if change.from_at <= until:
            for line in change.lines:
                key = change.table.key(change.place, line)
                known[key] = {**known.get(key, {}), **line}


def _planned(change: Mapping[str, Any]) -> Planned:
    table, body = BY_COMMAND[change["command"]], change["body"]
    return Planned(
        table=table,
        place=body[table.place],
        from_at=datetime.fromisoformat(change["from_at"]),
        planned_at=datetime.fromisoformat(change["planned_at"]),
        lines=tuple(body[table.lines]) if table.lines else (table.undated(body),),
    )
