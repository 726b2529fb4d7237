"""What `linli group import` says of its outcome: as JSON, or for people."""

from typing import Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from linli_cli.console import ERR, OUT, write_json
from linli_cli.group.difference import Change
from linli_cli.group.whole import Import
from linli_cli.language import words

_SHOWN: Final = 30
"""Changes and refusals on the screen."""


def write_outcome(made: Import, *, apply: bool) -> None:
    """The first changes and refusals, the counts of all, and where the import stands, if there is one."""
    outcome = made.outcome
    changes = [
        {"file": one.row.table.file, "line": one.row.line, "new": one.known is None, **one.wanted}
        for one in outcome.shown
    ]
    write_json(
        {
            "faults": [],
            "changes": changes,
            "new": outcome.new,
            "changed": outcome.changed,
            "applied": apply,
            "commands": outcome.commands,
            "refused": outcome.refusals,
            "refusals": outcome.refused,
            "import_id": made.import_id,
            "from_at": made.from_at,
            "stands": made.stands,
            "import_changes": made.changes,
        }
    )


def show_outcome(made: Import, *, apply: bool) -> None:
    """The first changes, the counts, what was refused, and from when on it holds."""
    outcome, table = made.outcome, Table(box=SIMPLE_HEAD)
    for name in (words("文件", "file"), words("行", "line"), words("更改", "change")):
        table.add_column(name, overflow="fold")
    for change in outcome.shown[:_SHOWN]:
        table.add_row(change.row.table.file, str(change.row.line), _in_words(change))
    if outcome.shown:
        OUT.print(table)
    new, changed = outcome.new.total(), outcome.changed.total()
    OUT.print(words(f"新增 {new}，更改 {changed}", f"{new} new, {changed} changed"), style="bold", markup=False)
    for file in sorted({*outcome.new, *outcome.changed}):
        new, changed = outcome.new[file], outcome.changed[file]
        OUT.print(words(f"{file}：新增 {new}，更改 {changed}", f"{file}: {new} new, {changed} changed"), markup=False)
    if not apply and outcome.rows:
        OUT.print(words("尚未执行；加 --apply 执行", "nothing was sent; --apply makes the changes"), markup=False)
    for one in outcome.refusals[:_SHOWN]:
        ERR.print(one, style="red", markup=False, soft_wrap=True)
    if outcome.refused:
        ERR.print(words(f"共拒绝 {outcome.refused}", f"{outcome.refused} refused"), style="red", markup=False)
    _show_standing(made)


def _show_standing(made: Import) -> None:
    """From when on it holds, or why nothing of it does."""
    when = made.from_at and f"{made.from_at:%Y-%m-%dT%H:%M:%S%z}"
    holds = {
        "begun": words(f"自 {when} 起全部生效", f"all of it holds from {when} on"),
        "confirmed": words(f"将自 {when} 起生效", f"all of it will hold from {when} on"),
    }
    does_not = {
        "withdrawn": words("导入已撤回，未作任何更改", "the import was withdrawn, nothing of it holds"),
        "lapsed": words(
            "未能在生效时间前全部列入计划，未作任何更改；请用 --from 指定更晚的时间",
            "not all was planned before its instant, so nothing of it holds; name a later one with --from",
        ),
    }
    if made.stands in holds:
        OUT.print(holds[made.stands], style="bold", markup=False, soft_wrap=True)
    if made.stands in does_not:
        ERR.print(does_not[made.stands], style="red", markup=False, soft_wrap=True)
    if made.stands == "confirmed" and made.stepped:
        said = words(
            "步进时钟不会自行走动，须先拨到该时刻", "the stepped clock stands still until somebody moves it there"
        )
        OUT.print(said, markup=False, soft_wrap=True)
    for status, many in made.changes.items():
        if made.stands == "begun" and status != "begun":
            ERR.print(words(f"其中 {status}：{many}", f"but for {many}: {status}"), style="red", markup=False)


def _in_words(change: Change) -> str:
    if change.known is None:
        return f"{words('新增', 'new')} {change.row.place}"
    return "; ".join(f"{name}: {before} → {after}" for name, (before, after) in change.differing.items())
