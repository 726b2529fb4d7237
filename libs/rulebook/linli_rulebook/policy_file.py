"""Reading one policy file into its tables, so that every complaint about it names the file, the line and the entry."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from linli_rulebook.entry import AREAS, ENTRY_NAME
from linli_rulebook.errors import PolicyFileError

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A parsed policy file: `path` relative to the policy directory, its tables, and its text for the line numbers."""

    path: str
    tables: Mapping[str, Any]
    text: str = field(repr=False)

    @classmethod
    def read(cls, directory: Path, path: Path) -> "PolicyFile":
        """Parses `path`; decimals stay exact. Raises `PolicyFileError` when it is missing or not UTF-8 TOML."""
        shown = path.relative_to(directory).as_posix()
        try:
            text = path.read_text(encoding="utf-8")
            return cls(shown, tomllib.loads(text, parse_float=Decimal), text)
        except FileNotFoundError as error:
            raise PolicyFileError(f"{shown}: there is no such file") from error
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise PolicyFileError(f"{shown}: {error}") from error

    def entries(self, besides: frozenset[str] = frozenset()) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every `[<area>.<name>]` table with its full name; top-level keys in `besides` are skipped."""
        for area, tables in self.tables.items():
            if area in besides:
                continue
            if area not in AREAS or not isinstance(tables, dict):
                raise self.error(area, f"is not an area of the policy ({', '.join(AREAS)})")
            for name, table in tables.items():
                if not ENTRY_NAME.fullmatch(name) or not isinstance(table, dict):
                    raise self.error(f"{area}.{name}", "is not an entry: a table with a snake_case name")
                yield f"{area}.{name}", table

    def parse(self, model: type[Model], name: str, table: Mapping[str, Any]) -> Model:
        """The table of entry `name` as a `model`. Raises `PolicyFileError` for unknown keys and wrong types."""
        try:
            return model.model_validate(table)
        except ValidationError as error:
            raise self.error(name, "; ".join(map(_in_words, error.errors()))) from error

    def where(self, name: str) -> str:
        """`path:line` of the header of entry `name`, or the path alone when the header is not found."""
        header = re.compile(r"\s*\[\s*" + r"\s*\.\s*".join(map(re.escape, name.split("."))) + r"\s*\]")
        for number, line in enumerate(self.text.splitlines(), start=1):
            if header.match(line):
                return f"{self.path}:{number}"
        return self.path

    def error(self, name: str, complaint: str) -> PolicyFileError:
        """The error to raise for entry `name` of this file."""
        return PolicyFileError(f"{self.where(name)}: {name}: {complaint}")


def _in_words(fault: ErrorDetails) -> str:
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}".removeprefix(": ")
