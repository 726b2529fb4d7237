"""`linli replay`: a service sends its recorded facts again; whoever has them skips them (delivery promise 7)."""

from datetime import datetime
from typing import Annotated, Any

from cyclopts import Parameter

from linli_cli.commands.instants import instant_of
from linli_cli.commands.running import AsJson, Data, running
from linli_cli.console import OUT, write_json
from linli_cli.language import words


async def replay(
    *,
    service: Annotated[str, Parameter(help="Who sends again.")],
    since: Annotated[str | None, Parameter(help="Facts from this instant on (default: all).")] = None,
    lanes: Annotated[list[int] | None, Parameter(help="These lanes only (0 to 63).")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Send the facts of one service again, all or from an instant on. Handling them twice changes nothing."""
    asked: dict[str, Any] = {}
    if since is not None:
        asked["since"] = _utc(instant_of(since, "--since"))
    if lanes:
        asked["lanes"] = lanes
    async with running(data) as (client, _):
        done = await client.send(service, "POST", "/replay", asked)
    if as_json:
        write_json(done)
    else:
        lane_count, events = done["lanes"], done["events"]
        OUT.print(
            words(f"{lane_count} 条通道，重发 {events} 条事实", f"{events} facts are sent again in {lane_count} lanes")
        )
    return 0


def _utc(instant: datetime) -> str:
    return instant.isoformat()
