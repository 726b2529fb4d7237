"""Two policies side by side in front of a person, and as a document for machines."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from linli_cli.language import words
from linli_cli.simulation.comparing import AREAS, Line

_CASES: Final = 3
"""Cases of a line on the screen; `--json` has all of them."""
_LINES: Final = 12
"""Lines of one kind on the screen: those in which the most cases differ."""
_ALWAYS: Final = frozenset({"missed", "ladder", "crisis"})


def show_sides(console: Console, lines: Sequence[Line], policies: Sequence[str]) -> None:
    """Print each figure in which the two differ, or that says what was compared, with the first cases behind it."""
    table = Table()
    table.add_column(words("项目", "figure"))
    for policy in policies:
        table.add_column(policy, justify="right")
    table.add_column("±", justify="right")
    table.add_column(words("不同的工单", "cases that differ"))
    for area, of_area in groupby(lines, key=lambda line: line.area):
        wanted = [line for line in of_area if line.differs or area in _ALWAYS]
        shown = _foremost(wanted)
        for line in shown:
            table.add_row(
                f"{AREAS[area]}: {line.name}", f"{line.first:,}", f"{line.second:,}",
                f"{line.second - line.first:+,}" if line.differs else "", _opened(line),
            )  # fmt: skip
        if len(wanted) > len(shown):
            more = len(wanted) - len(shown)
            table.add_row(f"{AREAS[area]}: " + words(f"另有 {more:,} 行", f"{more:,} more lines"), "", "", "", "--json")
    console.print(table)
    if not any(line.differs for line in lines):
        console.print(words("两份规则结果相同", "both policies end alike"), style="dim")


def _foremost(lines: Sequence[Line]) -> list[Line]:
    """As many as are shown, in their order."""
    most = sorted(lines, key=lambda line: -len(line.cases))[:_LINES]
    return [line for line in lines if line in most]


def _opened(line: Line) -> str:
    first = " ".join(one.key for one in line.cases[:_CASES])
    more = len(line.cases) - _CASES
    return first + (words(f" 另有 {more:,}", f" and {more:,} more") if more > 0 else "")


def sides_document(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Every figure under both policies with all cases behind a difference."""
    return [
        {
            "area": line.area,
            "name": line.name,
            "first": line.first,
            "second": line.second,
            "cases": [
                {"key": one.key, "case_id": one.case_id, "first": one.first, "second": one.second} for one in line.cases
            ],
        }
        for line in lines
    ]
