"""`linli group import`: the organisation from a directory; shows what would change, changes it if told to."""

from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, Parameter
from linli_contracts.topics import DISPATCH
from rich.box import SIMPLE_HEAD
from rich.table import Table

from linli_cli.client.tokens import Identity
from linli_cli.commands.running import AsJson, Data, running
from linli_cli.complaint import Complaint
from linli_cli.console import ERR, OUT, write_json
from linli_cli.group.difference import Change, changes, commands_of
from linli_cli.group.files import Directory, read_directory
from linli_cli.language import words

GROUP: Final = App(name="group")
REGISTRAR: Final = Identity("group-import", ("dispatch:registry", "dispatch:read"))
"""Whose commands they are: an id is remembered for one sender, so it must never change."""
_SHOWN: Final = 30
"""Faults and changes on the screen; `--json` writes all."""


@GROUP.command(
    name="import", help=words("导入组织、人员、价格与服务", "bring in the organisation, people, prices, services")
)
async def import_group(
    directory: Annotated[Path, Parameter(help="The directory with group.toml and the CSV files.")],
    /,
    *,
    apply: Annotated[bool, Parameter(negative="", help="Make the changes; without it they are only shown.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Check the whole directory, show what it would change, and with --apply change it.

    One fault in any file, and nothing is sent. Run again, it sends only what is still different. The exit code is 0
    when all is as the directory says (or would be), 1 when a file has faults or a change was refused.
    """
    if not directory.is_dir():
        raise Complaint(f"没有目录 {directory}", f"there is no directory {directory}")
    read = read_directory(directory)
    if read.faults:
        _show_faults(read, as_json=as_json)
        return 1
    async with running(data) as (operator, _):
        client = operator.acting_as(REGISTRAR)
        found = await changes(client, read)
        refused = []
        sent = list(commands_of(found)) if apply else []
        for command in sent:
            # One after the other: an estate is there before its people, and its people before their absences.
            answer = await client.command(DISPATCH, command)
            if not answer.done:
                refused.append(f"{command.name} {command.body.get('estate_id', '')}: {answer.why}")
    if as_json:
        shown = [{"file": one.row.file, "line": one.row.line, "new": one.known is None, **one.wanted} for one in found]
        write_json({"faults": [], "changes": shown, "applied": apply, "commands": len(sent), "refused": refused})
    else:
        _show(found, refused, apply=apply)
    return 1 if refused else 0


def _show_faults(read: Directory, *, as_json: bool) -> None:
    if as_json:
        faults = [{"file": one.file, "line": one.line, "zh": one.what.zh, "en": one.what.en} for one in read.faults]
        write_json({"faults": faults, "changes": [], "applied": False, "commands": 0, "refused": []})
        return
    for fault in read.faults[:_SHOWN]:
        ERR.print(str(fault), markup=False, soft_wrap=True)
    many = len(read.faults)
    ERR.print(
        words(f"共 {many} 处错误，未作任何更改", f"{many} faults, nothing was changed"), style="red", markup=False
    )


def _show(found: list[Change], refused: list[str], *, apply: bool) -> None:
    table = Table(box=SIMPLE_HEAD)
    for name in (words("文件", "file"), words("行", "line"), words("更改", "change")):
        table.add_column(name, overflow="fold")
    for change in found[:_SHOWN]:
        table.add_row(change.row.file, str(change.row.line), _in_words(change))
    if found:
        OUT.print(table)
    new = sum(change.known is None for change in found)
    text = words(f"新增 {new}，更改 {len(found) - new}", f"{new} new, {len(found) - new} changed")
    OUT.print(text, style="bold", markup=False)
    if not apply and found:
        OUT.print(words("尚未执行；加 --apply 执行", "nothing was sent; --apply makes the changes"), markup=False)
    for one in refused:
        ERR.print(one, style="red", markup=False, soft_wrap=True)


def _in_words(change: Change) -> str:
    if change.known is None:
        return f"{words('新增', 'new')} {change.row.place}"
    return "; ".join(f"{name}: {before} → {after}" for name, (before, after) in change.differing.items())
