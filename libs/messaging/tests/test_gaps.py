"""What was published and never came is noticed after a grace, and asked for until the inbox moves."""

import pytest
from linli_messaging.lanes.gaps import ASK_AGAIN_S, ASK_AGAIN_UNREAD_S, GRACE_S, GapWatch

PLACE = ("north", 3)


@pytest.mark.rule("OPS-02")
def test_a_lost_tail_is_noticed_after_the_grace() -> None:
    watch = GapWatch()
    watch.reached({PLACE: 4}, 0.0)
    watch.told("north", {3: 6}, 10.0)
    assert watch.stuck(10.0 + GRACE_S) == {}
    assert watch.stuck(10.1 + GRACE_S) == {PLACE: (5, 6)}


def test_an_inbox_that_moves_is_not_stuck() -> None:
    """Given a number on its way, when the inbox moves within the grace, then the grace begins anew."""
    watch = GapWatch()
    watch.told("north", {3: 6}, 0.0)
    watch.reached({PLACE: 3}, GRACE_S)
    assert watch.stuck(GRACE_S + 1) == {}
    assert watch.stuck(2 * GRACE_S + 0.1) == {PLACE: (4, 6)}


def test_a_repeated_record_is_no_movement() -> None:
    watch = GapWatch()
    watch.reached({PLACE: 4}, 0.0)
    watch.told("north", {3: 6}, 0.0)
    watch.reached({PLACE: 4}, GRACE_S)
    assert watch.stuck(GRACE_S + 0.1) == {PLACE: (5, 6)}


@pytest.mark.rule("OPS-02")
def test_asked_once_and_again_until_it_moves() -> None:
    """Given a gap, when nobody answers, then it is asked for again after a while; once it moves, no more."""
    watch = GapWatch()
    watch.reached({PLACE: 4}, 0.0)
    watch.jumped({PLACE: (5, 9)})
    assert watch.to_ask(100.0) == {PLACE: 5}
    assert watch.to_ask(100.0 + ASK_AGAIN_S) == {}
    watch.jumped({PLACE: (5, 10)})
    assert watch.to_ask(100.1 + ASK_AGAIN_S) == {PLACE: 5}
    watch.reached({PLACE: 10}, 110.0)
    assert watch.to_ask(200.0) == {}


def test_while_there_is_more_to_read_the_answer_may_be_among_it() -> None:
    """Given a gap that was asked for, while its partition has more to read, then it is asked for again much later."""
    watch = GapWatch()
    watch.jumped({PLACE: (1, 9)})
    assert watch.to_ask(100.0, {PLACE}) == {PLACE: 1}
    assert watch.to_ask(100.0 + ASK_AGAIN_UNREAD_S, {PLACE}) == {}
    assert watch.to_ask(100.1 + ASK_AGAIN_UNREAD_S, {PLACE}) == {PLACE: 1}


def test_one_that_is_asked_for_is_not_noticed_twice() -> None:
    watch = GapWatch()
    watch.told("north", {3: 6}, 0.0)
    watch.jumped(watch.stuck(GRACE_S + 1))
    assert watch.stuck(GRACE_S + 2) == {}
    assert watch.to_ask(GRACE_S + 2) == {PLACE: 1}


def test_after_a_restart_nothing_is_missing_that_the_database_has() -> None:
    """Given an inbox taken up from the database, when old heads are told, then nothing is asked for."""
    watch = GapWatch()
    watch.reached({PLACE: 6}, 0.0)
    watch.told("north", {3: 6}, 1.0)
    assert watch.stuck(100.0) == {}
    assert watch.to_ask(100.0) == {}


def test_lanes_of_another_process_are_forgotten() -> None:
    watch = GapWatch()
    watch.told("north", {3: 6}, 0.0)
    watch.jumped({("north", 4): (1, 2)})
    watch.forget({3, 4})
    assert watch.stuck(100.0) == {}
    assert watch.to_ask(100.0) == {}
