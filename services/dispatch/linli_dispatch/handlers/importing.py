"""Imports of the organisation: opened, added to, confirmed, withdrawn, and settled at their instant (ORG-01)."""

from collections.abc import Iterable
from datetime import datetime

from linli_messaging.batch.working_set import not_loaded
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import NOTHING, Decision, More, Outcome, Refusal, Timer

from linli_dispatch.domain.group import planned_change, registry_import
from linli_dispatch.domain.group.import_refusals import IMPORT_NOT_FOUND
from linli_dispatch.domain.group.planned_change import Beginning, Place, PlannedChange
from linli_dispatch.domain.group.registry_import import RegistryImport
from linli_dispatch.import_commands import ConfirmImport, OpenImport, WithdrawImport


def needs_of_opening(command: OpenImport) -> Iterable[Ref]:
    """The import that it would be."""
    return ((RegistryImport, registry_import.import_id(command.command_id)),)


def needs_of_import(command: ConfirmImport | WithdrawImport) -> Iterable[Ref]:
    """The import."""
    return ((RegistryImport, command.import_id),)


def org_of_opening(facts: Facts, command: OpenImport) -> str:
    """As it says."""
    return command.org


def org_of_import(facts: Facts, command: ConfirmImport | WithdrawImport) -> str | None:
    """As was said when it was opened."""
    one = facts.get(RegistryImport, command.import_id)
    return one.org if one else None


def handle_open_import(facts: Facts, command: OpenImport, ctx: Context) -> Outcome:
    """An import begins to be planned."""
    identity = registry_import.import_id(command.command_id)
    wanted = RegistryImport(
        id=identity, org=command.org, digest=command.digest, from_at=command.from_at, opened_at=ctx.now
    )
    return registry_import.open_import(facts.get(RegistryImport, identity), wanted)


def handle_confirm_import(facts: Facts, command: ConfirmImport, ctx: Context) -> Outcome:
    """All of it is planned."""
    one = facts.get(RegistryImport, command.import_id)
    return registry_import.confirm(one, ctx.now) if one else IMPORT_NOT_FOUND


def handle_withdraw_import(facts: Facts, command: WithdrawImport, ctx: Context) -> Outcome:
    """Nothing of it is to begin."""
    one = facts.get(RegistryImport, command.import_id)
    return registry_import.withdraw_import(one, ctx.now) if one else IMPORT_NOT_FOUND


def handle_settling(facts: Facts, one: RegistryImport, timer: Timer, ctx: Context) -> Outcome:
    """Its instant is about to come."""
    return registry_import.settle(one)[1] if timer in one.timers() else NOTHING


def refused_in_import(facts: Facts, identity: str, from_at: datetime | None, ctx: Context) -> Refusal | None:
    """Why a change is not planned in an import's name; whoever may not touch the import is told that there is none."""
    one = facts.get(RegistryImport, identity)
    if one is None or (ctx.actor is not None and not ctx.actor.may_touch(one.org)):
        return IMPORT_NOT_FOUND
    return registry_import.add_to(one, from_at, ctx.now)


def settled(facts: Facts, identity: str | None) -> tuple[Decision, Refusal | None]:
    """What a change of an import finds at its instant: what is to be stored of the import, and why it does not begin.

    Of a change that was planned by itself: nothing, and None.
    """
    if identity is None:
        return NOTHING, None
    one = facts.get(RegistryImport, identity)
    if one is None:
        return NOTHING, IMPORT_NOT_FOUND
    one, decision = registry_import.settle(one)
    return decision, registry_import.why_not_begun(one)


def expected(facts: Facts, planned: Iterable[Beginning], own: str | None) -> list[Beginning] | More:
    """What of these is to begin as far as anybody knows: by itself, in a confirmed import, or in one's ``own``."""
    planned = tuple(planned)
    others = {one.import_id for one in planned if one.import_id not in {None, own}}
    missing = not_loaded(facts, ((RegistryImport, identity) for identity in others if identity))
    if missing:
        return More(missing)
    known = (facts.get(RegistryImport, identity) for identity in others if identity)
    certain = {None, own} | {one.id for one in known if one and registry_import.will_hold(one)}
    return [one for one in planned if one.import_id in certain]


def without_the_dead(facts: Facts, place: Place, now: datetime) -> tuple[Place, Decision] | More:
    """A place without what never begins for its import is over: that is withdrawn now, before its instant."""
    imports = {one.import_id for one in place.planned if one.import_id}
    missing = not_loaded(facts, ((RegistryImport, identity) for identity in imports))
    if missing:
        return More(missing)
    known = (facts.get(RegistryImport, identity) for identity in imports)
    why = {one.id: registry_import.why_not_begun(one) for one in known if one}
    dead = {one.change_id: why.get(one.import_id) for one in place.planned if one.import_id}
    missing = not_loaded(facts, ((PlannedChange, identity) for identity, refusal in dead.items() if refusal))
    if missing:
        return More(missing)
    decision = NOTHING
    for identity, refusal in dead.items():
        change = facts.get(PlannedChange, identity) if refusal else None
        if change is not None and refusal is not None:
            place, gone = planned_change.drop(place, change, refusal, now)
            decision += gone
    return place, decision
