"""A callback is planned once for each round, called at its time, tried again elsewhen, and ends in exactly one way."""

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_contracts.event import Event
from linli_contracts.events.dispatch import EstateRegistered
from linli_contracts.events.followup import CallbackCompleted, CallbackDue, CustomerUnreachable
from linli_contracts.events.messages import MessageRequested
from linli_followup.commands import NoAnswer
from linli_followup.domain.callback import OPEN, Callback, callback_id, record_late_try
from linli_followup.domain.estate import Estate
from linli_followup.handlers import MAP
from linli_rulebook import PolicyBook
from linli_rulebook.decision import NOTHING, Decision, Refusal
from linli_testkit.facts import POLICY_DIR, GivenFacts, context

from services.followup.tests.callers import (
    CALLBACK,
    DUE_BY,
    DUE_FROM,
    FINISHED,
    NOBODY,
    SATISFIED,
    SHANGHAI,
    WHO,
    Callers,
    answered,
    at,
    closed,
    planned,
    refused,
    reopened,
    repair_done,
    resolved,
)


@pytest.mark.rule("FUP-01")
@pytest.mark.parametrize("event", [repair_done(FINISHED), resolved(FINISHED)])
def test_finished_work_plans_a_callback_and_its_time_tells_the_callers(event: Event) -> None:
    world = Callers()
    world.hear(event, FINISHED)
    assert (world.callback.status, world.callback.call_from, world.callback.call_by) == ("planned", DUE_FROM, DUE_BY)
    world.until(DUE_FROM - timedelta(seconds=1))
    assert world.told == []
    world.until(DUE_FROM)
    assert world.told == [
        CallbackDue(
            **WHO, round=1, callback_id=CALLBACK, attempt=1, customer_ref="r1", call_from=DUE_FROM, call_by=DUE_BY
        )
    ]


@pytest.mark.rule("FUP-01")
def test_told_twice_nothing_changes_and_each_round_has_its_own() -> None:
    world = planned()
    assert world.hear(repair_done(FINISHED + timedelta(hours=1)), FINISHED) is NOTHING
    world.hear(repair_done(FINISHED, round_=2), FINISHED)
    assert set(world.states) == {(Callback, CALLBACK), (Callback, "xh01.b2-c9f2")}


@pytest.mark.rule("FUP-01")
def test_a_standard_answer_is_not_called_back_and_says_so() -> None:
    world = Callers()
    world.hear(resolved(FINISHED, "standard_answer"), FINISHED)
    assert world.states == {}
    assert world.whats == ["no callback after a standard answer"]


@pytest.mark.rule("FUP-03")
@pytest.mark.parametrize(
    ("zone", "call_from"),
    [
        (None, at("2026-03-11 20:30:00")),
        ("Asia/Shanghai", at("2026-03-11 20:30:00")),
        ("Asia/Tokyo", at("2026-03-12 09:00:00", "Asia/Tokyo")),
        ("Nowhere/Atall", at("2026-03-11 20:30:00")),
    ],
    ids=["no such estate here", "in China", "it is 21:30 in Tokyo", "a zone that is none"],
)
def test_calling_hours_are_those_of_the_estate(zone: str | None, call_from: datetime) -> None:
    world, finished = Callers(), at("2026-03-10 20:30:00")
    if zone:
        world.hear(
            EstateRegistered(
                estate_id="xh01", region_id="east", project_id="p1", name="星河湾", kind="residential", zone=zone,
                registered_at=FINISHED,
            ),
            FINISHED,
        )  # fmt: skip
        estate = world.states[Estate, "xh01"]
        assert isinstance(estate, Estate)
        assert estate.org == "group/east/p1/xh01"
    world.hear(repair_done(finished), finished)
    assert world.callback.call_from == call_from


