"""Why a case went as it did: the decisions of all services about it, each with the policy's entries behind it."""

from collections.abc import Iterable
from datetime import tzinfo
from typing import Any, Final

from linli_runtime.why_routes import Decided, PolicyEntry
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from linli_cli.client.client import Client, segment
from linli_cli.client.together import together
from linli_cli.language import heading, words
from linli_cli.timeline import in_order, in_short

_LONGEST_VALUE: Final = 40
"""Characters of an entry's value that are shown: whole tables are one `--json` away."""


async def decisions_about(client: Client, case_id: str) -> list[Decided]:
    """What the services decided about a case, in the order of its timeline; empty when none knows it."""

    async def of(service: str) -> list[Decided]:
        found: dict[str, Any] = await client.get(service, f"/why/{segment(case_id)}")
        return [Decided.model_validate(item) for item in found["items"]]

    return in_order(await together(map(of, client.addresses)))


def table_of(decisions: Iterable[Decided], zone: tzinfo) -> Table:
    """The decisions for people, in the zone's local time and the reader's language."""
    table = Table(box=SIMPLE_HEAD)
    table.add_column(heading("时间", "time"), no_wrap=True)
    table.add_column(heading("规则", "rule"), no_wrap=True)
    table.add_column(heading("决定、事实、参数", "decided, from these facts and this policy"), overflow="fold")
    for one in decisions:
        decided = words(one.zh, one.en) + (words("（到时）", " (a clock ran out)") if one.by_clock else "")
        below = [in_short(one.facts, zone), *map(_entry, one.entries)]
        lines = [Text(f"{one.service} · {decided}", "bold"), *(Text(line, "dim") for line in below if line)]
        table.add_row(one.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"), one.rule, Text("\n").join(lines))
    return table


def _entry(entry: PolicyEntry) -> str:
    assumed = words("（假定）", " (assumed)") if entry.assumed else ""
    value = entry.value if len(entry.value) <= _LONGEST_VALUE else f"{entry.value[:_LONGEST_VALUE]}…"
    return f"{entry.name} = {value}{assumed} · {entry.level} · {entry.file} · {entry.version}"
