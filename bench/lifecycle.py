"""Whole lives through all five services over HTTP and the broker, a second; beside them the floor and the peer.

`LIVES=` in all, `WAVE=` a wave; fewer of the floor's and the peer's, which need no more to be steady.
"""

import os
import tempfile
import time
from pathlib import Path
from typing import Final

import asyncpg
from linli_cli.stack import Home, Stack, StackOptions
from linli_embedded.broker import choose_broker
from linli_embedded.postgres import Postgres

from bench.figures import Figures, cpu_ms_each, cpu_s_here, cpu_s_of
from bench.floor import floor
from bench.peer import peer
from bench.repair_life import UNCALLED, RepairLives

LIVES: Final = int(os.environ.get("LIVES", "4000"))
WAVE: Final = int(os.environ.get("WAVE", "1000"))
FLOOR_LIVES: Final = 10_000
PEER_LIVES: Final = 100
BROKER: Final = os.environ.get("BROKER", "auto")


async def lifecycle() -> Figures:
    """Lifecycles a second: ours, the floor's, the peer's."""
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as directory:
        ours, cpu_ms = await _ours(Path(directory) / "stack")
        lowest, usual, cpu_beside = await _beside(Path(directory))
    return Figures(ours, lowest, usual, {"linli": sum(cpu_ms.values()), **cpu_ms, **cpu_beside})


async def _ours(home: Path) -> tuple[float, dict[str, float]]:
    async with Stack(StackOptions(home=Home(home), broker=BROKER, clock="stepped")) as stack:
        print(f"  on {stack.bus.kind} and {stack.postgres.kind}")
        lives = RepairLives(stack.client, WAVE)
        await lives.found()
        await lives.waves(UNCALLED)
        before, began = cpu_s_of(stack), time.perf_counter()
        waves = -(-LIVES // WAVE)
        await lives.waves(waves)
        took_s = time.perf_counter() - began
        return waves * WAVE / took_s, cpu_ms_each(before, cpu_s_of(stack), waves * WAVE)


async def _beside(directory: Path) -> tuple[float, float, dict[str, float]]:
    broker = await choose_broker(BROKER, directory / "bus")
    postgres = Postgres(directory / "postgres")
    try:
        await postgres.start()
        await postgres.ensure_database("bench")
        connection = await asyncpg.connect(postgres.dsn("bench"))
        began_s = cpu_s_here(broker, postgres)
        lowest = await floor(broker.bootstrap, connection, FLOOR_LIVES)
        between_s = cpu_s_here(broker, postgres)
        usual = await peer(broker.bootstrap, connection, PEER_LIVES)
        ended_s = cpu_s_here(broker, postgres)
        await connection.close()
    finally:
        await postgres.destroy()
        await broker.stop()
    cpu_ms = {
        "floor": (between_s - began_s) * 1000 / FLOOR_LIVES,
        "peer": (ended_s - between_s) * 1000 / PEER_LIVES,
    }
    return lowest, usual, cpu_ms
