"""What a sweep costs while more and more timers wait: milliseconds to find 1,000 due ones.

The figure is with `TIMERS=` (a million) waiting, the floor with 10,000. Flat means that the two agree.
"""

import os
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg
import linli_messaging
from linli_contracts.lanes import LANES
from linli_embedded.postgres import Postgres
from linli_messaging.queries import Queries
from linli_runtime.database import KEYED_ACCESS

from bench.figures import Figures

FEW: Final = 10_000
MANY: Final = int(os.environ.get("TIMERS", "1000000"))
DUE: Final = 1_000
SWEEPS: Final = 30
NOW: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SQL: Final = Path(linli_messaging.__file__).parent / "sql"
COLUMNS: Final = ("state_table", "id", "lane", "due_at")


async def timers() -> Figures:
    """The median sweep with many waiting, and with few."""
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as directory:
        postgres = Postgres(Path(directory) / "postgres")
        try:
            await postgres.start()
            await postgres.ensure_database("bench")
            connection = await asyncpg.connect(postgres.dsn("bench"), server_settings=dict(KEYED_ACCESS))
            for migration in sorted((SQL / "migrations").glob("*.sql")):
                await connection.execute(migration.read_text(encoding="utf-8"))
            await _wait(connection, 0, DUE, NOW - timedelta(seconds=DUE))
            await _wait(connection, DUE, FEW, NOW + timedelta(seconds=1))
            few = await _sweep(connection)
            await _wait(connection, FEW, MANY, NOW + timedelta(hours=4))
            many = await _sweep(connection)
            await connection.close()
        finally:
            await postgres.destroy()
    return Figures(many, few)


async def _wait(connection: "asyncpg.Connection[asyncpg.Record]", first: int, last: int, due_at: datetime) -> None:
    """Timers with these numbers, each due a second after the one before."""
    rows = (("ticket", f"e.c{nth}", nth % LANES, due_at + timedelta(seconds=nth - first)) for nth in range(first, last))
    await connection.copy_records_to_table("timer", records=rows, columns=COLUMNS)
    await connection.execute("ANALYZE timer")


async def _sweep(connection: "asyncpg.Connection[asyncpg.Record]") -> float:
    query = Queries.load(SQL / "queries.sql")["due_timers"]
    lanes = list(range(LANES))
    took_ms = []
    for _ in range(SWEEPS):
        began = time.perf_counter()
        rows = await connection.fetch(query, lanes, [NOW] * LANES, DUE)
        took_ms.append((time.perf_counter() - began) * 1000)
        if len(rows) != DUE:
            raise RuntimeError(f"{len(rows)} timers were found due, not {DUE}")
    return statistics.median(took_ms)
