"""``make chaos``: faults under load, as a table.

FAULT= names one or several (with commas), else all are tried; MINUTES= goes on with them until the time is over; SEED=
repeats a run; CLOCK=system plays it by the system clock, without the faults that move the other one or wait for an
operator; JSON=FILE writes the table.
"""

import asyncio
import json
import os
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, Final, cast, get_args

from linli_cli.stack.home import ClockKind

from tests.chaos.faults import FAULTS
from tests.chaos.load import Size
from tests.chaos.trial import Chaos, Result

SHOWN: Final = 5
"""Differences printed of a trial: enough to see what they are."""
LONGEST: Final = 300
SAID: Final = 20
"""Lines of each service's log, after an error: a start, or what it met on its way, is about as long."""
COLUMNS: Final = "{:<17} {:>6} {:>6} {:>5} {:>7} {:>5} {:>5} {:>8}"


async def run(names: Sequence[str], seed: int, minutes: float | None, clock: ClockKind) -> list[Result]:
    """Try each of them, or one after the other as long as the minutes last."""
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="linli-chaos-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        directory.chmod(0o711)  # noqa: ASYNC240 - before anything runs
        async with Chaos(directory, seed, Size(), clock) as chaos:
            began = time.monotonic()
            for fault in cycle(names) if minutes is not None else names:
                if minutes is not None and results and time.monotonic() - began >= 60 * minutes:
                    break
                results.append(await chaos.trial(FAULTS[fault]))
                show(fault, results[-1:])
                show_points(results[-1:])
                explain(results[-1])
    return results


def show(fault: str, results: Sequence[Result]) -> None:
    """A line of the table."""
    struck = sum(result.times for result in results)
    lost, doubled = (sum(len(getattr(result.books, what)) for result in results) for what in ("lost", "doubled"))
    wrong = sum(len(result.violations) for result in results)
    equal = all(result.equal for result in results)
    rest_s = max(result.seconds_to_rest for result in results)
    yes, clean = "yes" if equal else "NO", "NO" if wrong else "yes"
    print(COLUMNS.format(fault, len(results), struck, lost, doubled, yes, clean, f"{rest_s:.1f}"), flush=True)


def show_points(results: Sequence[Result]) -> None:
    """At which crash points processes died, and at which not once, where that is what the fault tries."""
    died = sum((result.died_at for result in results), Counter[str]())
    tried = {point for result in results for point in result.died_at}
    if tried:
        never = ", ".join(sorted(tried - died.keys()))
        print(f"    died at: {', '.join(f'{point} {died[point]}' for point in sorted(died))}", flush=True)
        print(f"    never at: {never}" if never else "    at every point", flush=True)


def document_of(result: Result, seed: int) -> dict[str, Any]:
    """A trial for machines."""
    return {
        "fault": result.fault,
        "what": FAULTS[result.fault].what,
        "seed": seed,
        "struck": result.times,
        "died_at": dict(sorted(result.died_at.items())),
        "lost": len(result.books.lost),
        "doubled": len(result.books.doubled),
        "changed": len(result.books.changed),
        "books_equal": result.equal,
        "violations": len(result.violations),
        "seconds_to_rest": round(result.seconds_to_rest, 1),
        "error": result.error,
    }


def explain(result: Result) -> None:
    """Why a trial was not sound."""
    books = result.books
    for word, lines in (
        ("lost", books.lost), ("doubled", books.doubled), ("changed", books.changed), ("audit", result.violations),
        ("error", [result.error]),
    ):  # fmt: skip
        for line in lines[:SHOWN]:
            if line:
                print(f"    {word}: {line[:LONGEST]}", flush=True)
    for service, said in result.said.items():
        for line in said.splitlines()[-SAID:]:
            print(f"    {service} said: {line[:LONGEST]}", flush=True)
    if result.times == 0:
        print("    nothing was broken", flush=True)


def main() -> int:
    """1 when any trial was not sound, 2 for an unknown fault or clock."""
    clock = os.environ.get("CLOCK") or "stepped"
    if clock not in get_args(ClockKind):
        print(f"no clock {clock!r}; there are: {', '.join(get_args(ClockKind))}", file=sys.stderr)
        return 2
    faults = [name for name, fault in FAULTS.items() if clock == "stepped" or fault.by_any_clock]
    names = os.environ.get("FAULT", "").split(",") if os.environ.get("FAULT") else faults
    unknown = [name for name in names if name not in faults]
    if unknown:
        print(f"no fault {unknown[0]!r} by this clock; there are: {', '.join(faults)}", file=sys.stderr)
        return 2
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    minutes = float(os.environ["MINUTES"]) if os.environ.get("MINUTES") else None
    print(f"SEED={seed}")
    heading = COLUMNS.format("fault", "trials", "struck", "lost", "doubled", "equal", "audit", "rest (s)")
    print(heading, flush=True)
    results = asyncio.run(run(names, seed, minutes, cast("ClockKind", clock)))
    by_fault = {name: [result for result in results if result.fault == name] for name in names}
    if len(results) > len(by_fault):
        print(f"\n{heading}")
        for name, tried in by_fault.items():
            if tried:
                show(name, tried)
                show_points(tried)
    if os.environ.get("JSON"):
        table = [document_of(result, seed) for result in results]
        Path(os.environ["JSON"]).write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if all(result.sound for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
