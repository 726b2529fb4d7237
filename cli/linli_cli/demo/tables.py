"""The year in a table that a manager understands; zh-CN first, English second."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table

from linli_cli.demo.outcome import Outcome
from linli_cli.language import Words, words
from linli_cli.simulation.agenda import Done

LEVELS: Final = {
    "1": Words("一级 重大", "level 1, major"),
    "2": Words("二级 热点", "level 2, hot"),
    "3": Words("三级 重要", "level 3, important"),
    "4": Words("四级 一般", "level 4, ordinary"),
}
CLOCKS: Final = {
    "passing_on": Words("转达", "passing on"),
    "first_assessment": Words("初步评估", "first assessment"),
    "feedback_answer": Words("答复网上反馈", "answer to feedback online"),
    "department_answer": Words("部门答复", "department's answer"),
    "customer_report": Words("回复客户", "report to the customer"),
    "arrival": Words("施工单位到场", "contractor's arrival"),
    "completion": Words("办结", "completion"),
    "blueprint_step": Words("服务蓝图步骤", "steps of blueprints"),
}
STEPS: Final = {
    "owner": Words("首接责任人", "owner"),
    "manager": Words("经理", "manager"),
    "vp": Words("副总", "vice president"),
    "general_manager": Words("总经理", "general manager"),
    "group": Words("集团", "group"),
}
CAUSES: Final = {
    "survey_answered": Words("回答满意度调查", "survey answered"),
    "apology_late_case": Words("超时致歉", "apology for a late case"),
}

Row = tuple[Words | str, str]


def yuan(fen: int) -> str:
    """An amount of money in yuan."""
    return f"¥{fen / 100:,.2f}"


def year_tables(outcome: Outcome) -> RenderableType:
    """The whole year."""
    return Group(
        _table(Words("受理与办结", "received and closed"), _cases(outcome)),
        _deadlines(outcome.dispatch["deadlines"]),
        _table(Words("督办阶梯", "ladder steps"), _named(outcome.dispatch["ladder_steps"], STEPS)),
        _table(Words("回访", "callbacks"), _callbacks(outcome.followup)),
        _table(Words("质保金", "deposits"), _money(outcome)),
        _table(Words("业主会积分", "club points"), _points(outcome.loyalty)),
        _table(Words("核对", "checks"), _checks(outcome)),
    )


def refused_table(refused: Sequence[Done]) -> Table:
    """What people tried and the rules refused, each kind once, most often first: no fault, for they learn of it so."""
    table = Table(title=words("依规则被拒绝的动作", "what the rules refused"), title_justify="left", min_width=60)
    table.add_column(words("动作", "action"))
    table.add_column(words("次数", "times"), justify="right")
    table.add_column(words("规则", "rule"))
    table.add_column(words("原因", "why"))
    kinds = Counter((one.step.name, one.answer.rule, str(one.answer.why)) for one in refused)
    for (name, rule, why), times in kinds.most_common():
        table.add_row(name, f"{times:,}", rule, why)
    return table


def _cases(outcome: Outcome) -> Iterator[Row]:
    dispatch = outcome.dispatch
    yield Words("收到", "received"), f"{dispatch['received']:,}"
    yield from _named(dispatch["by_level"], LEVELS, indent="　")
    yield Words("已结", "closed"), f"{dispatch['closed']:,}"
    yield Words("未结", "open"), f"{dispatch['open']:,}"
    yield Words("重新打开（次）", "reopened, times"), f"{dispatch['reopened']:,}"
    yield Words("另行委托", "re-entrusted"), f"{dispatch['reentrusted']:,}"
    yield (
        Words("并案组数 / 件数", "linked groups / requests"),
        (f"{outcome.intake['linked_groups']} / {outcome.intake['linked_requests']}"),
    )


def _deadlines(deadlines: Mapping[str, Any]) -> Table:
    table = Table(title=words("时限", "deadlines"), title_justify="left", min_width=60)
    table.add_column(words("种类", "kind"))
    for zh, en in (("按时", "kept"), ("超时", "missed"), ("按时率", "share kept")):
        table.add_column(words(zh, en), justify="right")
    for clock, name in CLOCKS.items():
        counts = deadlines.get(clock, {"kept": 0, "missed": 0})
        kept, missed = counts["kept"], counts["missed"]
        share = f"{kept / (kept + missed):.1%}" if kept + missed else "–"
        table.add_row(str(name), f"{kept:,}", f"{missed:,}", share)
    return table


def _callbacks(followup: Mapping[str, Any]) -> Iterator[Row]:
    yield Words("应回访", "due"), f"{followup['callbacks']:,}"
    yield Words("已完成", "completed"), f"{followup['completed']:,}"
    yield Words("　满意", "  satisfied"), f"{followup['satisfied']:,}"
    yield Words("　不满意", "  not satisfied"), f"{followup['unsatisfied']:,}"
    yield Words("无法联系", "unreachable"), f"{followup['unreachable']:,}"
    yield Words("拨打次数", "calls made"), f"{followup['tries']:,}"
    yield Words("未按时", "late"), f"{followup['late']:,}"


def _money(outcome: Outcome) -> Iterator[Row]:
    books = outcome.warranty
    yield Words("台账", "accounts"), f"{books['deposits']:,}"
    yield Words("留置总额", "retained"), yuan(books["retained_fen"])
    yield Words("扣款（笔）", "deductions"), f"{books['deductions']:,}"
    yield Words("　待确认", "  not confirmed"), yuan(books["deducted_unconfirmed_fen"])
    yield Words("　有争议", "  in dispute"), yuan(books["deducted_disputed_fen"])
    yield Words("　已确认", "  confirmed"), yuan(books["deducted_confirmed_fen"])
    yield Words("应付赔偿", "compensation owed"), yuan(books["compensation_owed_fen"])
    yield Words("已付赔偿", "compensation paid"), yuan(books["compensation_paid_fen"])
    yield Words("　由质保金承担", "  borne by deposits"), yuan(books["compensation_recovered_fen"])
    yield Words("受阻的返还申请", "releases blocked"), f"{books['releases_blocked']:,}"
    yield Words("已返还（笔）", "releases paid"), f"{books['releases_paid']:,}"
    yield Words("已返还金额", "released"), yuan(books["released_fen"])


def _points(loyalty: Mapping[str, Any]) -> Iterator[Row]:
    yield Words("会员", "members"), f"{loyalty['members']:,}"
    by_cause: dict[str, int] = {}
    for earned in loyalty["earned_by_cause"]:
        by_cause[earned["cause"]] = by_cause.get(earned["cause"], 0) + earned["points"]
    yield from _named(by_cause, CAUSES)
    yield Words("过期", "expired"), f"{loyalty['expired']:,}"
    yield Words("现有积分", "points held"), f"{loyalty['balance']:,}"


def _checks(outcome: Outcome) -> Iterator[Row]:
    dispatch = outcome.dispatch
    yield (
        Words("收到 = 已结 + 未结", "received = closed + open"),
        (f"{dispatch['received']} = {dispatch['closed']} + {dispatch['open']}"),
    )
    yield Words("质保金账合计为零", "ledger of deposits sums to zero"), _yes(holds=outcome.books_balance)
    yield Words("积分账与会员一致", "ledger of points agrees"), _yes(holds=outcome.points_balance)
    yield Words("在途", "in flight"), str(outcome.in_flight)


def _named(counts: Mapping[str, int], names: Mapping[str, Words], indent: str = "") -> Iterator[Row]:
    """The counts in the order of their names; what has no name comes last, as it is called."""
    for key in (*names, *(key for key in counts if key not in names)):
        name = names.get(key, Words(key, key))
        yield Words(f"{indent}{name.zh}", f"{indent}{name.en}"), f"{counts.get(key, 0):,}"


def _table(title: Words, rows: Iterable[Row]) -> Table:
    table = Table(title=str(title), title_justify="left", show_header=False, min_width=60)
    table.add_column(ratio=1)
    table.add_column(justify="right")
    for name, figure in rows:
        table.add_row(str(name), figure)
    return table


def _yes(*, holds: bool) -> str:
    return "✓" if holds else "✗"
