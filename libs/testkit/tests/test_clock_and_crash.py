"""The clock moves by hand and never back; an armed child dies at its point, and the helper notices when it doesn't."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from linli_testkit.clock import HandClock
from linli_testkit.crash import crash_child, run_child

_POINTS = """
import sys
from linli_messaging import crash
for n in range(3):
    print("passing", n, flush=True)
    crash.point("after-commit")
"""


def test_clock_shows_what_it_was_set_to(clock: HandClock) -> None:
    before = clock.now()
    assert clock.now() == before
    assert clock.advance(timedelta(hours=1)) == before + timedelta(hours=1)
    clock.set(datetime(2026, 10, 1, 8, tzinfo=timezone(timedelta(hours=8))))
    assert clock.now() == datetime(2026, 10, 1, tzinfo=UTC)
    assert clock.now().tzinfo is UTC


def test_clock_refuses_to_go_back_or_to_forget_its_zone(clock: HandClock) -> None:
    with pytest.raises(ValueError, match="does not go back"):
        clock.set(clock.now() - timedelta(microseconds=1))
    with pytest.raises(ValueError, match="no time zone"):
        clock.set(datetime(2030, 1, 1))  # noqa: DTZ001 - that is the point


def test_child_dies_at_the_chosen_passing() -> None:
    ended = crash_child(["-c", _POINTS], "after-commit", count=2)
    assert ended.output.splitlines() == ["passing 0", "passing 1"]


def test_child_that_never_gets_there_is_noticed() -> None:
    with pytest.raises(AssertionError, match="instead of dying at before-lock:1"):
        crash_child(["-c", _POINTS], "before-lock")
    assert run_child(["-c", _POINTS]).exit_code == 0
