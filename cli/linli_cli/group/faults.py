"""What is wrong with an organisation's directory: a fault a line, all files together, up to a bound."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from linli_cli.language import Words

MOST_FAULTS: Final = 10_000
"""More than anybody puts right by hand; a file that is wrong on every line need not be read to its end."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line of a file."""

    file: str
    line: int
    what: Words

    def __str__(self) -> str:
        """`homes.csv:12: …`."""
        return f"{self.file}:{self.line}: {self.what}"


class TooManyFaultsError(Exception):
    """There are as many faults as are kept: reading on finds nothing that a person could use."""


class Faults:
    """The faults found so far."""

    def __init__(self) -> None:
        """None yet."""
        self._found: list[Fault] = []

    def add(self, file: str, line: int, zh: str, en: str) -> None:
        """Note something that is wrong. Raises :class:`TooManyFaultsError` with the last one that is kept."""
        self._found.append(Fault(file, line, Words(zh, en)))
        if len(self._found) >= MOST_FAULTS:
            raise TooManyFaultsError

    def __len__(self) -> int:
        """How many there are."""
        return len(self._found)

    def __iter__(self) -> Iterator[Fault]:
        """By file and line."""
        return iter(sorted(self._found, key=lambda fault: (fault.file, fault.line)))
