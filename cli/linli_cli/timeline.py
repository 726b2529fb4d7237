"""The timeline of one case across all services (OPS-01): what each of them recorded, in one order."""

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any, Final, Protocol, TypeVar

from linli_contracts.topics import SERVICES
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from linli_cli.client.client import Client, segment
from linli_cli.client.together import together
from linli_cli.labels import fact_label
from linli_cli.language import heading

_LONGEST_FACT: Final = 48
"""Characters of one value that are shown: whole texts are one `--json` away."""
_NOT_SHOWN: Final = frozenset(
    {"case_id", "estate_id", "policy_version", "customer_ref", "rule", "source_row", "language"}
)
"""Shown in a column of its own, the same for the whole case, or of no use to a reader."""


class Recorded(Protocol):
    """What has a place on a timeline."""

    @property
    def at(self) -> datetime:
        """When it happened."""

    @property
    def recorded_at(self) -> datetime:
        """When its service wrote it down."""

    @property
    def service(self) -> str:
        """Who did."""


R = TypeVar("R", bound=Recorded)


class Entry(BaseModel):
    """One line of a timeline: a fact that was told, or a reason for a decision."""

    model_config = ConfigDict(frozen=True, extra="allow")

    at: AwareDatetime
    recorded_at: AwareDatetime
    service: str
    kind: str
    what: str
    rule: str | None = None
    policy_version: str | None = None
    subject: str | None = None
    facts: Mapping[str, Any] = Field(default_factory=dict)
    cause: str | None = None
    trace_id: str | None = None


async def timeline_of(client: Client, case_id: str) -> list[Entry]:
    """Everything that the services recorded about a case; empty when none knows it."""

    async def of(service: str) -> list[Entry]:
        page = await client.find(service, f"/timeline/{segment(case_id)}")
        return [Entry.model_validate(item) for item in page["items"]] if page else []

    return in_order(await together(map(of, client.addresses)))


def in_order(parts: Iterable[Iterable[R]]) -> list[R]:
    """The services' parts merged by instant, then by when they were recorded; a service's own order breaks ties."""
    entries = [entry for part in parts for entry in part]
    return sorted(entries, key=lambda entry: (entry.at, entry.recorded_at, _place(entry.service)))


def table_of(entries: Iterable[Entry], zone: tzinfo, *, reasons: bool = True) -> Table:
    """The timeline for people, in the zone's local time; `reasons` shows why beside what."""
    shown = [entry for entry in entries if reasons or entry.kind == "event"]
    traces = dict.fromkeys(entry.trace_id for entry in shown if entry.trace_id)
    table = Table(box=SIMPLE_HEAD, caption=f"{heading('追踪', 'trace')}: {', '.join(traces)}" if traces else None)
    table.add_column(heading("时间", "time"), no_wrap=True)
    table.add_column(heading("服务", "service"), no_wrap=True)
    table.add_column(heading("规则", "rule"), no_wrap=True)
    table.add_column(heading("事项", "what"), overflow="fold")
    for entry in shown:
        told = entry.kind == "event"
        what = Text(fact_label(entry.what) if told else f"└ {entry.what}", "bold" if told else "")
        facts = in_short(entry.facts, zone)
        table.add_row(
            entry.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
            entry.service,
            entry.rule or str(entry.facts.get("rule") or ""),
            Text("\n").join([what, Text(facts, "dim")]) if facts else what,
            style=None if told else "dim",
        )
    return table


def in_short(facts: Mapping[str, Any], zone: tzinfo) -> str:
    """The facts in one cell: `name=value`, instants in local time, without what the table shows anyway."""
    shown = ((name, _value(value, zone)) for name, value in facts.items() if name not in _NOT_SHOWN)
    return " ".join(f"{name}={value}" for name, value in shown if value)


def _value(value: object, zone: tzinfo) -> str:
    if value is None or value is False or value in ([], {}):
        return ""
    if isinstance(value, list):
        return ",".join(_value(item, zone) for item in value)
    if isinstance(value, Mapping):
        return f"({in_short(value, zone)})"
    text = str(value)
    if len(text) > len("2026-01-01T") and text[4:5] == "-" and "T" in text:
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            return text[:_LONGEST_FACT]
        return instant.astimezone(zone).strftime("%m-%d %H:%M:%S") if instant.tzinfo else text
    return text[:_LONGEST_FACT]


def _place(service: str) -> int:
    return SERVICES.index(service) if service in SERVICES else len(SERVICES)
