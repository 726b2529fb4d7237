"""How much of an import goes together: places that are compared at a time, commands that travel in one request."""

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from linli_cli.client.answers import Command
from linli_cli.group.index import Index
from linli_cli.group.tables import Place

T = TypeVar("T")
ROWS_COMPARED: Final = 5_000
"""Rows that are read and compared together: some eight estates, five megabytes, a twentieth of a second."""
PLACES_COMPARED: Final = 50
"""Of small estates; their ids make an address of three kilobytes."""
ROWS_SENT: Final = 2_500
"""In one request: half a megabyte, a fraction of a second of dispatch's time. It bounds dispatch's memory."""


def groups_of(index: Index, places: Iterable[Place]) -> Iterator[list[Place]]:
    """Places, as many at a time as are compared together."""
    return _portions(((place, index.count(place)) for place in places), ROWS_COMPARED, PLACES_COMPARED)


def requests_of(commands: Iterable[tuple[Command, int]]) -> Iterator[list[Command]]:
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
