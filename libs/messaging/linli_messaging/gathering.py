"""How long inputs gather before the next batch is taken (decision 26). Pure.

A batch costs as much as a dozen of its inputs, whatever is in it. So whoever has just taken a few leaves the next ones
a moment to come; what comes first after a quiet moment is taken at once, and so is the next thing of somebody who asks
one after the other. On the stepped clock nothing gathers: whoever moves it waits until all is at rest.
"""

from collections.abc import Sequence
from typing import Final

from linli_messaging.any_clock import Clock
from linli_messaging.inputs import Passing, Record

AT_ONCE: Final = 0.0
AFTER_PASSED_S: Final = 0.05
"""After records that only passed: most of what most services read concerns them not, and to be woken for each costs
more than reading it. What does concern one, heads and asks too, waits no longer than that."""
AFTER_DECIDED_S: Final = 0.02
"""After records of which some concerned us."""
AFTER_COMMANDS_S: Final = 0.01
"""After commands: somebody waits for each. Both were measured (docs/performance/tried.md)."""
FEW: Final = 100
"""As many more records come within the longest of these at 2,000 a second. Where more came, others wait already."""


def after_records(taken: Sequence[Record], clock: Clock) -> float:
    """How long to wait for more, in seconds, when these were taken together."""
    if clock.stepped or not 0 < len(taken) < FEW:
        return AT_ONCE
    return AFTER_PASSED_S if all(isinstance(record, Passing) for record in taken) else AFTER_DECIDED_S


def after_commands(taken: int, clock: Clock) -> float:
    """How long to wait for more, in seconds, when so many commands were taken together. One alone says nothing of
    others: it may be all that somebody asks before the next.
    """
    return AFTER_COMMANDS_S if 1 < taken < FEW and not clock.stepped else AT_ONCE
