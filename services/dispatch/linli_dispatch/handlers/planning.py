"""Registry commands that hold from a later instant on: planned now, decided then; withdrawn or tried again (ORG-01)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from linli_contracts.lanes import key_of
from linli_messaging.service_map import Context, Facts, OnCommand, Ref
from linli_rulebook.decision import Outcome, Refusal

from linli_dispatch.domain import refusals
from linli_dispatch.domain.group import planned_change
from linli_dispatch.domain.group.places import Estate, PriceLibrary
from linli_dispatch.domain.group.planned_change import PlannedChange
from linli_dispatch.place_commands import DatedCommand, RetryChange, WithdrawChange


@dataclass(frozen=True, slots=True)
class Datable:
    """A registry command that may hold from a later instant on."""

    entry: OnCommand[Any]
    """The command as it is decided at the instant from which it holds."""
    place: type[Estate] | type[PriceLibrary]
    lines: str
    """The field that has its lines."""

    def now_or_later(self) -> OnCommand[Any]:
        """The command as it is sent: decided at once, or planned where its `from_at` is later."""
        return replace(self.entry, needs=self._needs, decide=self._decide)

    def _change_id(self, command: DatedCommand) -> str:
        place_id = getattr(command, "estate_id" if self.place is Estate else "region_id")
        return planned_change.change_id(place_id, self.entry.name, command.model_dump(mode="json"))

    def _needs(self, command: DatedCommand) -> Iterable[Ref]:
        planned: tuple[Ref, ...] = ((PlannedChange, self._change_id(command)),) if command.from_at else ()
        return (*self.entry.needs(command), *planned)

    def _decide(self, facts: Facts, command: DatedCommand, ctx: Context) -> Outcome:
        outcome = self.entry.decide(facts, command, ctx)
        if command.from_at is None or command.from_at <= ctx.now or isinstance(outcome, Refusal):
            return outcome
        wanted = PlannedChange(
            id=self._change_id(command), command=self.entry.name, body=command.model_dump(mode="json"),
            lines=len(getattr(command, self.lines)), from_at=command.from_at, planned_at=ctx.now,
            org=ctx.actor.org if ctx.actor else "group",
        )  # fmt: skip
        place = facts.get(self.place, wanted.place_id) or PriceLibrary(id=wanted.place_id)
        return planned_change.plan(place, facts.get(PlannedChange, wanted.id), wanted)


def needs_of_change(command: WithdrawChange | RetryChange) -> Iterable[Ref]:
    """The change, and its place, whichever of the two it is."""
    place_id = key_of(command.change_id)
    return (PlannedChange, command.change_id), (Estate, place_id), (PriceLibrary, place_id)


def org_of_change(facts: Facts, command: WithdrawChange | RetryChange) -> str | None:
    """That of its estate, or of its region."""
    place_id = key_of(command.change_id)
    estate = facts.get(Estate, place_id)
    return estate.organisation if estate else f"group/{place_id}"


def handle_withdraw_change(facts: Facts, command: WithdrawChange, ctx: Context) -> Outcome:
    """A planned change is not to begin."""
    change = facts.get(PlannedChange, command.change_id)
    if change is None:
        return refusals.CHANGE_NOT_FOUND
    places = (facts.get(kind, change.place_id) for kind in (Estate, PriceLibrary))
    holding = (place for place in places if place and any(one.change_id == change.id for one in place.planned))
    return planned_change.withdraw(next(holding, None), change, ctx.now)
