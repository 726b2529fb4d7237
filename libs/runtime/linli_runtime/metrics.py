"""Prometheus metrics of a service process: decisions by rule, batches, how far everything has come."""

from collections import Counter as Tally
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from linli_contracts.events import EVENTS
from linli_contracts.lanes import LANES
from linli_messaging.loop.transaction import Committed
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BATCH_BUCKETS = (1, 10, 50, 100, 500, 1000, 2000)


class Metrics:
    """The registry of one process and what feeds it."""

    def __init__(self, service: str) -> None:
        """All metrics carry the service as a label, so that one dashboard shows all."""
        self.registry = CollectorRegistry()
        self._service = service
        self._told = 0
        self._decisions = Counter("linli_decisions", "Decisions by rule", ["service", "rule"], registry=self.registry)
        self._facts = Counter("linli_facts", "Facts told, by type", ["service", "type"], registry=self.registry)
        # Each from 0: the first fact of a type is a rise too, which an alert may look for.
        for event in EVENTS:
            if service in event.producers():
                self._facts.labels(service, event.type_name())
        self._repeated = Counter("linli_repeated", "Records already processed", ["service"], registry=self.registry)
        self._batch = Histogram(
            "linli_batch_inputs", "Inputs a transaction", ["service"], buckets=BATCH_BUCKETS, registry=self.registry
        )
        self._gauges = {
            name: Gauge(f"linli_{name}", text, ["service"], registry=self.registry)
            for name, text in {
                "early": "Events waiting for another producer's fact",
                "early_age_seconds": "How long the one of these that came first has waited",
                "parked": "Inputs that could not be handled",
                "gaps": "Gaps not closed",
                "suspended": "1 while nothing is written because the database was restored",
                "clogged": "1 while no record is taken, because too much is parked",
                "due": "Timers due and not fired",
                "late_seconds": "How long the timer that is due longest has waited",
                "waiting": "Inputs waiting in the process",
                "outbox_depth": "Facts committed and not produced",
                "archived": "Facts that have left the outbox for the archive",
                "outbox_kept": "Facts in the outbox: told, and not archived",
                "outbox_age_seconds": "Age of the oldest fact in the outbox",
                "foreign": "Records of another deployment refused",
                "produced": "Facts produced by this process's relay",
            }.items()
        }
        self._effects = Gauge(
            "linli_effects", "Outside effects by where they stand", ["service", "status"], registry=self.registry
        )
        self._effects_ended = Gauge(
            "linli_effects_ended", "Outside effects ended by this process", ["service", "kind", "status"],
            registry=self.registry,
        )  # fmt: skip
        self._heads = Gauge(
            "linli_heads", "Facts told: what its readers' linli_inbox_last come up to", ["service", "lane"],
            registry=self.registry,
        )  # fmt: skip
        self._processed = Gauge(
            "linli_inbox_last", "The last number processed", ["service", "producer", "lane"], registry=self.registry
        )

    def committed(self, committed: Committed) -> None:
        """A batch was committed."""
        for rule, times in committed.plan.decisions.items():
            self._decisions.labels(self._service, rule).inc(times)
        for kind, times in Tally(type(told.event).type_name() for told in committed.plan.told).items():
            self._facts.labels(self._service, kind).inc(times)
        self._repeated.labels(self._service).inc(committed.arrivals.repeated)
        self._batch.labels(self._service).observe(len(committed.arrivals.next) + len(committed.plan.answers))

    def show_kept(self, archived: int, oldest: timedelta, early: timedelta) -> None:
        """Set the gauges of where facts are kept, and of how long; :meth:`show` comes first."""
        values = {
            "archived": archived,
            "outbox_kept": self._told - archived,
            "outbox_age_seconds": oldest.total_seconds(),
            "early_age_seconds": early.total_seconds(),
        }
        for name, value in values.items():
            self._gauges[name].labels(self._service).set(value)

    def show(self, rest: Mapping[str, Any], produced: int, foreign: int) -> None:
        """Set the gauges from a reading of rest."""
        heads = self._told = sum(rest["heads"].values())
        depth = heads - sum(rest["published"].values())
        as_read = ("early", "parked", "gaps", "suspended", "clogged", "due", "waiting")
        values = {**{name: rest[name] for name in as_read},
                  "outbox_depth": depth, "produced": produced, "foreign": foreign}  # fmt: skip
        for name, value in values.items():
            self._gauges[name].labels(self._service).set(value)
        due_at, instant = rest["next_timer_at"], rest["instant"]
        late = max(instant - due_at, timedelta()) if due_at else timedelta()
        self._gauges["late_seconds"].labels(self._service).set(late.total_seconds())
        for status, count in rest["effects"].items():
            self._effects.labels(self._service, status).set(count)
        for lane in map(str, range(LANES)):  # also of those that nothing came in yet: they can be behind, too
            self._heads.labels(self._service, lane).set(rest["heads"].get(lane, 0))
            for producer, lasts in rest["inbox"].items():
                self._processed.labels(self._service, producer, lane).set(lasts.get(lane, 0))

    def effects(self, ended: Mapping[tuple[str, str], int]) -> None:
        """How many effects of each kind this process brought to which end."""
        for (kind, status), count in ended.items():
            self._effects_ended.labels(self._service, kind, status).set(count)
