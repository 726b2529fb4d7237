"""With all its rules the protocol holds under every fault; with any one of them off, the flaw it mends is found."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Final, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulation.explore import first_flaw, run
from tests.simulation.faults import FAULTS
from tests.simulation.rules import PROTOCOL, Rules
from tests.simulation.world import FlawError

T = TypeVar("T")
RUNS: Final = 150
"""A fault, in `make test`; `python -m tests.simulation` explores as long as one likes."""
RUNS_TO_FIND: Final = 400

FLAWS: Final = {
    "facts_commit_with_their_state": ("kill", "never comes to rest|told as missed|facts tell of"),
    "every_touched_lane_is_locked": ("nothing", "the total is"),
    "commands_are_remembered": ("lose_answer", "facts tell of command"),
    "repeats_are_skipped": ("read_again", "doubled"),
    "a_jump_is_a_gap": ("repartition", "lost"),
    "heads_show_lost_tails": ("lose_tail", "never comes to rest"),
    "asks_are_repeated": ("producer_down", "never comes to rest"),
    "the_inbox_is_read_under_the_lock": ("stop_and_go", "doubled"),
    "early_facts_wait": ("nothing", "lost"),
    "archived_facts_are_sent_again": ("archive", "never comes to rest"),
    "only_published_facts_are_archived": ("archive", "never comes to rest|lost"),
    "early_facts_run_with_their_ground": ("nothing", "handled care/. in another order"),
    "foreign_records_are_refused": ("foreign_record", "another deployment|never comes to rest|lost"),
    "restored_services_lift_their_numbers": ("restore_desk", "lost|never comes to rest"),
    "causes_are_unique": ("restore_care", "points for .* were given 2 times"),
    "timers_wait_for_the_facts": ("nothing", "told as missed 1 times, not 0"),
    "overdue_clocks_are_told": ("leap", "told as missed 1 times, not 0"),
    "inputs_wait_for_the_facts": ("nothing", "told as missed 1 times, not 0"),
    "timers_know_their_round": ("nothing", "told as missed 0 times, not 1"),
}
"""Each rule, a fault that needs it, and how its lack shows."""


class Bytes:
    """Choices out of a string of bytes, which Hypothesis makes shorter; beyond its end, always the first option."""

    def __init__(self, told: bytes) -> None:
        self._told = iter(told)

    def pick(self, options: Sequence[T]) -> T:
        return options[next(self._told, 0) % len(options)]


@pytest.mark.rule("OPS-02", "OPS-03")
@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_lost_or_doubled_whatever_goes_wrong(fault: str) -> None:
    flaw = first_flaw(fault, PROTOCOL, RUNS)
    assert flaw is None, str(flaw)


@pytest.mark.parametrize("rule", FLAWS)
def test_without_a_rule_its_flaw_is_found(rule: str) -> None:
    fault, shows = FLAWS[rule]
    flaw = first_flaw(fault, replace(PROTOCOL, **{rule: False}), RUNS_TO_FIND)
    assert flaw is not None, f"{RUNS_TO_FIND} runs did not miss {rule}"
    with pytest.raises(FlawError, match=shows):
        raise flaw


def test_every_rule_has_its_flaw() -> None:
    assert FLAWS.keys() == {rule.name for rule in fields(Rules)}
    assert {fault for fault, _ in FLAWS.values()} <= FAULTS.keys()


@settings(max_examples=150, deadline=None)
@given(fault=st.sampled_from(sorted(FAULTS)), told=st.binary(min_size=60, max_size=400))
def test_no_story_that_hypothesis_can_think_of_breaks_it(fault: str, told: bytes) -> None:
    run(Bytes(told), fault, PROTOCOL)


def test_the_same_seed_tells_the_same_story() -> None:
    without = replace(PROTOCOL, repeats_are_skipped=False)
    assert str(first_flaw("read_again", without, 50)) == str(first_flaw("read_again", without, 50))
