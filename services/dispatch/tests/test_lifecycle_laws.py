"""Whatever is done to a case, it has one owner, and a clock or a dated wait until it is closed (DSP-19)."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from linli_contracts.events.dispatch import (
    DeadlineMissed,
    TicketClosed,
    TicketEscalated,
    TicketLevelRaised,
    TicketOpened,
    TicketReopened,
)
from linli_contracts.events.intake import ComplaintAmended, RequestFacts
from linli_dispatch.domain.blueprints.blueprint import blueprints_of
from linli_dispatch.domain.blueprints.course import is_complete
from linli_dispatch.domain.group.places import Workload
from linli_dispatch.domain.lifecycle import COMPLETED, IN_HAND
from linli_rulebook.decision import Decision, Refusal
from linli_testkit.facts import shipped_policy

from services.dispatch.tests.matters import offered
from services.dispatch.tests.office import CASE, NOW, REENTRUSTING, Office, graded, person, received

LADDER = ("owner", "manager", "vp", "general_manager", "group")
PEOPLE = st.sampled_from(["property_head", *REENTRUSTING, "centre_head", "lawyer", "marketing_vp", "cashier"])
"""The manager, and who holds an office of a chain."""
CLAIM = {"desk": "repair", "claim": {"amount_fen": 50_000, "cause": "floor"}}
BLUEPRINTS = blueprints_of(shipped_policy().policy("2000.1"))
_RULES = [step for name in ("special_service", "decoration") for step in BLUEPRINTS[name].steps]
STEPS = sorted({rule.name for rule in _RULES})
FAILURES = sorted({reason for rule in _RULES for reason in rule.failures})
ALL_NAMED = sorted({one for rule in _RULES for one in (*rule.documents, *rule.checks)})
MOMENTS = st.one_of(
    st.sampled_from([0, 1, 3600, 4 * 3600, 24 * 3600, 7 * 24 * 3600]),
    st.integers(min_value=0, max_value=40 * 24 * 3600),
).map(lambda seconds: timedelta(seconds=seconds))
BODIES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "pass-on": st.sampled_from([{}, {"desk": "engineering"}, {"desk": "property"}]),
    "assess": st.just({"finding": "to_be_examined"}),
    "answer": st.just({}),
    "report": st.just({}),
    "resume": st.just({}),
    "resolve": st.sampled_from([{}, {"how": "standard_answer"}, {"how": "standard_answer", "consented": True}]),
    "arrive": st.just({}),
    "finish": st.just({}),
    "sign": st.just({}),
    "miss-signature": st.just({"reason": "away"}),
    "send-express-mail": st.just({"receipt": "sf1"}),
    "finish-step": st.sampled_from(
        [{"step": name, "performer_id": "fixer1", "documents": ALL_NAMED, "checks": ALL_NAMED} for name in STEPS]
    ),
    "fail-step": st.builds(
        lambda step, reason: {"step": step, "reason": reason}, st.sampled_from(STEPS), st.sampled_from(FAILURES)
    ),
    "request-step": st.sampled_from([{"step": name} for name in STEPS]),
    "quote": st.just({"item": "plant_watering"}),
    "answer-quotation": st.sampled_from([{"accepted": True}, {"accepted": False, "reason": "too_dear"}]),
    "refuse-order": st.just({"reason": "busy"}),
    "report-delay": st.just({"reason": "busy"}),
    "complain-of-contractor": st.just({}),
    "decide-reentrusting": st.sampled_from(
        [{"accept": False}, {"accept": True, "replacement_id": "rescue_co", "price_fen": 50_000}]
    ),
    "decide-application": st.builds(
        lambda kind, verdict, submission: {
            "kind": kind,
            "verdict": verdict,
            "submission": submission,
            "reason": "why",
        },
        st.sampled_from(["reentrusting", "compensation", "plan"]),
        st.sampled_from(["approved", "approved", "approved", "returned", "rejected"]),
        st.integers(1, 2),
    ),
    "propose-plan": st.sampled_from([{"desk": "repair"}, CLAIM]),
    "answer-plan": st.sampled_from([{"accepted": True}, {"accepted": False, "reason": "too_little"}]),
    "record-conversation": st.just({"result": "patience_asked"}),
    "read-notice": st.builds(lambda number: {"number": number}, st.integers(1, 6)),
}


class CaseLife(RuleBasedStateMachine):
    """One case in the hands of an unruly world."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        super().__init__()
        self.office = Office()

    @initialize(
        kind=st.sampled_from(["complaint", "consultation", "repair", "special_service", "public_affairs"]),
        channel=st.sampled_from(["hotline", "app"]),
        category=st.sampled_from(["engineering_quality", "customer_service", "property_management"]),
        trade=st.sampled_from([None, "waterproofing"]),
        level=st.integers(1, 4),
        vacant=st.sets(
            st.sampled_from(["agent1", "centre_head", "property_head", "engineering_vp", "gm", "group_head", "pricer"])
        ),
        opened_after=MOMENTS,
    )
    def begin(
        self,
        kind: str,
        channel: str,
        category: str,
        trade: str | None,
        level: int,
        vacant: set[str],
        opened_after: timedelta,
    ) -> None:
        """A case of some kind is received and, soon or late, graded."""
        self.office.found(without=vacant)
        offered(self.office)
        asked: dict[str, Any] = {
            "kind": kind,
            "channel": channel,
            "category": category,
            "trade": trade,
            "subcategory": "decoration",
        }
        self.office.hear(received(NOW, **asked))
        self.office.until(NOW + opened_after)
        self.office.hear(graded(level, self.office.now))

    @rule(span=MOMENTS)
    def time_passes(self, span: timedelta) -> None:
        """Clocks run out."""
        self.office.until(self.office.now + span)

    @rule(command=st.sampled_from(sorted(BODIES)), data=st.data())
    def somebody_acts(self, command: str, data: st.DataObject) -> None:
        """A command, wise or not; what is refused changes nothing."""
        before = self.office.ticket()
        actor = person(data.draw(PEOPLE))
        outcome = self.office.send(command, case_id=CASE, actor=actor, **data.draw(BODIES[command]))
        assert isinstance(outcome, Decision | Refusal)
        if isinstance(outcome, Refusal):
            assert self.office.ticket() == before

    @rule(span=MOMENTS)
    def it_waits(self, span: timedelta) -> None:
        """For the customer, until a date."""
        self.office.send("wait", case_id=CASE, until=self.office.now + span)

    @rule(covered=st.booleans(), round_=st.integers(1, 3))
    def warranty_answers(self, *, covered: bool, round_: int) -> None:
        """Once, twice, or about another round."""
        self.office.covered(covered=covered, round_=round_)

    @rule(satisfied=st.booleans(), round_=st.integers(1, 3))
    def a_callback_is_made(self, *, satisfied: bool, round_: int) -> None:
        """In time, late, or about another round."""
        self.office.called_back(satisfied=satisfied, round_=round_)

    @rule(level=st.integers(1, 4))
    def it_is_graded_again(self, level: int) -> None:
        """Facts changed."""
        self.office.hear(graded(level, self.office.now, reasons=(f"level_{level}",)))

    @rule(
        kind=st.sampled_from(["complaint", "consultation", "repair", "special_service", "public_affairs"]),
        category=st.sampled_from(["engineering_quality", "customer_service", "property_management"]),
        subcategory=st.sampled_from(["decoration", "crack"]),
        trade=st.sampled_from([None, "waterproofing"]),
        emergency=st.booleans(),
    )
    def it_turns_out_otherwise(self, **is_now: Any) -> None:  # noqa: ANN401 - fields of a request
        """Its facts were not as they were told."""
        self.office.hear(
            ComplaintAmended(
                case_id=CASE,
                estate_id="xh01",
                changed=tuple(is_now),
                amended_at=self.office.now,
                is_now=RequestFacts.model_validate(is_now),
            )
        )

    @rule(how=st.sampled_from(["unreachable", "withdrawn"]))
    def it_may_end(self, how: str) -> None:
        """Rarely wanted, always possible."""
        if self.office.ticket().round > 1:
            getattr(self.office, how)()

    @invariant()
    def one_owner_and_a_clock_or_a_dated_wait(self) -> None:
        """DSP-19."""
        if not self.office.states:
            return
        ticket, now = self.office.ticket(), self.office.now
        assert ticket.owner_id == "s17"
        timers = list(ticket.timers())
        if ticket.status in IN_HAND | COMPLETED:
            assert timers
            assert ticket.clocks or ticket.wait
            assert all(timer.due_at >= now for timer in timers)
        if ticket.status == "closed":
            owed = any(work.accepted_at is None for work in ticket.replacements)
            assert owed or timers == [], "but for what the offices owe a replacement (DSP-14)"

    @invariant()
    def clocks_are_distinct_and_owed_deadlines_do_not_run(self) -> None:
        """One timer is one event id: none comes twice."""
        if not self.office.states:
            return
        ticket = self.office.ticket()
        names = [(clock.name, clock.step) for clock in ticket.clocks]
        assert len(set(names)) == len(names)
        assert sorted(ticket.clocks, key=lambda clock: clock.due_at) == list(ticket.clocks)
        running = {clock.name for clock in ticket.clocks}
        assert not running & set(ticket.overdue) - {"customer_report", "blueprint_step"}
        assert len({row.values["id"] for row in self.office.rows}) == len(self.office.rows)

    @invariant()
    def a_matter_in_hand_has_a_step_to_do(self) -> None:
        """DSP-17: a case with a blueprint never stands still, and none of its steps is open once it is done."""
        if not self.office.states:
            return
        ticket = self.office.ticket()
        if ticket.course is not None:
            is_open = [step for step in ticket.course.steps if step.open]
            assert is_open or not ticket.in_hand or is_complete(ticket.course, BLUEPRINTS[ticket.course.blueprint])
            assert ticket.in_hand or not is_open
            assert len({step.name for step in is_open}) == len(is_open)

    @invariant()
    def the_ladder_is_climbed_in_order_and_once_a_round(self) -> None:
        """DSP-06."""
        for round_ in range(1, 9):
            taken = [event.step for event in self.office.facts(TicketEscalated) if event.round == round_]
            assert tuple(taken) == LADDER[: len(taken)]

    @invariant()
    def each_missed_deadline_that_climbs_takes_a_step_at_once_while_there_is_one(self) -> None:
        """DSP-06, which does not name the first assessment and the answer to feedback (INT-09)."""
        taken: Counter[int] = Counter()
        told = self.office.told
        for place, event in enumerate(told):
            if isinstance(event, TicketEscalated):
                taken[event.round] += 1
            elif isinstance(event, DeadlineMissed) and event.rule != "INT-09" and taken[event.round] < len(LADDER):
                step = told[place + 1]
                assert isinstance(step, TicketEscalated)
                assert (step.because, step.round) == (event.clock, event.round)

    @invariant()
    def what_is_told_adds_up(self) -> None:
        """Opened once, closed at most once, a round for each reopening, a count for each miss."""
        if not self.office.states:
            return
        ticket = self.office.ticket()
        assert len(self.office.facts(TicketOpened)) == 1
        assert len(self.office.facts(TicketClosed)) == (ticket.status == "closed")
        assert len(self.office.facts(TicketReopened)) == ticket.round - 1
        assert Counter(event.clock for event in self.office.facts(DeadlineMissed)) == Counter(ticket.missed)
        assert all(event.level < event.previous_level for event in self.office.facts(TicketLevelRaised))
        assert ticket.level == min(ticket.graded_level, ticket.age_level)

    @invariant()
    def hands_hold_what_is_in_hand(self) -> None:
        """DSP-08: the counters agree with the tickets."""
        workload = self.office.states.get((Workload, "xh01"))
        if not isinstance(workload, Workload):
            return
        ticket = self.office.ticket()
        holds = {ticket.handler_id: 1} if ticket.in_hand and ticket.handler_id else {}
        assert dict(workload.in_hand) == holds


CaseLife.TestCase.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.mark.rule("DSP-19", "DSP-06", "INT-02", "INT-09", "ORG-04")
class TestCaseLife(CaseLife.TestCase):  # type: ignore[misc,valid-type]  # hypothesis makes the class at run time
    pass


@pytest.mark.rule("DSP-19", "DSP-06")
def test_a_case_neglected_for_half_a_century_still_comes_back_and_costs_little() -> None:
    office = Office()
    office.found()
    office.open(category="engineering_quality")
    office.until(NOW + timedelta(days=365 * 50))
    assert office.fired < 70  # five steps and an assignment, each repeated up the ladder, are half of them
    assert office.ticket().clocks
