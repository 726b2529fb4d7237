"""Which rows of the timers' table a transaction changes: when to wake each state, from what the states show. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from linli_rulebook.decision import State, Timer

from linli_messaging.batch.plan import Plan
from linli_messaging.service_map import Ref

AT_ONCE: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Due before every deadline there is: the state is looked at, and its row follows from what it shows."""


def first_timer(state: State) -> Timer | None:
    """The clock of a state that runs out first. Most kinds of states have none, and are not asked."""
    if type(state).timers is State.timers:
        return None
    return min(state.timers(), default=None)


def first_due(state: State | None, until: datetime) -> Timer | None:
    """The clock of a state that runs out next, if it has by then."""
    timer = first_timer(state) if state else None
    return timer if timer is not None and timer.due_at <= until else None


def rows_to_wake(
    kinds: Iterable[type[State]], plan: Plan, loaded: Mapping[Ref, State | None]
) -> dict[Ref, datetime | None]:
    """When to wake the states whose row changes; None: they show no clock any more."""
    due: dict[Ref, datetime | None] = {}
    for item in plan.woken:
        ref = item.refs[0]
        state_now = plan.states.get(ref) or loaded.get(ref)
        due[ref] = _earliest(state_now) if state_now else None
    for ref, state in plan.states.items():
        if ref in due or type(state).timers is State.timers:
            continue
        before = loaded.get(ref)
        after = _earliest(state)
        if after != (_earliest(before) if before else None):
            due[ref] = after
    for kind in kinds:
        # Whatever state the subject has: one that is not there, or shows no clock, is looked at once and forgotten.
        for subject in plan.released:
            known = plan.states.get((kind, subject)) or loaded.get((kind, subject))
            due[kind, subject] = _earliest(known) if known else AT_ONCE
    for item in plan.suspended:
        due[item.refs[0]] = None
    return due


def _earliest(state: State) -> datetime | None:
    first = first_timer(state)
    return first.due_at if first else None
