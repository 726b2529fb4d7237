"""A round of a storm (DSP-09): the work orders that wait are given out, each request by a decision of its own.

`rounds.py` weighs and chooses; here the tickets get their handlers, and the storm remembers what still waits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from linli_contracts.event import Event
from linli_contracts.events.dispatch import RunnerUp, StormOrderAssigned
from linli_rulebook.decision import Because, Decision, State

from linli_dispatch.domain.assigning.assigning import give
from linli_dispatch.domain.assigning.routing import RUNNERS_UP, Choice, choose_handler, has_skill
from linli_dispatch.domain.group.places import Estate, Workload
from linli_dispatch.domain.storms.rounds import (
    Crew,
    Solve,
    choose,
    crews_of,
    nobody_can,
    sent_to,
    visit_of,
    way_min,
    who_has,
)
from linli_dispatch.domain.storms.storm import Sent, Storm, StormOrder
from linli_dispatch.domain.storms.storm_terms import StormTerms
from linli_dispatch.domain.terms import Terms
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn

MOST_ORDERS: Final = 200
"""A round looks at so many work orders, the heaviest first: it is one transaction, and solving takes milliseconds."""


def looked_at(storm: Storm, orders: Sequence[StormOrder], terms: StormTerms) -> list[StormOrder]:
    """The work orders of a round: the heaviest by what joined them; among equals those that were opened first."""

    def weight(order: StormOrder) -> int:
        return sum(terms.urgency[level] for level in order.levels.values())

    position = {order_id: number for number, order_id in enumerate(storm.waiting)}
    return sorted(orders, key=lambda order: (-weight(order), position[order.id]))[:MOST_ORDERS]


def still_waits(ticket: Ticket, order: StormOrder) -> bool:
    """Whether a request still waits for its work order: not withdrawn, finished or handed to somebody meanwhile."""
    return ticket.in_hand and ticket.handler_id is None and ticket.storm_order_id == order.id


@dataclass(slots=True)
class Round:
    """One round in the making."""

    storm: Storm
    estate: Estate
    workload: Workload
    terms: Terms
    storm_terms: StormTerms
    at: datetime
    given: set[str] = field(default_factory=set)
    """The work orders that wait no more."""
    sent: dict[str, Sent] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    reasons: list[Because] = field(default_factory=list)

    def give_out(self, orders: Sequence[StormOrder], turns: Mapping[str, Sequence[Turn]], solve: Solve) -> Decision:
        """All of it; ``turns`` are of the requests that still wait, by work order."""
        by_desk: dict[str, list[StormOrder]] = {}
        for order in orders:
            waiting = turns[order.id]
            # With an emergency, or with a request that they had, somebody got it before the round.
            handler = who_has(order, self.estate, self.terms, self.at)
            if not waiting:
                self.given.add(order.id)
            elif handler is not None:
                why = ("with_emergency",) if order.emergencies else ()
                self._give(order, waiting, Choice(handler, ("storm_order", *why)))
            elif self._waited_too_long(order) or nobody_can(
                visit_of(order, (), self.storm_terms), order.desk, self.estate
            ):
                self._give(order, waiting, self._routed(order, waiting[0]))
            else:
                by_desk.setdefault(order.desk, []).append(order)
        for desk, of_desk in sorted(by_desk.items()):
            self._solve(desk, of_desk, turns, solve)
        return self._decision(len(orders))

    def _solve(
        self, desk: str, orders: Sequence[StormOrder], turns: Mapping[str, Sequence[Turn]], solve: Solve
    ) -> None:
        crews = crews_of(self.storm, desk, self.estate, self.workload, self.terms, self.storm_terms, self.at)
        visits = [visit_of(order, (turn.ticket for turn in turns[order.id]), self.storm_terms) for order in orders]
        chosen = choose(visits, crews, self.storm_terms.ways, solve)
        for order in orders:
            if order.id in chosen:
                crew = chosen[order.id]
                self._give(order, turns[order.id], self._explained(order, crew, crews))
                ways, requests = self.storm_terms.ways, len(turns[order.id])
                self.sent[crew.staff.staff_id] = sent_to(crew, order, requests, ways, self.at)

    def _explained(self, order: StormOrder, crew: Crew, crews: Sequence[Crew]) -> Choice:
        """Why this one, and why not the others: over the whole set somebody nearer may be needed elsewhere."""
        ways = self.storm_terms.ways
        way = way_min(crew, order.where, ways)
        others = sorted(
            (not has_skill(one.staff, order.trade), one.busy_min + way_min(one, order.where, ways), one.staff.staff_id)
            for one in crews
            if one is not crew
        )

        def why_not(lacks_skill: bool, minutes: float) -> str:  # noqa: FBT001 - from the tuples above
            if lacks_skill:
                return "no_skill"
            return "needed_elsewhere" if minutes <= crew.busy_min + way else "later_there"

        runners_up = tuple(
            RunnerUp(staff_id=staff_id, why_not=why_not(lacks_skill, minutes))
            for lacks_skill, minutes, staff_id in others[:RUNNERS_UP]
        )
        in_hand = self.workload.of(crew.staff.staff_id)
        return Choice(crew.staff, ("storm_round", "on_duty", f"way_{way}_min", f"in_hand_{in_hand}"), runners_up)

    def _waited_too_long(self, order: StormOrder) -> bool:
        return self.at >= order.opened_at + self.storm_terms.order_waits_at_most

    def _routed(self, order: StormOrder, turn: Turn) -> Choice:
        desk = turn.terms.desk(order.desk)
        return choose_handler(turn.ticket, desk, self.estate, self.workload, None, None, turn.terms, self.at)

    def _give(self, order: StormOrder, turns: Sequence[Turn], choice: Choice) -> None:
        handler = choice.handler
        for turn in turns:
            turn.workload = self.workload
            give(turn, turn.terms.desk(order.desk), choice)
            self.workload = turn.workload
            decided = turn.decision()
            self.states |= {state.id: state for state in decided.save if not isinstance(state, Workload)}
            self.events += [event for event in decided.events if isinstance(event, Event)]
            self.reasons += decided.because
        role = handler.role if handler else None
        handler_id = handler.staff_id if handler else None
        self.states[order.id] = order.model_copy(
            update={"handler_id": handler_id, "handler_role": role, "assigned_at": self.at}
        )
        self.given.add(order.id)
        self.events.append(
            StormOrderAssigned(
                order_id=order.id,
                estate_id=order.estate_id,
                storm_id=self.storm.id,
                handler_id=handler_id,
                role=role,
                requests=len(turns),
                shortage=choice.shortage,
                assigned_at=self.at,
            )
        )

    def _decision(self, looked_at: int) -> Decision:
        waiting = tuple(order_id for order_id in self.storm.waiting if order_id not in self.given)
        after = self.storm.model_copy(
            update={
                "waiting": waiting,
                "rounds": self.storm.rounds + 1,
                "round_at": self.at + self.storm_terms.round_every if waiting else None,
                "sent": {**self.storm.sent, **self.sent},
            }
        )
        facts = {"looked_at": looked_at, "given_out": len(self.given), "still_waiting": len(waiting)}
        because = Because("DSP-09", "work orders given out over the whole set", after.id, self.terms.version, facts)
        return Decision(
            save=(*self.states.values(), self.workload, after),
            events=tuple(self.events),
            because=(*self.reasons, because),
        )
