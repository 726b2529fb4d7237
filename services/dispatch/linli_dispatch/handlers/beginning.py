"""A planned change of the registry begins: its command is decided at the instant from which it holds (ORG-01)."""

from collections.abc import Iterable
from dataclasses import replace

from linli_messaging.batch.working_set import not_loaded
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import NOTHING, Decision, More, Outcome, Refusal, Timer
from pydantic import ValidationError

from linli_dispatch.domain.group.places import Estate, PriceLibrary
from linli_dispatch.domain.group.planned_change import PlannedChange, begin
from linli_dispatch.domain.refusals import CHANGE_NO_LONGER_VALID
from linli_dispatch.handlers.registry_commands import DATABLE


def needs_of_beginning(place: Estate | PriceLibrary, timer: Timer) -> Iterable[Ref]:
    """What is planned."""
    return ((PlannedChange, place.planned[0].change_id),) if place.planned else ()


def handle_beginning(facts: Facts, place: Estate | PriceLibrary, timer: Timer, ctx: Context) -> Outcome:
    """The place's next planned change; what its command needs is asked for first."""
    change = facts.get(PlannedChange, place.planned[0].change_id) if timer in place.timers() else None
    if change is None or change.body is None:
        return NOTHING
    entry = DATABLE.get(change.command)
    try:
        command = entry.body.model_validate(change.body) if entry else None
    except ValidationError:
        command = None
    if entry is None or command is None:
        # Planned under another version: the place goes on without it, and is told so.
        return begin(place, change, CHANGE_NO_LONGER_VALID)
    missing = not_loaded(facts, entry.needs(command))
    if missing:
        return More(missing)
    outcome = entry.decide(facts, command, replace(ctx, now=change.from_at))
    if isinstance(outcome, Decision | Refusal):
        return begin(place, change, outcome)
    return outcome
