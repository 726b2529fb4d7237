"""What a process exports of what it committed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import pytest
from linli_contracts.events.dispatch import RegistryChangeFailed
from linli_messaging.batch.plan import Plan, Told
from linli_messaging.lanes.inbox import Arrivals
from linli_messaging.loop.transaction import Committed
from linli_runtime.metrics import Metrics

NOW: Final = datetime(2026, 3, 10, tzinfo=UTC)


def told(metrics: Metrics) -> Mapping[str, float]:
    """How many facts of each type."""
    (found,) = (metric for metric in metrics.registry.collect() if metric.name == "linli_facts")
    return {one.labels["type"]: one.value for one in found.samples if one.name.endswith("_total")}


@pytest.mark.rule("OPS-02")
def test_facts_are_counted_by_type_from_nought_on() -> None:
    """Given a service that told two facts of a type, then its count rose from 0 to two."""
    metrics = Metrics("dispatch")
    assert set(told(metrics).values()) == {0}
    assert {"RegistryChangeFailed", "TicketOpened", "MessageRequested"} <= told(metrics).keys()
    assert "ComplaintReceived" not in told(metrics)
    fact = RegistryChangeFailed(place_id="e", change_id="e.c", reason="change-failed", from_at=NOW)
    metrics.committed(Committed(Plan(told=[Told(fact, "cause", NOW)] * 2), Arrivals(), 1, frozenset()))
    assert {kind: count for kind, count in told(metrics).items() if count} == {"RegistryChangeFailed": 2}
