"""Which steps of a blueprint come next, whatever the policy declares: after all before them, none after its end."""

import pytest
from linli_dispatch.domain.blueprints.blueprint import Blueprint, StepRule
from linli_dispatch.domain.blueprints.course import Course, begun, ended, following

from services.dispatch.tests.office import NOW


def rule(name: str, *after: str, repeats_until: str | None = None) -> StepRule:
    """A back-stage step."""
    return StepRule(name, name, name, "back", "handler", after=after, repeats_until=repeats_until, failures=("x",))


WORKS = Blueprint(
    "works", "works", "works", "public_affairs", (),
    (rule("permit"), rule("deposit"), rule("begin", "permit", "deposit"),
     rule("patrol", "begin", repeats_until="end"), rule("end", "begin")),
    again_from="end",
)  # fmt: skip


def through(*names: str) -> Course:
    """A course in which these steps were done in turn."""
    course = Course("works")
    for name in names:
        course = begun(course, name, NOW, NOW, provisional=False)
        course = ended(course, course.steps[-1], NOW, "done", "keeper")
    return course


@pytest.mark.rule("DSP-17")
@pytest.mark.parametrize(
    ("done", "last", "expected"),
    [
        (("permit",), "permit", []),
        (("deposit",), "deposit", []),
        (("permit", "deposit"), "deposit", ["begin"]),
        (("permit", "deposit", "begin"), "begin", ["patrol", "end"]),
        (("permit", "deposit", "begin", "patrol"), "patrol", ["patrol"]),
        (("permit", "deposit", "begin", "end", "patrol"), "patrol", []),
        (("permit", "deposit", "begin", "end", "begin"), "begin", ["end"]),
    ],
)
def test_a_step_begins_after_all_before_it_and_what_repeats_stops_at_its_end(
    done: tuple[str, ...], last: str, expected: list[str]
) -> None:
    assert [one.name for one in following(through(*done), WORKS, last)] == expected
