"""What became of each case of a run, read from dispatch over HTTP: what a comparison of two policies looks at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from linli_cli.client.client import Client

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one case."""

    case_id: str
    opened_at: datetime | None
    desk: str
    handler_id: str | None
    level: int
    missed: Mapping[str, int]
    """Deadlines missed, by clock, over all rounds."""
    steps: Mapping[str, int]
    """Steps of the ladder taken, over all rounds."""


async def read_fates(client: Client, key_of: Mapping[str, str]) -> dict[str, Fate]:
    """Every case of the run by its key in the file; the system is at rest. ``key_of``: by case id."""
    fates = {}
    async for ticket in client.pages("dispatch", "/tickets", limit=_PAGE):
        opened_at = ticket["opened_at"]
        fates[key_of[ticket["case_id"]]] = Fate(
            case_id=ticket["case_id"],
            opened_at=datetime.fromisoformat(opened_at) if opened_at else None,
            desk=ticket["desk"],
            handler_id=ticket["handler_id"],
            level=ticket["level"],
            missed=ticket["missed"],
            steps=ticket["steps_taken"],
        )
    return fates
