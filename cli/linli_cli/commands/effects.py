"""`linli effects`: messages and deliveries that failed, or that nobody knows of: listed, sent again, settled."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from cyclopts import App, Parameter
from linli_contracts.topics import SERVICES
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from linli_cli.client.client import segment
from linli_cli.commands.running import AsJson, Data, running
from linli_cli.complaint import Complaint
from linli_cli.console import OUT, write_json
from linli_cli.language import Words, heading, words

EFFECTS = App(name="effects")
Which = Annotated[str, Parameter(help="service:id, as `linli effects list` shows it.")]
Why = Annotated[str, Parameter(help="Why; it is kept and shown by `linli why`. No names, no numbers of people.")]
Status = Literal["waiting", "sending", "failed", "unknown"]
IN_QUESTION: Final[tuple[Status, ...]] = ("unknown", "failed")
_STATUS: Final = {
    "waiting": Words("等待", "waits"),
    "sending": Words("正在发送", "being sent"),
    "failed": Words("失败", "failed"),
    "unknown": Words("结果不明", "unknown"),
    "sent": Words("已发出", "sent"),
}
_KIND: Final = {"message": Words("消息", "message"), "webhook": Words("推送", "delivery"),
          "mail": Words("邮件", "mail")}  # fmt: skip


@EFFECTS.command(name="list")
async def list_effects(
    *,
    status: Annotated[Status | None, Parameter(help="One status only (default: unknown, then failed).")] = None,
    service: Annotated[str | None, Parameter(help="One service only.")] = None,
    limit: Annotated[int, Parameter(help="The most to list of each service and status.")] = 100,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """List outside effects that need a person, the latest first, with what they met."""
    found: list[dict[str, Any]] = []
    async with running(data) as (client, _):
        for name in (service,) if service else SERVICES:
            for wanted in (status,) if status else IN_QUESTION:
                page = await client.get(name, "/effects", status=wanted, limit=limit)
                found.extend({**item, "id": f"{name}:{item['id']}"} for item in page["items"])
    if as_json:
        write_json(found)
    elif found:
        OUT.print(_table(found))
    else:
        OUT.print(words("没有需要处理的外发事项", "no outside effect needs anybody"), style="green")
    return 0


def _table(found: list[dict[str, Any]]) -> Table:
    """It fits 80 columns; the id is whole, for it is what the other commands want."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for zh, en in (("编号", "id"), ("什么", "what"), ("原因", "why")):
        table.add_column(heading(zh, en), overflow="fold")
    table.add_column(heading("时刻 (UTC)", "since (UTC)"), width=11)
    for item in found:
        since = datetime.fromisoformat(item["noted_at"]).strftime("%Y-%m-%d %H:%M")
        table.add_row(item["id"], _what(item), _why(item), since)
    return table


def _what(item: dict[str, Any]) -> str:
    return f"{_KIND.get(item['kind'], item['kind'])}\n{escape(item['subject'])}"


def _why(item: dict[str, Any]) -> str:
    tried = words(f"试过 {item['tries']} 次", f"tried {item['tries']} times")
    lines = [f"{_STATUS[item['status']]}", f"{item['error'] or ''} ({tried})".strip()]
    if item["stuck"]:
        lines.append(words(f"结果未能通告：{item['stuck']}", f"its end cannot be told: {item['stuck']}"))
    if item["decided_why"]:
        lines.append(f"{item['decided_by']}: {item['decided_why']}")
    return escape("\n".join(lines))


@EFFECTS.command
async def retry(which: Which, /, *, reason: Why, data: Data = None, as_json: AsJson = False) -> int:
    """Send it once more, with the same key: a failed one, or an unknown one that the receiver does not have."""
    return await _decide(which, "retry", {"reason": reason}, data, as_json=as_json)


@EFFECTS.command
async def settle(
    which: Which,
    /,
    *,
    ended: Annotated[Literal["sent", "failed"], Parameter(help="How it ended, as the receiver says.")],
    reason: Why,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Say how an unknown one ended; that is told as its end."""
    return await _decide(which, "settle", {"ended": ended, "reason": reason}, data, as_json=as_json)


async def _decide(which: str, how: str, body: dict[str, Any], data: Data, *, as_json: bool) -> int:
    service, _, identity = which.partition(":")
    if service not in SERVICES or not identity:
        raise Complaint(
            f"{which!r} 不是外发事项编号，应形如 intake:5d0c…",
            f"{which!r} is no outside effect; they look like intake:5d0c…",
        )
    async with running(data) as (client, _):
        decided = await client.send(service, "POST", f"/effects/{segment(identity)}/{how}", body)
    if as_json:
        write_json({"id": which, "status": decided["status"]})
    else:
        status = _STATUS[decided["status"]]
        OUT.print(words(f"{which}：{status.zh}", f"{which}: {status.en}"), style="green", markup=False)
    return 0
