"""`linli parked`: what a service could not handle (OPS-02): listed, shown, tried again (corrected), dropped."""

import asyncio
import json
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter
from linli_contracts.topics import SERVICES
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from linli_cli.client.client import Client, segment
from linli_cli.commands.running import AsJson, Data, running
from linli_cli.complaint import Complaint
from linli_cli.console import OUT, write_json
from linli_cli.labels import fact_label
from linli_cli.language import heading, words

MAX_ERROR: Final = 200
"""Characters of an error's first line in a list; `show` has all of it."""
WITHIN_S: Final = 10.0
"""How long a retry is followed: the loop takes it at once, unless its database is away."""
POLL_S: Final = 0.1
PARKED = App(name="parked")
Which = Annotated[str, Parameter(help="service:number, as `linli parked list` shows it.")]


@PARKED.command(name="list")
async def list_parked(
    *,
    service: Annotated[str | None, Parameter(help="One service only.")] = None,
    limit: Annotated[int, Parameter(help="The most to list of each service.")] = 100,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """List what is parked, oldest first."""
    found: list[dict[str, Any]] = []
    async with running(data) as (client, _):
        for name in (service,) if service else SERVICES:
            page = await client.get(name, "/parked", limit=limit)
            found.extend(
                {"id": f"{name}:{item['id']}", **{k: v for k, v in item.items() if k != "id"}} for item in page["items"]
            )
    if as_json:
        write_json(found)
        return 0
    if not found:
        OUT.print(words("没有搁置的消息", "nothing is parked"), style="green")
        return 0
    OUT.print(_table(found))
    return 0


def _table(found: list[dict[str, Any]]) -> Table:
    """What people need to decide what to do: it fits 80 columns, and nothing is cut off but a very long error."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(heading("编号", "number"), no_wrap=True)
    for zh, en in (("什么", "what"), ("对象", "subject"), ("原因", "why")):
        table.add_column(heading(zh, en), overflow="fold")
    table.add_column(heading("时刻 (UTC)", "since (UTC)"), width=11)
    for item in found:
        since = datetime.fromisoformat(item["parked_at"]).strftime("%Y-%m-%d %H:%M")
        table.add_row(item["id"], _what(item), item["subject"], _why(item), since)
    return table


def _what(item: dict[str, Any]) -> str:
    if item["type"] == "unreadable":
        return words("无法识别的记录", "unreadable record")
    return words("时钟", "clock") if item["source"] == "timer" else fact_label(item["type"])


def _why(item: dict[str, Any]) -> str:
    if item["waits_for"] is not None:
        service = item["id"].partition(":")[0]
        return words(f"排在 {service}:{item['waits_for']} 之后", f"waits behind {service}:{item['waits_for']}")
    if item["status"] == "ripe":
        return words("正在重试", "is being tried again")
    first, *_ = item["error"].splitlines() or [""]
    held = words("该对象暂停处理", "its subject is held")
    return escape(first[:MAX_ERROR]) + (f"\n({held})" if item["holds"] else "")


@PARKED.command
async def show(which: Which, /, *, data: Data = None) -> int:
    """Show one parked message whole: its body, error and stack."""
    service, number = _parts(which)
    async with running(data) as (client, _):
        write_json(await client.get(service, f"/parked/{segment(number)}"))
    return 0


@PARKED.command
async def retry(
    which: Which,
    /,
    *,
    body: Annotated[Path | None, Parameter(help="A JSON file with the corrected body.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Handle it again; those that wait behind it follow in order. Exit code: 0 handled, 1 failed again or not yet."""
    service, number = _parts(which)
    asked = {} if body is None else {"body": _corrected(body)}
    async with running(data) as (client, _):
        await client.send(service, "POST", f"/parked/{segment(number)}/retry", asked)
        shown = await _tried(client, service, number)
    if as_json:
        write_json({"id": which, "status": shown["status"], "error": shown["error"] if _failed(shown) else None})
    elif shown["status"] == "retried":
        OUT.print(words(f"{which} 已处理", f"{which} has been handled"), style="green")
    elif _failed(shown):
        OUT.print(
            words(f"{which} 仍未能处理：{escape(shown['error'])}", f"{which} failed again: {escape(shown['error'])}"),
            style="red",
        )
    else:
        OUT.print(words(f"{which} 正在重试，稍后再看", f"{which} is still being tried; look again later"))
    return 0 if shown["status"] == "retried" else 1


async def _tried(client: Client, service: str, number: str) -> dict[str, Any]:
    """The message once it has been tried again, or after a while."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        shown: dict[str, Any] = await client.get(service, f"/parked/{segment(number)}")
        if shown["status"] != "ripe" or time.monotonic() > deadline:
            return shown
        await asyncio.sleep(POLL_S)


def _failed(shown: dict[str, Any]) -> bool:
    return bool(shown["status"] == "parked")


@PARKED.command
async def drop(
    which: Which,
    /,
    *,
    reason: Annotated[str, Parameter(help="Why it may be forgotten; it is kept.")],
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Give it up, with a reason."""
    service, number = _parts(which)
    async with running(data) as (client, _):
        await client.send(service, "POST", f"/parked/{segment(number)}/drop", {"reason": reason})
    if as_json:
        write_json({"id": which, "status": "dropped"})
    else:
        OUT.print(words(f"{which} 已放弃，原因已记录", f"{which} is given up; the reason is kept"), style="green")
    return 0


def _parts(which: str) -> tuple[str, str]:
    service, _, number = which.partition(":")
    if service not in SERVICES or not number:
        raise Complaint(
            f"{which!r} 不是搁置编号，应形如 dispatch:17", f"{which!r} is no parked message; they look like dispatch:17"
        )
    return service, number


def _corrected(path: Path) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Complaint(f"{path} 不是可读的 JSON 文件：{error}", f"{path} is no readable JSON file: {error}") from error
