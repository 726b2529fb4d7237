"""No input fires a clock that a fact on its way would have stopped, and nothing slips in before an early fact.

The model is in `overtaking.py`; with a rule off, chance finds its flaw within a few hundred seeds.
"""

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.messaging.tests.overtaking import Rules, flaw, run

RUNS = 300
SHOWS = {
    "inputs_wait_for_the_facts": "chimed at .*, though the south hushed it",
    "early_facts_run_with_their_ground": "early facts in the order",
}
"""Each rule, and how its lack shows."""


def first_flaw(rules: Rules) -> str | None:
    return next((wrong for seed in range(RUNS) if (wrong := flaw(run(str(seed), rules)))), None)


@pytest.mark.rule("ORG-04", "OPS-03")
def test_in_whatever_order_things_happen_nothing_is_overtaken() -> None:
    assert first_flaw(Rules()) is None


@pytest.mark.rule("ORG-04", "OPS-03")
@settings(max_examples=100, deadline=None)
@given(st.text(max_size=8), st.integers(20, 200))
def test_nor_in_long_and_short_lives(seed: str, steps: int) -> None:
    assert flaw(run(seed, Rules(), steps)) is None


@pytest.mark.parametrize("rule", SHOWS)
def test_without_a_rule_its_flaw_is_found(rule: str) -> None:
    found = first_flaw(replace(Rules(), **{rule: False}))
    assert found is not None, f"{RUNS} runs did not miss {rule}"
    with pytest.raises(AssertionError, match=SHOWS[rule]):
        raise AssertionError(found)


def test_every_rule_has_its_flaw() -> None:
    assert SHOWS.keys() == {rule.name for rule in fields(Rules)}
