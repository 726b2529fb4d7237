"""What became of each case of a run, read from dispatch over HTTP: what a comparison of two policies looks at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from linli_cli.client.client import Client

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one case."""

    case_id: str
    desk: str
    handler_id: str | None
    level: int
    missed: Mapping[str, int]
    """Deadlines missed, by clock, over all rounds."""
    steps: Mapping[str, int]
    """Steps of the ladder taken, over all rounds."""
    ran_out_at: tuple[datetime, ...] = ()
    """When each of its missed deadlines was due, in the order of clocks and instants."""


async def read_fates(client: Client, key_of: Mapping[str, str]) -> dict[str, Fate]:
    """Every case of the run by its key in the file; the system is at rest. ``key_of``: by case id."""
    due_at = await _read_missed(client)
    fates = {}
    async for ticket in client.pages("dispatch", "/tickets", limit=_PAGE):
        fates[key_of[ticket["case_id"]]] = Fate(
            case_id=ticket["case_id"],
            desk=ticket["desk"],
            handler_id=ticket["handler_id"],
            level=ticket["level"],
            missed=ticket["missed"],
            steps=ticket["steps_taken"],
            ran_out_at=tuple(due_at.get(ticket["case_id"], ())),
        )
    return fates


async def _read_missed(client: Client) -> dict[str, list[datetime]]:
    """By case id, when its missed deadlines were due."""
    due_at: dict[str, list[datetime]] = {}
    for clock in sorted((await client.get("dispatch", "/figures"))["deadlines"]):
        missed = [item async for item in client.pages("dispatch", "/deadlines/missed", clock=clock, limit=_PAGE)]
        for item in sorted(missed, key=itemgetter("due_at", "case_id")):
            due_at.setdefault(item["case_id"], []).append(datetime.fromisoformat(item["due_at"]))
    return due_at
