"""What people do about the steps of a blueprint: done, failed, asked for (DSP-16, DSP-17, DSP-18).

A step is done with all its documents and checks, by whoever the blueprint names. Whoever acts on a step has the request
in their hands (INT-08). A front-stage step that is done is a report to the customer (DSP-03). With the last step the
case is handled, and its callback follows (FUP-01).
"""

from collections.abc import Iterable

from linli_contracts.events.dispatch import StepDone, StepFailed
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.blueprints import course as courses
from linli_dispatch.domain.blueprints.blueprint import Blueprint, StepRule
from linli_dispatch.domain.blueprints.course import Course, Step
from linli_dispatch.domain.blueprints.failing import count_step
from linli_dispatch.domain.blueprints.performing import name_performer, who_of_office
from linli_dispatch.domain.blueprints.starting import drop_steps, start
from linli_dispatch.domain.blueprints.step_refusals import (
    ALREADY_OPEN,
    CHECKS_MISSING,
    DOCUMENTS_MISSING,
    NO_BLUEPRINT,
    NOT_ON_REQUEST,
    NOT_YOUR_STEP,
    PERFORMER_MISSING,
    STEP_HAS_OWN_COMMAND,
    STEP_NOT_OPEN,
    STEP_TOO_EARLY,
    UNKNOWN_FAILURE,
    UNKNOWN_STEP,
    naming,
)
from linli_dispatch.domain.deadlines.clock_table import STEP_CLOCK
from linli_dispatch.domain.deadlines.clocks import counted, wind
from linli_dispatch.domain.handling import pass_on, report, resolve
from linli_dispatch.domain.turn import Turn


def finish_step(
    turn: Turn, name: str, by: str, documents: Iterable[str], checks: Iterable[str], performer_id: str | None = None
) -> Refusal | None:
    """The step was done."""
    found = open_step(turn, name, by)
    if isinstance(found, Refusal):
        return found
    rule, step = found
    if rule.act is not None:
        return STEP_HAS_OWN_COMMAND
    missing = [one for one in rule.documents if one not in set(documents)]
    if missing:
        return naming(DOCUMENTS_MISSING, "documents", missing)
    unchecked = [one for one in rule.checks if one not in set(checks)]
    if unchecked:
        return naming(CHECKS_MISSING, "checks", unchecked)
    if rule.assigns:
        refusal = PERFORMER_MISSING if performer_id is None else name_performer(turn, performer_id)
        if refusal is not None:
            return refusal
    done(turn, rule, step, by, tuple(rule.documents), tuple(rule.checks), performer_id)
    return None


def fail_step(turn: Turn, name: str, by: str, reason: str) -> Refusal | None:
    """The step failed at one of its known failure points: it, or the step that the blueprint says, begins again."""
    found = open_step(turn, name, by)
    if isinstance(found, Refusal):
        return found
    rule, step = found
    if rule.act is not None:
        return STEP_HAS_OWN_COMMAND
    return failed(turn, rule, step, by, reason)


def request_step(turn: Turn, name: str) -> Refusal | None:
    """A step that begins on request only, such as a hot-work permit."""
    course = turn.ticket.course
    if course is None:
        return NO_BLUEPRINT
    blueprint = turn.terms.blueprints[course.blueprint]
    rule = blueprint.step(name)
    if rule is None:
        return UNKNOWN_STEP
    if not rule.on_request:
        return NOT_ON_REQUEST
    if course.open_step(name) is not None:
        return ALREADY_OPEN
    if not all(map(course.was_done, rule.after)):
        return STEP_TOO_EARLY
    start(turn, blueprint, rule)
    wind(turn)
    return None


def open_step(turn: Turn, name: str, by: str) -> tuple[StepRule, Step] | Refusal:
    """The open occurrence of a step that this person may act on, or why not."""
    course = turn.ticket.course
    if course is None:
        return NO_BLUEPRINT
    rule = turn.terms.blueprints[course.blueprint].step(name)
    if rule is None or rule.clock is not None:
        return UNKNOWN_STEP
    step = course.open_step(name)
    if step is None:
        return STEP_NOT_OPEN
    able = who_of_office(turn, rule)
    if able and by not in able:
        return NOT_YOUR_STEP
    return rule, step


def done(
    turn: Turn,
    rule: StepRule,
    step: Step,
    by: str,
    documents: tuple[str, ...] = (),
    checks: tuple[str, ...] = (),
    performer_id: str | None = None,
) -> None:
    """The occurrence ends well: what repeats until then stops, what comes after it begins."""
    blueprint = _end(turn, step, "done", by)
    ticket = turn.ticket
    if not step.missed:
        turn.change(kept=counted(ticket.kept, STEP_CLOCK))
        count_step(turn, blueprint.name, step.name, None)
    turn.tell(
        StepDone(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            blueprint=blueprint.name,
            blueprint_step=step.name,
            number=step.number,
            documents=documents,
            checks=checks,
            performer_id=performer_id,
            done_by=by,
            done_at=turn.at,
            in_time=not step.missed,
        )
    )
    turn.because("DSP-17", "step done", {"step": f"{blueprint.name}.{step.name}", "number": step.number, "by": by})
    stopped = courses.ends_with(blueprint, step.name)
    if stopped:
        drop_steps(turn, *stopped)
    for following in courses.following(_course(turn), blueprint, step.name):
        start(turn, blueprint, following)
    if courses.is_complete(_course(turn), blueprint):
        wind(turn)
        refusal = resolve(turn, "handled", consented=False)
        if refusal is not None:
            # A grave case takes an accepted plan besides (DSP-04): its desk resolves it once there is one.
            turn.because("DSP-17", "all steps done, but not resolved", {"refusal": refusal.code})
    elif rule.stage == "back" or report(turn, None) is not None:
        # A collective complaint is answered in person first: until then the step is no report (DSP-01).
        wind(turn)


def failed(turn: Turn, rule: StepRule, step: Step, by: str, reason: str) -> Refusal | None:
    """The occurrence ends badly: the same step begins again, or the one that the blueprint says."""
    if reason not in rule.failures:
        return naming(UNKNOWN_FAILURE, "reason", rule.failures)
    blueprint = _end(turn, step, "failed", by, reason)
    ticket = turn.ticket
    if not step.missed:
        count_step(turn, blueprint.name, step.name, reason)
    again = blueprint.step(rule.after_failure or rule.name) or rule
    turn.tell(
        StepFailed(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            blueprint=blueprint.name,
            blueprint_step=step.name,
            number=step.number,
            reason=reason,
            again_from=again.name,
            failed_at=turn.at,
        )
    )
    turn.because(
        "DSP-17",
        "step failed",
        {
            "blueprint": blueprint.name,
            "step": step.name,
            "number": step.number,
            "reason": reason,
            "by": by,
        },
    )
    if _course(turn).open_step(again.name) is None:
        start(turn, blueprint, again)
    wind(turn)
    return None


def _end(turn: Turn, step: Step, how: courses.Ending, by: str, reason: str | None = None) -> Blueprint:
    if turn.ticket.passed_on_at is None:
        pass_on(turn, None)
    course = _course(turn)
    turn.change(course=courses.ended(course, step, turn.at, how, by, reason))
    return turn.terms.blueprints[course.blueprint]


def _course(turn: Turn) -> Course:
    course = turn.ticket.course
    if course is None:
        raise ValueError(f"{turn.ticket.id} has no course")
    return course
