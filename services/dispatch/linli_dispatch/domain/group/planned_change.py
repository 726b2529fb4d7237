"""A change of the registry that holds from a later instant on (ORG-01): planned, then begun, withdrawn, refused or set
aside.

What is planned stands in a state of its own; its place (an estate, or a region's prices) only knows when it begins. A
place's clock runs out just before that instant, and before anything of that instant touches the place: so whatever
happens then, or later, finds the change, however late the service learns of it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Literal, TypeVar

from linli_contracts.events.dispatch import RegistryChangeFailed, RegistryChangePlanned, RegistryChangeWithdrawn
from linli_contracts.lanes import id_under, key_of
from linli_rulebook.decision import Because, Decision, Refusal, State, Timer
from pydantic import AwareDatetime, BaseModel, ConfigDict

from linli_dispatch.domain.refusals import CHANGE_NOT_PLANNED, CHANGE_NOT_SET_ASIDE, TOO_MANY_CHANGES

CHANGE_BEGINS: Final = "change_begins"
JUST_BEFORE: Final = timedelta(microseconds=1)
"""The grain of instants."""
MOST_CHANGES: Final = 100
"""Planned for one place at a time: they are read with it. Assumed."""
LONGEST_ERROR: Final = 500
"""Characters of an error that are kept: what an operator reads; the whole stack would be pages."""
Status = Literal["planned", "begun", "withdrawn", "refused", "set_aside"]
Failure = Literal["change-failed", "change-no-longer-valid"]
"""Why a change was set aside: its rule raised, or this version does not take the command as it was written."""


class PlannedChange(State):
    """A registry command that is to be decided at ``from_at``. The id lies under its place."""

    table: ClassVar[str] = "planned_change"
    remembered: ClassVar[bool] = False
    """It may hold a thousand homes, and is looked at twice: thousands of them were most of a process's memory."""

    command: str
    """The name of the command, such as ``dispatch.roster-staff``."""
    body: Mapping[str, Any] | None
    """Its body; None once it has begun or ended. One that is set aside keeps it."""
    lines: int
    """How many lines it has."""
    from_at: AwareDatetime
    planned_at: AwareDatetime
    status: Status = "planned"
    times: int = 1
    """How often it was planned: it may be again once it was withdrawn or refused, and that is another planning."""
    org: str = "group"
    """The organisation of whoever planned it: it begins only where that one may still change the place."""
    import_id: str | None = None
    """The import that it belongs to: it begins with that or not at all. None: it was planned by itself."""
    refusal: str | None = None
    """Why it was refused or set aside when it was to begin: a code."""
    error: str | None = None
    """What its rule raised, and where; only while it is set aside."""

    @property
    def place_id(self) -> str:
        """The estate, or the region."""
        return key_of(self.id)

    def ended(self, status: Status, refusal: str | None = None) -> "PlannedChange":
        """It is planned no more."""
        return self.model_copy(update={"status": status, "body": None, "refusal": refusal, "error": None})


class Beginning(BaseModel):
    """When a planned change begins."""

    model_config = ConfigDict(frozen=True)

    change_id: str
    from_at: AwareDatetime
    import_id: str | None = None
    """The import that it belongs to, if any."""


class Place(State):
    """A state of the registry that changes may be planned for."""

    woken_at_once: ClassVar[int] = 20
    """Each may bring all homes of an estate along: a thousand estates at one instant took 2.8 GB."""

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
    """The change is planned, unless it is already; ``known``: the one with its id.

    One that has ended is planned once more: what a planning is, is its content and the how-many-eth one it is.
    """
    if known is not None and known.status in {"planned", "set_aside"}:
        return Decision(answer={"change_id": known.id, "from_at": known.from_at, "changed": 0})
    if len(place.planned) >= MOST_CHANGES:
        return TOO_MANY_CHANGES
    if known is not None:
        wanted = wanted.model_copy(update={"times": known.times + 1})
    beginnings = (*place.planned, Beginning(change_id=wanted.id, from_at=wanted.from_at, import_id=wanted.import_id))
    told = RegistryChangePlanned(
        place_id=place.id, change_id=wanted.id, command=wanted.command, lines=wanted.lines, times=wanted.times,
        from_at=wanted.from_at, planned_at=wanted.planned_at,
    )  # fmt: skip
    facts = {"change_id": wanted.id, "times": wanted.times, "from_at": wanted.from_at}
    return Decision(
        save=(place.model_copy(update={"planned": tuple(sorted(beginnings, key=lambda one: one.from_at))}), wanted),
        events=(told,),
        because=(Because("ORG-01", "change planned", place.id, facts=facts),),
        answer={"change_id": wanted.id, "from_at": wanted.from_at, "changed": wanted.lines},
    )


