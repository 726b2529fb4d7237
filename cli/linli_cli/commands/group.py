"""`linli group import`: the organisation from a directory; shows what would change, changes it if told to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, Parameter
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from linli_cli.client.client import Client
from linli_cli.client.tokens import Identity
from linli_cli.commands.group_outcome import show_outcome, write_outcome
from linli_cli.commands.instants import instant_of
from linli_cli.commands.running import AsJson, Data, running
from linli_cli.complaint import Complaint
from linli_cli.console import ERR, OUT, write_json
from linli_cli.group.applying import go_through
from linli_cli.group.checking import check_directory
from linli_cli.group.faults import MOST_FAULTS, Faults
from linli_cli.group.whole import Import, bring_in, clock_of, take_back
from linli_cli.language import words

GROUP: Final = App(name="group")
REGISTRAR: Final = Identity("group-import", ("dispatch:registry", "dispatch:read"))
"""Whose commands they are."""
_SHOWN: Final = 30
"""Faults on the screen."""


@GROUP.command(
    name="import", help=words("导入组织、人员、价格与服务", "bring in the organisation, people, prices, services")
)
async def import_group(
    directory: Annotated[Path, Parameter(help="The directory with group.toml and the CSV files.")],
    /,
    *,
    apply: Annotated[bool, Parameter(negative="", help="Make the changes; without it they are only shown.")] = False,
    from_at: Annotated[
        str | None, Parameter("--from", help="From when on the changes hold; without it, as soon as all are planned.")
    ] = None,
    place_by_place: Annotated[
        bool, Parameter(negative="", help="With --apply: each place holds as it is sent. Not all or nothing.")
    ] = False,
    withdraw: Annotated[
        bool, Parameter(negative="", help="Withdraw what these files have planned for the instant of --from.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Check the whole directory, show what it would change, and with --apply change it, all of it at one instant or
    nothing.

    One fault in any file, and nothing is sent. The exit code is 0 when all is as the directory says (or would be, or
    will be at the instant of --from), 1 when a file has faults or a change was refused.
    """
    if not directory.is_dir():
        raise Complaint(f"没有目录 {directory}", f"there is no directory {directory}")
    holds_from = instant_of(from_at, "--from") if from_at is not None else None
    if withdraw and (holds_from is None or apply or place_by_place):
        raise Complaint("--withdraw 只与 --from 同用", "--withdraw takes --from, and nothing else")
    if place_by_place and (holds_from is not None or not apply):
        raise Complaint(
            "--place-by-place 与 --apply 同用，且不带 --from", "--place-by-place takes --apply, and no --from"
        )
    size = sum(path.stat().st_size for path in directory.glob("*.csv"))
    with _progress(words("检查", "checking"), 2 * size) as seen:
        index, faults = check_directory(directory, seen)
    if len(faults):
        _show_faults(faults, as_json=as_json)
        return 1
    async with running(data) as (operator, _):
        registrar = operator.acting_as(REGISTRAR)
        if withdraw and holds_from is not None:
            _show_withdrawn(await take_back(registrar, directory, holds_from), as_json=as_json)
            return 0
        if holds_from is not None:
            await _not_begun(operator, holds_from)
        if apply and not place_by_place:
            made = await bring_in(operator, REGISTRAR, index, holds_from, _progress)
        else:
            what = words("导入", "bringing in") if apply else words("比较", "comparing")
            with _progress(what, sum(map(index.count, index.places))) as seen:
                made = Import(await go_through(registrar, index, apply=apply, seen=seen, from_at=holds_from))
    (write_outcome if as_json else show_outcome)(made, apply=apply)
    return 1 if made.outcome.refused or made.failed else 0


async def _not_begun(operator: Client, from_at: datetime) -> None:
    """A `Complaint` where dispatch's clock is past that instant."""
    now = (await clock_of(operator)).instant
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


def _show_withdrawn(changes: int, *, as_json: bool) -> None:
    if as_json:
        write_json({"withdrawn": changes})
        return
    OUT.print(words(f"撤回待生效变更 {changes} 项", f"{changes} planned changes were withdrawn"), markup=False)
