"""Goes through a checked directory, some places at a time and several side by side: compares, and sends if told to.

Broken off anywhere, it is run again and sends what is still different.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from linli_contracts.topics import DISPATCH

from linli_cli.client.answers import Command
from linli_cli.client.client import Client
from linli_cli.client.together import together
from linli_cli.complaint import Complaint
from linli_cli.group.difference import Change, changes, commands_of, registered
from linli_cli.group.faults import Faults
from linli_cli.group.index import Index
from linli_cli.group.tables import Place

T = TypeVar("T")
ROWS_COMPARED: Final = 5_000
"""Rows that are read and compared together: some eight estates, five megabytes, a twentieth of a second."""
PLACES_COMPARED: Final = 50
"""Of small estates; their ids make an address of three kilobytes."""
ROWS_SENT: Final = 2_500
"""In one request: half a megabyte, a fraction of a second of dispatch's time. It bounds dispatch's memory."""
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
    commands: int = 0
    refused: int = 0
    refusals: list[str] = field(default_factory=list)
    """The first of them, with what was refused and why."""

    def count(self, found: Iterable[Change]) -> None:
        """Take in what differs."""
        for change in found:
            (self.new if change.known is None else self.changed)[change.row.table.file] += 1
            if len(self.shown) < MOST_KEPT:
                self.shown.append(change)

    @property
    def rows(self) -> int:
        """How many rows are new or differ."""
        return self.new.total() + self.changed.total()


async def go_through(
    client: Client, index: Index, *, apply: bool, seen: Callable[[int], None], from_at: str | None = None
) -> Outcome:
    """Compares every place with what dispatch has and, if `apply`, sends what differs; `seen` hears of rows done with.

    `from_at`: from when on the changes of homes, rosters, contractors and prices hold; none: from now.

    Of one place the commands go one after the other: an estate is there before its people, and these before their
    absences. Regions and estates do not wait for each other.
    """
    outcome = Outcome()
    groups = _groups(index)

    async def take_turns() -> None:
        for places in groups:
            known = await registered(client, places)
            faults = Faults()
            found = changes((row for place in places for row in index.rows(place, faults)), known)
            if len(faults):
                raise Complaint("文件在导入过程中被修改", "the files changed while they were brought in", exit_code=1)
            outcome.count(found)
            for part in _requests(commands_of(found, from_at)) if apply else ():
                await _send(client, part, outcome)
            seen(sum(map(index.count, places)))

    await together(take_turns() for _ in range(SIDE_BY_SIDE))
    return outcome


async def _send(client: Client, part: Sequence[Command], outcome: Outcome) -> None:
    outcome.commands += len(part)
    for command, answer in zip(part, await client.commands(DISPATCH, part, at_once=1), strict=True):
        if not answer.done:
            outcome.refused += 1
            if len(outcome.refusals) < MOST_KEPT:
                place = command.body.get("estate_id") or command.body.get("region_id")
                outcome.refusals.append(f"{command.name} {place}: {answer.why}")


def _groups(index: Index) -> Iterator[list[Place]]:
    """All places, as many at a time as are compared together."""
    return _portions(((place, index.count(place)) for place in index.places), ROWS_COMPARED, PLACES_COMPARED)


def _requests(commands: Iterable[tuple[Command, int]]) -> Iterator[list[Command]]:
    """The commands in their order, as many at a time as travel together."""
    return _portions(commands, ROWS_SENT, ROWS_SENT)


def _portions(counted: Iterable[tuple[T, int]], rows_at_most: int, at_most: int) -> Iterator[list[T]]:
    """Things in their order, each with its rows, until they are too many; what has too many by itself stands alone."""
    portion: list[T] = []
    rows = 0
    for one, more in counted:
        if portion and (rows + more > rows_at_most or len(portion) == at_most):
            yield portion
            portion, rows = [], 0
        portion.append(one)
        rows += more
    if portion:
        yield portion
