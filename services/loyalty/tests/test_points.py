"""A member earns points once for each cause, spends and loses them exactly; the ledger equals what is held."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_contracts.event import Event
from linli_contracts.events.dispatch import Clock, DeadlineMissed
from linli_contracts.events.followup import CallbackCompleted
from linli_contracts.events.loyalty import MemberJoined, PointsEarned, PointsExpired, PointsSpent
from linli_loyalty.commands import Join, Spend
from linli_loyalty.domain.member import Member
from linli_loyalty.handlers import MAP
from linli_messaging.service_map import Ref
from linli_rulebook.decision import NOTHING, Decision, Outcome, Refusal, State
from linli_testkit.facts import GivenFacts, context
from pydantic import BaseModel

SHANGHAI = ZoneInfo("Asia/Shanghai")
REF = "4f2a"
ON_EVENT = {entry.event: entry for entry in MAP.events}
ON_COMMAND = {entry.body: entry for entry in MAP.commands}
ON_TIMER = {entry.clock: entry for entry in MAP.timers}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


class World:
    """The states of loyalty in memory, changed by what MAP decides, as the writer loop does it; the ledger beside."""

    def __init__(self) -> None:
        self.states: dict[Ref, State] = {}
        self.told: list[BaseModel] = []
        self.whats: list[str] = []
        self.ledger: list[Mapping[str, Any]] = []

    @property
    def member(self) -> Member:
        found = self.states[Member, REF]
        assert isinstance(found, Member)
        return found

    def hear(self, event: Event, now: datetime) -> Outcome:
        entry = ON_EVENT[type(event)]
        return self._take(entry.needs(event), entry.decide, event, now)

    def ask(self, command: BaseModel, now: datetime) -> Outcome:
        entry = ON_COMMAND[type(command)]
        return self._take(entry.needs(command), entry.decide, command, now)

    def until(self, now: datetime) -> None:
        """Fires what is due at or before ``now``."""
        self._fire(list(self.states), now + timedelta(microseconds=1))

    def _take(self, refs: Iterable[Ref], decide: Callable[..., Outcome], given: BaseModel, now: datetime) -> Outcome:
        refs = tuple(refs)
        self._fire(refs, now)
        outcome = decide(self._facts(refs), given, context(now))
        self._keep(outcome)
        return outcome

    def _fire(self, refs: Iterable[Ref], before: datetime) -> None:
        for ref in refs:
            while (state := self.states.get(ref)) and (timer := min(state.timers(), default=None)):
                if timer.due_at >= before:
                    break
                self._keep(ON_TIMER[timer.clock].decide(self._facts([ref]), state, timer, context(timer.due_at)))
                assert timer not in self.states[ref].timers()

    def _facts(self, refs: Iterable[Ref]) -> GivenFacts:
        return GivenFacts({ref: self.states[ref] for ref in refs if ref in self.states})

    def _keep(self, decision: Outcome) -> None:
        if not isinstance(decision, Decision):
            return
        self.states.update({(type(state), state.id): state for state in decision.save})
        self.told.extend(decision.events)
        self.ledger.extend(row.values for row in decision.append)
        self.whats.extend(because.what for because in decision.because)


def survey(callback: str, now: datetime, score: int | None = 80) -> CallbackCompleted:
    return CallbackCompleted(
        case_id="xh01.c9f2", estate_id="xh01", round=1, callback_id=f"xh01.{callback}", customer_ref=REF,
        satisfied=True, score=score, completed_at=now, completed_by="agent1",
    )  # fmt: skip


def missed(case: str, due_at: datetime, clock: Clock = "completion") -> DeadlineMissed:
    return DeadlineMissed(
        case_id=f"xh01.{case}", estate_id="xh01", round=1, clock=clock, due_at=due_at, customer_ref=REF,
        rule="DSP-03", policy_version="2000.1",
    )  # fmt: skip


JOINED = at("2026-03-10 10:00:00")


def joined() -> World:
    world = World()
    world.ask(Join(customer_ref=REF), JOINED)
    return world


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
    world = World()
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


@pytest.mark.rule("LOY-03")
def test_a_leap_day_expires_with_february() -> None:
    world = World()
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
    stranger = World().ask(Spend(customer_ref=REF, points=1, cause_id="x"), JOINED)
    assert isinstance(stranger, Refusal)
    assert (stranger.code, stranger.status) == ("member-not-found", 404)


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
