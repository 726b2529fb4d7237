"""What a benchmark measured: ours, its floor, its peer, and the processor time behind each."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from linli_cli.stack import Stack
from linli_embedded.broker import Broker
from linli_embedded.kafka import Kafka
from linli_embedded.postgres import Postgres
from linli_embedded.tansu import Tansu
from linli_embedded.usage import Usage


@dataclass(frozen=True, slots=True)
class Figures:
    """One run."""

    linli: float
    floor: float | None = None
    peer: float | None = None
    cpu_ms: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds of processor for one of what is counted: ours by process, the floor's and the peer's in all.

    On a machine with other work this figure is the one to compare: waiting for a core makes a rate smaller, not this.
    """


def cpu_s_of(stack: Stack) -> dict[str, float]:
    """Processor seconds that each part of a stack has taken so far, ourselves as `client`."""
    used = {name: cpu_s(process.usage()) for name, process in stack.services.items()}
    used["postgres"] = cpu_s(stack.postgres.usage())
    used["broker"] = sum(usage.cpu_s for usage in stack.bus.usage())
    return {**used, "client": time.process_time()}


def cpu_s(usage: Usage | None) -> float:
    """Processor seconds of a process tree; nothing where the system keeps no accounts."""
    return usage.cpu_s if usage else 0.0


def cpu_ms_each(before: Mapping[str, float], after: Mapping[str, float], count: int) -> dict[str, float]:
    """What one of `count` took between two readings."""
    return {name: (after[name] - before[name]) * 1000 / count for name in before}


def cpu_s_here(broker: Broker, postgres: Postgres) -> float:
    """Seconds taken so far by this process, its Postgres and its broker."""
    nodes = broker.usage() if isinstance(broker, Kafka) else [broker.usage()] if isinstance(broker, Tansu) else []
    return time.process_time() + sum(map(cpu_s, (postgres.usage(), *nodes)))
