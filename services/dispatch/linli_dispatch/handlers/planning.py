"""Registry commands that hold from a later instant on: planned now, decided then, withdrawn in between (ORG-01)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from linli_contracts.lanes import key_of
from linli_messaging.batch.answers import OUTSIDE
from linli_messaging.batch.working_set import not_loaded
from linli_messaging.service_map import Actor, Context, Facts, OnCommand, Ref
from linli_rulebook.decision import Decision, More, Outcome, Refusal, State
from pydantic import BaseModel, ValidationError

from linli_dispatch.domain import refusals
from linli_dispatch.domain.group import planned_change
from linli_dispatch.domain.group.places import ComingEstate, Estate, PriceLibrary
from linli_dispatch.domain.group.planned_change import MOST_CHANGES, Place, PlannedChange
from linli_dispatch.domain.group.registry_import import RegistryImport
from linli_dispatch.handlers.importing import expected, refused_in_import, without_the_dead
from linli_dispatch.handlers.needs import organisation_of
from linli_dispatch.place_commands import RegisterEstate, RetryChange, WithdrawChange

S = TypeVar("S", bound=State)


@dataclass(frozen=True, slots=True)
class Datable:
    """A registry command that may hold from a later instant on."""

    entry: OnCommand[Any]
    """The command as it is decided at the instant from which it holds."""
    place: type[Estate] | type[PriceLibrary]
    lines: str = ""
    """The field that has its lines; none: it is one itself."""
    instant: str = "from_at"
    """The field with the instant."""
    founds: bool = False
    """Whether other commands about the place rest on it: what is planned first is then looked at for them."""

    def now_or_later(self, known: "Mapping[str, Datable]") -> OnCommand[Any]:
        """The command as it is sent: decided at once, or planned where its instant is later. ``known``: all of them."""
        own_needs, place_needs = self.entry.needs, _needs_of_estate if self.place is Estate else _needs_of_region

        def needs(command: BaseModel) -> Iterable[Ref]:
            planned = ((PlannedChange, self._change_id(command)),) if getattr(command, self.instant) else ()
            of_import = _import_of(command)
            imports = ((RegistryImport, of_import),) if of_import else ()
            return (*own_needs(command), *place_needs(command), *planned, *imports)

        @wraps(self.entry.decide)
        def decide(facts: Facts, command: BaseModel, ctx: Context) -> Outcome:
            return self._decide(facts, command, ctx, known)

        return replace(self.entry, needs=needs, decide=decide)

    def _change_id(self, command: BaseModel) -> str:
        place_id = getattr(command, "estate_id" if self.place is Estate else "region_id")
        return planned_change.change_id(place_id, self.entry.name, _body_of(command))

    def _decide(self, facts: Facts, command: BaseModel, ctx: Context, known: "Mapping[str, Datable]") -> Outcome:
        from_at, of_import = getattr(command, self.instant), _import_of(command)
        refusal = refused_in_import(facts, of_import, from_at, ctx) if of_import else None
        if refusal:
            return refusal
        if from_at is None or from_at <= ctx.now:
            return self.entry.decide(facts, command, ctx)
        identity = self._change_id(command)
        place = self._place_of(facts, key_of(identity), command)
        then = replace(ctx, now=from_at)
        outcome = self.entry.decide(facts, command, then)
        if isinstance(outcome, Refusal) and place.planned:
            foreseen = _foreseen(facts, place, of_import, then, known)
            outcome = self.entry.decide(foreseen, command, then) if isinstance(foreseen, Foreseen) else foreseen
        if not isinstance(outcome, Decision):
            return outcome
        wanted = PlannedChange(
            id=identity, command=self.entry.name, body=_body_of(command),
            lines=len(getattr(command, self.lines)) if self.lines else 1, from_at=from_at, planned_at=ctx.now,
            org=ctx.actor.org if ctx.actor else "group", import_id=of_import,
        )  # fmt: skip
        return _plan(facts, place, wanted, ctx.now)

    def _place_of(self, facts: Facts, place_id: str, command: BaseModel) -> Place:
        if self.place is PriceLibrary:
            return facts.get(PriceLibrary, place_id) or PriceLibrary(id=place_id)
        estate = facts.get(Estate, place_id)
        if estate is not None:
            return estate
        coming = facts.get(ComingEstate, place_id) or ComingEstate(id=place_id, organisation="")
        if isinstance(command, RegisterEstate):
            there = f"group/{command.region_id}/{command.project_id}/{place_id}"
            return coming.model_copy(update={"organisation": there})
        return coming


def _body_of(command: BaseModel) -> dict[str, Any]:
    """What it says, as JSON; of no import, as it was said before there were any: what a change is follows from it."""
    return command.model_dump(mode="json", exclude=None if _import_of(command) else {"import_id"})


def _import_of(command: Any) -> str | None:  # noqa: ANN401 - each may name one
    named: str | None = command.import_id
    return named


def _plan(facts: Facts, place: Place, wanted: PlannedChange, now: datetime) -> Outcome:
    """The change is planned; a place that is full forgets first what will not begin."""
    known = facts.get(PlannedChange, wanted.id)
    if len(place.planned) < MOST_CHANGES:
        return planned_change.plan(place, known, wanted)
    cleared = without_the_dead(facts, place, now)
    if isinstance(cleared, More):
        return cleared
    place, gone = cleared
    outcome = planned_change.plan(place, known, wanted)
    return gone + outcome if isinstance(outcome, Decision) else outcome


def _needs_of_estate(command: Any) -> tuple[Ref, ...]:  # noqa: ANN401 - each names its estate
    """The estate that is to come, and once more the estate: by then it may be there, with changes due at once."""
    return (ComingEstate, command.estate_id), (Estate, command.estate_id)


def _needs_of_region(_: object) -> tuple[Ref, ...]:
    """A region is there from the first price on."""
    return ()


class Foreseen:
    """The facts as they will be at an instant, as far as an estate itself and its roster are planned."""

    def __init__(self, facts: Facts, estate: Estate | None, estate_id: str) -> None:
        """These facts, but for this estate."""
        self._facts = facts
        self._estate = estate
        self._id = estate_id

    def get(self, kind: type[S], identity: str) -> S | None:
        """As `Facts` does."""
        if kind is Estate and identity == self._id:
            return self._estate  # type: ignore[return-value]  # it is of this kind
        return self._facts.get(kind, identity)


def _foreseen(
    facts: Facts, place: Place, of_import: str | None, then: Context, known: Mapping[str, Datable]
) -> Foreseen | More:
    """What is planned to hold by then, decided in its order, that of the import too; what would be refused is passed
    over.
    """
    planned = expected(facts, (one for one in place.planned if one.from_at <= then.now), of_import)
    if isinstance(planned, More):
        return planned
    wanted = [one.change_id for one in planned]
    missing = not_loaded(facts, ((PlannedChange, identity) for identity in wanted))
    if missing:
        return More(missing)
    foreseen = Foreseen(facts, facts.get(Estate, place.id), place.id)
    for identity in wanted:
        change = facts.get(PlannedChange, identity)
        if change is None or change.command not in known or not known[change.command].founds:
            continue
        outcome = decide_change(foreseen, change, replace(then, now=change.from_at), known)
        if isinstance(outcome, More):
            return outcome
        saved = outcome.save if isinstance(outcome, Decision) else ()
        estate = next((state for state in saved if isinstance(state, Estate)), foreseen.get(Estate, place.id))
        foreseen = Foreseen(facts, estate, place.id)
    return foreseen


def decide_change(facts: Facts, change: PlannedChange, ctx: Context, known: Mapping[str, Datable]) -> Outcome | None:
    """What its command decides at an instant, in the name of whoever planned it; None: this version has none such."""
    datable = known.get(change.command)
    if datable is None:
        return None
    entry = datable.entry
    try:
        command = entry.body.model_validate(change.body)
    except ValidationError:
        return None
    missing = not_loaded(facts, entry.needs(command))
    if missing:
        return More(missing)
    planner = Actor(subject="", scopes=frozenset(), org=change.org)
    if not planner.may_touch(entry.org(facts, command) if entry.org else None):
        return OUTSIDE
    outcome: Outcome = entry.decide(facts, command, ctx)
    return outcome


def needs_of_change(command: WithdrawChange | RetryChange) -> Iterable[Ref]:
    """The change, and its place, whichever it is."""
    place_id = key_of(command.change_id)
    return (PlannedChange, command.change_id), *((kind, place_id) for kind in (Estate, ComingEstate, PriceLibrary))


def org_of_change(facts: Facts, command: WithdrawChange | RetryChange) -> str | None:
    """That of its estate, or of its region: an estate may be called as a region is, and its people don't set prices."""
    place_id = key_of(command.change_id)
    change = facts.get(PlannedChange, command.change_id)
    if change is not None and change.body is not None and "estate_id" not in change.body:
        return f"group/{place_id}"
    return organisation_of(facts, place_id) or f"group/{place_id}"


def handle_withdraw_change(facts: Facts, command: WithdrawChange, ctx: Context) -> Outcome:
    """A planned change is not to begin."""
    change = facts.get(PlannedChange, command.change_id)
    if change is None:
        return refusals.CHANGE_NOT_FOUND
    places = (facts.get(kind, change.place_id) for kind in (Estate, ComingEstate, PriceLibrary))
    holding = (place for place in places if place and any(one.change_id == change.id for one in place.planned))
    return planned_change.withdraw(next(holding, None), change, ctx.now)
