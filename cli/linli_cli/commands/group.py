"""`linli group import`: the organisation from a directory; shows what would change, changes it if told to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, Parameter
from linli_contracts.topics import DISPATCH
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from linli_cli.client.client import Client
from linli_cli.client.rest import Reading
from linli_cli.client.tokens import Identity
from linli_cli.commands.instants import instant_of
from linli_cli.commands.running import AsJson, Data, running
from linli_cli.complaint import Complaint
from linli_cli.console import ERR, OUT, write_json
from linli_cli.group.applying import Outcome, go_through, take_back
from linli_cli.group.checking import check_directory
from linli_cli.group.difference import Change
from linli_cli.group.faults import MOST_FAULTS, Faults
from linli_cli.language import words

GROUP: Final = App(name="group")
REGISTRAR: Final = Identity("group-import", ("dispatch:registry", "dispatch:read"))
"""Whose commands they are."""
_SHOWN: Final = 30
"""Faults and changes on the screen."""


@GROUP.command(
    name="import", help=words("导入组织、人员、价格与服务", "bring in the organisation, people, prices, services")
)
async def import_group(
    directory: Annotated[Path, Parameter(help="The directory with group.toml and the CSV files.")],
    /,
    *,
    apply: Annotated[bool, Parameter(negative="", help="Make the changes; without it they are only shown.")] = False,
    from_at: Annotated[
        str | None, Parameter("--from", help="From when on the changes hold, all of them or none: they are planned.")
    ] = None,
    withdraw: Annotated[
        bool, Parameter(negative="", help="Withdraw what of this directory is planned for the instant of --from.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Check the whole directory, show what it would change, and with --apply change it.

    One fault in any file, and nothing is sent. Run again, it sends only what is still different. With --from all of it
    is planned for one instant, or nothing. The exit code is 0 when all is as the directory says (or would be), 1 when a
    file has faults or a change was refused.
    """
    if not directory.is_dir():
        raise Complaint(f"没有目录 {directory}", f"there is no directory {directory}")
    holds_from = instant_of(from_at, "--from") if from_at is not None else None
    if withdraw and (holds_from is None or apply):
        raise Complaint("--withdraw 需要 --from，且不与 --apply 同用", "--withdraw takes --from, and no --apply")
    size = sum(path.stat().st_size for path in directory.glob("*.csv"))
    with _progress(words("检查", "checking"), 2 * size) as seen:
        index, faults = check_directory(directory, seen)
    if len(faults):
        _show_faults(faults, as_json=as_json)
        return 1
    async with running(data) as (operator, _):
        registrar = operator.acting_as(REGISTRAR)
        if withdraw and holds_from is not None:
            _show_withdrawn(await take_back(registrar, index, holds_from), as_json=as_json)
            return 0
        if holds_from is not None:
            await _not_begun(operator, holds_from)
        what = words("导入", "bringing in") if apply else words("比较", "comparing")
        with _progress(what, sum(map(index.count, index.places))) as seen:
            outcome = await go_through(registrar, index, apply=apply, seen=seen, from_at=holds_from)
    if as_json:
        _write(outcome, apply=apply)
    else:
        _show(outcome, apply=apply)
    return 1 if outcome.refused else 0


async def _not_begun(operator: Client, from_at: datetime) -> None:
    """A `Complaint` where dispatch's clock is past that instant: place by place would hold from when it is sent."""
    now = Reading.model_validate(await operator.get(DISPATCH, "/rest")).instant
    if from_at <= now:
        raise Complaint(
            f"--from 须晚于 {now:%Y-%m-%dT%H:%M:%SZ}；如从现在起生效，请勿使用 --from",
            f"--from must be later than {now:%Y-%m-%dT%H:%M:%SZ}; leave it out for what holds from now on",
        )


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    columns = (
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=ERR) as progress:
        task = progress.add_task(what, total=total)
        yield lambda more: progress.advance(task, more)


def _write(outcome: Outcome, *, apply: bool) -> None:
    """The first changes and refusals, and the counts of all."""
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
            "withdrawn": outcome.withdrawn,
        }
    )


def _show_faults(found: Faults, *, as_json: bool) -> None:
    if as_json:
        faults = [{"file": one.file, "line": one.line, "zh": one.what.zh, "en": one.what.en} for one in found]
        write_json({"faults": faults, "changes": [], "applied": False, "commands": 0, "refused": []})
        return
    for fault in list(found)[:_SHOWN]:
        ERR.print(str(fault), markup=False, soft_wrap=True)
    many = f"{len(found)}+" if len(found) == MOST_FAULTS else str(len(found))
    ERR.print(
        words(f"共 {many} 处错误，未作任何更改", f"{many} faults, nothing was changed"), style="red", markup=False
    )


def _show(outcome: Outcome, *, apply: bool) -> None:
    table = Table(box=SIMPLE_HEAD)
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
    if outcome.withdrawn:
        _show_withdrawn(outcome.withdrawn, as_json=False)


def _show_withdrawn(changes: int, *, as_json: bool) -> None:
    if as_json:
        write_json({"withdrawn": changes})
        return
    OUT.print(words(f"撤回待生效变更 {changes} 项", f"{changes} planned changes were withdrawn"), markup=False)


def _in_words(change: Change) -> str:
    if change.known is None:
        return f"{words('新增', 'new')} {change.row.place}"
    return "; ".join(f"{name}: {before} → {after}" for name, (before, after) in change.differing.items())
