"""`linli restored`: a service whose database came from a backup goes on above every number it gave out (promise 8)."""

from typing import Annotated

from cyclopts import Parameter
from linli_contracts.topics import SERVICES

from linli_cli.client.rest import Reading, handled_of
from linli_cli.commands.running import AsJson, Data, running
from linli_cli.console import OUT, write_json
from linli_cli.language import words


async def restored(
    service: Annotated[str, Parameter(help="Whose database was restored.")],
    *,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Let a service write again after its database was restored from a backup; what it told since is abandoned.

    All services must answer, for each is asked how much it has handled.
    """
    async with running(data) as (client, _):
        readings = {name: Reading.model_validate(await client.get(name, "/rest")) for name in SERVICES}
        asked = {"handled": {str(lane): number for lane, number in handled_of(service, readings).items()}}
        abandoned = (await client.send(service, "POST", "/restored", asked))["abandoned"]
    numbers = sum(last - first + 1 for first, last in abandoned.values())
    if as_json:
        write_json({"service": service, "lanes": len(abandoned), "numbers": numbers, "abandoned": abandoned})
    else:
        OUT.print(
            words(
                f"{service} 恢复写入；{len(abandoned)} 条通道，作废 {numbers} 个序号",
                f"{service} writes again; {numbers} numbers of {len(abandoned)} lanes are abandoned",
            )
        )
    return 0
