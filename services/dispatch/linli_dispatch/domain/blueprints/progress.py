"""A case's progress against its blueprint, for people (DSP-17): of repairs and complaints too, by the clocks they have.

What has steps of its own shows its course. Of a step with a clock of dispatch, the ticket's facts and clocks say where
it stands: no second machinery runs it (docs/decisions, "one engine of deadlines").
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Literal

from linli_contracts.events.dispatch import Clock, Stage
from pydantic import AwareDatetime, BaseModel

from linli_dispatch.domain.blueprints.blueprint import Blueprint, StepRule
from linli_dispatch.domain.ticket import Ticket

Standing = Literal["ahead", "running", "overdue", "done", "failed", "dropped"]

DONE_AT: Final[Mapping[Clock, Callable[[Ticket], datetime | None]]] = {
    "passing_on": lambda ticket: ticket.passed_on_at,
    "first_assessment": lambda ticket: ticket.inspected_at if ticket.kind == "repair" else ticket.assessed_at,
    "department_answer": lambda ticket: ticket.answered_at,
    "customer_report": lambda ticket: ticket.report_from if ticket.reports > ticket.reports_missed else None,
    "completion": lambda ticket: ticket.completed_at,
    "arrival": lambda ticket: ticket.order.arrived_at if ticket.order else None,
    "express_mail": lambda ticket: ticket.acceptance.signed_at,
    "callback_close": lambda ticket: ticket.closed_at,
}
"""When the step of a clock was done in this round; a clock that is not here is done when its fact is gone."""


class StepShown(BaseModel):
    """A step of the blueprint, or one occurrence of it."""

    step: str
    zh: str
    en: str
    stage: Stage
    who: str
    standard: str | None
    """Such as `3 working_days`; None: the deadline of ``clock``."""
    clock: Clock | None
    documents: tuple[str, ...]
    checks: tuple[str, ...]
    failures: tuple[str, ...]
    standing: Standing
    since: AwareDatetime | None = None
    due_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    late: bool = False
    """Its deadline was missed; of a step with a clock: in this round."""
    reason: str | None = None
    by: str | None = None


class Progress(BaseModel):
    """Where a case is in its blueprint."""

    case_id: str
    blueprint: str
    zh: str
    en: str
    round: int
    steps: tuple[StepShown, ...]


def progress(ticket: Ticket, blueprint: Blueprint) -> Progress:
    """Every step of the blueprint in its order, a repeated one as often as it is kept."""
    steps = tuple(shown for rule in blueprint.steps for shown in _shown(ticket, rule))
    return Progress(
        case_id=ticket.id,
        blueprint=blueprint.name,
        zh=blueprint.zh,
        en=blueprint.en,
        round=ticket.round,
        steps=steps,
    )


def _shown(ticket: Ticket, rule: StepRule) -> list[StepShown]:
    if rule.clock is not None:
        return [_of_clock(ticket, rule, rule.clock)]
    occurrences = [step for step in ticket.course.steps if step.name == rule.name] if ticket.course else []
    if not occurrences:
        return [_about(rule, "ahead")]
    return [
        _about(
            rule,
            step.how or ("overdue" if step.missed else "running"),
            since=step.since,
            due_at=step.due_at,
            ended_at=step.ended_at,
            late=step.missed,
            reason=step.reason,
            by=step.by,
        )
        for step in occurrences
    ]


def _of_clock(ticket: Ticket, rule: StepRule, clock: Clock) -> StepShown:
    running = next((one for one in ticket.clocks if one.name == clock), None)
    done_at = DONE_AT[clock](ticket) if clock in DONE_AT else None
    standing: Standing = "ahead"
    if clock in ticket.overdue:
        standing = "overdue"
    elif done_at is not None:
        standing = "done"
    elif running is not None:
        standing = "running"
    return _about(
        rule,
        standing,
        since=running.since if running else None,
        due_at=running.due_at if running else None,
        ended_at=done_at,
        late=clock in ticket.overdue or ticket.missed.get(clock, 0) > ticket.missed_before.get(clock, 0),
    )


def _about(rule: StepRule, standing: Standing, **facts: object) -> StepShown:
    about = {
        "step": rule.name,
        "zh": rule.zh,
        "en": rule.en,
        "stage": rule.stage,
        "who": rule.who,
        "standard": str(rule.standard) if rule.standard else None,
        "clock": rule.clock,
        "documents": rule.documents,
        "checks": rule.checks,
        "failures": rule.failures,
        "standing": standing,
    }
    return StepShown.model_validate(about | facts)
