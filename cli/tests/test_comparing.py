"""Two policies side by side: every figure that differs opens into its cases."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from linli_cli.simulation.comparing import Line, Opened, compare_fates
from linli_cli.simulation.outcome import Fate

SHANGHAI = ZoneInfo("Asia/Shanghai")
FATE = Fate("e1.a", datetime(2025, 3, 3, 15, 59, 59, tzinfo=UTC), "repair", "li", 4, {}, {})


def line(lines: list[Line], area: str, name: str) -> Line:
    return next(one for one in lines if (one.area, one.name) == (area, name))


def test_the_same_under_both_differs_in_nothing() -> None:
    lines = compare_fates({"row1": FATE}, {"row1": FATE}, SHANGHAI)
    assert [(one.area, one.name, one.first, one.second) for one in lines] == [
        ("level", "4", 1, 1),
        ("handler", "li", 1, 1),
        ("desk", "repair 23", 1, 1),
    ]
    assert not any(one.differs for one in lines)


@pytest.mark.rule("DSP-01", "DSP-06")
def test_a_difference_opens_into_its_cases() -> None:
    """A case that misses two more deadlines, takes a step and rises to a crisis stands behind each of these figures."""
    other = replace(FATE, level=2, missed={"report": 3}, steps={"manager": 1})
    one = replace(FATE, missed={"report": 1})
    lines = compare_fates({"row1": one, "row2": FATE}, {"row1": other, "row2": FATE}, SHANGHAI)
    assert line(lines, "missed", "report") == Line("missed", "report", 1, 3, (Opened("row1", "e1.a", 1, 3),))
    assert line(lines, "ladder", "manager") == Line("ladder", "manager", 0, 1, (Opened("row1", "e1.a", 0, 1),))
    assert line(lines, "crisis", "2") == Line("crisis", "2", 0, 1, (Opened("row1", "e1.a", 0, 1),))
    assert line(lines, "level", "4") == Line("level", "4", 2, 1, (Opened("row1", "e1.a", 1, 0),))


def test_sums_that_are_alike_may_hide_a_difference() -> None:
    """Two cases that change their handlers with each other: the load is the same, the cases are shown."""
    first = {"row1": FATE, "row2": replace(FATE, handler_id="wu")}
    second = {"row1": replace(FATE, handler_id="wu"), "row2": FATE}
    found = line(compare_fates(first, second, SHANGHAI), "handler", "li")
    assert (found.first, found.second, found.differs) == (1, 1, True)
    assert [(one.key, one.first, one.second) for one in found.cases] == [("row1", 1, 0), ("row2", 0, 1)]


def test_a_case_that_only_one_run_received_counts_in_it_alone() -> None:
    found = line(compare_fates({}, {"row1": FATE}, SHANGHAI), "level", "4")
    assert (found.first, found.second) == (0, 1)


def test_hours_are_those_of_the_zone() -> None:
    later = replace(FATE, opened_at=datetime(2025, 3, 3, 16, 0, 0, tzinfo=UTC))
    lines = compare_fates({"row1": FATE}, {"row1": later}, SHANGHAI)
    assert line(lines, "desk", "repair 23").cases == (Opened("row1", "e1.a", 1, 0),)
    assert line(lines, "desk", "repair 00").cases == (Opened("row1", "e1.a", 0, 1),)
