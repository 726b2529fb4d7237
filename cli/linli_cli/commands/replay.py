"""`linli replay`: a service sends its recorded facts again; whoever has them skips them (delivery promise 7)."""

from datetime import datetime
from typing import Annotated, Any

from cyclopts import Parameter

from linli_cli.client.rest import Reading
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
        heads = Reading.model_validate(await client.get(service, "/rest")).heads
    first = {int(lane): int(number) for lane, number in done["from"].items()}
    counts = {lane: heads[lane] - number + 1 for lane, number in first.items() if heads.get(lane, 0) >= number}
    facts = sum(counts.values())
    if as_json:
        write_json({"service": service, "lanes": len(counts), "facts": facts, "from": {n: first[n] for n in counts}})
    else:
        OUT.print(
            words(f"{len(counts)} 条通道，重发 {facts} 条事实", f"{facts} facts are sent again in {len(counts)} lanes")
        )
    return 0


def _utc(instant: datetime) -> str:
    return instant.isoformat()
