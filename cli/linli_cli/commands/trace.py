"""`linli trace CASE`: one case from the phone call to the deposit, across all services."""

from typing import Annotated

from cyclopts import Parameter

from linli_cli.commands.instants import zone_of
from linli_cli.commands.running import AsJson, Data, running
from linli_cli.complaint import Complaint
from linli_cli.console import OUT, write_json
from linli_cli.language import words
from linli_cli.timeline import table_of, timeline_of


async def trace(
    case: Annotated[str, Parameter(help="The case's id, such as xh01.c0123456789ab.")],
    /,
    *,
    zone: Annotated[str, Parameter(help="Whose local time to show.")] = "Asia/Shanghai",
    facts_only: Annotated[bool, Parameter(negative="", help="Without the reasons of decisions.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Show a case's timeline: what happened when, in which service, by which rule, for which reason."""
    local = zone_of(zone)
    async with running(data) as (client, _):
        entries = await timeline_of(client, case)
    if not entries:
        raise Complaint(f"没有关于 {case} 的记录", f"nothing is recorded about {case}", exit_code=1)
    if as_json:
        write_json([entry.model_dump(mode="json") for entry in entries])
        return 0
    OUT.print(table_of(entries, local, reasons=not facts_only))
    OUT.print(words(f"{case}，{zone} 时间", f"{case}, times of {zone}"), style="dim", markup=False)
    return 0
