"""Named SQL: every statement lives in a ``queries.sql`` file as ``-- name: …``, a line of purpose, and the statement.

Nothing is ever formatted into SQL: a query is looked up by name and its parameters are bound.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)\s*$")


class QueryError(ValueError):
    """A queries file is malformed: the text says which file and line."""


@dataclass(frozen=True, slots=True)
class Queries(Mapping[str, str]):
    """The statements of one or more files by name; a name may exist once."""

    statements: dict[str, str]

    @classmethod
    def load(cls, *files: Path) -> "Queries":
        """Read the files in order; raises :class:`QueryError` for a nameless statement or a repeated name."""
        statements: dict[str, str] = {}
        for file in files:
            for name, statement in _blocks(file):
                if name in statements:
                    message = f"{file}: the query {name} exists already"
                    raise QueryError(message)
                statements[name] = statement
        return cls(statements)

    def __getitem__(self, name: str) -> str:
        """The statement; an unknown name is a bug and raises ``KeyError``."""
        return self.statements[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self.statements)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.statements)


def _blocks(file: Path) -> Iterator[tuple[str, str]]:
    name: str | None = None
    lines: list[str] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        found = _NAME.match(line)
        if found:
            if name:
                yield name, "\n".join(lines).strip()
            name, lines = found[1], []
        elif name:
            lines.append(line)
        elif line.strip() and not line.startswith("--"):
            message = f"{file}:{number}: a statement without a name"
            raise QueryError(message)
    if name:
        yield name, "\n".join(lines).strip()
