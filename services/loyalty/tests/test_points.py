"""A member earns points once for each cause, spends and loses them exactly; the ledger equals what is held."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_contracts.events.dispatch import Clock
from linli_contracts.events.loyalty import MemberJoined, PointsEarned, PointsExpired, PointsSpent
from linli_loyalty.commands import Join, Spend
from linli_loyalty.domain.member import Member
from linli_rulebook.decision import NOTHING, Decision, Refusal

from services.loyalty.tests.club import JOINED, REF, Club, at, joined, missed, survey


@pytest.mark.rule("LOY-01")
def test_joining_gives_a_number_once() -> None:
    world = joined()
    number = world.member.member_no
    assert world.told == [MemberJoined(customer_ref=REF, member_no=number, joined_at=JOINED)]
    again = world.ask(Join(customer_ref=REF), JOINED + timedelta(days=400))
    assert isinstance(again, Decision)
    assert again.answer == {"customer_ref": REF, "member_no": number, "joined_at": JOINED.isoformat()}
    assert (again.save, again.events) == ((), ())


@pytest.mark.rule("LOY-02", "LOY-03")
def test_an_answered_survey_earns_both_kinds_once() -> None:
    world, now = joined(), at("2026-03-11 23:30:00")
    world.hear(survey("b1", now), now)
    assert [
        (e.kind, e.points, e.cause, e.cause_id, e.expires_on) for e in world.told if isinstance(e, PointsEarned)
    ] == [
        ("reward", 20, "survey_answered", "xh01.b1", date(2028, 3, 11)),
        ("upgrade", 20, "survey_answered", "xh01.b1", date(2028, 3, 11)),
    ]
    assert (world.member.reward, world.member.upgrade) == (20, 20)
    assert world.hear(survey("b1", now), now) is NOTHING
    world.hear(survey("b2", now), now)
    assert (world.member.reward, len(world.ledger)) == (40, 4)


@pytest.mark.rule("LOY-03")
def test_without_a_score_no_survey_was_answered() -> None:
    assert joined().hear(survey("b1", JOINED, score=None), JOINED) is NOTHING
    scored = joined()
    scored.hear(survey("b1", JOINED, score=0), JOINED)
    assert scored.member.reward == 20, "the worst score is an answer too"


@pytest.mark.rule("LOY-03")
@pytest.mark.parametrize(
    ("clock", "points"),
    [("completion", 50), ("customer_report", 50), ("arrival", 50), ("ladder_step", 0), ("age_level_2", 0)],
)
def test_a_late_case_is_apologised_for_once(clock: Clock, points: int) -> None:
    world = joined()
    world.hear(missed("c1", JOINED, clock), JOINED)
    assert world.member.reward == points
    world.hear(missed("c1", JOINED + timedelta(days=30), "completion"), JOINED + timedelta(days=30))
    assert (world.member.reward, world.member.upgrade) == (50, 0)
    world.hear(missed("c2", JOINED), JOINED)
    assert world.member.reward == 100


@pytest.mark.rule("LOY-03")
@pytest.mark.parametrize(
    ("seconds", "points", "what"),
    [(-1, 0, "no points: not yet a member then"), (0, 20, "points earned: survey_answered")],
)
def test_nothing_is_given_for_the_time_before_joining(seconds: int, points: int, what: str) -> None:
    world = joined()
    world.hear(survey("b1", JOINED + timedelta(seconds=seconds)), JOINED)
    assert world.member.reward == points
    assert world.whats[-1] == what


@pytest.mark.rule("LOY-03")
def test_who_is_no_member_gets_nothing_and_the_reason_is_kept() -> None:
    world = Club()
    world.hear(survey("b1", JOINED), JOINED)
    world.hear(missed("c1", JOINED), JOINED)
    assert (world.states, world.told, world.ledger) == ({}, [], [])
    assert world.whats == ["no points: not a member"] * 2


@pytest.mark.rule("LOY-03")
def test_points_expire_when_their_last_day_is_over() -> None:
    world, now = joined(), at("2026-02-28 12:00:00") + timedelta(days=365)
    world.hear(survey("b1", now), now)
    assert world.member.lots[0].expires_on == date(2029, 2, 28)
    world.until(at("2029-02-28 23:59:59"))
    assert world.member.reward == 20
    world.until(at("2029-03-01 00:00:00"))
    assert [(e.kind, e.points, e.cause_id, e.expired_at) for e in world.told if isinstance(e, PointsExpired)] == [
        ("reward", 20, "xh01.b1", at("2029-03-01 00:00:00")),
        ("upgrade", 20, "xh01.b1", at("2029-03-01 00:00:00")),
    ]
    assert (world.member.lots, world.member.reward, world.member.upgrade) == ((), 0, 0)
    assert [(row["what"], row["points"], row["lot"], row["balance"]) for row in world.ledger] == [
        ("earned", 20, 1, 20), ("earned", 20, 2, 20), ("expired", -20, 1, 0), ("expired", -20, 2, 0),
    ]  # fmt: skip


@pytest.mark.rule("LOY-03", "ORG-02")
def test_an_entry_says_by_what_cause_and_until_when() -> None:
    """Given points for a survey of which some are spent, then each entry names its cause, case, policy and last day."""
    world, now = joined(), at("2026-03-11 23:30:00")
    world.hear(survey("b1", now), now)
    world.ask(Spend(customer_ref=REF, points=5, cause_id="fee-1"), now + timedelta(days=1))
    assert [
        (row["cause"], row["cause_id"], row["case_id"], row["policy_version"], row["expires_on"])
        for row in (world.ledger[0], world.ledger[2])
    ] == [
        ("survey_answered", "xh01.b1", "xh01.c9f2", "2000.1", "2028-03-11"),
        ("redemption", "fee-1", None, None, "2028-03-11"),
    ]
    assert [row["at"] for row in world.ledger[::2]] == [now.isoformat(), (now + timedelta(days=1)).isoformat()]


@pytest.mark.rule("LOY-03")
def test_a_leap_day_expires_with_february() -> None:
    world = Club()
    world.ask(Join(customer_ref=REF), at("2028-01-01 09:00:00"))
    world.hear(survey("b1", at("2028-02-29 10:00:00")), at("2028-02-29 10:00:00"))
    assert world.member.lots[0].expires_on == date(2030, 2, 28)


@pytest.mark.rule("LOY-03")
def test_spending_takes_once_for_a_cause_and_never_more_than_there_is() -> None:
    world = joined()
    world.hear(survey("b1", JOINED), JOINED)
    world.hear(missed("c1", JOINED), JOINED)
    too_much = world.ask(Spend(customer_ref=REF, points=71, cause_id="fee-2026-04"), JOINED)
    assert isinstance(too_much, Refusal)
    assert (too_much.code, too_much.fields) == ("points-insufficient", (("points", "≤ 70"),))
    paid = world.ask(Spend(customer_ref=REF, points=30, cause_id="fee-2026-04"), JOINED)
    assert isinstance(paid, Decision)
    assert paid.answer == {"customer_ref": REF, "spent": 30, "reward": 40}
    assert world.told[-1] == PointsSpent(
        customer_ref=REF, points=30, kind="reward", cause_id="fee-2026-04", spent_at=JOINED
    )
    again = world.ask(Spend(customer_ref=REF, points=30, cause_id="fee-2026-04"), JOINED)
    assert isinstance(again, Refusal)
    assert again.code == "already-spent"
    stranger = Club().ask(Spend(customer_ref=REF, points=1, cause_id="x"), JOINED)
    assert isinstance(stranger, Refusal)
    assert (stranger.code, stranger.status) == ("member-not-found", 404)


@pytest.mark.rule("LOY-03")
@pytest.mark.parametrize(
    ("seconds", "points", "answered"),
    [
        (-1, 60, {"customer_ref": REF, "spent": 60, "reward": 10}),
        (0, 30, {"customer_ref": REF, "spent": 30, "reward": 20}),
        (1, 30, {"customer_ref": REF, "spent": 30, "reward": 20}),
    ],
)
def test_what_is_left_to_spend_is_what_is_valid_at_that_instant(
    seconds: int, points: int, answered: dict[str, object]
) -> None:
    """Given 20 points that expire at an instant and 50 later ones, when some are spent a second before, at it or a
    second after, then the answer counts what is valid still; those of the instant are gone at it, once, although the
    command of that instant came first.
    """
    world, gone_at = joined(), at("2028-03-11 00:00:00")
    world.hear(survey("b1", JOINED), JOINED)
    world.hear(missed("c1", at("2026-03-12 09:00:00")), at("2026-03-12 09:00:00"))
    paid = world.ask(Spend(customer_ref=REF, points=points, cause_id="fee-1"), gone_at + timedelta(seconds=seconds))
    assert isinstance(paid, Decision)
    assert paid.answer == answered
    world.until(gone_at + timedelta(seconds=1))
    assert world.member.reward == (10 if seconds < 0 else 20)
    expired = [e for e in world.told if isinstance(e, PointsExpired) and e.kind == "reward"]
    assert [(e.points, e.expired_at) for e in expired] == ([] if seconds < 0 else [(20, gone_at)])


EARNED_EARLY = [("earned", 20, 20), ("earned", 50, 70), ("expired", -20, 50)]
EARNED_LATE = [("earned", 20, 20), ("expired", -20, 0), ("earned", 50, 50)]


@pytest.mark.rule("LOY-03")
@pytest.mark.parametrize(("seconds", "moved"), [(-1, EARNED_EARLY), (0, EARNED_EARLY), (1, EARNED_LATE)])
def test_what_expires_at_an_instant_takes_nothing_of_what_is_earned_then(
    seconds: int, moved: list[tuple[str, int, int]]
) -> None:
    """Given points that expire at an instant, when others are earned a second before, at it or a second after, then
    exactly the former are gone, and the ledger's last entry says what is held.
    """
    world, gone_at = joined(), at("2028-03-11 00:00:00")
    earned_at = gone_at + timedelta(seconds=seconds)
    world.hear(survey("b1", JOINED), JOINED)
    world.hear(missed("c1", earned_at), earned_at)
    world.until(gone_at + timedelta(seconds=1))
    assert [(lot.points, lot.cause_id) for lot in world.member.lots] == [(50, "xh01.c1")]
    assert (world.member.reward, world.member.upgrade) == (50, 0)
    assert [(row["what"], row["points"], row["balance"]) for row in world.ledger if row["kind"] == "reward"] == moved


MOVES = st.lists(
    st.tuples(
        st.integers(0, 24 * 500),
        st.sampled_from(["survey", "missed", "spend", "nothing"]),
        st.integers(1, 6),
        st.integers(1, 120),
    ),
    max_size=25,
)


@pytest.mark.rule("LOY-03")
@given(MOVES)
def test_the_ledger_equals_what_is_held_and_nothing_is_negative_or_twice(
    moves: list[tuple[int, str, int, int]],
) -> None:
    world, now = joined(), JOINED
    for hours, move, which, points in moves:
        now += timedelta(hours=hours)
        match move:
            case "survey":
                world.hear(survey(f"b{which}", now), now)
            case "missed":
                world.hear(missed(f"c{which}", now), now)
            case "spend":
                world.ask(Spend(customer_ref=REF, points=points, cause_id=f"s{which}"), now)
            case _:
                world.until(now)
        held = Counter({"reward": world.member.reward, "upgrade": world.member.upgrade})
        booked: Counter[str] = Counter()
        for number, row in enumerate(world.ledger, 1):
            booked[row["kind"]] += row["points"]
            assert row["number"] == number
            assert row["balance"] == booked[row["kind"]] >= 0
        assert held == booked
        of_lots = Counter({kind: sum(lot.points for lot in world.member.lots if lot.kind == kind) for kind in held})
        assert of_lots == held
    earned = [(row["cause"], row["cause_id"], row["kind"]) for row in world.ledger if row["what"] == "earned"]
    assert len(earned) == len(set(earned))
    told = Counter(type(event).__name__ for event in world.told)
    assert told["PointsEarned"] == len(earned)
    assert told["PointsExpired"] == sum(row["what"] == "expired" for row in world.ledger)
    by_lot: Counter[int] = Counter()
    for row in world.ledger:
        by_lot[row["lot"]] += row["points"]
    assert all(points >= 0 for points in by_lot.values())


def test_a_member_is_read_back_as_it_was_kept() -> None:
    world = joined()
    world.hear(survey("b1", JOINED), JOINED)
    assert Member.model_validate_json(world.member.model_dump_json()) == world.member
