"""A ticket's clocks that run, and its dated wait for the customer: data of the ticket; `clocks.py` winds them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from linli_contracts.events.dispatch import Clock
from pydantic import AwareDatetime

ONE_SECOND: Final = timedelta(seconds=1)
"""Done at the due instant is kept, one second later is missed (ORG-04): a clock runs out a second after it is due."""
NO_TIME: Final = timedelta(0)
RUNS_OUT_WHEN_DUE: Final[frozenset[str]] = frozenset({"callback_close"})
"""Acts *within* its time, not after it: a case is closed at the latest one month after completion (FUP-01)."""
DEADLINE_NEAR: Final = "deadline_near"
"""The timer of a warning: a deadline is about to be missed (DSP-20)."""
NOTICE_UNREAD: Final = "notice_unread"
"""The timer of an urgent notice: nobody has read it in time (DSP-20)."""
WAIT_ENDS: Final = "wait_ends"
"""The timer of a dated wait for the customer; no deadline of ours."""


@dataclass(frozen=True, slots=True)
class RunningClock:
    """A clock that runs towards ``due_at``. ``step`` tells those of one name in one round apart."""

    name: Clock
    since: AwareDatetime
    """The fact it counts from; another one makes another clock."""
    due_at: AwareDatetime
    step: int = 1
    provisional: bool = False
    """Counted over a year whose holidays are not yet published (ORG-04)."""
    remedies: Clock | None = None
    """For a step of the ladder: the missed deadline it is to put right."""
    warn_at: AwareDatetime | None = None
    """When staff are told that it is about to be missed; None: they were told, or nobody is (DSP-20)."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A dated wait for the customer; ``reason`` is a code."""

    reason: str
    since: AwareDatetime
    until: AwareDatetime
