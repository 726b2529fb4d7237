"""A batch is decided input by input: clocks due before an input fire first, and whatever is wrong stands alone."""

import gc
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from linli_contracts.lanes import lane_of
from linli_messaging.batch.deciding import Deciding
from linli_messaging.batch.plan import Plan
from linli_messaging.batch.working_set import Wanted
from linli_messaging.inputs import Accepted, CommandInput, Failed, Input
from linli_messaging.service_map import ANYWHERE, Actor, Context, Facts, OnTimer, Ref
from linli_messaging.tracing import span_id_of
from linli_rulebook.decision import Decision, Refusal, Timer
from linli_testkit.facts import shipped_policy

from libs.messaging.tests import small
from libs.messaging.tests.small import AT, SECOND, Bell, command, record, rung, timer

HOUR = timedelta(hours=1)
ALL = frozenset(range(64))


def decide(inputs: list[Input], *bells: Bell, locked: frozenset[int] = ALL, **more: Any) -> Plan:  # noqa: ANN401 - fields of any kind
    loaded: dict[Any, Any] = {(Bell, identity): None for item in inputs for _, identity in item.refs}
    loaded |= {(Bell, bell.id): bell for bell in bells}
    given: dict[str, Any] = {"now": AT, "stepped": True} | more
    return Deciding(map=small.MAP, policies=shipped_policy(), loaded=loaded, locked=locked, **given).run(inputs)


def bell(plan: Plan, identity: str = "e1.a") -> Bell:
    state = plan.states[Bell, identity]
    assert isinstance(state, Bell)
    return state


def answer(plan: Plan, item: CommandInput) -> Any:  # noqa: ANN401 - an answer
    return next(given for asked, given in plan.answers if asked is item)


# -- clocks before inputs ----------------------------------------------------------------------------------------------


@pytest.mark.rule("ORG-04", "OPS-03")
@pytest.mark.parametrize(("due", "fired"), [(AT - SECOND, True), (AT, False), (AT + SECOND, False)])
async def test_clocks_due_before_an_input_fire_first(due: datetime, fired: bool) -> None:  # noqa: FBT001 - a table gives it
    """Given a clock due one second before, at or after an input that stops it: before fires, at and after do not."""
    ringing = Bell(id="e1.a", due=(due,))
    for item in (record(rung(how="silence"), 1), command(how="silence")):
        plan = decide([item], ringing)
        assert bell(plan).fired == ((due,) if fired else ())
        assert bell(plan).due == ()


@pytest.mark.rule("ORG-04")
async def test_clocks_fire_in_order_each_at_its_own_instant() -> None:
    due = tuple(AT - hours * HOUR for hours in (3, 2, 1))
    plan = decide([command()], Bell(id="e1.a", due=due))
    assert bell(plan).fired == due


@pytest.mark.rule("ORG-04")
@pytest.mark.parametrize(("due", "fired"), [(AT - SECOND, True), (AT, True), (AT + SECOND, False)])
async def test_a_sweep_fires_up_to_its_instant(due: datetime, fired: bool) -> None:  # noqa: FBT001 - a table gives it
    plan = decide([timer(until=AT)], Bell(id="e1.a", due=(due,)))
    assert ((Bell, "e1.a") in plan.states) is fired
    assert len(plan.woken) == 1


async def test_a_timer_of_a_state_that_is_gone_does_nothing() -> None:
    plan = decide([timer()])
    assert (plan.states, plan.parked) == ({}, [])


@pytest.mark.rule("ORG-04")
async def test_stepped_inputs_have_their_own_instant_and_others_the_databases() -> None:
    """Given an event recorded an hour ago: stepped, it is decided at its own instant; else at the database's, but the
    clock that ran out between the two has not fired before it.
    """
    hour_ago, between = AT - HOUR, AT - SECOND
    event = record(rung(nth=7), 1, hour_ago)
    for stepped, instant in ((True, hour_ago), (False, AT)):
        plan = decide([event], Bell(id="e1.a", due=(between,)), stepped=stepped)
        assert [told.at for told in plan.told] == [instant]
        assert bell(plan).fired == ()
    early_command = command(at=hour_ago)
    assert decide([early_command], stepped=True).told[0].at == hour_ago
    assert decide([early_command], stepped=False).told[0].at == AT


async def test_an_event_of_a_clock_ahead_of_ours_keeps_its_instant() -> None:
    plan = decide([record(rung(), 1, AT + SECOND)], stepped=False)
    assert plan.told[0].at == AT + SECOND


