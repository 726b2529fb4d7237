"""A case's timeline is one order of what all services recorded, and every fact has a name for people (OPS-01)."""

from datetime import UTC, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from linli_cli.labels import FACTS
from linli_cli.language import Language, choose
from linli_cli.timeline import Entry, in_order, in_short, table_of
from linli_contracts.events import EVENTS
from rich.console import Console

SHANGHAI = ZoneInfo("Asia/Shanghai")


def entry(service: str, second: int, recorded: int, what: str = "TicketOpened", kind: str = "event") -> Entry:
    return Entry(
        at=datetime(2026, 3, 2, 1, 0, second, tzinfo=UTC),
        recorded_at=datetime(2026, 3, 2, 1, 0, recorded, tzinfo=UTC),
        service=service,
        kind=kind,
        what=what,
        rule="DSP-08",
        trace_id="0123456789abcdef0123456789abcdef",
        facts={"level": 3, "due_at": "2026-03-03T01:00:00Z", "customer_ref": "k1", "none": None, "who": ["a", "b"]},
    )


@pytest.mark.rule("OPS-01")
def test_parts_are_merged_by_instant_then_by_record() -> None:
    merged = in_order(
        [
            [entry("intake", 1, 1), entry("intake", 5, 5)],
            [entry("dispatch", 1, 2), entry("dispatch", 1, 1), entry("warranty", 3, 9)],
        ]
    )
    assert [(each.service, each.recorded_at.second) for each in merged] == [
        ("intake", 1),
        ("dispatch", 1),
        ("dispatch", 2),
        ("warranty", 9),
        ("intake", 5),
    ]


def test_every_fact_has_a_name() -> None:
    assert set(FACTS) == {event.type_name() for event in EVENTS}


def test_facts_are_short_and_in_local_time() -> None:
    assert in_short(entry("intake", 1, 1).facts, SHANGHAI) == "level=3 due_at=03-03 09:00:00 who=a,b"


def test_the_table_speaks_the_readers_language() -> None:
    choose(Language.ZH)
    console = Console(width=160, record=True, file=StringIO())
    console.print(table_of([entry("dispatch", 1, 1), entry("dispatch", 1, 1, "least load", "because")], SHANGHAI))
    shown = console.export_text()
    for part in ("2026-03-02 09:00:01", "建单", "└ least load", "DSP-08", "0123456789abcdef"):
        assert part in shown
