"""`linli why CASE`: each decision about a case with its rule, its facts and the policy behind it (ORG-02)."""

from typing import Annotated

from cyclopts import Parameter

from linli_cli.commands.instants import zone_of
from linli_cli.commands.running import AsJson, Data, running
from linli_cli.complaint import Complaint
from linli_cli.console import OUT, write_json
from linli_cli.language import words
from linli_cli.why import decisions_about, table_of


async def why(
    case: Annotated[str, Parameter(help="The case's id, such as xh01.c0123456789ab.")],
    /,
    *,
    zone: Annotated[str, Parameter(help="Whose local time to show.")] = "Asia/Shanghai",
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Say why a case went as it did: each decision, the rule, the facts, the policy's version, file and level."""
    local = zone_of(zone)
    async with running(data) as (client, _):
        decisions = await decisions_about(client, case)
    if not decisions:
        raise Complaint(f"没有关于 {case} 的决定", f"nothing was decided about {case}", exit_code=1)
    if as_json:
        write_json([decided.model_dump(mode="json") for decided in decisions])
        return 0
    OUT.print(table_of(decisions, local))
    OUT.print(words(f"{case}，{zone} 时间", f"{case}, times of {zone}"), style="dim", markup=False)
    return 0
