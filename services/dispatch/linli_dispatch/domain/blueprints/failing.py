"""A step of a blueprint ended, or missed its deadline: it is counted, and reported where it happens often (DSP-17)."""

from dataclasses import replace

from linli_contracts.events.dispatch import FailingStepReported

from linli_dispatch.domain.blueprints import course as courses
from linli_dispatch.domain.blueprints.step_record import MISSED, counted
from linli_dispatch.domain.turn import Turn


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


def mark_missed(turn: Turn, number: int) -> tuple[str, str] | None:
    """The occurrence with this number is over its time: still to be done, and counted as failed. Which step it is."""
    course = turn.ticket.course
    step = course.numbered_step(number) if course else None
    if course is None or step is None:
        return None
    turn.change(course=courses.changed(course, replace(step, missed=True)))
    count_step(turn, course.blueprint, step.name, MISSED)
    return course.blueprint, step.name
