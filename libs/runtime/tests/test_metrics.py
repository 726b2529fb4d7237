"""What a process exports of what it committed."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
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


@pytest.mark.parametrize(
    ("due", "late_s"),
    [(None, 0), (NOW + timedelta(hours=1), 0), (NOW, 0), (NOW - timedelta(minutes=3), 180)],
    ids=["no timer", "not due", "due now", "due for long"],
)
def test_the_timer_that_is_due_longest_is_late_since_it_was_due(due: datetime | None, late_s: int) -> None:
    counted = dict.fromkeys(("early", "parked", "gaps", "suspended", "clogged", "due", "waiting"), 0)
    numbers: dict[str, dict[str, int]] = {"heads": {}, "published": {}, "inbox": {}, "effects": {}}
    metrics = Metrics("dispatch")
    metrics.show({**counted, **numbers, "instant": NOW, "next_timer_at": due}, produced=0, foreign=0)
    assert metrics.registry.get_sample_value("linli_late_seconds", {"service": "dispatch"}) == late_s


def test_an_early_fact_shows_its_age_and_not_only_that_it_is_there() -> None:
    metrics = Metrics("warranty")
    metrics.show_kept(0, timedelta(), timedelta(minutes=16))
    assert metrics.registry.get_sample_value("linli_early_age_seconds", {"service": "warranty"}) == 960


def test_a_lane_that_stands_still_is_not_hidden_by_those_that_move() -> None:
    """Given a lane that is behind, then it shows so by itself, and one in which nothing came is there, too."""
    counted = dict.fromkeys(("early", "parked", "gaps", "suspended", "clogged", "due", "waiting"), 0)
    numbers = {"heads": {"3": 7}, "published": {"3": 7}, "inbox": {"intake": {"3": 4, "9": 100}}, "effects": {}}
    metrics = Metrics("dispatch")
    metrics.show({**counted, **numbers, "instant": NOW, "next_timer_at": None}, produced=0, foreign=0)

    def shown(lane: str) -> tuple[float | None, float | None]:
        of_lane = {"service": "dispatch", "lane": lane}
        return (
            metrics.registry.get_sample_value("linli_heads", of_lane),
            metrics.registry.get_sample_value("linli_inbox_last", of_lane | {"producer": "intake"}),
        )

    assert [shown(lane) for lane in ("0", "3", "9", "63")] == [(0, 0), (7, 4), (0, 100), (0, 0)]
