"""Service blueprints (服务蓝图, DSP-16 to DSP-18) as the policy declares them: the steps of each kind of order.

Pure values, read once for each policy. How a case goes through them is `course.py`; what people do about a step is
`serving.py`. A step with a `clock` has the deadline of that clock (`clocks.py`), and no standard of its own here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final, Literal

from linli_contracts.events.dispatch import Clock, Stage
from linli_rulebook import Policy, PolicyFileError, Span

Act = Literal["quote", "answer_quotation"]
"""The command that alone finishes a step, where saying "done" is not enough."""
PEOPLE: Final = frozenset({"handler", "customer", "contractor"})
"""Who does a step, besides the offices of the policy."""
_AREA: Final = "blueprints."
_STRUCTURE: Final = "table"


@dataclass(frozen=True, slots=True)
class StepRule:
    """One step of a blueprint."""

    name: str
    zh: str
    en: str
    stage: Stage
    """Front: in contact with the customer; back: not (DSP-17)."""
    who: str
    clock: Clock | None = None
    """The clock of dispatch whose deadline this step has; None: it has a standard of its own."""
    standard: Span | None = None
    calendar: str = "departments"
    """The desk whose calendar counts the standard (ORG-03)."""
    after: tuple[str, ...] = ()
    """Begins once all of these are done; empty: with the case."""
    on_request: bool = False
    """Begins only when somebody asks for it, as often as they do."""
    repeats_until: str | None = None
    """Begins again whenever it is done, until that step is done."""
    act: Act | None = None
    assigns: bool = False
    """Done by naming who carries the work out."""
    by_catalogue: bool = False
    """Once there is a quotation, the standard is the catalogue's."""
    documents: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    """The known failure points (DSP-17): a failure is one of these."""
    after_failure: str | None = None
    """Which step begins again after a failure; None: this one."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A kind of order."""

    name: str
    zh: str
    en: str
    kind: str
    """The kind of request that it is for (INT-02)."""
    subcategories: tuple[str, ...]
    """Only these; empty: all."""
    steps: tuple[StepRule, ...]
    again_from: str | None = None
    """The step that begins again when the customer is not satisfied; None: no step has a standard of its own."""
    within: timedelta | None = None
    """The time for the whole, likewise."""

    def step(self, name: str) -> StepRule | None:
        """The step of that name."""
        return next((one for one in self.steps if one.name == name), None)

    @property
    def required(self) -> frozenset[str]:
        """The steps without which a case is not done: none asked for or repeated, nor what follows such a one."""
        needed: set[str] = set()
        for one in self.steps:
            apart = one.clock is not None or one.on_request or one.repeats_until is not None
            if not apart and needed.issuperset(one.after):
                needed.add(one.name)
        return frozenset(needed)


Blueprints = Mapping[str, Blueprint]


# One for each place with rules of its own, in each policy version, as the terms (`terms.py`).
@lru_cache(maxsize=1_024)
def blueprints_of(policy: Policy) -> Blueprints:
    """All blueprints by name, in the order of their names. Raises `PolicyFileError` for one that makes no sense."""
    tables = sorted(
        name.removeprefix(_AREA)
        for name, entry in policy.entries.items()
        if name.startswith(_AREA) and entry.in_force.unit == _STRUCTURE
    )
    return {name: _blueprint(policy, name) for name in tables}


def _standard_entry(blueprint: str, step: str) -> str:
    return f"{_AREA}{blueprint}_{step}_within"


def _blueprint(policy: Policy, name: str) -> Blueprint:
    about = policy.explain(f"{_AREA}{name}")
    table = policy.table(f"{_AREA}{name}")
    runs = "again_from" in table
    found = Blueprint(
        name=name,
        zh=about.zh,
        en=about.en,
        kind=table["kind"],
        subcategories=tuple(table["subcategories"]),
        steps=tuple(_step(policy, name, step) for step in table["steps"]),
        again_from=table.get("again_from"),
        within=policy.span(f"{_AREA}{name}_within").elapsed if runs else None,
    )
    fault = _fault(found)
    if fault:
        raise PolicyFileError(f"{about.file}: {_AREA}{name}: {fault}")
    return found


def _step(policy: Policy, blueprint: str, table: Mapping[str, Any]) -> StepRule:
    known: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
    standard = None if "clock" in known else policy.span(_standard_entry(blueprint, known["name"]))
    return StepRule(**known, standard=standard)


def _fault(found: Blueprint) -> str:
    """What is wrong with its structure, or nothing. A step begins after earlier ones only: none waits for ever."""
    names = [step.name for step in found.steps]
    if len(set(names)) != len(names):
        return "two steps have one name"
    for place, step in enumerate(found.steps):
        if not set(step.after) <= set(names[:place]):
            return f"{step.name} begins after a step that is not listed before it"
        if {step.repeats_until, step.after_failure} - {None, *names}:
            return f"{step.name} names a step that there is not"
        if not step.failures:
            return f"{step.name} has no failure points (DSP-17)"
    if found.again_from is not None and found.again_from not in names:
        return f"again_from names no step: {found.again_from}"
    return ""
