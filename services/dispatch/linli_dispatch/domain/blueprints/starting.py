"""Steps of a blueprint begin: with the case, with its next round, after the steps before them (DSP-17).

What people do about a step is `serving.py`; here is only what a case needs when it is opened or reopened.
"""

from dataclasses import replace
from datetime import datetime

from linli_contracts.events.dispatch import BlueprintStarted, StepStarted
from linli_rulebook import Due

from linli_dispatch.domain.blueprints import course as courses
from linli_dispatch.domain.blueprints.blueprint import Blueprint, StepRule
from linli_dispatch.domain.blueprints.course import Course
from linli_dispatch.domain.terms import Terms
from linli_dispatch.domain.turn import Turn


def start_course(turn: Turn) -> None:
    """At the opening of a case whose kind and subcategory have a blueprint with steps of its own, its first steps."""
    ticket = turn.ticket
    blueprint = turn.terms.blueprint_of(ticket.kind, ticket.subcategory)
    if blueprint is None or blueprint.again_from is None:
        return
    turn.change(course=Course(blueprint.name, numbered=ticket.steps_before))
    _tell_started(turn, blueprint)
    for rule in courses.first_steps(blueprint):
        start(turn, blueprint, rule)


def change_course(turn: Turn) -> bool:
    """The case turned out to be a matter of another blueprint, or of none: what was open of its own is dropped.

    Returns whether it did.
    """
    course = turn.ticket.course
    blueprint = turn.terms.blueprint_of(turn.ticket.kind, turn.ticket.subcategory)
    name = blueprint.name if blueprint is not None and blueprint.again_from is not None else None
    if (course.blueprint if course else None) == name:
        return False
    if course is not None:
        drop_steps(turn)
        turn.change(course=None, steps_before=course.numbered)
    start_course(turn)
    return True


def start_again(turn: Turn) -> None:
    """In the next round of a case, the step from which its blueprint says that it is done again (FUP-01)."""
    course = turn.ticket.course
    if course is None:
        return
    blueprint = turn.terms.blueprints[course.blueprint]
    rule = blueprint.step(blueprint.again_from or "")
    if rule is not None and course.open_step(rule.name) is None:
        _tell_started(turn, blueprint)
        start(turn, blueprint, rule)


def start(turn: Turn, blueprint: Blueprint, rule: StepRule) -> None:
    """One more occurrence of a step, within its time standard from now."""
    ticket = turn.ticket
    course = ticket.course
    if course is None:
        return
    due = due_of(turn.terms, rule, course, turn.at)
    course = courses.begun(course, rule.name, turn.at, due.at, provisional=due.provisional)
    turn.change(course=course)
    turn.tell(
        StepStarted(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            blueprint=blueprint.name,
            blueprint_step=rule.name,
            number=course.numbered,
            stage=rule.stage,
            who=rule.who,
            started_at=turn.at,
            due_at=due.at,
            provisional=due.provisional,
        )
    )
    facts = {"step": f"{blueprint.name}.{rule.name}", "number": course.numbered, "due_at": due.at.isoformat()}
    turn.because("DSP-17", "step begun", facts)


def due_of(terms: Terms, rule: StepRule, course: Course, since: datetime) -> Due:
    """When a step that began at ``since`` is to be done: by its standard, or by the catalogue's for what was quoted."""
    quotation = course.quotation
    standard = quotation.standard if rule.by_catalogue and quotation is not None else rule.standard
    if standard is None:
        raise ValueError(f"the step {rule.name} has no standard of its own")
    return terms.calendar(rule.calendar).due(since, standard)


def drop_steps(turn: Turn, *names: str) -> None:
    """What is open of these steps, or of all, is neither done nor failed: the case goes on, or ends, without it."""
    course = turn.ticket.course
    if course is not None:
        turn.change(course=courses.dropped(course, turn.at, *names))


def steps_left(turn: Turn) -> bool:
    """Whether the case has a blueprint that it is not through with."""
    course = turn.ticket.course
    return course is not None and not courses.is_complete(course, turn.terms.blueprints[course.blueprint])


def move_provisional(turn: Turn, number: int) -> bool:
    """Whether a step's deadline lies later, now that the year it reaches into is published (ORG-04): it moves there."""
    course = turn.ticket.course
    step = course.numbered_step(number) if course else None
    if course is None or step is None or not step.provisional:
        return False
    rule = turn.terms.blueprints[course.blueprint].step(step.name)
    if rule is None:
        return False
    due = due_of(turn.terms, rule, course, step.since)
    if due.at <= step.due_at:
        return False
    turn.change(course=courses.changed(course, replace(step, due_at=due.at, provisional=due.provisional)))
    return True


def _tell_started(turn: Turn, blueprint: Blueprint) -> None:
    ticket = turn.ticket
    turn.tell(
        BlueprintStarted(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            blueprint=blueprint.name,
            started_at=turn.at,
            policy_version=turn.terms.version,
        )
    )
    turn.because("DSP-17", "blueprint begun", {"blueprint": blueprint.name, "round": ticket.round})
