"""An outside effect moves as its table says, and a doubt is sent again only where that does no harm (promise 9)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_messaging.outside.intent import (
    FINAL,
    InDoubt,
    Intent,
    NotNow,
    Patience,
    Refused,
    Repeats,
    Result,
    Taken,
    Unknowable,
    note,
    take,
    wait_s,
)

NOW = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PATIENCE = Patience(first_wait_s=10, longest_wait_s=600, jitter=0.2)
WAITING = Intent(
    id="2f0c0b1e-0000-5000-8000-000000000000", cause="xh01.m1", kind="message", subject="xh01.m1", recipient="cu1",
    payload={}, emergency=False, give_up_at=NOW + timedelta(hours=24), made_at=NOW, next_at=NOW, noted_at=NOW,
)  # fmt: skip
SENDING = take(WAITING, "neither", NOW)
EMERGENCY = replace(SENDING, emergency=True)


@pytest.mark.rule("INT-16", "OPS-03")
@pytest.mark.parametrize(
    ("intent", "result", "repeats", "status"),
    [
        (SENDING, Taken("r1"), "neither", "sent"),
        (SENDING, Refused("gateway_400"), "recognised", "failed"),
        (SENDING, NotNow("not_reached"), "neither", "waiting"),
        (SENDING, InDoubt("no_answer"), "recognised", "waiting"),
        (SENDING, InDoubt("no_answer"), "asked", "waiting"),
        (SENDING, InDoubt("no_answer"), "neither", "unknown"),
        (SENDING, Unknowable("no_answer"), "asked", "unknown"),
        (EMERGENCY, InDoubt("no_answer"), "neither", "waiting"),
        (replace(SENDING, status="unknown"), Taken("r1"), "neither", "sent"),
    ],
)
def test_what_came_of_a_sending(intent: Intent, result: Result, repeats: Repeats, status: str) -> None:
    """Given an intent that is being sent, when the result is known, then it is where the table says."""
    after = note(intent, result, repeats, PATIENCE, NOW + SECOND)
    assert (after.status, after.noted_at) == (status, NOW + SECOND)
    assert after.doubtful == isinstance(result, (InDoubt, Unknowable))
    assert (after.reference is not None) == (status == "sent")


@pytest.mark.rule("INT-16", "ORG-04")
@pytest.mark.parametrize(
    ("late", "doubtful", "repeats", "status"),
    [
        (timedelta(), False, "neither", "sending"),
        (SECOND, False, "neither", "failed"),
        (SECOND, True, "recognised", "unknown"),
        (timedelta(), True, "recognised", "sending"),
        (timedelta(), True, "asked", "sending"),
        (timedelta(), True, "neither", "unknown"),
    ],
)
def test_taken_or_given_up(late: timedelta, doubtful: bool, repeats: Repeats, status: str) -> None:  # noqa: FBT001 - a column of the table
    """Given a waiting intent, when its last second is over, then it is given up; in doubt it is never called failed."""
    after = take(replace(WAITING, doubtful=doubtful), repeats, WAITING.give_up_at + late)
    assert after.status == status
    assert after.tries == (1 if status == "sending" else 0)


@pytest.mark.rule("INT-11")
def test_an_emergency_in_doubt_goes_out_again() -> None:
    """Given an emergency whose first try was left in doubt, when it is due again, then it is sent twice, not never."""
    again = note(EMERGENCY, InDoubt("no_answer"), "neither", PATIENCE, NOW)
    assert again.doubtful
    assert take(again, "neither", again.next_at).status == "sending"


def test_waits_double_up_to_the_longest_and_spread_by_the_id() -> None:
    """Given tries that fail, then each wait is twice the last, up to the longest, and longer by the jitter at most."""
    waits = [wait_s(replace(WAITING, tries=tries), PATIENCE) for tries in range(1, 60)]
    plain = [min(10 * 2 ** (tries - 1), 600) for tries in range(1, 60)]
    assert all(least <= wait <= least * 1.2 for least, wait in zip(plain, waits, strict=True))
    assert waits == [wait_s(replace(WAITING, tries=tries), PATIENCE) for tries in range(1, 60)]
    others = {wait_s(replace(WAITING, tries=1, id=str(number)), PATIENCE) for number in range(20)}
    assert len(others) == 20


def test_a_receiver_may_ask_for_a_longer_wait() -> None:
    """Given a receiver that says when to come back, then it is not tried before."""
    after = note(SENDING, NotNow("gateway_429", after_s=3600), "neither", PATIENCE, NOW)
    assert after.next_at == NOW + timedelta(hours=1)


def test_a_receiver_may_not_ask_for_a_shorter_wait() -> None:
    """Given a receiver that wants it at once again, then it is tried no sooner than one that says nothing."""
    hasty = note(SENDING, NotNow("gateway_429", after_s=0.1), "neither", PATIENCE, NOW)
    assert hasty.next_at == note(SENDING, NotNow("gateway_429"), "neither", PATIENCE, NOW).next_at
    assert hasty.next_at >= NOW + 10 * SECOND


@pytest.mark.parametrize("status", ["waiting", "sent", "failed"])
def test_nothing_else_is_ever_noted(status: str) -> None:
    """Given an intent that is not being sent, when a result is noted, then that is a bug."""
    with pytest.raises(ValueError, match=status):
        note(replace(SENDING, status=status), Taken("r1"), "recognised", PATIENCE, NOW)  # type: ignore[arg-type]  # one of them


RESULTS = st.one_of(
    st.builds(Taken, st.just("r1")),
    st.builds(Refused, st.just("gateway_400")),
    st.builds(NotNow, st.just("gateway_503"), st.floats(0, 86_400)),
    st.builds(InDoubt, st.just("no_answer")),
)


@given(
    st.lists(RESULTS, max_size=60),
    st.sampled_from(["recognised", "asked", "neither"]),
    st.booleans(),
)
def test_every_life_ends_in_bounded_time(results: list[Result], repeats: Repeats, emergency: bool) -> None:  # noqa: FBT001 - Hypothesis gives it by place
    """Given any results in any order, then an intent ends within its time, and no doubt is repeated to harm."""
    intent, received = replace(WAITING, emergency=emergency), 0
    for result in results:
        now = max(intent.next_at, intent.noted_at)
        intent = take(intent, repeats, now)
        if intent.status in FINAL:
            break
        assert now <= intent.give_up_at
        received += isinstance(result, Taken | InDoubt)
        intent = note(intent, result, repeats, PATIENCE, now)
        if intent.status in FINAL:
            break
        assert intent.next_at <= intent.give_up_at + SECOND
    else:
        return
    if repeats == "neither" and not emergency:
        assert received <= 1
