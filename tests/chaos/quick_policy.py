"""The policy of worlds by the system clock: some limits are seconds there, so that clocks run out in every trial.

The load keeps none of them, and waits until they have run out before it goes on: whether a command or a clock came
first is left to no race. A fault that holds up facts for longer than four fifths of a limit, when staff are told that
it is near, changes by right what is told first: none here lasts so long, but on a slow machine one may (`SECONDS` is to
be longer there).

Their estates lie where it is morning: quiet hours, breaks of desks and midnight come in no trial, else they could come
between the same instants of two worlds.
"""

import shutil
from datetime import datetime
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


_NINE: Final = 9
"""The hour in which quiet hours are over (FUP-03), and the next break is hours away."""
_FARTHEST_EAST: Final = 14
"""Hours ahead of UTC: no zone is farther."""


def where_it_is_morning(now: datetime) -> str:
    """The zone in which it is past nine o'clock; `now` is in UTC."""
    ahead = (_NINE - now.hour) % 24
    east = ahead if ahead <= _FARTHEST_EAST else ahead - 24
    return f"Etc/GMT{-east:+d}"  # there, what lies to the east is less


def quick_policy(directory: Path, zone: str) -> Path:
    """The shipped policy with those limits and in this zone, written into the directory; where it is."""
    policy = directory / "policy"
    shutil.copytree(policy_dir(), policy)
    (region,) = policy.glob(f"*/regions/{REGION}.toml")
    with region.open("a", encoding="utf-8") as file:
        file.write(QUICK)
        file.write(f'\n[calendar.zone]\nvalue = "{zone}"\nreason = "Where it is morning."\n')
    return policy
