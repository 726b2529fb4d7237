"""Two policies side by side: every figure that differs opens into its cases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from linli_cli.simulation.comparing import Line, Opened, compare_fates
from linli_cli.simulation.outcome import Fate
from linli_cli.simulation.sides import show_sides, sides_document
from rich.console import Console

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY_NIGHT = datetime(2025, 3, 3, 15, 59, 59, tzinfo=UTC)
"""A second before Tuesday in Shanghai."""
FATE = Fate("e1.a", "repair", "li", 4, {}, {}, (MONDAY_NIGHT,))


def line(lines: list[Line], area: str, name: str) -> Line:
    return next(one for one in lines if (one.area, one.name) == (area, name))


def test_the_same_under_both_differs_in_nothing() -> None:
    lines = compare_fates({"row1": FATE}, {"row1": FATE}, SHANGHAI)
    assert [(one.area, one.name, one.first, one.second) for one in lines] == [
        ("level", "4", 1, 1),
        ("handler", "li", 1, 1),
        ("desk", "repair 1-Mon 23h", 1, 1),
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


@pytest.mark.rule("DSP-03")
def test_deadlines_that_are_missed_at_another_hour_of_the_week_are_counted_there() -> None:
    """By the desk's own clocks: a second later it is Tuesday in Shanghai. Two in one hour count twice."""
    later = replace(FATE, ran_out_at=(MONDAY_NIGHT + timedelta(seconds=1), MONDAY_NIGHT + timedelta(hours=1)))
    lines = compare_fates({"row1": FATE}, {"row1": later}, SHANGHAI)
    assert line(lines, "desk", "repair 1-Mon 23h").cases == (Opened("row1", "e1.a", 1, 0),)
    assert line(lines, "desk", "repair 2-Tue 00h").cases == (Opened("row1", "e1.a", 0, 2),)


def test_of_many_lines_those_in_which_the_most_cases_differ_are_on_the_screen() -> None:
    """Given forty hours in which deadlines were missed under one policy only, twelve are shown, and how many are not;
    the document has them all.
    """
    hours = [MONDAY_NIGHT + timedelta(hours=hour) for hour in range(40)]
    one = {f"row{number}": replace(FATE, ran_out_at=tuple(hours[number:])) for number in range(40)}
    other = {key: replace(fate, ran_out_at=()) for key, fate in one.items()}
    lines = compare_fates(one, other, SHANGHAI)
    console = Console(file=StringIO(), width=200, force_terminal=False)
    show_sides(console, lines, ("a", "b"))
    assert isinstance(console.file, StringIO)
    shown = [row for row in console.file.getvalue().splitlines() if "repair " in row]
    assert len(shown) == 12
    assert "3-Wed 14h" in shown[-1]
    assert "40" in shown[-1]
    assert "28" in next(row for row in console.file.getvalue().splitlines() if "--json" in row)
    assert sum(each["area"] == "desk" for each in sides_document(lines)) == 40
