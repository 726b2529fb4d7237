"""The course (办理进程) of a case through the steps of its blueprint: which are open, which ended how, what comes next.

Pure values and questions about them; nothing here knows a ticket. A step that begins again is another occurrence of it,
with a number of its own. Of those that ended, a course keeps the last few of each step: the rest is on the timeline.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from linli_rulebook import Span
from pydantic import AwareDatetime

from linli_dispatch.domain.blueprints.blueprint import Blueprint, StepRule

Ending = Literal["done", "failed", "dropped"]
KEPT: Final = 3
"""Ended occurrences of one step: enough to see that it fails again; a year of patrols would make a ticket large."""


@dataclass(frozen=True, slots=True)
class Step:
    """One occurrence of a step."""

    name: str
    number: int
    """The so-manieth occurrence of any step of the case."""
    since: AwareDatetime
    due_at: AwareDatetime
    provisional: bool = False
    missed: bool = False
    ended_at: AwareDatetime | None = None
    how: Ending | None = None
    reason: str | None = None
    """Why it failed: one of the blueprint's failure points."""
    by: str | None = None

    @property
    def open(self) -> bool:
        """Whether somebody still has to do it."""
        return self.ended_at is None

    @property
    def running(self) -> bool:
        """Whether its deadline is ahead."""
        return self.open and not self.missed


@dataclass(frozen=True, slots=True)
class Quotation:
    """What the customer is offered, beside what the catalogue says (DSP-16)."""

    item: str
    quantity: int
    price_fen: int
    catalogue_fen: int
    standard: Span
    """The catalogue's time for the work."""
    made_at: AwareDatetime
    accepted: bool | None = None
    """None: the customer has not answered."""


@dataclass(frozen=True, slots=True)
class Course:
    """Where a case is in its blueprint."""

    blueprint: str
    numbered: int = 0
    """How many occurrences there were."""
    steps: tuple[Step, ...] = ()
    """In the order in which they began."""
    quotation: Quotation | None = None
    performer_id: str | None = None
    """Who carries the work out, once somebody was named: the contractor, or whoever has the case in their place."""

    def open_step(self, name: str) -> Step | None:
        """The open occurrence of a step; of several the one that began first."""
        return next((step for step in self.steps if step.name == name and step.open), None)

    def numbered_step(self, number: int) -> Step | None:
        """The occurrence with this number."""
        return next((step for step in self.steps if step.number == number), None)

    def was_done(self, name: str) -> bool:
        """Whether a step was done at least once."""
        return any(step.name == name and step.how == "done" for step in self.steps)

    @property
    def owes(self) -> bool:
        """Whether a step is over its time and still to be done."""
        return any(step.open and step.missed for step in self.steps)


def begun(course: Course, name: str, since: datetime, due_at: datetime, *, provisional: bool) -> Course:
    """The course with one more occurrence."""
    number = course.numbered + 1
    step = Step(name=name, number=number, since=since, due_at=due_at, provisional=provisional)
    return replace(course, numbered=number, steps=(*course.steps, step))


def changed(course: Course, step: Step) -> Course:
    """The course with this occurrence as it is now; of those of its name that ended, only the last stay."""
    steps = [step if one.number == step.number else one for one in course.steps]
    ended = [one for one in steps if one.name == step.name and not one.open]
    # One that was done stays for good: what comes after it asks for it.
    done = next((one for one in reversed(ended) if one.how == "done"), None)
    over = {one.number for one in ended[:-KEPT] if one is not done}
    return replace(course, steps=tuple(one for one in steps if one.number not in over))


def ended(course: Course, step: Step, at: datetime, how: Ending, by: str | None, reason: str | None = None) -> Course:
    """The course with this occurrence ended."""
    return changed(course, replace(step, ended_at=at, how=how, by=by, reason=reason))


def dropped(course: Course, at: datetime, *names: str) -> Course:
    """The course without what is open of these steps, or of all: neither done nor failed."""
    for step in course.steps:
        if step.open and (not names or step.name in names):
            course = ended(course, step, at, "dropped", None)
    return course


def first_steps(blueprint: Blueprint) -> Iterator[StepRule]:
    """The steps that begin with the case."""
    return (rule for rule in blueprint.steps if rule.clock is None and not rule.after and not rule.on_request)


def following(course: Course, blueprint: Blueprint, name: str) -> Iterator[StepRule]:
    """The steps that begin now that ``name`` was done: those after it, and itself where it repeats."""
    on_request = (done := blueprint.step(name)) is not None and done.on_request
    for rule in blueprint.steps:
        if rule.clock is not None or rule.on_request:
            continue
        # Each time that it was asked for has a step after it of its own, though one of the time before is open.
        if course.open_step(rule.name) and not (on_request and name in rule.after):
            continue
        if rule.repeats_until is not None and course.was_done(rule.repeats_until):
            continue
        follows = name in rule.after and all(course.was_done(one) for one in rule.after)
        if follows or (rule.name == name and rule.repeats_until is not None):
            yield rule


def ends_with(blueprint: Blueprint, name: str) -> tuple[str, ...]:
    """The steps that repeat no more once ``name`` was done."""
    return tuple(rule.name for rule in blueprint.steps if rule.repeats_until == name)


def is_complete(course: Course, blueprint: Blueprint) -> bool:
    """Whether nothing is left to do: every required step was done and none is open."""
    return all(map(course.was_done, blueprint.required)) and not any(step.open for step in course.steps)
