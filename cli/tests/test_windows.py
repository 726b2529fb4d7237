"""How long the conductor's windows are decides how fast a run goes, not how it ends: a second, an hour, a month."""

import csv
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from linli_cli.importing.mapping import Mapping
from linli_cli.simulation.figures import document
from linli_cli.simulation.outcome import Fate, read_fates
from linli_cli.simulation.people import Customers
from linli_cli.simulation.played import read_requests
from linli_cli.simulation.run import Run
from linli_cli.simulation.scratch import scratch_home
from linli_cli.stack import Stack, StackOptions

ROWS = 100
BEGIN = datetime(2011, 7, 1, 0, 30)  # noqa: DTZ001 - the file's own local time
GRID = timedelta(minutes=30)
"""Every instant lies on it: some hundred instants, so that a window for each of them ends in time."""
AFTER_LAST = timedelta(hours=12)
DESKS = 3
PEOPLE_OF_A_DESK = 3


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A day of a city's requests, as `boston311` reads them: some are late, some never done."""
    path, dice = tmp_path / "sample.csv", Random(7)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ("case_enquiry_id", "open_dt", "target_dt", "closed_dt", "case_title", "reason", "type", "department",
             "neighborhood", "source")
        )  # fmt: skip
        for number, step in enumerate(sorted(dice.choices(range(48), k=ROWS))):
            opened = BEGIN + step * GRID
            due = opened + dice.choice((4, 48, 96, 240)) * GRID
            done = opened + dice.choice((1, 2, 6, 24, 60, 140)) * GRID
            writer.writerow(
                (101000000000 + number, opened, due, done if dice.random() < 0.85 else "", "Something is broken",
                 dice.choice(("Housing", "Sanitation", "Street Lights", "Building", "Notification")),
                 dice.choice(("Street Light Outages", "Unsafe Dangerous Conditions", "Missed Trash")),
                 dice.choice(("PWDx", "ISD", "PROP")), dice.choice(("Roxbury", "Dorchester", "Allston", "")),
                 dice.choice(("Constituent Call", "Self Service")))
            )  # fmt: skip
    return path


async def end(sample: Path, window: timedelta) -> tuple[dict[str, Any], dict[str, Fate]]:
    """The figures of all services, and what became of each case: its handler among the rest."""
    mapping = Mapping.load("boston311")
    played = read_requests(sample, mapping, None)
    horizon = max(case.opened_at for case in played.cases) + AFTER_LAST
    run = Run(mapping, played, horizon, window, Customers(0.3, 1))
    with scratch_home() as home:
        options = StackOptions(home=home, broker="embedded", clock="stepped", durable=False)
        async with Stack(options) as stack:
            result, course, row_of = await run.play(stack)
            fates = await read_fates(stack.client, row_of)
            services = {name: await stack.client.get(name, "/figures") for name in stack.addresses}
    assert result.holds
    assert course.refused == []
    return document(result, played, services), fates


@pytest.mark.rule("ORG-04", "FUP-01", "DSP-08")
async def test_windows_of_any_length_end_alike(sample: Path) -> None:
    """Also whom each case went to: by what the others of the estate had in hand at that very instant."""
    figures, fates = await end(sample, timedelta(hours=1))
    assert figures["received"] == ROWS
    assert figures["deadlines_missed"] > 0
    assert figures["reopened"] > 0
    assert len({fate.handler_id for fate in fates.values()}) == DESKS * PEOPLE_OF_A_DESK
    for window in (timedelta(seconds=1), timedelta(days=30)):
        others, theirs = await end(sample, window)
        assert (figures, fates) == (others, theirs)
