"""A lane's timers may fire as far as every producer's facts have arrived, and no further (DESIGN section 5)."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_messaging.lanes.barrier import LONG_AGO, PATIENCE, PENDING, Barrier

from libs.messaging.tests.small import AT, SECOND

LATER = AT + timedelta(hours=1)
NORTH = ("north", 1)


def until(barrier: Barrier, lane: int = 1, now: datetime = LATER) -> datetime:
    return barrier.until(lane, now)


def listen(barrier: Barrier, begin_s: float, seconds: float) -> None:
    """Look at the bus every second."""
    for second in range(int(seconds) + 1):
        barrier.listen(begin_s + second)


@pytest.mark.rule("ORG-04")
def test_nothing_fires_before_every_producer_has_told() -> None:
    barrier = Barrier(["north", "south"])
    assert until(barrier) == LONG_AGO
    barrier.tell("north", AT, {1: 0})
    assert until(barrier) == LONG_AGO
    barrier.tell("south", AT + SECOND, {1: 0})
    assert until(barrier) == AT


def test_a_service_that_reads_nobody_fires_at_once() -> None:
    assert until(Barrier([])) == LATER


def test_never_beyond_now() -> None:
    barrier = Barrier(["north"])
    barrier.tell("north", LATER + SECOND, {1: 0})
    assert until(barrier) == LATER


@pytest.mark.rule("ORG-04")
def test_a_told_head_counts_once_the_inbox_has_reached_it() -> None:
    """Given heads 3 and then 5 told, when the inbox reaches 2, 3, 4, 5, then timers are free to the head reached."""
    barrier = Barrier(["north"])
    barrier.tell("north", AT, {1: 3})
    barrier.tell("north", AT + SECOND, {1: 5})
    free = []
    for number in (2, 3, 4, 5):
        barrier.reach({("north", 1): number})
        free.append(until(barrier))
    assert free == [LONG_AGO, AT, AT, AT + SECOND]


def test_an_inbox_that_stands_there_already_frees_at_once() -> None:
    """Given a restart, when the inbox is taken up from the database and the heads are told, then timers are free."""
    barrier = Barrier(["north"])
    barrier.reach({("north", 1): 7})
    barrier.tell("north", AT, {1: 7})
    assert until(barrier) == AT


def test_patience_ends_with_a_silent_producer_only() -> None:
    """Given north is silent longer than the patience, when south tells, then south alone holds the timers back."""
    barrier = Barrier(["north", "south"])
    listen(barrier, 0.0, PATIENCE.total_seconds())
    barrier.tell("south", AT, {1: 0})
    assert until(barrier) == LONG_AGO
    barrier.listen(PATIENCE.total_seconds() + 1)
    assert until(barrier) == AT


@pytest.mark.rule("ORG-04", "OPS-04")
def test_who_did_not_listen_knows_nothing_of_silence() -> None:
    """Given a process that was frozen, or whose database was away, for an hour, when it goes on, then what its
    producers told meanwhile is awaited.
    """
    barrier = Barrier(["north"])
    barrier.tell("north", AT, {1: 0})
    barrier.listen(0.0)
    barrier.listen(3600.0)
    assert until(barrier) == AT
    listen(barrier, 3601.0, PATIENCE.total_seconds())
    assert until(barrier) == LATER


@pytest.mark.rule("ORG-04")
def test_heads_of_a_lane_with_an_overdue_clock_stand_for_its_instant() -> None:
    """Given a producer whose clock in lane 1 is overdue, then ours fire up to that clock and no further; in lane 2
    nothing is held back; when its clock has fired and what it told is here, they go on.
    """
    barrier = Barrier(["north"])
    barrier.tell("north", LATER, {1: 0, 2: 0}, {1: AT})
    assert (until(barrier), until(barrier, lane=2)) == (AT, LATER)
    barrier.tell("north", LATER, {1: 1, 2: 0}, {})
    assert until(barrier) == AT
    barrier.reach({NORTH: 1})
    assert until(barrier) == LATER


@pytest.mark.rule("ORG-04", "OPS-04")
def test_a_clock_that_does_not_fire_is_not_waited_for_for_ever() -> None:
    """Given an overdue clock that stays, then patience ends; given one after the other that fires, it begins anew."""
    barrier = Barrier(["north"])
    patience = int(PATIENCE.total_seconds())
    for second in range(patience):
        barrier.listen(float(second))
        barrier.tell("north", LATER, {1: 0}, {1: AT})
    assert until(barrier) == AT
    barrier.listen(float(patience))
    barrier.tell("north", LATER, {1: 0}, {1: AT + SECOND})
    assert until(barrier) == AT + SECOND
    for second in range(patience + 1, 2 * patience + 1):
        barrier.listen(float(second))
        barrier.tell("north", LATER, {1: 0}, {1: AT + SECOND})
    assert until(barrier) == LATER


def test_a_producer_that_tells_holds_for_ever() -> None:
    """Given a head that never comes, when its producer keeps telling, then no patience lets a timer overtake it."""
    barrier = Barrier(["north"])
    for second in range(200):
        barrier.listen(float(second))
        barrier.tell("north", AT + second * SECOND, {1: 1})
    assert until(barrier) == LONG_AGO


def test_constant_load_frees_what_was_reached_and_keeps_memory_bounded() -> None:
    """Given a head told every second and an inbox a hundred behind, when both go on, then timers follow behind."""
    barrier = Barrier(["north"])
    for second in range(1000):
        barrier.tell("north", AT + second * SECOND, {1: second})
        barrier.reach({("north", 1): second - 100})
    assert LONG_AGO < until(barrier) <= AT + 899 * SECOND
    assert len(barrier._told["north", 1]) <= PENDING


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=60))
def test_never_free_beyond_a_fact_that_is_still_on_its_way(steps: list[tuple[bool, int]]) -> None:
    """Given a fact a second and an inbox that follows as it likes, then no timer is free past a fact not here."""
    barrier = Barrier(["north"])
    last = 0
    for made, (tells, moves) in enumerate(steps, 1):  # fact number ``made`` is made at that second
        if tells:
            barrier.tell("north", AT + made * SECOND, {1: made})
        last = min(made, last + moves)
        barrier.reach({("north", 1): last})
        free = until(barrier)
        assert free == LONG_AGO or free <= AT + last * SECOND
