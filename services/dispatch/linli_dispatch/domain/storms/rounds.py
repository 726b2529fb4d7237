"""Giving out the work orders of a storm, over the whole set (DSP-09).

Every round looks at all work orders that wait and all people who could take one, and chooses the assignment in which
the requests wait the least, weighed by their levels: a linear assignment problem, for which a solver is handed in. The
result depends on the facts alone: what is equal is told apart by a hash. A work order that no round could give out for
long, or that nobody of its desk has the skill for, is routed like any other request (DSP-08).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from linli_dispatch.domain.assigning.routing import has_skill, is_on_duty, stable_order
from linli_dispatch.domain.group.places import Estate, Staff, Workload
from linli_dispatch.domain.storms.storm import Sent, Storm, StormOrder
from linli_dispatch.domain.storms.storm_terms import StormTerms, Ways
from linli_dispatch.domain.terms import Terms
from linli_dispatch.domain.ticket import Ticket

Solve = Callable[[Sequence[Sequence[float]]], Sequence[int]]
"""Costs by row and column → the column of each row, so that the sum is least; there are as many columns as rows."""
NEVER: Final = 1e9
"""The cost of what cannot be: more than all minutes of a storm together."""
EQUAL: Final = 1e-6
"""What tells equals apart is less than any difference in minutes."""
HASHES: Final = 2**32
ONE_MINUTE: Final = timedelta(minutes=1)


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
    """How long their visit keeps them yet, as far as can be told."""
    is_free: bool
    """No visit keeps them, or it should be over: only then does a round send them on."""
    where: str | None
    """Where they were sent last."""


def visit_of(order: StormOrder, waiting: Iterable[Ticket], terms: StormTerms) -> Visit:
    """How much it weighs that a work order waits."""
    weight = sum(terms.urgency[ticket.level] for ticket in waiting)
    return Visit(order.id, order.where, order.trade, weight)


def crews_of(
    storm: Storm, desk: str, estate: Estate, workload: Workload, terms: Terms, storm_terms: StormTerms, at: datetime
) -> list[Crew]:
    """Who of a desk is on duty and can take one more, by id."""
    found: dict[str, Crew] = {}
    for staff in estate.staff:
        in_hand = workload.of(staff.staff_id)
        if staff.desk == desk and in_hand < terms.load_limit and is_on_duty(staff, estate, terms, at):
            sent = storm.sent.get(staff.staff_id)
            found[staff.staff_id] = _crew(staff, sent, storm_terms.ways, at)
    return [found[staff_id] for staff_id in sorted(found)]


def who_has(order: StormOrder, estate: Estate, terms: Terms, at: datetime) -> Staff | None:
    """Who has the work order, if they are on duty: as one of its desk, where they are at that one now."""
    lines = (line for line in estate.lines_of(order.handler_id or "") if is_on_duty(line, estate, terms, at))
    return min(lines, key=lambda line: line.desk != order.desk, default=None)


def _crew(staff: Staff, sent: Sent | None, ways: Ways, at: datetime) -> Crew:
    """The storm goes before what they had in hand already; who should be done and is not may be done any minute."""
    if sent is None or sent.order_id is None:
        return Crew(staff, 0.0, is_free=True, where=sent.where if sent else None)
    left_min = (sent.until - at) / ONE_MINUTE
    return Crew(staff, max(left_min, ways.further_min), is_free=left_min <= 0, where=sent.where)


def sent_to(crew: Crew, order: StormOrder, requests: int, ways: Ways, at: datetime) -> Sent:
    """What becomes of a person who takes a visit for so many requests."""
    minutes = crew.busy_min + way_min(crew, order.where, ways) + ways.visit_min + (requests - 1) * ways.further_min
    return Sent(order.where, at + minutes * ONE_MINUTE, order.id)


def stays_longer(sent: Sent, order: StormOrder, ways: Ways) -> Sent:
    """One more request of the work order that keeps them; nothing changes for one who was sent on already."""
    return replace(sent, until=sent.until + ways.further_min * ONE_MINUTE) if sent.order_id == order.id else sent


def soonest(visit: Visit, crews: Sequence[Crew], ways: Ways) -> Crew | None:
    """Who can be there first: for an emergency, which waits for no round."""
    able = [crew for crew in crews if has_skill(crew.staff, visit.trade)]
    return min(able, key=lambda crew: _cost(visit, crew, ways), default=None)


def nobody_can(visit: Visit, desk: str, estate: Estate) -> bool:
    """Whether no person of the desk, on duty or not, has the skill; who has left has none."""
    return not any(one.desk == desk and one.weekdays and has_skill(one, visit.trade) for one in estate.staff)


def choose(visits: Sequence[Visit], crews: Sequence[Crew], ways: Ways, solve: Solve) -> dict[str, Crew]:
    """Who takes which work order now, so that the weighed waiting is least.

    The people on a visit are reckoned with, so that what one of them can reach soonest is left to them, but nobody is
    sent before they are free: until then another may be, or something heavier come. No work order waits for want of a
    reason: to stay without anybody costs a visit more than the longest wait for a person.
    """
    if not visits or not crews:
        return {}
    nobody = max(crew.busy_min for crew in crews) + ways.across_min + ways.visit_min
    costs = [
        [*(_cost(visit, crew, ways) for crew in crews), *(visit.weight * nobody for _ in visits)] for visit in visits
    ]
    columns = solve(costs)
    return {
        visit.order_id: crews[column]
        for visit, column, cost in zip(visits, columns, costs, strict=True)
        if column < len(crews) and cost[column] < NEVER and crews[column].is_free
    }


def way_min(crew: Crew, where: str, ways: Ways) -> int:
    """The way from where the person was sent last, else from their post, to a building as `StormOrder.where` has it."""
    if not where:
        return ways.within_phase_min
    phase, _, building = where.partition("|")
    if crew.where is not None:
        if crew.where == where:
            return 0
        return ways.within_phase_min if crew.where.partition("|")[0] == phase else ways.across_min
    if f"{phase}-{building}" in crew.staff.near:
        return 0
    return ways.within_phase_min if phase in crew.staff.near else ways.across_min


def _cost(visit: Visit, crew: Crew, ways: Ways) -> float:
    if not has_skill(crew.staff, visit.trade):
        return NEVER
    minutes = crew.busy_min + way_min(crew, visit.where, ways)
    return visit.weight * minutes + EQUAL * stable_order(visit.order_id, crew.staff.staff_id) / HASHES
