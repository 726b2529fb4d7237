"""The policy of worlds by the system clock: some limits are seconds there, so that clocks run out in every trial.

The load keeps none of them, and waits until they have run out before it goes on: whether a command or a clock came
first is left to no race. A fault that holds up facts for longer than four fifths of a limit, when staff are told that
it is near, changes by right what is told first: the limits are longer than any fault here lasts.
"""

import shutil
from pathlib import Path
from typing import Final

from linli_cli.places import policy_dir

REGION: Final = "east"
"""Of all estates of the load."""
SECONDS: Final = 15
QUICK: Final = "".join(
    f'\n[{entry}]\nvalue = {SECONDS}\nunit = "seconds"\nreason = "So that it runs out in a trial."\n'
    for entry in ("intake.first_assessment_within", "followup.callback_planned_after")
)


def quick_policy(directory: Path) -> Path:
    """The shipped policy with those limits, written into the directory; where it is."""
    policy = directory / "policy"
    shutil.copytree(policy_dir(), policy)
    (region,) = policy.glob(f"*/regions/{REGION}.toml")
    with region.open("a", encoding="utf-8") as file:
        file.write(QUICK)
    return policy
