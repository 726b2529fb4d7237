"""Sendings under way are shared: one recipient has few of them, and fewer where many are under way."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_messaging.outside.intent import Intent
from linli_messaging.outside.sharing import AMPLE_BELOW, MOST_A_KIND, MOST_A_RECIPIENT, MOST_UNDER_WAY, Sharing

from libs.messaging.tests.small import AT

LETTERS = ("letter",)


def to(recipient: str, kind: str = "letter") -> Intent:
    return Intent("i", "c", kind, "s", recipient, {}, emergency=False, give_up_at=AT + timedelta(1), made_at=AT,
                  next_at=AT, noted_at=AT)  # fmt: skip


@pytest.mark.rule("OPS-04")
@given(st.lists(st.sampled_from([f"r{nth}" for nth in range(30)]), max_size=300))
def test_those_who_answer_nothing_hold_little_more_than_they_are(wanted: list[str]) -> None:
    """Whatever comes due in whatever order: each has his first, and all together hold twelve more at most."""
    sharing = Sharing([], LETTERS)
    taken = [one for one in wanted if sharing.take(to(one))]
    assert set(taken) == set(wanted)
    assert len(taken) <= len(set(wanted)) + AMPLE_BELOW - MOST_A_RECIPIENT
    assert sharing.room == MOST_UNDER_WAY - len(taken)


@pytest.mark.rule("OPS-04")
def test_one_recipient_has_a_few_at_a_time_and_is_full_with_them() -> None:
    sharing = Sharing([to("a")] * (MOST_A_RECIPIENT - 1), LETTERS)
    assert sharing.full == []
    assert [sharing.take(to("a")) for _ in range(2)] == [True, False]
    assert sharing.full == ["a"]


@pytest.mark.rule("OPS-04")
def test_where_many_are_under_way_everybody_with_one_is_full() -> None:
    busy = [f"r{nth}" for nth in range(AMPLE_BELOW - 1)]
    sharing = Sharing(map(to, busy), LETTERS)
    assert sharing.full == []
    assert sharing.take(to("r0"))
    assert sharing.full == busy
    assert [sharing.take(to(one)) for one in ("r1", "new", "new")] == [False, True, False]


@pytest.mark.rule("OPS-04")
def test_no_more_than_the_most_are_under_way() -> None:
    sharing = Sharing([to(f"r{nth}") for nth in range(MOST_UNDER_WAY - 1)], LETTERS)
    assert [sharing.take(to(one)) for one in ("x", "y")] == [True, False]
    assert sharing.room == 0


@pytest.mark.rule("OPS-04")
def test_one_kind_leaves_room_for_the_others_of_a_process() -> None:
    sharing = Sharing([], ("letter", "pigeon"))
    assert sum(sharing.take(to(f"r{nth}")) for nth in range(MOST_UNDER_WAY)) == MOST_A_KIND
    assert sharing.kinds == ["pigeon"]
    assert [sharing.take(to("x", kind)) for kind in ("letter", "pigeon")] == [False, True]
