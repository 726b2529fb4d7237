"""Lives a second with more processes, more estates and a skewed load: what collapses, and what limits.

Each line is a stack of its own; the figure is the least of all lines, the floor the first: one process a service and 40
estates. The processor time by part beside it names what limits.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from linli_cli.stack import Home, Stack, StackOptions
from linli_contracts.topics import SERVICES

from bench.figures import Figures, cpu_ms_each, cpu_s_of
from bench.lifecycle import BROKER, LIVES, WAVE
from bench.repair_life import REST_S, TOWN, UNCALLED, RepairLives, Town


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    what: str
    town: Town = TOWN
    processes: int = 1
    """Of each service."""


LINES: Final = (
    Line("1 process a service, 40 estates"),
    Line("2 processes", processes=2),
    Line("4 processes", processes=4),
    Line("12 estates", Town(12)),
    Line("5,000 estates", Town(5_000)),
    Line("one estate is half of the load", Town(skewed=True)),
)


async def scale() -> Figures:
    """Lifecycles a second on the slowest line; the floor is the first."""
    rates = [await _rate(line) for line in LINES]
    return Figures(min(rates), rates[0])


async def _rate(line: Line) -> float:
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as directory:
        options = StackOptions(home=Home(Path(directory)), broker=BROKER, clock="stepped")
        async with Stack(options) as stack, _more(stack, line.processes - 1):
            lives = RepairLives(stack.client, WAVE, line.town)
            await lives.found()
            await lives.waves(UNCALLED)
            before, began_s = cpu_s_of(stack), time.perf_counter()
            waves = -(-LIVES // WAVE)
            await lives.waves(waves)
            rate = waves * WAVE / (time.perf_counter() - began_s)
            cpu_ms = cpu_ms_each(before, cpu_s_of(stack), waves * WAVE)
    used = ", ".join(f"{part} {ms:.2f}" for part, ms in sorted(cpu_ms.items(), key=lambda one: -one[1]))
    print(f"  {line.what:<34} {rate:>7,.0f} lives/s; processor, ms a life (first processes): {used}", flush=True)
    return rate


@asynccontextmanager
async def _more(stack: Stack, count: int) -> AsyncIterator[None]:
    """So many more processes of each service, with their share of the lanes."""
    async with AsyncExitStack() as exits, httpx.AsyncClient(trust_env=False) as http:
        for service in SERVICES:
            for number in range(2, 2 + count):
                process, url = stack.another(service, number)
                process.start()
                exits.push_async_callback(process.stop)
                async with asyncio.timeout(REST_S):
                    while not await _is_ready(http, url):  # noqa: ASYNC110 - a process gives no signal
                        await asyncio.sleep(0.1)
        yield


async def _is_ready(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(f"{url}/health/ready")).is_success
    except httpx.TransportError:
        return False
