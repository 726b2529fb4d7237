"""Goes through a checked directory, some places at a time and several side by side: compares, and sends if told to.

Place by place it holds as it is sent: broken off anywhere, it is run again and sends what is still different. What is
to hold whole or not at all is planned in the name of an import, which `whole` opens and confirms.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from linli_contracts.topics import DISPATCH

from linli_cli.client.answers import Command
from linli_cli.client.client import Client
from linli_cli.client.together import together
from linli_cli.complaint import Complaint
from linli_cli.group.difference import Change, changes, commands_of, registered
from linli_cli.group.faults import Faults
from linli_cli.group.index import Index
from linli_cli.group.portions import groups_of, requests_of
from linli_cli.group.tables import Place

SIDE_BY_SIDE: Final = 4
"""Groups of places under way: while one is read here, dispatch decides one batch, and the next waits for it."""
MOST_KEPT: Final = 1_000
"""Changes and refusals that are kept to be shown; all are counted."""


@dataclass(slots=True)
class Outcome:
    """What a directory would change or has changed."""

    new: Counter[str] = field(default_factory=Counter)
    """Rows by file."""
    changed: Counter[str] = field(default_factory=Counter)
    shown: list[Change] = field(default_factory=list)
    """The first of them."""
    places: list[Place] = field(default_factory=list)
    """Where something differs."""
    commands: int = 0
    refused: int = 0
    refusals: list[str] = field(default_factory=list)
    """The first of them, with what was refused and why."""
    codes: Counter[str] = field(default_factory=Counter)
    """The names of all refusals."""

    def count(self, found: Iterable[Change]) -> None:
        """Take in what differs."""
        for change in found:
            if not change.is_one:
                continue
            (self.new if change.known is None else self.changed)[change.row.table.file] += 1
            if len(self.shown) < MOST_KEPT:
                self.shown.append(change)

    @property
    def rows(self) -> int:
        """How many rows are new or differ."""
        return self.new.total() + self.changed.total()


async def go_through(
    client: Client,
    index: Index,
    *,
    apply: bool,
    seen: Callable[[int], None],
    from_at: datetime | None = None,
    of_import: str | None = None,
    places: Sequence[Place] | None = None,
) -> Outcome:
    """Compares places (None: all) with what dispatch has and, if `apply`, sends what differs.

    `seen` hears of rows done with. `from_at`: compared is what dispatch will have by then. `of_import`: what is sent is
    planned in its name for that instant, until something is refused; None: it holds from now on, one place after the
    other.

    Of one place the commands go one after the other: an estate is there before its people, and these before their
    absences. Regions and estates do not wait for each other.
    """
    outcome, run = Outcome(), secrets.token_hex(8)
    groups = groups_of(index, index.places if places is None else places)

    async def take_turns() -> None:
        for group in groups:
            if of_import is not None and outcome.refused:
                return
            known = await registered(client, group, from_at)
            faults = Faults()
            found = changes((row for place in group for row in index.rows(place, faults)), known)
            if len(faults):
                raise Complaint("文件在导入过程中被修改", "the files changed while they were brought in", exit_code=1)
            outcome.count(found)
            differing = {(change.row.table.place, change.row.place) for change in found}
            outcome.places += [place for place in group if (place.tables[0].place, place.id) in differing]
            for part in requests_of(commands_of(found, run, from_at, of_import)) if apply else ():
                await _send(client, part, outcome)
            seen(sum(map(index.count, group)))

    await together(take_turns() for _ in range(SIDE_BY_SIDE))
    return outcome


async def _send(client: Client, part: Sequence[Command], outcome: Outcome) -> None:
    outcome.commands += len(part)
    for command, answer in zip(part, await client.commands(DISPATCH, part, at_once=1), strict=True):
        if not answer.done:
            outcome.refused += 1
            outcome.codes[answer.code] += 1
            if len(outcome.refusals) < MOST_KEPT:
                place = command.body.get("estate_id") or command.body.get("region_id")
                outcome.refusals.append(f"{command.name} {place}: {answer.why}")