# -- order -------------------------------------------------------------------------------------------------------------


async def test_inputs_are_taken_in_the_order_of_their_instants() -> None:
    later, sooner = command(key="1", nth=1, at=AT), record(rung(nth=2), 1, AT - SECOND)
    assert bell(decide([later, sooner])).rung == (2, 1)


@pytest.mark.rule("OPS-03")
async def test_never_against_the_order_of_a_lane() -> None:
    """Given a lane whose second fact bears an earlier instant, when both come at once, then the first is first."""
    lane = [record(rung(nth=1), 1, AT), record(rung(nth=2), 2, AT - HOUR)]
    assert bell(decide([*lane])).rung == (1, 2)


# -- what is wrong stands alone ----------------------------------------------------------------------------------------


@pytest.mark.rule("OPS-02")
async def test_a_poisoned_event_stands_alone() -> None:
    """Given three facts whose second meets a bug, then it is parked with its stack and the others count."""
    plan = decide([record(rung(nth=1), 1), record(rung(nth=2, how="bug"), 2), record(rung(nth=3), 3)])
    assert bell(plan).rung == (1, 3)
    (parked,) = plan.parked
    assert (parked.source, parked.number, parked.error, parked.holds) == ("event", 2, "a bug was ordered", False)
    assert "RuntimeError" in parked.stack


@pytest.mark.rule("OPS-02")
async def test_a_refused_fact_is_a_bug() -> None:
    (parked,) = decide([record(rung(how="refuse"), 1)]).parked
    assert "refused as not-now" in parked.error


@pytest.mark.rule("OPS-02")
async def test_a_failing_command_stands_alone_and_a_refusal_changes_nothing() -> None:
    bug, refused, good = command(key="1", how="bug"), command(key="2", how="refuse"), command(key="3")
    plan = decide([bug, refused, good])
    assert answer(plan, bug) == Failed(span_id_of(bug.id))
    assert answer(plan, refused).code == "not-now"
    assert answer(plan, good) == Accepted({"rung": 1})
    assert [parked.source for parked in plan.parked] == ["command"]


@pytest.mark.rule("OPS-02")
@pytest.mark.parametrize("fault", ["broken", "stuck"])
async def test_a_clock_that_fails_or_shows_again_is_parked_and_holds_its_state(fault: str) -> None:
    ill = Bell(id="e1.a", due=(AT,)).model_copy(update={fault: True})
    plan = decide([timer(until=AT)], ill)
    (parked,) = plan.parked
    assert (parked.source, parked.subject, parked.holds) == ("timer", "e1.a", True)
    assert len(plan.suspended) == 1


@pytest.mark.rule("OPS-02")
async def test_what_the_database_refused_is_parked_without_being_decided() -> None:
    event, order, clock = record(rung(), 1), command(), timer("e2.a")
    poisoned = {id(item): ValueError("refused") for item in (event, order, clock)}
    plan = decide([event, order, clock], poisoned=poisoned)
    assert plan.states == {}
    assert sorted(parked.source for parked in plan.parked) == ["command", "event", "timer"]
    assert answer(plan, order) == Failed(span_id_of(order.id))


# -- held subjects -----------------------------------------------------------------------------------------------------


@pytest.mark.rule("OPS-02")
@pytest.mark.parametrize("body", [None, b"{"])
async def test_an_order_critical_fact_holds_only_its_subject(body: bytes | None) -> None:
    """Given a parked order-critical fact (a bug, or a body that cannot be read): its followers are kept, its commands
    and clocks wait, and other bells of the same lane go on.
    """
    head = record(rung(how="bug", critical=True), 1, body=body)
    follower, other = record(rung(nth=2), 2, AT + SECOND), record(rung("e1.b", 3), 3, AT + SECOND)
    order, clock = command(at=AT + SECOND), timer(at=AT + SECOND)
    plan = decide([head, follower, other, order, clock], Bell(id="e1.a", due=(AT,)))
    assert plan.followers == [follower]
    assert list(plan.states) == [(Bell, "e1.b")]
    assert answer(plan, order).code == "case-held"
    assert plan.suspended == [clock]
    assert plan.parked[0].holds


@pytest.mark.rule("OPS-02")
async def test_a_fact_nobody_cares_for_does_not_follow() -> None:
    plan = decide([record(small.Sent(case_id="e1.a", estate_id="e1"), 1)], held={"e1.a": 9})
    assert plan.followers == []


