"""`python -m linli_cli.generate --write|--check`: the documents below docs/ that are made from the code and the policy.

`--check` changes nothing, and leaves with 1 when a file differs from what would be written, is missing or left over.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from linli_cli.console import ERR
from linli_cli.generated.interfaces import interfaces
from linli_cli.generated.policy_page import policy_page
from linli_cli.generated.service_pages import service_pages
from linli_cli.places import repository

_OWNED: Final = ("openapi", "services")
"""Folders below docs/ in which every file is made here."""


def documents() -> Mapping[str, str]:
    """Every document by its path below docs/."""
    return {**interfaces(), **service_pages(), **policy_page()}


def differences(docs: Path, wanted: Mapping[str, str]) -> list[str]:
    """What is not as it would be written, one sentence each."""
    found = []
    for name, text in wanted.items():
        path = docs / name
        if not path.exists():
            found.append(f"docs/{name} is missing")
        elif path.read_text(encoding="utf-8") != text:
            found.append(f"docs/{name} differs from the code")
    found.extend(f"docs/{name} is left over" for name in _left_over(docs, wanted))
    return found


def write(docs: Path, wanted: Mapping[str, str]) -> None:
    """Write every document and remove what is left over."""
    for name, text in wanted.items():
        (docs / name).parent.mkdir(parents=True, exist_ok=True)
        (docs / name).write_text(text, encoding="utf-8")
    for name in _left_over(docs, wanted):
        (docs / name).unlink()


def _left_over(docs: Path, wanted: Mapping[str, str]) -> list[str]:
    files = (path for folder in _OWNED for path in sorted((docs / folder).glob("*")))
    return [name for path in files if (name := path.relative_to(docs).as_posix()) not in wanted]


def main(arguments: Sequence[str]) -> int:
    """Run; the exit code."""
    if list(arguments) not in (["--write"], ["--check"]):
        ERR.print("python -m linli_cli.generate --write|--check", markup=False)
        return 2
    docs = repository() / "docs"
    if arguments[0] == "--write":
        write(docs, documents())
        return 0
    found = differences(docs, documents())
    for difference in found:
        ERR.print(difference, markup=False)
    if found:
        ERR.print("python -m linli_cli.generate --write", style="bold", markup=False)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
