"""A step of a blueprint ended, or missed its deadline: it is counted, and reported where it happens often (DSP-17).

Steps with a standard of their own are counted as they end. Those whose deadline is a clock of dispatch, as all of a
repair or a complaint, are counted when the work of a round is done: once for each deadline that was kept or missed.
Whether the customer is satisfied is counted with the callback.
"""

from dataclasses import replace
from typing import Final

from linli_contracts.events.dispatch import Clock, FailingStepReported

from linli_dispatch.domain.blueprints import course as courses
from linli_dispatch.domain.blueprints.step_record import MISSED, counted
from linli_dispatch.domain.turn import Turn

_CALLBACK: Final[Clock] = "callback_close"


def count_step(turn: Turn, blueprint: str, step: str, reason: str | None) -> None:
    """One occurrence more; ``reason`` says why it failed, None that it did not."""
    record, report = counted(turn.step_record, f"{blueprint}.{step}", reason, turn.at, turn.terms.failing)
    turn.step_record = record
    if report is None:
        return
    turn.tell(
        FailingStepReported(
            estate_id=turn.ticket.estate_id,
            blueprint=blueprint,
            blueprint_step=step,
            ended=report.ended,
            failed=report.failed,
            reasons=report.reasons,
            counted_since=report.since,
            found_at=turn.at,
            policy_version=turn.terms.version,
        )
    )
    facts = {"step": f"{blueprint}.{step}", "ended": report.ended, "failed": report.failed}
    turn.because("DSP-17", "a step fails often", facts)


def count_clock_steps(turn: Turn) -> None:
    """The work of a round is done: each of its deadlines that is a step of the blueprint was kept, or missed."""
    ticket = turn.ticket
    blueprint = turn.terms.blueprint_of(ticket.kind, ticket.subcategory)
    if blueprint is None:
        return
    for rule in blueprint.steps:
        if rule.clock is not None:
            kept = ticket.kept.get(rule.clock, 0) - ticket.kept_before.get(rule.clock, 0)
            missed = ticket.missed.get(rule.clock, 0) - ticket.missed_before.get(rule.clock, 0)
            for reason in (*[None] * kept, *[MISSED] * missed):
                count_step(turn, blueprint.name, rule.name, reason)


def count_satisfaction(turn: Turn, reason: str | None) -> None:
    """The customer was called back, or could not be: ``reason`` is a failure point of that step, None: satisfied."""
    ticket, clock = turn.ticket, _CALLBACK
    blueprint = turn.terms.blueprint_of(ticket.kind, ticket.subcategory)
    if blueprint is None:
        return
    rule = next((one for one in blueprint.steps if one.clock == clock), None)
    if rule is not None and (reason is None or reason in rule.failures):
        count_step(turn, blueprint.name, rule.name, reason)


def mark_missed(turn: Turn, number: int) -> tuple[str, str] | None:
    """The occurrence with this number is over its time: still to be done, and counted as failed. Which step it is."""
    course = turn.ticket.course
    step = course.numbered_step(number) if course else None
    if course is None or step is None:
        return None
    turn.change(course=courses.changed(course, replace(step, missed=True)))
    count_step(turn, course.blueprint, step.name, MISSED)
    return course.blueprint, step.name
