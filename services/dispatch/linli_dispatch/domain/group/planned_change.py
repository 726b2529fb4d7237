"""A change of the registry that holds from a later instant on (ORG-01): planned, then begun, withdrawn or refused.

What is planned stands in a state of its own; its place (an estate, or a region's prices) only knows when it begins. A
place's clock runs out just before that instant, and before anything of that instant touches the place: so whatever
happens then, or later, finds the change, however late the service learns of it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Literal, TypeVar

from linli_contracts.events.dispatch import RegistryChangePlanned, RegistryChangeWithdrawn
from linli_contracts.lanes import id_under, key_of
from linli_rulebook.decision import Because, Decision, Refusal, State, Timer
from pydantic import AwareDatetime, BaseModel, ConfigDict

from linli_dispatch.domain.refusals import CHANGE_NOT_PLANNED, TOO_MANY_CHANGES

CHANGE_BEGINS: Final = "change_begins"
JUST_BEFORE: Final = timedelta(microseconds=1)
"""The grain of instants."""
MOST_CHANGES: Final = 100
"""Planned for one place at a time: they are read with it. Assumed."""
Status = Literal["planned", "begun", "withdrawn", "refused"]


class PlannedChange(State):
    """A registry command that is to be decided at ``from_at``. The id lies under its place."""

    table: ClassVar[str] = "planned_change"

    command: str
    """The name of the command, such as ``dispatch.roster-staff``."""
    body: Mapping[str, Any] | None
    """Its body; None once it has begun or ended."""
    lines: int
    """How many lines it has."""
    from_at: AwareDatetime
    planned_at: AwareDatetime
    status: Status = "planned"
    refusal: str | None = None
    """Why it was refused when it was to begin: the refusal's code."""

    @property
    def place_id(self) -> str:
        """The estate, or the region."""
        return key_of(self.id)

    def ended(self, status: Status, refusal: str | None = None) -> "PlannedChange":
        """It is planned no more."""
        return self.model_copy(update={"status": status, "body": None, "refusal": refusal})


class Beginning(BaseModel):
    """When a planned change begins."""

    model_config = ConfigDict(frozen=True)

    change_id: str
    from_at: AwareDatetime


class Place(State):
    """A state of the registry that changes may be planned for."""

    planned: tuple[Beginning, ...] = ()
    """By the instant from which they hold; of one instant in the order in which they were planned."""
    begun: int = 0
    """How many have begun: it tells their clocks apart."""

    def timers(self) -> Iterator[Timer]:
        """The next planned change, just before it holds."""
        if self.planned:
            yield Timer(self.planned[0].from_at - JUST_BEFORE, CHANGE_BEGINS, step=self.begun + 1)


P = TypeVar("P", bound=Place)


def change_id(place_id: str, command: str, body: Mapping[str, Any]) -> str:
    """The same body, with the same ``from_at``, is the same change, however often it is planned."""
    said = json.dumps([command, body], sort_keys=True)
    return id_under(place_id, f"change-{hashlib.sha256(said.encode()).hexdigest()[:20]}")


def plan(place: Place, known: PlannedChange | None, wanted: PlannedChange) -> Decision | Refusal:
    """The change is planned, unless it is already; ``known``: the one with its id."""
    answer = {"change_id": wanted.id, "from_at": wanted.from_at, "changed": 0}
    if known is not None and known.status == "planned":
        return Decision(answer=answer)
    if len(place.planned) >= MOST_CHANGES:
        return TOO_MANY_CHANGES
    beginnings = (*place.planned, Beginning(change_id=wanted.id, from_at=wanted.from_at))
    told = RegistryChangePlanned(
        place_id=place.id, change_id=wanted.id, command=wanted.command, lines=wanted.lines, from_at=wanted.from_at,
        planned_at=wanted.planned_at,
    )  # fmt: skip
    facts = {"change_id": wanted.id, "from_at": wanted.from_at}
    return Decision(
        save=(place.model_copy(update={"planned": tuple(sorted(beginnings, key=lambda one: one.from_at))}), wanted),
        events=(told,),
        because=(Because("ORG-01", "change planned", place.id, facts=facts),),
        answer=answer | {"changed": wanted.lines},
    )


def begin(place: Place, change: PlannedChange, outcome: Decision | Refusal) -> Decision:
    """The change holds, as its command was decided on at its instant; one that is refused then is told as withdrawn.

    A registry command changes no place but its own.
    """
    if isinstance(outcome, Refusal):
        return _without(place, change.ended("refused", outcome.code), change.from_at, begun=1)
    places = [state for state in outcome.save if isinstance(state, Place)]
    others = [state for state in outcome.save if not isinstance(state, Place)]
    after = _popped(places[-1] if places else place, change.id, begun=1)
    return Decision((*others, after, change.ended("begun")), outcome.events, because=outcome.because)


def withdraw(place: Place, change: PlannedChange, now: datetime) -> Decision | Refusal:
    """It is not to begin."""
    if change.status != "planned":
        return CHANGE_NOT_PLANNED
    return _without(place, change.ended("withdrawn"), now, begun=0)


def _without(place: Place, change: PlannedChange, at: datetime, begun: int) -> Decision:
    told = RegistryChangeWithdrawn(
        place_id=place.id, change_id=change.id, refusal=change.refusal, from_at=change.from_at, withdrawn_at=at
    )
    facts = {"change_id": change.id, "reasons": [change.refusal or "withdrawn"]}
    return Decision(
        save=(_popped(place, change.id, begun), change),
        events=(told,),
        because=(Because("ORG-01", "change withdrawn", place.id, facts=facts),),
        answer={"change_id": change.id},
    )


def _popped(place: P, identity: str, begun: int) -> P:
    left = tuple(one for one in place.planned if one.change_id != identity)
    return place.model_copy(update={"planned": left, "begun": place.begun + begun})
