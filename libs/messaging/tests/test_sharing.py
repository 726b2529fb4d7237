"""Sendings under way are shared: one recipient has few of them, and fewer where many are under way."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_messaging.outside import sharing as rules
from linli_messaging.outside.intent import Intent
from linli_messaging.outside.sharing import (
    AMPLE_BELOW,
    MOST_A_KIND,
    MOST_A_RECIPIENT,
    MOST_TO_SLOW,
    MOST_UNDER_WAY,
    SLOW_S,
    Sharing,
    Slow,
)

from libs.messaging.tests.small import AT

LETTERS = ("letter",)


def to(recipient: str, kind: str = "letter") -> Intent:
    return Intent("i", "c", kind, "s", recipient, {}, emergency=False, give_up_at=AT + timedelta(1), made_at=AT,
                  next_at=AT, noted_at=AT)  # fmt: skip


@pytest.mark.rule("OPS-04")
@given(st.lists(st.sampled_from([f"r{nth}" for nth in range(30)]), max_size=300))
def test_those_who_answer_nothing_hold_little_more_than_they_are(wanted: list[str]) -> None:
    """Whatever comes due in whatever order: each has his first, and all together hold twelve more at most."""
    sharing = Sharing([], LETTERS, Slow())
    taken = [one for one in wanted if sharing.take(to(one))]
    assert set(taken) == set(wanted)
    assert len(taken) <= len(set(wanted)) + AMPLE_BELOW - MOST_A_RECIPIENT
    assert sharing.room == MOST_UNDER_WAY - len(taken)


@pytest.mark.rule("OPS-04")
def test_one_recipient_has_a_few_at_a_time_and_is_full_with_them() -> None:
    sharing = Sharing([to("a")] * (MOST_A_RECIPIENT - 1), LETTERS, Slow())
    assert sharing.full == []
    assert [sharing.take(to("a")) for _ in range(2)] == [True, False]
    assert sharing.full == ["a"]


@pytest.mark.rule("OPS-04")
def test_where_many_are_under_way_everybody_with_one_is_full() -> None:
    busy = [f"r{nth}" for nth in range(AMPLE_BELOW - 1)]
    sharing = Sharing(map(to, busy), LETTERS, Slow())
    assert sharing.full == []
    assert sharing.take(to("r0"))
    assert sharing.full == busy
    assert [sharing.take(to(one)) for one in ("r1", "new", "new")] == [False, True, False]


@pytest.mark.rule("OPS-04")
def test_no_more_than_the_most_are_under_way() -> None:
    sharing = Sharing([to(f"r{nth}") for nth in range(MOST_UNDER_WAY - 1)], LETTERS, Slow())
    assert [sharing.take(to(one)) for one in ("x", "y")] == [True, False]
    assert sharing.room == 0


@pytest.mark.rule("OPS-04")
def test_one_kind_leaves_room_for_the_others_of_a_process() -> None:
    sharing = Sharing([], ("letter", "pigeon"), Slow())
    assert sum(sharing.take(to(f"r{nth}")) for nth in range(MOST_UNDER_WAY)) == MOST_A_KIND
    assert sharing.kinds == ["pigeon"]
    assert [sharing.take(to("x", kind)) for kind in ("letter", "pigeon")] == [False, True]


def slow(*recipients: str) -> Slow:
    """These are known to be slow, and it is everybody's turn."""
    found = Slow()
    for recipient in recipients:
        found.note(recipient, SLOW_S)
    found.begin_round()
    return found


@pytest.mark.rule("OPS-04")
@pytest.mark.parametrize(("took_s", "is_slow"), [(SLOW_S - 0.001, False), (SLOW_S, True)])
def test_who_is_slow_is_so_until_he_answers_in_time(took_s: float, *, is_slow: bool) -> None:
    known = Slow()
    known.note("a", took_s)
    assert ("a" in known) is is_slow
    known.note("a", 0.0)
    assert "a" not in known


@pytest.mark.rule("OPS-04")
def test_all_who_are_slow_have_a_quarter_together_one_each() -> None:
    names = [f"s{nth}" for nth in range(MOST_UNDER_WAY)]
    sharing = Sharing([], LETTERS, slow(*names))
    assert [sharing.take(to("s0")) for _ in range(2)] == [True, False]
    assert sharing.full == ["s0"]
    assert sum(sharing.take(to(name)) for name in names[1:]) == MOST_TO_SLOW - 1
    assert not sharing.room_for_slow
    assert set(sharing.full) == set(names)
    assert sharing.take(to("in time"))


@pytest.mark.rule("OPS-04")
@given(st.permutations([f"s{nth}" for nth in range(2 * MOST_TO_SLOW + 3)]))
def test_who_is_slow_has_his_turn_before_another_has_his_second(due: list[str]) -> None:
    """Whoever of them comes first whenever somebody is chosen, because his have been due the longest."""
    known, had = slow(*due), list[str]()
    while len(had) < 2 * len(due):
        sharing = Sharing([], LETTERS, known)
        taken = [name for name in due if name not in sharing.full and sharing.take(to(name))]
        if sharing.room_for_slow:
            known.begin_round()
        for name in taken:
            known.note(name, SLOW_S)
        had += taken
    assert set(had[: len(due)]) == set(due)


@pytest.mark.rule("OPS-04")
def test_who_was_slow_the_longest_ago_is_forgotten_when_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_REMEMBERED", 2)
    known = slow("a", "b", "c")
    assert [name in known for name in ("a", "b", "c")] == [False, True, True]
