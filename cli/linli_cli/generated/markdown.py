"""Tables in Markdown."""

from collections.abc import Iterable, Sequence
from inspect import getdoc

NOTICE = "<!-- Made by `python -m linli_cli.generate --write`; `make check` fails when it differs. -->"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; empty when there are no rows."""
    lines = [_row(row) for row in rows]
    return "\n".join((_row(head), _row(["---"] * len(head)), *lines)) if lines else ""


def code(text: str) -> str:
    """Text as it is written in a program."""
    return f"`{text}`" if text else ""


def codes(texts: Iterable[str]) -> str:
    """Several of them."""
    return " ".join(map(code, texts))


def summary(thing: object) -> str:
    """The first paragraph of its docstring, on one line."""
    return " ".join((getdoc(thing) or "").partition("\n\n")[0].replace("``", "`").split())


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