@pytest.mark.rule("OPS-02")
async def test_the_retried_head_passes_its_hold_and_its_followers_run_behind_it() -> None:
    head, follower = (record(rung(nth=nth, critical=True), nth, AT - nth * SECOND) for nth in (1, 2))
    for item, parked_id in ((head, 9), (follower, 10)):
        item.stored, item.parked_id = "parked", parked_id
    fresh = record(rung(nth=3), 3, AT - HOUR)
    plan = decide([fresh, head, follower], held={"e1.a": 9})
    assert bell(plan).rung == (1, 2, 3)
    assert plan.released == ["e1.a"]
    assert plan.applied == [head, follower]


@pytest.mark.rule("OPS-02")
async def test_a_head_that_fails_again_goes_on_holding() -> None:
    head, follower = record(rung(how="bug", critical=True), 1), record(rung(nth=2), 2)
    for item, parked_id in ((head, 9), (follower, 10)):
        item.stored, item.parked_id = "parked", parked_id
    plan = decide([head, follower], held={"e1.a": 9})
    assert (plan.applied, plan.released, plan.followers, plan.states) == ([], [], [], {})
    assert len(plan.parked) == 1


@pytest.mark.rule("OPS-02")
async def test_a_retried_clock_releases_its_state_once_it_fires() -> None:
    woken = timer(until=AT)
    woken.parked_id = 9
    plan = decide([woken], Bell(id="e1.a", due=(AT,)), held={"e1.a": 9})
    assert bell(plan).fired == (AT,)
    assert (plan.applied, plan.released) == ([woken], ["e1.a"])
    still = decide([woken], Bell(id="e1.a", due=(AT,), broken=True), held={"e1.a": 9})
    assert (still.applied, still.released, len(still.parked)) == ([], [], 1)


@pytest.mark.rule("OPS-02")
async def test_no_other_input_fires_the_clocks_of_a_held_state() -> None:
    """Given a held bell with a due clock, when a fact about another bell needs it, then its clock still waits."""
    held = Bell(id="e1.a", due=(AT - HOUR,))
    event = record(rung("e1.b"), 1)
    event.refs = (*event.refs, (Bell, "e1.a"))
    plan = decide([event], held, held={"e1.a": 9})
    assert list(plan.states) == [(Bell, "e1.b")]


# -- early facts and more ----------------------------------------------------------------------------------------------


@pytest.mark.rule("OPS-03")
async def test_a_fact_whose_other_fact_is_missing_is_kept() -> None:
    item = record(rung(how="early:e2.b"), 1)
    with pytest.raises(Wanted):  # the missing bell is looked for first
        decide([item])
    plan = _decide_with(item, "e2.b")
    assert [(kept.envelope.number, early.id) for kept, early in plan.early] == [(1, "e2.b")]
    assert (plan.parked, plan.states) == ([], {})


def _decide_with(item: Any, missing: str) -> Plan:  # noqa: ANN401 - an event
    item.refs = (*item.refs, (Bell, missing))
    return decide([item])


@pytest.mark.rule("OPS-03")
async def test_a_ripe_fact_that_waits_for_yet_another_stays_and_one_that_fails_is_parked() -> None:
    waiting = record(rung(how="early:e2.b"), 1)
    waiting.stored = "early"
    plan = _decide_with(waiting, "e2.b")
    assert (len(plan.early), plan.applied) == (1, [])
    failing = record(rung(how="bug"), 1)
    failing.stored = "early"
    plan = decide([failing])
    assert (plan.applied, len(plan.parked)) == ([failing], 1)


async def test_more_states_and_lanes_are_asked_for_all_at_once() -> None:
    """Given two inputs that each need more, when decided, then one exception names all of it and nothing was done."""
    inputs: list[Input] = [record(rung(how="more:e8.x"), 1), record(rung("e1.b", how="more:e9.x"), 2)]
    with pytest.raises(Wanted) as wanted:
        decide(inputs)
    assert wanted.value.refs == {(Bell, "e8.x"), (Bell, "e9.x")}
    with pytest.raises(Wanted) as wanted:
        decide([record(rung(), 1)], locked=frozenset())
    assert wanted.value.lanes == {lane_of("e1")}


