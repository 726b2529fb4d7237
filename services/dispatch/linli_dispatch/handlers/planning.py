"""Registry commands that hold from a later instant on: planned now, decided then, withdrawn in between (ORG-01)."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from linli_contracts.lanes import key_of
from linli_messaging.service_map import Context, Facts, OnCommand, Ref
from linli_rulebook.decision import Outcome, Refusal

from linli_dispatch.commands import DatedCommand, WithdrawChange
from linli_dispatch.domain import refusals
from linli_dispatch.domain.group import planned_change
from linli_dispatch.domain.group.places import Estate, PriceLibrary
from linli_dispatch.domain.group.planned_change import PlannedChange

B = TypeVar("B", bound=DatedCommand)


def datable(entry: OnCommand[B], place_kind: type[Estate] | type[PriceLibrary], lines: str) -> OnCommand[B]:
    """The command, decided at its ``from_at`` where that is later. ``lines`` is the field that has its lines."""
    place_field = "estate_id" if place_kind is Estate else "region_id"

    def id_of(command: B) -> str:
        return planned_change.change_id(getattr(command, place_field), entry.name, command.model_dump(mode="json"))

    def needs(command: B) -> Iterable[Ref]:
        planned: tuple[Ref, ...] = ((PlannedChange, id_of(command)),) if command.from_at else ()
        return (*entry.needs(command), *planned)

    def decide(facts: Facts, command: B, ctx: Context) -> Outcome:
        outcome = entry.decide(facts, command, ctx)
        if command.from_at is None or command.from_at <= ctx.now or isinstance(outcome, Refusal):
            return outcome
        wanted = PlannedChange(
            id=id_of(command), command=entry.name, body=command.model_dump(mode="json"),
            lines=len(getattr(command, lines)), from_at=command.from_at, planned_at=ctx.now,
        )  # fmt: skip
        place = facts.get(place_kind, wanted.place_id) or PriceLibrary(id=wanted.place_id)
        return planned_change.plan(place, facts.get(PlannedChange, wanted.id), wanted)

    return replace(entry, needs=needs, decide=decide)


def needs_of_withdrawing(command: WithdrawChange) -> Iterable[Ref]:
    """The change, and its place, whichever of the two it is."""
    place_id = key_of(command.change_id)
    return (PlannedChange, command.change_id), (Estate, place_id), (PriceLibrary, place_id)


def org_of_change(facts: Facts, command: WithdrawChange) -> str | None:
    """That of its estate, or of its region."""
    place_id = key_of(command.change_id)
    estate = facts.get(Estate, place_id)
    return estate.organisation if estate else f"group/{place_id}"


def handle_withdraw_change(facts: Facts, command: WithdrawChange, ctx: Context) -> Outcome:
    """A planned change is not to begin."""
    change = facts.get(PlannedChange, command.change_id)
    place_id = key_of(command.change_id)
    places = (facts.get(Estate, place_id), facts.get(PriceLibrary, place_id))
    holding = (place for place in places if place and any(one.change_id == command.change_id for one in place.planned))
    place = next(holding, None)
    if change is None:
        return refusals.CHANGE_NOT_FOUND
    return planned_change.withdraw(place, change, ctx.now) if place else refusals.CHANGE_NOT_PLANNED
