"""`linli audit`: whether the books and the bus are as they must be. It only reads."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter
from rich.box import SIMPLE_HEAD
from rich.table import Table

from linli_cli.audit.access import Access
from linli_cli.audit.books import compare as books_compared
from linli_cli.audit.books import load_books
from linli_cli.audit.run import audit_all, checks_named
from linli_cli.audit.violation import Found
from linli_cli.commands.running import AsJson, Data, home_of
from linli_cli.console import OUT, write_json
from linli_cli.language import heading, words

_SHOWN: Final = 200
"""Differences on the screen; `--json` has all."""
_WIDEST: Final = 200
COUNTED: Final = {
    "records on the bus": "总线记录",
    "requests": "受理",
    "tickets": "工单",
    "callbacks": "回访",
    "movements": "质保金分录",
    "points entries": "积分台账分录",
}
"""What was looked at, by its English name, in Chinese."""


async def audit(
    *,
    moving: Annotated[
        bool, Parameter(negative="", help="Leave out what holds only while nothing is under way.")
    ] = False,
    only: Annotated[list[str] | None, Parameter(help="Make these checks only, by their names.")] = None,
    books: Annotated[Path | None, Parameter(help="Write the books to this file too.")] = None,
    compare: Annotated[tuple[Path, Path] | None, Parameter(help="Only compare two files of books.")] = None,
    leave_out: Annotated[list[str] | None, Parameter(help="With --compare: fields not to look at.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Check every promise that can be read: lanes, inboxes, cases, callbacks, ledgers, clocks, the bus.

    The books are all states, ledgers and timelines as two runs of one input have them alike; with --compare nothing
    else is looked at. Exit code 0: all is well; 1: something is not, and each violation or difference is listed.
    """
    if compare is not None:
        return _compare(*compare, frozenset(leave_out or ()), as_json=as_json)
    wanted = checks_named(moving, only or ())
    found = await audit_all(Access.find(home_of(data).audit), wanted, books)
    if as_json:
        write_json(document_of(found))
    else:
        show(found)
    return 1 if found.violations else 0


def _compare(first: Path, second: Path, leave_out: frozenset[str], *, as_json: bool) -> int:
    differences = list(books_compared(load_books(first), load_books(second), leave_out))
    if as_json:
        write_json([one._asdict() for one in differences])
    elif differences:
        table = Table(box=SIMPLE_HEAD)
        for zh, en in (("服务", "service"), ("账目", "what"), ("编号", "id"), ("字段", "field")):
            table.add_column(heading(zh, en), overflow="fold")
        table.add_column(first.name, overflow="fold")
        table.add_column(second.name, overflow="fold")
        for one in differences[:_SHOWN]:
            table.add_row(*map(str, one[:4]), *(str(value)[:_WIDEST] for value in one[4:]))
        OUT.print(table)
        count = len(differences)
        OUT.print(words(f"{count} 处不同", f"{count} differences"), style="bold red")
    else:
        OUT.print(words("账目相同", "the books are equal"), style="bold green")
    return 1 if differences else 0


def document_of(found: Found) -> dict[str, Any]:
    """What was found, for machines."""
    return {
        "clean": not found.violations,
        "checks": sorted(found.checks),
        "counts": found.counts,
        "violations": [
            {"check": one.check, "service": one.service, "wrong": one.wrong._asdict(), "ids": one.ids}
            for one in found.violations
        ],
        "more_than_listed": sorted(found.more),
        "not_seen_on_the_bus": [asdict(one) for one in found.not_seen],
    }


def show(found: Found) -> None:
    """What was found, for people."""
    zh = "、".join(f"{COUNTED[what]} {count:,}" for what, count in found.counts.items())
    en = ", ".join(f"{count:,} {what}" for what, count in found.counts.items())
    OUT.print(words(f"已查：{zh}", f"looked at: {en}"), style="dim", markup=False)
    for one in found.not_seen:
        zh = f"{one.service}：{one.lanes} 个通道的 {one.facts:,} 条事实已不在总线上（或刚发布），未能查看"
        en = f"{one.service}: {one.facts:,} facts of {one.lanes} lanes are not on the bus (any more, or yet): not seen"
        OUT.print(words(zh, en), style="yellow", markup=False)
    if not found.violations:
        text = words(f"{len(found.checks)} 项检查，全部相符", f"{len(found.checks)} checks, nothing wrong")
        OUT.print(text, style="bold green")
        return
    table = Table(box=SIMPLE_HEAD)
    for zh, en in (("检查", "check"), ("服务", "service"), ("不符之处", "what is wrong"), ("编号", "ids")):
        table.add_column(heading(zh, en), overflow="fold")
    for violation in found.violations:
        ids = " ".join(f"{name}={value}" for name, value in violation.ids.items() if value is not None)
        table.add_row(violation.check, violation.service, str(violation.wrong), ids)
    OUT.print(table)
    for check in sorted(found.more):
        OUT.print(words(f"{check}：还有更多", f"{check}: there are more"), style="dim", markup=False)
    count = len(found.violations)
    OUT.print(words(f"{count} 处不符", f"{count} violations"), style="bold red")
