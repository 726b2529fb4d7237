"""What a decision wants done outside the house, once it is committed: a message, a webhook (promise 9). Values only.

A rule never sends anything. What it returns here becomes an intent in the decision's own transaction, and is carried
out after the commit, once for its cause. Whoever carries it out, and how, is not known here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing to be done outside. The same cause is never done twice, whoever asks for it again."""

    kind: str
    """Which sender of the service carries it out: ``message``, ``webhook``."""
    cause: str
    """Unique in the service for ever: a later effect of the same cause changes nothing."""
    subject: str
    """The id of what it is about; its lane must be held, and what comes of it is told there."""
    recipient: str
    """Who gets it, as a reference; where that is reached, the sender alone looks up (INT-13)."""
    payload: Mapping[str, Any]
    """Plain JSON values that the sender writes from: codes, ids, instants; never personal data. `case_id`, in it or in
    its `data`, is the case whose trace it belongs to.
    """
    send_from: datetime
    """Not before this instant (quiet hours)."""
    give_up_at: datetime
    """At this instant it may still be tried, one second later it is given up."""
    emergency: bool = False
    """Sent again even where nobody knows whether it went out: twice is better than never (INT-11)."""
