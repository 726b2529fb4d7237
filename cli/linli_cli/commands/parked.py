"""`linli parked`: what a service could not handle (OPS-02): listed, shown, tried again (corrected), dropped."""

import json
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from linli_contracts.topics import SERVICES
from rich.table import Table

from linli_cli.commands.running import AsJson, Data, running
from linli_cli.complaint import Complaint
from linli_cli.console import OUT, write_json
from linli_cli.language import words

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
    table = Table()
    names = list(
        dict.fromkeys(key for item in found for key, value in item.items() if not isinstance(value, dict | list))
    )
    for name in names:
        table.add_column(name, overflow="fold")
    for item in found:
        table.add_row(*(str(item.get(name, ""))[:200] for name in names))
    OUT.print(table)
    return 0


@PARKED.command
async def show(which: Which, /, *, data: Data = None) -> int:
    """Show one parked message whole: its body, error and stack."""
    service, number = _parts(which)
    async with running(data) as (client, _):
        write_json(await client.get(service, f"/parked/{number}"))
    return 0


@PARKED.command
async def retry(
    which: Which,
    /,
    *,
    body: Annotated[Path | None, Parameter(help="A JSON file with the corrected body.")] = None,
    data: Data = None,
) -> int:
    """Handle it again; those that wait behind it follow in order."""
    service, number = _parts(which)
    asked = {} if body is None else {"body": _corrected(body)}
    async with running(data) as (client, _):
        write_json(await client.send(service, "POST", f"/parked/{number}/retry", asked))
    return 0


@PARKED.command
async def drop(
    which: Which,
    /,
    *,
    reason: Annotated[str, Parameter(help="Why it may be forgotten; it is kept.")],
    data: Data = None,
) -> int:
    """Give it up, with a reason."""
    service, number = _parts(which)
    async with running(data) as (client, _):
        write_json(await client.send(service, "POST", f"/parked/{number}/drop", {"reason": reason}))
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
