"""Giving out the work orders of a storm, over the whole set (DSP-09).

Every round looks at all work orders that wait and all people who could take one, and chooses the assignment in which
the requests wait the least, weighed by their levels: a linear assignment problem, for which a solver is handed in. The
result depends on the facts alone: what is equal is told apart by a hash. A work order that no round could give out for
long, or that nobody of its desk has the skill for, is routed like any other request (DSP-08).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from linli_dispatch.domain.places import Estate, Staff, Workload
from linli_dispatch.domain.routing import has_skill, is_on_duty, stable_order
from linli_dispatch.domain.storm import Storm, StormOrder
from linli_dispatch.domain.storm_terms import StormTerms, Ways
from linli_dispatch.domain.terms import Terms
from linli_dispatch.domain.ticket import Ticket

Solve = Callable[[Sequence[Sequence[float]]], Sequence[int]]
"""Costs by row and column → the column of each row, so that the sum is least; there are as many columns as rows."""
NEVER: Final = 1e9
"""The cost of what cannot be: more than all minutes of a storm together."""
EQUAL: Final = 1e-6
"""What tells equals apart is less than any difference in minutes."""
HASHES: Final = 2**32


@dataclass(frozen=True, slots=True)
class Visit:
    """A work order as a round weighs it."""

    order_id: str
    where: str
    trade: str | None
    weight: float
    """What a minute of waiting costs: the urgency of its requests together."""


@dataclass(frozen=True, slots=True)
class Crew:
    """A person who could take a work order."""

    staff: Staff
    busy_min: float
    """How long what they have in hand keeps them."""
    at_place: str | None
    """Where they were sent last."""


def visit_of(order: StormOrder, waiting: Iterable[Ticket], terms: StormTerms) -> Visit:
    """How much it weighs that a work order waits."""
    weight = sum(terms.urgency[ticket.level] for ticket in waiting)
    return Visit(order.id, order.where, order.trade, weight)


def crews_of(
    storm: Storm, desk: str, estate: Estate, workload: Workload, terms: Terms, storm_terms: StormTerms, at: datetime
) -> list[Crew]:
    """Who of a desk is on duty with room in their hands; each takes one work order a round."""
    found: dict[str, Crew] = {}
    for staff in estate.staff:
        in_hand = workload.of(staff.staff_id)
        if staff.desk == desk and in_hand < storm_terms.hands_full_at and is_on_duty(staff, estate, terms, at):
            busy_min = storm_terms.ways.visit_min * min(in_hand, 1)
            found[staff.staff_id] = Crew(staff, busy_min, storm.last_at.get(staff.staff_id))
    return [found[staff_id] for staff_id in sorted(found)]


def nobody_can(visit: Visit, desk: str, estate: Estate) -> bool:
    """Whether no person of the desk, on duty or not, has the skill."""
    return not any(staff.desk == desk and has_skill(staff, visit.trade) for staff in estate.staff)


def choose(
    visits: Sequence[Visit], crews: Sequence[Crew], ways: Ways, later_min: float, solve: Solve
) -> dict[str, Crew]:
    """Who takes which work order, so that the weighed waiting is least; those without anybody wait for the next round.

    ``later_min`` is what waiting for it costs besides the longest way and a visit.
    """
    if not visits or not crews:
        return {}
    later = later_min + ways.visit_min + ways.across_min
    costs = [
        [*(_cost(visit, crew, ways) for crew in crews), *(visit.weight * later for _ in visits)] for visit in visits
    ]
    columns = solve(costs)
    return {
        visit.order_id: crews[column]
        for visit, column, cost in zip(visits, columns, costs, strict=True)
        if column < len(crews) and cost[column] < NEVER
    }


def way_min(crew: Crew, where: str, ways: Ways) -> int:
    """The way from where the person was sent last, else from their post, to a building as `StormOrder.where` has it."""
    if not where:
        return ways.within_phase_min
    phase, _, building = where.partition("|")
    if crew.at_place is not None:
        if crew.at_place == where:
            return 0
        return ways.within_phase_min if crew.at_place.partition("|")[0] == phase else ways.across_min
    if f"{phase}-{building}" in crew.staff.near:
        return 0
    return ways.within_phase_min if phase in crew.staff.near else ways.across_min


def _cost(visit: Visit, crew: Crew, ways: Ways) -> float:
    if not has_skill(crew.staff, visit.trade):
        return NEVER
    minutes = crew.busy_min + way_min(crew, visit.where, ways)
    return visit.weight * minutes + EQUAL * stable_order(visit.order_id, crew.staff.staff_id) / HASHES
