"""``make bench``: run the benchmarks, or one (``B=lifecycle``); ``JSON=FILE`` writes the figures, ``RUNS=`` repeats."""

import asyncio
import json
import os
import platform
import statistics
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from bench.escalate import escalate
from bench.figures import Figures
from bench.group import group
from bench.http import commands, queries
from bench.latency import latency
from bench.lifecycle import lifecycle
from bench.lists import lists
from bench.memory import memory
from bench.replay import join, replay
from bench.routing import routing
from bench.scale import scale
from bench.stored import stored
from bench.storm import storm
from bench.timers import timers

BENCHES: dict[str, tuple[str, Callable[[], Awaitable[Figures]]]] = {
    "lifecycle": ("lifecycles/s", lifecycle),
    "stored": ("lifecycles/s", stored),
    "scale": ("lifecycles/s", scale),
    "escalate": ("s", escalate),
    "replay": ("facts/s", replay),
    "join": ("facts/s", join),
    "timers": ("ms a sweep", timers),
    "http": ("commands/s", commands),
    "queries": ("queries/s", queries),
    "latency": ("ms, 99th percentile", latency),
    "lists": ("ms, the worst 99th percentile", lists),
    "memory": ("MB", memory),
    "group": ("s", group),
    "routing": ("decisions/s", routing),
    "storm": ("min of weighted waiting", storm),
}


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def _spread_of(values: Sequence[float | None]) -> dict[str, float] | None:
    known = [value for value in values if value is not None]
    return _spread(known) if known else None


async def _run(name: str, times: int) -> dict[str, Any]:
    unit, measure = BENCHES[name]
    runs = [await measure() for _ in range(times)]
    ours = _spread([run.linli for run in runs])
    beside = {"floor": _spread_of([run.floor for run in runs]), "peer": _spread_of([run.peer for run in runs])}
    cpu_ms = {part: _spread([run.cpu_ms[part] for run in runs]) for part in runs[0].cpu_ms}
    print(f"{name} ({unit}), {times} run(s); {_machine()}")
    for what, spread in {"linli": ours, **beside}.items():
        if spread is not None:
            ratio = f"   linli / {what} {ours['median'] / spread['median']:.2f}" if what != "linli" else ""
            print(f"  {what:<9}{_written(spread, 1)}{ratio}")
    if cpu_ms:
        print("  processor, ms each:")
    for part, spread in cpu_ms.items():
        print(f"    {part:<9}{_written(spread, 3)}")
    return {"name": name, "unit": unit, "runs": times, **ours, **beside, "cpu_ms": cpu_ms}


def _written(spread: dict[str, float], digits: int) -> str:
    return "  ".join(f"{which} {value:>9,.{digits}f}" for which, value in spread.items())


def _machine() -> str:
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores (load {load:.1f} at the end), Python {platform.python_version()}"


def main() -> int:
    """Run what the environment asks for; 2 for an unknown name, or for words, which ask for nothing."""
    if sys.argv[1:]:
        print(f"B=NAME says which; {sys.argv[1]!r} says nothing", file=sys.stderr)
        return 2
    names = [os.environ["B"]] if os.environ.get("B") else list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are: {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    results = [asyncio.run(_run(name, int(os.environ.get("RUNS", "1")))) for name in names]
    if os.environ.get("JSON"):
        Path(os.environ["JSON"]).write_text(json.dumps(results if len(results) > 1 else results[0], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