def begin(place: Place, change: PlannedChange, outcome: Decision | Refusal) -> Decision:
    """The change holds, as its command was decided on at its instant; one that is refused then is told as withdrawn.

    A registry command changes no place but its own; registering an estate that was to come changes both.
    """
    if isinstance(outcome, Refusal):
        left = Decision(save=(_popped(place, change.id, begun=1),))
        return left + _ended(change.ended("refused", outcome.code), change.from_at)
    places: dict[type[Place], Place] = {type(place): place}
    places |= {type(state): state for state in outcome.save if isinstance(state, Place)}
    others = [state for state in outcome.save if not isinstance(state, Place)]
    left_over = (_popped(one, change.id, begun=1) for one in places.values())
    return Decision((*others, *left_over, change.ended("begun")), outcome.events, because=outcome.because)


def leave_out(place: Place, change: PlannedChange, why: Refusal) -> Decision:
    """At its instant it does not begin: its import was not confirmed, or was withdrawn."""
    left = Decision(save=(_popped(place, change.id, begun=1),))
    return left + _ended(change.ended("withdrawn", why.code), change.from_at)


def drop(place: P, change: PlannedChange, why: Refusal, now: datetime) -> tuple[P, Decision]:
    """The place without one that will not begin, for its import is over; before its instant."""
    left = _popped(place, change.id, begun=0)
    return left, Decision(save=(left,)) + _ended(change.ended("withdrawn", why.code), now)


def set_aside(place: Place, change: PlannedChange, reason: Failure, error: str) -> Decision:
    """The change can't begin, for a bug or for another version: it alone waits for a person; its place goes on."""
    waiting = change.model_copy(
        update={"status": "set_aside", "refusal": reason, "error": error[:LONGEST_ERROR]}
    )  # fmt: skip
    told = RegistryChangeFailed(
        place_id=place.id, change_id=change.id, reason=reason, times=change.times, from_at=change.from_at
    )
    facts = {"change_id": change.id, "reasons": [reason]}
    return Decision(
        save=(_popped(place, change.id, begun=1), waiting),
        events=(told,),
        because=(Because("ORG-01", "change set aside", place.id, facts=facts),),
    )


def begin_late(change: PlannedChange, outcome: Decision | Refusal) -> Decision | Refusal:
    """One that was set aside holds from now on; refused, it stays where it is, and whoever asked is told why."""
    if change.status != "set_aside":
        return CHANGE_NOT_SET_ASIDE
    if isinstance(outcome, Refusal):
        return outcome
    return outcome + Decision(save=(change.ended("begun"),), answer={"change_id": change.id, "changed": change.lines})


def withdraw(place: Place | None, change: PlannedChange, now: datetime) -> Decision | Refusal:
    """It is not to begin. ``place``: what it is planned for; none, where it is set aside."""
    if change.status not in {"planned", "set_aside"}:
        return CHANGE_NOT_PLANNED
    ended = _ended(change.ended("withdrawn"), now)
    return Decision(save=(_popped(place, change.id, begun=0),)) + ended if place else ended


def _ended(change: PlannedChange, at: datetime) -> Decision:
    told = RegistryChangeWithdrawn(
        place_id=change.place_id, change_id=change.id, refusal=change.refusal, times=change.times,
        from_at=change.from_at, withdrawn_at=at,
    )  # fmt: skip
    facts = {"change_id": change.id, "times": change.times, "reasons": [change.refusal or "withdrawn"]}
    return Decision(
        save=(change,),
        events=(told,),
        because=(Because("ORG-01", "change withdrawn", change.place_id, facts=facts),),
        answer={"change_id": change.id},
    )


def _popped(place: P, identity: str, begun: int) -> P:
    left = tuple(one for one in place.planned if one.change_id != identity)
    return place.model_copy(update={"planned": left, "begun": place.begun + begun})
