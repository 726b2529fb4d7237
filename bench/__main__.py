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

from bench.lifecycle import lifecycles

BENCHES: dict[str, tuple[str, Callable[[], Awaitable[dict[str, float]]]]] = {"lifecycle": ("lifecycles/s", lifecycles)}


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


async def _run(name: str, times: int) -> dict[str, Any]:
    unit, measure = BENCHES[name]
    runs = [await measure() for _ in range(times)]
    figures = {what: _spread([run[what] for run in runs]) for what in runs[0]}
    print(f"{name} ({unit}), {times} run(s), {os.cpu_count()} cores, Python {platform.python_version()}")
    for what, spread in figures.items():
        print(f"  {what:<6} min {spread['min']:>9,.1f}  median {spread['median']:>9,.1f}  max {spread['max']:>9,.1f}")
    ours = figures["linli"]["median"]
    for what in ("floor", "peer"):
        print(f"  linli / {what}: {ours / figures[what]['median']:.2f}")
    linli = figures.pop("linli")
    return {"name": name, "unit": unit, "runs": times, **linli, **figures}


def main() -> int:
    """Run what the environment asks for; 2 for an unknown name."""
    names = [os.environ["B"]] if os.environ.get("B") else sorted(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are: {', '.join(sorted(BENCHES))}", file=sys.stderr)
        return 2
    results = [asyncio.run(_run(name, int(os.environ.get("RUNS", "1")))) for name in names]
    if os.environ.get("JSON"):
        Path(os.environ["JSON"]).write_text(json.dumps(results if len(results) > 1 else results[0], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
