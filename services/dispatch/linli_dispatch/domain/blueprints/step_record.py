"""How often the steps of blueprints fail at an estate, counted as they end, and when that is reported (DSP-17).

An occurrence counts once: as failed when it failed or missed its deadline, whichever comes first, else as done. They
grow with what happens and are never counted anew from cases (OPS-04). A report is told once in a period.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import ClassVar

from linli_rulebook import Calendar, Span
from linli_rulebook.decision import State
from pydantic import AwareDatetime, Field

MISSED = "deadline_missed"
"""The reason that is counted where an occurrence was not done in its time."""


@dataclass(frozen=True, slots=True)
class Failing:
    """When a step fails often: in at least this share of at least so many occurrences within the period."""

    share: Fraction
    minimum: int
    period: Span
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Counted:
    """One step of one blueprint in the period that runs, or ran last."""

    since: AwareDatetime
    until: AwareDatetime
    """An occurrence at this very instant still counts (ORG-04)."""
    ended: int = 0
    failed: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    reported: bool = False


class StepRecord(State):
    """The counters of an estate, by `<blueprint>.<step>`. The id is the estate's."""

    table: ClassVar[str] = "step_record"

    steps: Mapping[str, Counted] = Field(default_factory=dict)


def counted(
    known: StepRecord, step: str, reason: str | None, at: datetime, failing: Failing
) -> tuple[StepRecord, Counted | None]:
    """One occurrence more, with the reason of its failure if it failed; and the counts to report, if they are due."""
    one = known.steps.get(step)
    if one is None or at > one.until:
        one = Counted(since=at, until=failing.calendar.due(at, failing.period).at)
    reasons = dict(one.reasons)
    if reason is not None:
        reasons[reason] = reasons.get(reason, 0) + 1
    one = replace(one, ended=one.ended + 1, failed=one.failed + (reason is not None), reasons=reasons)
    share = failing.share  # compared in whole numbers: a product of fractions costs as much as all the rest here
    often = one.ended >= failing.minimum and one.failed * share.denominator >= share.numerator * one.ended
    reports = often and not one.reported
    if reports:
        one = replace(one, reported=True)
    record = known.model_copy(update={"steps": {**known.steps, step: one}})
    return record, one if reports else None