@pytest.mark.rule("FUP-01", "ORG-01", "ORG-02")
def test_a_region_may_be_stricter_and_the_policy_version_is_kept() -> None:
    within = {}
    for region in ("east", "somewhere"):
        world = Callers()
        world.hear(
            EstateRegistered(
                estate_id="xh01", region_id=region, project_id="p1", name="星河湾", kind="residential",
                registered_at=FINISHED,
            ),
            FINISHED,
        )  # fmt: skip
        world.hear(repair_done(FINISHED), FINISHED)
        assert world.callback.policy_version == "2000.1"
        within[region] = world.callback.call_by - FINISHED
    assert within == {"east": timedelta(days=5), "somewhere": timedelta(days=7)}, (
        "as policy/2000.1/regions/east.toml says"
    )


@pytest.mark.rule("FUP-04", "ORG-01", "ORG-02")
@pytest.mark.parametrize("moves", [False, True])
def test_its_tries_keep_the_times_of_the_region_in_which_it_was_planned(moves: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a table gives it
    """Given an estate that moves to a region with other times of day, then the next try is as it would have been."""
    shutil.copytree(POLICY_DIR, tmp_path, dirs_exist_ok=True)
    north = '[followup.callback_times_of_day]\nvalue = ["10:00-10:30", "11:00-11:30"]\n'
    (tmp_path / "2000.1" / "regions" / "north.toml").write_text(north, encoding="utf-8")
    world = Callers()

    def lies_in(region: str) -> None:
        place = {"estate_id": "xh01", "region_id": region, "project_id": "p1", "name": "星河湾", "kind": "residential"}
        world.hear(EstateRegistered.model_validate(place | {"registered_at": FINISHED}), FINISHED)

    lies_in("somewhere")
    world.hear(repair_done(FINISHED), FINISHED)
    if moves:
        lies_in("north")
    now = DUE_FROM + timedelta(minutes=5)
    entry = next(entry for entry in MAP.commands if entry.body is NoAnswer)
    ctx = replace(context(now), policies=PolicyBook.load(tmp_path))
    outcome = entry.decide(GivenFacts(world.states), NOBODY, ctx)
    assert isinstance(outcome, Decision)
    (callback,) = (state for state in outcome.save if isinstance(state, Callback))
    assert (callback.region_id, callback.call_from) == ("somewhere", at("2026-03-12 14:00:00"))


@pytest.mark.rule("FUP-01")
@pytest.mark.parametrize("satisfied", [True, False])
def test_an_answer_completes_it_once(satisfied: bool) -> None:  # noqa: FBT001 - one column of the table
    world, now = planned(), DUE_FROM + timedelta(minutes=5)
    command = SATISFIED.model_copy(update={"satisfied": satisfied})
    assert answered(world.ask(command, now), "status") == "completed"
    assert world.told[-1] == CallbackCompleted(
        **WHO, round=1, callback_id=CALLBACK, customer_ref="r1", satisfied=satisfied, score=90, completed_at=now,
        completed_by="agent1",
    )  # fmt: skip
    assert refused(world.ask(command, now)) == "callback-ended"
    assert refused(world.ask(NOBODY, now)) == "callback-ended"
    assert list(world.callback.timers()) == []


@pytest.mark.rule("FUP-01")
@pytest.mark.parametrize(("seconds", "late"), [(-1, False), (0, False), (1, True)])
def test_done_at_the_due_instant_is_kept_one_second_later_is_late(seconds: int, late: bool) -> None:  # noqa: FBT001 - one column of the table
    world = planned()
    world.ask(SATISFIED, DUE_BY + timedelta(seconds=seconds))
    assert world.callback.late is late
    assert world.callback.status == "completed"


@pytest.mark.rule("FUP-04", "ORG-04")
@pytest.mark.parametrize(("seconds", "late"), [(0, False), (1, True)])
def test_a_try_that_nobody_answered_is_late_one_second_after_the_due_instant(seconds: int, late: bool) -> None:  # noqa: FBT001 - one column of the table
    world = planned()
    world.ask(NOBODY, DUE_BY + timedelta(seconds=seconds))
    assert (world.callback.attempt, world.callback.late) == (2, late)


@pytest.mark.rule("FUP-01")
def test_a_try_that_nobody_makes_is_late_once_and_stays_due_until_the_case_is_closed() -> None:
    world = planned()
    world.until(DUE_BY)
    assert world.whats == ["callback planned"]
    world.until(DUE_BY + timedelta(seconds=1))
    assert world.whats == ["callback planned", "callback late"]
    world.until(DUE_BY + timedelta(days=25))
    assert (world.callback.status, world.callback.late) == ("due", True)
    assert world.whats == ["callback planned", "callback late"]
    world.hear(closed("time_limit"), DUE_BY + timedelta(days=26))
    assert world.callback.status == "cancelled"
    assert len(world.told) == 1, "the callers were told once that it is due; nothing else happened"


@pytest.mark.rule("FUP-03")
@pytest.mark.parametrize(
    ("when", "quiet"),
    [("2026-03-11 20:59:59", False), ("2026-03-11 21:00:00", True), ("2026-03-12 08:59:59", True)],
)
def test_an_answer_in_quiet_hours_is_taken_down_and_flagged(when: str, quiet: bool) -> None:  # noqa: FBT001 - one column of the table
    world = planned()
    assert answered(world.ask(SATISFIED, at(when)), "in_quiet_hours") is quiet
    assert world.callback.in_quiet_hours is quiet
    assert isinstance(world.told[-1], CallbackCompleted)


@pytest.mark.rule("FUP-03", "FUP-04")
@pytest.mark.parametrize(
    ("when", "code"),
    [
        (DUE_FROM - timedelta(seconds=1), "callback-not-due"),
        (at("2026-03-11 21:00:00"), "quiet-hours"),
        (at("2026-03-12 08:59:59"), "quiet-hours"),
    ],
)
def test_a_call_before_its_time_or_in_quiet_hours_is_no_try(when: datetime, code: str) -> None:
    world = planned()
    before = world.callback
    assert refused(world.ask(NOBODY, when)) == code
    assert world.callback.unanswered == before.unanswered == ()


@pytest.mark.rule("FUP-01")
def test_an_early_answer_counts() -> None:
    world = planned()
    world.ask(SATISFIED, FINISHED + timedelta(hours=1))
    assert world.callback.status == "completed"
    world.until(DUE_BY + timedelta(days=1))
    assert [type(event) for event in world.told] == [CallbackCompleted]


@pytest.mark.rule("FUP-04")
def test_three_tries_at_three_times_of_day_then_unreachable() -> None:
    world = planned()
    for day, hour, status in ((11, 10, "planned"), (12, 15, "planned"), (13, 19, "unreachable")):
        now = at(f"2026-03-{day} {hour}:00:00")
        assert answered(world.ask(NOBODY, now), "status") == status
    world.until(at("2026-04-30 00:00:00"))
    dues = [(event.attempt, event.call_from) for event in world.told if isinstance(event, CallbackDue)]
    assert dues == [(2, at("2026-03-12 14:00:00")), (3, at("2026-03-13 18:00:00"))], "the first was made as it fell due"
    assert world.told[-1] == CustomerUnreachable(
        **WHO, round=1, callback_id=CALLBACK, attempts=3, unreachable_at=at("2026-03-13 19:00:00")
    )
    assert world.callback.satisfied is None
    assert refused(world.ask(SATISFIED, at("2026-03-14 10:00:00"))) == "callback-ended"


@pytest.mark.rule("FUP-04", "INT-16")
def test_whom_nobody_reached_is_told_when_the_next_try_will_be() -> None:
    """Given a try that nobody answered, then a message asks intake to tell the customer the next one's span."""
    world = planned()
    world.ask(NOBODY, DUE_FROM)
    (told,) = (event for event in world.told if isinstance(event, MessageRequested))
    assert (told.about, told.customer_ref, told.message_id) == ("callback_appointment", "r1", "xh01.m-try2-b1-c9f2")
    assert (told.from_at, told.by_at) == (at("2026-03-12 14:00:00"), at("2026-03-12 17:59:59"))


@pytest.mark.rule("FUP-04")
def test_a_customer_reached_at_the_second_try_is_asked() -> None:
    world = planned()
    world.ask(NOBODY, DUE_FROM)
    assert refused(world.ask(NOBODY, DUE_FROM + timedelta(minutes=1))) == "callback-not-due"
    world.ask(SATISFIED, at("2026-03-12 14:30:00"))
    assert (world.callback.status, world.callback.attempt, world.callback.late) == ("completed", 2, False)


@pytest.mark.rule("FUP-04")
def test_each_try_may_be_late_by_itself() -> None:
    world = planned()
    world.ask(NOBODY, DUE_BY + timedelta(hours=1))
    assert (world.callback.attempt, world.callback.overdue, world.callback.late) == (2, False, True)
    world.until(world.callback.call_by)
    assert world.whats.count("callback late") == 1
    world.until(world.callback.call_by + timedelta(seconds=1))
    assert world.whats.count("callback late") == 2


@pytest.mark.rule("FUP-01", "FUP-04", "ORG-02")
@pytest.mark.parametrize(("attempt", "rule"), [(1, "FUP-01"), (2, "FUP-04")])
def test_a_late_try_says_by_which_rule_it_was_owed(attempt: int, rule: str) -> None:
    callback = planned().callback.model_copy(update={"status": "due", "attempt": attempt})
    (timer,) = callback.timers()
    (why,) = record_late_try(callback, timer).because
    assert (why.rule, why.policy_version, why.facts["attempt"]) == (rule, "2000.1", attempt)


@pytest.mark.rule("FUP-01")
@pytest.mark.parametrize("ending", [reopened(2), closed("withdrawn")])
def test_the_next_round_or_the_closing_ends_an_open_callback_and_no_other(ending: Event) -> None:
    world = planned()
    world.hear(ending, FINISHED)
    assert world.callback.status == "cancelled"
    assert world.hear(ending, FINISHED) is NOTHING
    assert world.hear(repair_done(FINISHED), FINISHED) is NOTHING, "the round is over"
    world.until(DUE_BY + timedelta(days=1))
    assert world.told == []

    done = planned()
    done.ask(SATISFIED, DUE_FROM)
    assert done.hear(ending, DUE_FROM) is NOTHING
    assert Callers().hear(ending, FINISHED) is NOTHING, "a case without a callback"


@pytest.mark.rule("FUP-01")
def test_an_unknown_callback_is_named() -> None:
    assert [refused(Callers().ask(command, FINISHED)) for command in (SATISFIED, NOBODY)] == ["callback-not-found"] * 2


def test_ids_follow_from_case_and_round() -> None:
    assert callback_id("xh01.c9f2", 12) == "xh01.b12-c9f2"


MOVES = st.lists(
    st.tuples(
        st.integers(0, 60 * 40), st.sampled_from(["no answer", "answer", "nothing", "done", "reopened", "closed"])
    ),
    max_size=25,
)


@pytest.mark.rule("FUP-01", "FUP-03", "FUP-04")
@given(st.timedeltas(timedelta(0), timedelta(days=365)), MOVES)
def test_whatever_happens_it_ends_at_most_once_and_every_call_is_asked_for_in_calling_hours(
    passed: timedelta, moves: list[tuple[int, str]]
) -> None:
    finished = FINISHED + passed
    world, now, asked = Callers(), finished, 0
    world.hear(repair_done(finished), finished)
    for minutes, move in moves:
        now += timedelta(minutes=minutes)
        world.until(now)
        before = world.callback
        match move:
            case "no answer":
                asked += not isinstance(world.ask(NOBODY, now), Refusal)
            case "answer":
                world.ask(SATISFIED, now)
            case "done":
                world.hear(repair_done(now), now)
            case "reopened":
                world.hear(reopened(2), now)
            case "closed":
                world.hear(closed(), now)
            case _:
                pass
        assert before.status in OPEN or world.callback == before, "an ended callback never changes"
    ends = [event for event in world.told if isinstance(event, CallbackCompleted | CustomerUnreachable)]
    assert len(ends) == (world.callback.status in {"completed", "unreachable"})
    dues = [event for event in world.told if isinstance(event, CallbackDue)]
    assert [due.attempt for due in dues] == sorted({due.attempt for due in dues})
    for instant in [instant for due in dues for instant in (due.call_from, due.call_by)] + [*world.callback.unanswered]:
        assert 9 <= instant.astimezone(SHANGHAI).hour < 21
    assert len(world.callback.unanswered) == asked <= 3
