"""Resident memory of the largest service, in MB: the most it took, idle after its start and while lives were played."""

import tempfile
from pathlib import Path
from typing import Final

from linli_cli.stack import Home, Stack, StackOptions

from bench.figures import Figures
from bench.lifecycle import BROKER, WAVE
from bench.repair_life import UNCALLED, RepairLives

WAVES: Final = UNCALLED + 1
MEGABYTE: Final = 1024 * 1024


async def memory() -> Figures:
    """The largest service's peak; it has no floor and no peer."""
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as directory:
        async with Stack(StackOptions(home=Home(Path(directory)), broker=BROKER, clock="stepped")) as stack:
            idle = stack.peak_memory_bytes()
            lives = RepairLives(stack.client, WAVE)
            await lives.found()
            await lives.waves(WAVES)
            busy = stack.peak_memory_bytes()
            for part, peak in busy.items():
                idle_mb, busy_mb = idle[part] / MEGABYTE, peak / MEGABYTE
                print(f"  {part:<9} idle {idle_mb:>6,.0f} MB, with {WAVE} lives at once {busy_mb:>6,.0f} MB")
            return Figures(max(busy[name] for name in stack.services) / MEGABYTE)
