"""A storm and its work orders (DSP-09): what they are, how a storm is declared, goes on and ends.

An estate has one storm of a cause at a time; `Workload.storms` says which are on. How requests join work orders is in
`gathering.py`, how these are given out in `rounds.py`, how a storm is recognised in `watching.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal
from uuid import uuid5

from linli_contracts.envelope import NAMESPACE
from linli_contracts.events.dispatch import Role, StormDeclared, StormEnded
from linli_contracts.events.intake import Trade
from linli_contracts.lanes import id_under
from linli_rulebook.decision import Because, Decision, State, Timer
from pydantic import AwareDatetime, Field

from linli_dispatch.domain.group.places import Workload
from linli_dispatch.domain.storms.storm_terms import StormTerms
from linli_dispatch.domain.storms.surge import Surge

OVER: Final = "storm_over"
"""The clock that ends a storm by itself."""
ROUND: Final = "storm_round"
"""The clock of the next round in which work orders are given out."""
How = Literal["estate", "region", "by_hand"]


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a person is, or was sent last."""

    where: str
    """The building, as `StormOrder.where` has it."""
    until: AwareDatetime
    """When they are likely to be done: by the lengths of ways and visits in the policy."""
    order_id: str | None
    """The work order that keeps them; None once they told that it is finished."""


class Storm(State):
    """A storm of one cause at an estate. It stays after its end, with its last work orders until they are given out."""

    table: ClassVar[str] = "storm"

    estate_id: str
    cause: str
    how: How
    declared_at: AwareDatetime
    surged_at: AwareDatetime
    """The last request that was far more than usual; of one of the region, the last with which the estate stirred; of
    one declared by hand, the last request of the cause."""
    over_after: timedelta
    """It ends by itself so long after that."""
    ended_at: AwareDatetime | None = None
    gathering: Mapping[str, str] = Field(default_factory=dict)
    """The work order that requests of a place join now, by place."""
    waiting: tuple[str, ...] = ()
    """The work orders that are not given out yet, in the order in which they were opened."""
    round_at: AwareDatetime | None = None
    rounds: int = 0
    orders: int = 0
    requests: int = 0
    households: int = 0
    """How many were told."""
    sent: Mapping[str, Sent] = Field(default_factory=dict)
    """Where each person was sent last, and until when that keeps them, as far as can be told."""

    def timers(self) -> Iterator[Timer]:
        """Its end while it is on, and the next round while work orders wait."""
        if self.ended_at is None:
            yield Timer(self.surged_at + self.over_after, OVER)
        if self.round_at is not None:
            yield Timer(self.round_at, ROUND, step=self.rounds + 1)


class StormOrder(State):
    """A work order of a storm: one visit to one building for many requests."""

    table: ClassVar[str] = "storm_order"

    estate_id: str
    storm_id: str
    place: str
    """Its key among the storm's places: desk, trade, phase and building."""
    desk: str
    trade: Trade | None
    phase: str | None
    building: str | None
    """None: the common area."""
    opened_at: AwareDatetime
    case_ids: tuple[str, ...] = ()
    levels: Mapping[str, int] = Field(default_factory=dict)
    """The level of each request when it joined."""
    emergencies: tuple[str, ...] = ()
    """Which of them put somebody in danger (INT-11)."""
    customers: tuple[str, ...] = ()
    """Who was told without a home that could remember it: requests about the common area."""
    handler_id: str | None = None
    """Who serves it: from the round, or with an emergency among its requests."""
    handler_role: Role | None = None
    assigned_at: AwareDatetime | None = None

    @property
    def in_turn(self) -> tuple[str, ...]:
        """Its requests as the visit sees to them: emergencies, then the highest level first, then as they came."""
        return tuple(sorted(self.case_ids, key=lambda one: (one not in self.emergencies, self.levels[one])))

    @property
    def where(self) -> str:
        """The building as ``phase|building``; empty for the common area."""
        return f"{self.phase}|{self.building}" if self.building is not None else ""


