"""The end of `linli simulate` in front of a person: figures, differences, what was odd."""

from collections.abc import Iterator
from datetime import tzinfo
from typing import Final

from rich.console import Console
from rich.table import Table

from linli_cli.language import Words, words
from linli_cli.simulation.figures import Result
from linli_cli.simulation.played import Played

_SHOWN: Final = 20
"""Lines of a list on the screen; `--json` has all of them."""


def show_result(console: Console, result: Result, played: Played, wall_s: float, zone: tzinfo) -> None:
    """Print everything that a person needs to see whether the run was right."""
    table = Table(show_header=False)
    table.add_column(words("项目", "what"))
    table.add_column(words("数", "figure"), justify="right")
    for name, figure in _rows(result, played):
        table.add_row(str(name), f"{figure:,}")
    local = result.horizon.astimezone(zone)
    table.add_row(words("截止时刻", "horizon"), local.isoformat(sep=" ", timespec="seconds"))
    table.add_row(words("用时（秒）", "wall time, s"), f"{wall_s:.1f}")
    console.print(table)
    for one in result.differences[:_SHOWN]:
        says = (
            words("系统记为超时，文件不是", "missed in dispatch, not by the file")
            if one.missed_in_dispatch
            else words("文件为超时，系统没有", "missed by the file, not in dispatch")
        )
        console.print(f"≠ {one.case.key} ({one.case_id}): {says}", style="red", markup=False)
    for remark in played.remarks[:_SHOWN]:
        console.print(f"• {remark.line}: {remark.key}: {remark.what}", style="yellow", markup=False)
    if (more := max(0, len(result.differences) - _SHOWN) + max(0, len(played.remarks) - _SHOWN)) > 0:
        console.print(words(f"另有 {more} 条，见 --json", f"{more} more lines: see --json"), style="dim")
    if result.holds:
        console.print(words("全部相符", "everything agrees"), style="bold green")
    else:
        console.print(words("不相符", "it does not agree"), style="bold red")


def _rows(result: Result, played: Played) -> Iterator[tuple[Words, int]]:
    yield Words("文件行数", "rows in the file"), played.rows
    if played.not_played:
        yield Words("　其中无法重放", "  not played"), played.not_played
    yield Words("收到", "received"), result.received
    yield Words("已结", "closed"), result.closed
    yield Words("未结", "open"), result.open
    yield Words("　其中已处理、待回访", "  done, not yet called back"), result.resolved
    yield Words("重新打开", "reopened"), result.reopened
    yield Words("有应办时间的", "with a due time"), result.due_total
    yield Words("办结超时（系统）", "completion deadlines missed (dispatch)"), result.deadlines_missed
    yield Words("办结超时（按文件）", "completion deadlines missed (by the file)"), result.deadlines_missed_by_file
    yield Words("　无自有时限而逾政策时限", "  by the policy, where the file has none"), result.policy_deadlines_missed
    yield Words("差异", "differences"), len(result.differences)
    yield Words("在途", "in flight"), result.in_flight
    yield Words("无时钟的工单", "tickets without a clock"), result.stuck
    yield Words("无负责人的工单", "tickets without an owner"), result.unowned
    if result.never_received:
        yield Words("被拒收", "refused"), result.never_received
