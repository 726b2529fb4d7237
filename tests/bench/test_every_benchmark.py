"""Each benchmark runs to its end and writes its figures; what they are is not looked at, for they are not timed tests.

Small, and without Apache Kafka, which takes longer to start than they to run. `scale` starts six stacks and `lists`
asks thousands of questions: these two take minutes however small.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from bench.__main__ import BENCHES

REPOSITORY: Final = Path(__file__).parents[2]
LONG: Final = ("scale", "lists")
SMALL: Final = {
    "BROKER": "embedded", "LIVES": "40", "WAVE": "40", "STORED": "500", "CASES": "50", "REQUESTS": "50", "CLIENTS": "5",
    "BURST": "50", "SECONDS": "2", "FACTS": "1000", "TIMERS": "1000", "ESTATES": "3",
}  # fmt: skip
WITHIN_S: Final = 300


def is_spread(told: dict[str, Any]) -> bool:
    return bool(0 < told["min"] <= told["median"] <= told["max"])


@pytest.mark.parametrize("name", [name for name in BENCHES if name not in LONG])
def test_a_benchmark_runs_and_writes_its_figures(name: str, tmp_path: Path) -> None:
    written = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench"],
        env={**os.environ, **SMALL, "B": name, "JSON": str(written)},
        cwd=REPOSITORY, capture_output=True, text=True, timeout=WITHIN_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(written.read_text())
    assert told["name"] == name
    assert told["runs"] == 1
    assert is_spread(told)
    assert all(told[beside] is None or is_spread(told[beside]) for beside in ("floor", "peer"))


def test_a_benchmark_that_is_not_there_is_refused_with_the_names_of_those_that_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench"], env={**os.environ, "B": "speed"}, cwd=REPOSITORY, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert all(name in done.stderr for name in BENCHES)


def test_a_word_after_the_command_is_refused_rather_than_ignored() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "http"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "B=" in done.stderr
