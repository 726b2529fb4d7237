"""One run of the model: things happen in some order, something goes wrong, then it must come to rest and be right."""

from tests.simulation.checks import check
from tests.simulation.faults import FAULTS
from tests.simulation.rules import Rules
from tests.simulation.world import Chance, Choices, FlawError, World

STEPS = 90
ONE_IN = 9
"""A fault strikes about ten times a run."""


def run(choices: Choices, fault: str, rules: Rules, steps: int = STEPS) -> None:
    """Raises :class:`FlawError` with the story when a promise is broken."""
    world = World(choices, rules, partitions=1 if fault == "repartition" else 2)
    strike = FAULTS[fault]()
    for _ in range(steps):
        if choices.pick(range(ONE_IN)) == 0:
            strike(world)
        else:
            world.step()
    world.come_to_rest()
    check(world)


def first_flaw(fault: str, rules: Rules, runs: int) -> FlawError | None:
    """The first flaw of so many seeded runs; None when all hold."""
    for seed in range(runs):
        try:
            run(Chance(f"{fault}|{seed}"), fault, rules)
        except FlawError as flaw:
            return flaw
    return None
