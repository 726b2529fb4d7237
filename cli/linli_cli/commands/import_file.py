"""`linli import`: a file of requests into intake, with a progress bar, once for each row for ever (INT-14)."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
from cyclopts import Parameter
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from linli_cli.client.client import Client
from linli_cli.client.tokens import Identity
from linli_cli.commands.running import AsJson, Data, Limit, running
from linli_cli.complaint import Complaint
from linli_cli.console import ERR, OUT, can_be_written, write_json
from linli_cli.importing.delivery import IMPORTER, Outcome, deliver, estates_in
from linli_cli.importing.delivery import register_estates as register
from linli_cli.importing.lines import RowFile
from linli_cli.importing.mapping import Mapping
from linli_cli.language import words

_SHOWN: Final = 20
"""Bad lines on the screen; all of them are in the report, and in intake's quarantine."""
_EVERY: Final = 50
"""Rows between two movements of the bar: drawing costs more than mapping a row."""


async def import_file(
    file: Annotated[Path, Parameter(help="CSV or JSON lines (.jsonl), compressed (.gz) or not, or XLSX.")],
    /,
    *,
    mapping: Annotated[str, Parameter(help="A mapping file, or the name of a shipped one: messages_zh, boston311.")],
    register_estates: Annotated[
        bool, Parameter(negative="", help="Register the estates it names that are new.")
    ] = False,
    limit: Limit = None,
    report: Annotated[Path | None, Parameter(help="Write every bad line to this file (JSON lines).")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Bring in a file of requests. The same row is never brought in twice, so a broken-off import is simply run again.

    The exit code is 0 when every row is in, 1 when some are not.
    """
    rules = Mapping.load(mapping)
    if report is not None:
        can_be_written(report)
    started = time.monotonic()
    registered = 0
    async with running(data) as (operator, _):
        client = operator.acting_as(Identity(IMPORTER))
        if register_estates:
            registered = await _register(client, file, rules, limit)
        with _progress(file, rules, words("导入", "importing")) as (rows, seen):
            outcome = await deliver(client, rows, rules, limit, seen)
    seconds = time.monotonic() - started
    if report is not None:
        _write_report(report, outcome)
    if as_json:
        write_json(_summary(file, rules, outcome, registered, seconds))
    else:
        _show(outcome, registered, seconds)
    return 1 if outcome.bad else 0


async def _register(client: Client, file: Path, rules: Mapping, limit: int | None) -> int:
    with _progress(file, rules, words("查找小区", "finding estates")) as (rows, seen):
        estates = estates_in(rows, rules, limit, seen)
    new, refused = await register(client, rules, estates)
    if refused:
        raise Complaint(
            f"有 {len(refused)} 个小区无法登记：{refused[0].zh}",
            f"{len(refused)} estates can't be registered: {refused[0].en}",
            exit_code=1,
        )
    return new


@contextmanager
def _progress(file: Path, rules: Mapping, what: str) -> Iterator[tuple[RowFile, Callable[[], None]]]:
    """Open the file beside a bar that shows how far into it we are, the rate, and when it will be done."""
    rows = RowFile(file, rules)
    count = 0
    started = time.monotonic()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]} · {task.fields[rate]}/s"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=ERR) as progress:
        task = progress.add_task(what, total=rows.size_bytes, rows=0, rate=0)

        def show() -> None:
            rate = round(count / max(0.001, time.monotonic() - started))
            progress.update(task, completed=rows.bytes_read, rows=count, rate=rate)

        def seen() -> None:
            nonlocal count
            count += 1
            if count % _EVERY == 0:
                show()

        yield rows, seen
        show()


def _summary(file: Path, rules: Mapping, outcome: Outcome, registered: int, seconds: float) -> dict[str, Any]:
    counts = {name: value for name, value in asdict(outcome).items() if name != "bad"}
    return {
        "file": str(file),
        "mapping": rules.name,
        **counts,
        "estates_registered": registered,
        "wall_s": round(seconds, 3),
        "rows_per_s": round(outcome.rows / max(0.001, seconds)),
        "bad": [asdict(each) for each in outcome.bad],
    }


def _write_report(path: Path, outcome: Outcome) -> None:
    try:
        path.write_bytes(b"".join(orjson.dumps(asdict(each)) + b"\n" for each in outcome.bad))
    except OSError as error:
        raise Complaint(f"无法写入 {path}：{error.strerror}", f"{path} can't be written: {error.strerror}") from error


def _show(outcome: Outcome, registered: int, seconds: float) -> None:
    new, known = outcome.new, outcome.known
    OUT.print(words(f"新导入 {new}，已存在 {known}", f"{new} new, {known} already known"), style="bold", markup=False)
    for count, zh, en in (
        (registered, "登记小区", "estates registered"),
        (outcome.from_quarantine, "其中出自隔离区", "of the new ones came out of quarantine"),
        (outcome.quarantined, "进入隔离区", "kept in quarantine"),
        (outcome.changed, "内容与首次导入不同", "differ from what was imported before"),
        (outcome.failed, "被拒绝", "refused"),
    ):
        if count:
            OUT.print(words(f"{zh} {count}", f"{count} {en}"), markup=False)
    rate = round(outcome.rows / max(0.001, seconds))
    OUT.print(
        words(
            f"共 {outcome.rows} 行，{seconds:.1f} 秒，{rate} 行/秒", f"{outcome.rows} rows in {seconds:.1f} s, {rate}/s"
        )
    )
    if not outcome.bad:
        return
    table = Table(box=SIMPLE_HEAD)
    table.add_column(words("行", "line"), justify="right")
    table.add_column(words("原因", "why"), overflow="fold")
    table.add_column(words("隔离编号", "quarantine"), overflow="fold")
    for each in outcome.bad[:_SHOWN]:
        table.add_row(str(each.line), words(each.zh, each.en), each.quarantine_id or "")
    OUT.print(table)
    if (more := len(outcome.bad) - _SHOWN) > 0:
        OUT.print(words(f"另有 {more} 行，见 --report", f"{more} more; --report writes all"), style="dim")
