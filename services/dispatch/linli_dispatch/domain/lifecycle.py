"""The lifecycle of a ticket, as one table: (status, what happened) → the next status. What is not here cannot happen.

    received ──graded──▶ open ◀──coverage answered── coverage_asked
                          │ ▲│└────────amended────────────▲│
                          │ │└──contractor called──▶ contractor_notified (and back: its order is taken back)
                          │ └──unsatisfied──┐              │
                          └────completed──▶ completed ◀────┘ (any of the three)
                                             │ satisfied · unreachable · time limit · notified by mail · standard answer
       any of them ──withdrawn──▶ closed ◀───┘

The statuses are as few as the rules tell apart: *received* is known but not graded; in *open* our own people act, in
*coverage_asked* warranty's answer is awaited, in *contractor_notified* a contractor acts; *completed* awaits the
callback, unless a standard answer settles it in the same breath; *closed* is the end. Waiting for the customer is no
status: it lies over any of the three in hand (ticket.py).
"""

from typing import Final, Literal, get_args

Status = Literal["received", "open", "coverage_asked", "contractor_notified", "completed", "closed"]
Happening = Literal[
    "graded", "graded_with_coverage_asked", "coverage_answered", "contractor_called", "order_recalled", "completed",
    "standard_answer", "satisfied", "unsatisfied", "unsatisfied_with_coverage_asked", "unreachable", "time_limit",
    "notified_by_mail", "withdrawn", "amended_with_coverage_asked",
]  # fmt: skip

IN_HAND: Final[frozenset[Status]] = frozenset({"open", "coverage_asked", "contractor_notified"})
"""Somebody has to act: the case is neither completed nor closed."""
COMPLETED: Final[frozenset[Status]] = frozenset({"completed"})
ALWAYS: Final[frozenset[Status]] = frozenset(get_args(Status))
"""Also once it is closed: what offices owe a contractor does not end with the case (DSP-14)."""

TRANSITIONS: Final[dict[tuple[Status, Happening], Status]] = {
    ("received", "graded"): "open",
    ("received", "graded_with_coverage_asked"): "coverage_asked",
    ("received", "withdrawn"): "closed",
    ("open", "amended_with_coverage_asked"): "coverage_asked",
    ("open", "completed"): "completed",
    ("open", "withdrawn"): "closed",
    ("open", "contractor_called"): "contractor_notified",
    ("coverage_asked", "coverage_answered"): "open",
    ("coverage_asked", "completed"): "completed",
    ("coverage_asked", "withdrawn"): "closed",
    ("contractor_notified", "order_recalled"): "open",
    ("contractor_notified", "completed"): "completed",
    ("contractor_notified", "withdrawn"): "closed",
    ("completed", "satisfied"): "closed",
    ("completed", "unsatisfied"): "open",
    ("completed", "unsatisfied_with_coverage_asked"): "coverage_asked",
    ("completed", "unreachable"): "closed",
    ("completed", "time_limit"): "closed",
    ("completed", "notified_by_mail"): "closed",
    ("completed", "standard_answer"): "closed",
    ("completed", "withdrawn"): "closed",
}


def after(status: Status, happening: Happening) -> Status | None:
    """The next status; None where this cannot happen (the caller refuses a command, and ignores a late fact)."""
    return TRANSITIONS.get((status, happening))