def storm_id_of(estate_id: str, cause: str, declared_by: str) -> str:
    """The id of the storm that this input declares; the same however often it is worked out."""
    return id_under(estate_id, f"st{uuid5(NAMESPACE, f'{estate_id}|storm|{cause}|{declared_by}').hex[:12]}")


def declare(
    storm_id: str,
    workload: Workload,
    found: Surge,
    how: How,
    at: datetime,
    terms: StormTerms,
    by: tuple[str, str] | None = None,
) -> Decision:
    """A storm begins; ``by`` is the person and the reason of one that is declared by hand."""
    estate_id, (person, reason) = workload.id, by or (None, None)
    storm = Storm(
        id=storm_id,
        estate_id=estate_id,
        cause=found.cause,
        how=how,
        declared_at=at,
        surged_at=at,
        over_after=terms.over_after,
    )
    told = StormDeclared(
        storm_id=storm_id,
        estate_id=estate_id,
        cause=found.cause,
        how=how,
        requests=found.requests,
        usual=round(found.usual, 2),
        declared_by=person,
        reason=reason,
        declared_at=at,
    )
    facts = {"cause": found.cause, "how": how, "requests": found.requests, "hours": found.hours,
             "usual": told.usual, "by": person, "reason": reason}  # fmt: skip
    on = workload.model_copy(update={"storms": {**workload.storms, found.cause: storm_id}})
    return Decision(
        save=(on, storm),
        events=(told,),
        because=(Because("DSP-09", "storm declared", storm_id, terms.version, facts),),
        answer={"storm_id": storm_id, "cause": found.cause},
    )


def goes_on(storm: Storm, found: Surge | None, at: datetime, *, stirs: bool) -> Storm:
    """The storm after one more request of its cause; one of a region lasts while the estate ``stirs``."""
    is_much = found is not None or storm.how == "by_hand" or (storm.how == "region" and stirs)
    if not is_much or at <= storm.surged_at:
        return storm
    return storm.model_copy(update={"surged_at": at})


def hands_freed(storm: Storm, order: StormOrder, at: datetime) -> Storm:
    """A work order is finished: the next request of its place begins another, and what waits has its round at once.

    Whoever finished it is still in that building, and free unless they were sent on already.
    """
    gathering = {place: order_id for place, order_id in storm.gathering.items() if order_id != order.id}
    sent = {person: Sent(to.where, at, None) if to.order_id == order.id else to for person, to in storm.sent.items()}
    round_at = at if storm.waiting else None
    return storm.model_copy(update={"gathering": gathering, "sent": sent, "round_at": round_at})


def end(
    storm: Storm,
    workload: Workload,
    at: datetime,
    how: Literal["over", "by_hand"],
    version: str,
    by: tuple[str, str] | None = None,
) -> Decision:
    """What comes now is handled one by one again; work orders that still wait are given out in the next rounds."""
    person, reason = by or (None, None)
    told = StormEnded(
        storm_id=storm.id,
        estate_id=storm.estate_id,
        cause=storm.cause,
        how=how,
        requests=storm.requests,
        orders=storm.orders,
        ended_by=person,
        reason=reason,
        ended_at=at,
    )
    facts = {"cause": storm.cause, "how": how, "requests": storm.requests, "orders": storm.orders,
             "households": storm.households, "by": person, "reason": reason}  # fmt: skip
    on = {cause: storm_id for cause, storm_id in workload.storms.items() if storm_id != storm.id}
    return Decision(
        save=(
            workload.model_copy(update={"storms": on}),
            storm.model_copy(update={"ended_at": at, "gathering": {}}),
        ),
        events=(told,),
        because=(Because("DSP-09", "storm ended", storm.id, version, facts),),
        answer={"storm_id": storm.id, "cause": storm.cause},
    )
