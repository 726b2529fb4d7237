"""A planned change of the registry begins: its command is decided at the instant from which it holds (ORG-01).

Whatever its rule raises then, or the database refuses of it, sets this change alone aside: held back instead, its
place's clock would hold all that the estate does.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePath
from traceback import extract_tb

from linli_messaging.batch.working_set import Wanted
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import NOTHING, Decision, Outcome, Refusal, Timer

from linli_dispatch.domain import refusals
from linli_dispatch.domain.group.planned_change import Place, PlannedChange, begin, begin_late, leave_out, set_aside
from linli_dispatch.domain.group.registry_import import RegistryImport
from linli_dispatch.handlers.dated_commands import DATABLE
from linli_dispatch.handlers.importing import settled
from linli_dispatch.handlers.planning import decide_change
from linli_dispatch.place_commands import RetryChange


def needs_of_beginning(place: Place, timer: Timer) -> Iterable[Ref]:
    """What is planned, and its import."""
    if place.planned:
        yield PlannedChange, place.planned[0].change_id
        if place.planned[0].import_id is not None:
            yield RegistryImport, place.planned[0].import_id


def handle_beginning(facts: Facts, place: Place, timer: Timer, ctx: Context) -> Outcome:
    """The place's next planned change; what its command needs is asked for first. One of an import begins with it."""
    change = facts.get(PlannedChange, place.planned[0].change_id) if timer in place.timers() else None
    if change is None or change.body is None:
        return NOTHING
    import_settled, why_not = settled(facts, change.import_id)
    outcome = leave_out(place, change, why_not) if why_not else _begun(facts, place, change, ctx)
    return import_settled + outcome if isinstance(outcome, Decision) else outcome


def _begun(facts: Facts, place: Place, change: PlannedChange, ctx: Context) -> Outcome:
    try:
        outcome = decide_change(facts, change, replace(ctx, now=change.from_at), DATABLE)
        if isinstance(outcome, Decision | Refusal):
            return begin(place, change, outcome)
    except Wanted:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a rule raises is a bug, and this change alone is set aside
        return set_aside(place, change, "change-failed", _told(error))
    if outcome is None:
        return set_aside(place, change, "change-no-longer-valid", "another version wrote it")
    return outcome


def handle_refused_beginning(facts: Facts, place: Place, timer: Timer, ctx: Context, error: Exception) -> Outcome:
    """The database took nothing of what the change decided: it is set aside as one whose rule raises is."""
    change = facts.get(PlannedChange, place.planned[0].change_id) if timer in place.timers() else None
    if change is None:
        return NOTHING
    return settled(facts, change.import_id)[0] + set_aside(place, change, "change-failed", _told(error))


def handle_retry_change(facts: Facts, command: RetryChange, ctx: Context) -> Outcome:
    """A change that was set aside is decided now; what it raises, its sender hears of, and it stays where it is."""
    change = facts.get(PlannedChange, command.change_id)
    if change is None:
        return refusals.CHANGE_NOT_FOUND
    if change.status != "set_aside":
        return refusals.CHANGE_NOT_SET_ASIDE
    _, why_not = settled(facts, change.import_id)
    if why_not:
        return why_not
    outcome = decide_change(facts, change, ctx, DATABLE)
    if outcome is None:
        return refusals.CHANGE_NO_LONGER_VALID
    return begin_late(change, outcome) if isinstance(outcome, Decision | Refusal) else outcome


def _told(error: Exception) -> str:
    """What was raised, and where: enough to find it; without the rows that a database quotes below its first line."""
    last = extract_tb(error.__traceback__)[-1]
    said = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {said} ({PurePath(last.filename).name}:{last.lineno})"
