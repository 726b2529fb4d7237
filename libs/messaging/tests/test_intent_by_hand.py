"""What a person may decide about an outside effect, and when its recipient may be reached (promise 9, INT-16)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from linli_messaging.inputs import OutcomeInput
from linli_messaging.outside.intent import (
    AGAIN_FOR,
    BY_HAND,
    InDoubt,
    Intent,
    Patience,
    Status,
    Taken,
    note,
    send_again,
    settle,
    take,
)
from linli_messaging.service_map import OnOutcome
from linli_rulebook.decision import NOTHING

NOW = datetime(2026, 3, 10, 14, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
WAITING = Intent(
    id="2f0c0b1e-0000-5000-8000-000000000000", cause="xh01.m1", kind="message", subject="xh01.m1", recipient="cu1",
    payload={}, emergency=False, give_up_at=NOW + timedelta(hours=24), made_at=NOW, next_at=NOW, noted_at=NOW,
)  # fmt: skip
PATIENCE = Patience(first_wait_s=10, longest_wait_s=600, jitter=0.2)
UNKNOWN = note(take(WAITING, "neither", NOW), InDoubt("no_answer"), "neither", PATIENCE, NOW)
FAILED = replace(UNKNOWN, status="failed", doubtful=False)
LATER = NOW + timedelta(days=30)


@pytest.mark.rule("INT-16", "OPS-02")
@pytest.mark.parametrize("ended", [UNKNOWN, FAILED])
def test_a_person_has_it_sent_again(ended: Intent) -> None:
    """Given one that did not go out or that nobody knows of, then it is taken anew, with the same key and more time."""
    again = send_again(ended, "op", "the gateway has no such key", LATER)
    assert (again.id, again.status, again.next_at, again.doubtful) == (ended.id, "waiting", LATER, False)
    assert (again.decided_by, again.decided_why, again.again) == ("op", "the gateway has no such key", 1)
    assert take(again, "neither", LATER + AGAIN_FOR).status == "sending"
    assert take(again, "neither", LATER + AGAIN_FOR + SECOND).status == "failed"


@pytest.mark.rule("INT-16", "OPS-02")
def test_a_person_finds_out_how_it_ended() -> None:
    sent = settle(UNKNOWN, "sent", "op", "seen there", LATER)
    assert (sent.status, sent.reference, sent.error, sent.noted_at) == ("sent", BY_HAND, None, LATER)
    failed = settle(UNKNOWN, "failed", "op", "not there", LATER)
    assert (failed.status, failed.reference, failed.error) == ("failed", None, BY_HAND)


@pytest.mark.rule("INT-16", "OPS-03")
@pytest.mark.parametrize("status", ["waiting", "sending", "sent"])
def test_nothing_else_is_decided_by_hand(status: Status) -> None:
    """Given one that is still tried, or arrived, then nobody sends it twice or says otherwise."""
    found = replace(WAITING, status=status)
    with pytest.raises(ValueError, match=status):
        send_again(found, "op", "why", LATER)
    with pytest.raises(ValueError, match=status):
        settle(found, "sent", "op", "why", LATER)
    with pytest.raises(ValueError, match="failed"):
        settle(FAILED, "sent", "op", "why", LATER)


@pytest.mark.rule("OPS-03")
def test_each_time_it_is_sent_its_end_is_another_fact() -> None:
    """Given one that is unknown twice, then the two ends have causes of their own, and a first end the one it had."""
    entry = OnOutcome("message", lambda _intent: (), lambda _facts, _intent, _ctx: NOTHING, ())
    sending = take(send_again(UNKNOWN, "op", "why", LATER), "neither", LATER)
    twice = note(sending, InDoubt("no_answer"), "neither", PATIENCE, LATER)
    causes = [OutcomeInput(entry, intent, 0, ()).cause for intent in (UNKNOWN, twice)]
    assert causes == ["effect|xh01.m1|unknown", "effect|xh01.m1|unknown|1"]
    assert note(sending, Taken("r"), "neither", PATIENCE, LATER).again == 1


@pytest.mark.rule("INT-16", "FUP-03")
@pytest.mark.parametrize(
    ("after", "status", "next_after"),
    [
        (timedelta(), "sending", None),
        (SECOND, "waiting", SECOND),
        (timedelta(hours=24), "waiting", timedelta(hours=24)),
        (timedelta(hours=30), "waiting", timedelta(hours=24, seconds=1)),
    ],
)
def test_it_waits_until_its_recipient_may_be_reached(
    after: timedelta, status: str, next_after: timedelta | None
) -> None:
    """Given a recipient who may be reached later, then it waits, no try is counted, and its time is over some day."""
    taken = take(WAITING, "recognised", NOW, NOW + after)
    assert (taken.status, taken.tries) == (status, 1 if status == "sending" else 0)
    if next_after is not None:
        assert taken.next_at == NOW + next_after
