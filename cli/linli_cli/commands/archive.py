"""`linli archive`: published facts leave a service's outbox for its archive before their time (delivery promise 7)."""

from typing import Annotated

from cyclopts import Parameter

from linli_cli.commands.instants import instant_of
from linli_cli.commands.running import AsJson, Data, running
from linli_cli.console import OUT, write_json
from linli_cli.language import words


async def archive(
    *,
    service: Annotated[str, Parameter(help="Whose facts.")],
    before: Annotated[str, Parameter(help="Facts from before this instant.")],
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Archive the published facts of one service from before an instant now; it does so by itself when they are old.

    They stay readable: replays, timelines and the audit look into the archive too. May be stopped and run again.
    """
    asked = {"before": instant_of(before, "--before").isoformat()}
    facts = 0
    async with running(data) as (client, _):
        while moved := (await client.send(service, "POST", "/archive", asked))["facts"]:
            facts += moved
    if as_json:
        write_json({"service": service, "facts": facts})
    else:
        OUT.print(words(f"已存档 {facts} 条事实", f"{facts} facts are in the archive now"))
    return 0