async def test_what_a_clock_needs_and_what_a_decision_makes_are_asked_for_all_at_once_too() -> None:
    """Given a clock that needs two states and makes two new ones, then each pair is asked for in one go."""
    needs, makes = ((Bell, "e8.x"), (Bell, "e9.x")), ((Bell, "e1.b"), (Bell, "e1.c"))

    def chime(_facts: Facts, ringing: Bell, _timer: Timer, _ctx: Context) -> Decision:
        new = (Bell(id=identity) for _, identity in makes)
        return Decision(save=(ringing.model_copy(update={"due": ()}), *new))

    clock = OnTimer(Bell, "chime", chime, ("ORG-04",), lambda _state, _timer: needs)
    loaded: dict[Ref, Any] = {(Bell, "e1.a"): Bell(id="e1.a", due=(AT - HOUR,))}
    for missing in (needs, makes):
        deciding = Deciding(
            map=replace(small.MAP, timers=(clock,)), policies=shipped_policy(), loaded=loaded, locked=ALL,
            now=AT, stepped=True,
        )  # fmt: skip
        with pytest.raises(Wanted) as wanted:
            deciding.run([timer()])
        assert wanted.value.refs == set(missing)
        loaded |= dict.fromkeys(missing)


async def test_what_is_known_besides_the_loaded_states_is_not_asked_for() -> None:
    """Given a state that was not loaded and is known, when two inputs need it, then it is recalled once."""
    recalled: list[Ref] = []

    def recall(ref: Ref) -> Bell | None:
        recalled.append(ref)
        return Bell(id=ref[1]) if ref[1] == "e8.x" else None

    inputs: list[Input] = [record(rung(how="more:e8.x"), 1), record(rung("e1.b", how="more:e8.x"), 2)]
    assert len(decide(inputs, recall=recall).states) == 2
    assert recalled == [(Bell, "e8.x")]
    with pytest.raises(Wanted) as wanted:
        decide([record(rung(how="more:e9.x"), 1)], recall=recall)
    assert wanted.value.refs == {(Bell, "e9.x")}


async def test_a_batch_that_asks_is_given_up_without_waiting_for_the_collector() -> None:
    """A long catch-up asks hundreds of times, each time with thousands of states in hand."""
    gc.collect()
    gc.disable()
    try:
        asked = False
        try:
            decide([record(rung(how="more:e8.x"), 1)])
        except Wanted:  # not with pytest, which keeps it, and with it the batch
            asked = True
        assert asked
        assert not [one for one in gc.get_objects() if isinstance(one, Deciding)]
    finally:
        gc.enable()


# -- commands ----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("OPS-03")
async def test_a_twin_gets_the_same_answer_and_another_body_is_refused() -> None:
    first, twin, other = command(key="k"), command(key="k"), command(key="k", nth=5)
    plan = decide([first, twin, other])
    assert answer(plan, first) == answer(plan, twin) == Accepted({"rung": 1})
    assert (answer(plan, other).code, answer(plan, other).status) == ("same-key-other-body", 422)
    assert bell(plan).rung == (0,)


@pytest.mark.rule("OPS-03")
async def test_a_command_answered_before_is_answered_again_and_changes_nothing() -> None:
    item = command(key="k")
    known: Mapping[str, tuple[bytes, Mapping[str, Any]]] = {item.id: (item.digest, {"rung": 4})}
    plan = decide([item], known=known)
    assert answer(plan, item) == Accepted({"rung": 4}, repeated=True)
    assert plan.states == {}
    refused = answer(decide([item], known={item.id: (b"other", {})}), item)
    assert isinstance(refused, Refusal)
    assert refused.code == "same-key-other-body"


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize(
    ("org", "allowed"),
    [("group", True), ("group/east", True), ("group/east/p/e1", True), ("group/west", False), ("group/ea", False),
     ("group/east/p/e1/x", False), ("", False)],
)  # fmt: skip
async def test_a_token_reaches_its_subtree_only(org: str, allowed: bool) -> None:  # noqa: FBT001 - a table gives it
    item = command()
    item.actor = Actor("someone", frozenset({"*"}), org)
    given = answer(decide([item]), item)
    assert isinstance(given, Accepted) is allowed
    if not allowed:
        assert (given.code, given.status) == ("outside-your-organisation", 403)


@pytest.mark.rule("ORG-01", "INT-03")
async def test_what_lies_in_no_part_of_the_organisation_may_be_sent_from_any() -> None:
    item = command()
    item.actor = Actor("someone", frozenset({"*"}), "group/west")
    item.entry = replace(item.entry, org=lambda *_: ANYWHERE)
    assert isinstance(answer(decide([item]), item), Accepted)
    item.entry = replace(item.entry, org=None)
    assert isinstance(answer(decide([item]), item), Refusal)
