"""How long the conductor's windows are decides how fast a run goes, not how it ends: a second or an hour."""

import csv
import gzip
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from linli_cli.importing.mapping import Mapping
from linli_cli.places import repository
from linli_cli.simulation.figures import document
from linli_cli.simulation.people import Customers
from linli_cli.simulation.played import read_requests
from linli_cli.simulation.run import Run
from linli_cli.simulation.scratch import scratch_home
from linli_cli.stack import Stack, StackOptions

FILE = repository().parent / "shared" / "data" / "boston311_2011q3.csv.gz"
ROWS = 500
GRID = timedelta(minutes=30)
"""The rows' times are rounded down to it: some hundred instants, so that a window for each of them ends in time."""
AFTER_LAST = timedelta(hours=12)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    if not FILE.exists():
        pytest.skip(f"{FILE} is not there")
    path = tmp_path / "sample.csv"
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as file, path.open("w", encoding="utf-8") as copy:
        reader = csv.DictReader(file)
        writer = csv.DictWriter(copy, reader.fieldnames or ())
        writer.writeheader()
        for row in islice(reader, ROWS):
            writer.writerow(row | {column: rounded(row[column]) for column in ("open_dt", "target_dt", "closed_dt")})
    return path


def rounded(text: str) -> str:
    if not text:
        return text
    at = datetime.fromisoformat(text)
    return str(at - (at - at.replace(hour=0, minute=0, second=0)) % GRID)


async def figures(sample: Path, window: timedelta) -> dict[str, Any]:
    mapping = Mapping.load("boston311")
    played = read_requests(sample, mapping, None)
    horizon = max(case.opened_at for case in played.cases) + AFTER_LAST
    run = Run(mapping, played, horizon, window, Customers(0.3, 1))
    with scratch_home() as home:
        options = StackOptions(home=home, broker="embedded", clock="stepped", durable=False)
        async with Stack(options) as stack:
            result, course, _ = await run.play(stack)
            services = {name: await stack.client.get(name, "/figures") for name in stack.addresses}
    assert result.holds
    assert course.refused == []
    return document(result, played, services)


@pytest.mark.rule("ORG-04", "FUP-01")
async def test_windows_of_any_length_end_alike(sample: Path) -> None:
    by_hour = await figures(sample, timedelta(hours=1))
    assert by_hour["received"] == ROWS
    assert by_hour["deadlines_missed"] > 0
    assert by_hour["reopened"] > 0
    assert by_hour == await figures(sample, timedelta(seconds=1))
