"""Choosing the handler (DSP-08): who of the estate's roster takes a ticket, with the reasons and the runners-up.

First the hard fits: on duty now and not away, with room in their hands, with the skill (for warranty repairs the
contractor is warranty's answer: `repair.py`). Whoever fits is weighed by the policy: an express skill, of the trade or
the sub-category, before none in particular, continuity, load, the way to the home, the customer's language; equals take
turns by a hash of the case. When nobody of the responsible desk fits, the next level's pool is asked, and the shortage
is reported. When nobody fits at any level, the least unsuitable of the first pool that has anybody gets it, but nobody
who is away or has left: a ticket at night waits on a desk, not nowhere.

The cost is the roster of one estate, whatever the group has (`bench/routing.py`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import Final, NamedTuple, get_args
from zlib import crc32

from linli_contracts.events.dispatch import RunnerUp
from linli_contracts.events.intake import Trade

from linli_dispatch.domain.group.places import Estate, Home, Staff, Workload
from linli_dispatch.domain.terms import Desk, Terms
from linli_dispatch.domain.ticket import Ticket

RUNNERS_UP: Final = 3
"""Enough to see how close it was; an event with a whole roster in it helps nobody."""
TRADES: Final = frozenset(get_args(Trade))
ANYWHERE: Final = 0
SAME_PHASE: Final = 1
SAME_BUILDING: Final = 2
"""How near a person's post is to a home."""
MOTHER_TONGUE: Final = "zh-CN"
"""What everybody on a roster speaks."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Who handles the ticket (None: nobody is rostered at any level), and why."""

    handler: Staff | None
    reasons: tuple[str, ...]
    runners_up: tuple[RunnerUp, ...] = ()
    shortage: bool = False


class _Candidate(NamedTuple):
    """A line of the roster with what counts for and against. ``rank`` sorts from best to worst; it never ties."""

    rank: tuple[bool, bool, bool, int, int, str, str]
    staff: Staff
    on_duty: bool
    has_room: bool
    skilled: bool
    speaks: bool
    served_before: bool
    near: int
    load: int
    score: int

    @property
    def fits(self) -> bool:
        return not self.rank[0]


def stable_order(case_id: str, staff_id: str) -> int:
    """Decides ties: the same in every process, different for every case."""
    return crc32(f"{case_id}|{staff_id}".encode())


def is_on_duty(staff: Staff, estate: Estate, terms: Terms, at: datetime) -> bool:
    """Whether the person works now, at their own desk's hours, and is not away."""
    today, hour = _local(at, terms)
    calendar = terms.departments if terms.desk(staff.desk).department else None
    return staff.on_duty(today, hour, calendar) and estate.absence_of(staff.staff_id, at) is None


def has_skill(staff: Staff, trade: str | None) -> bool:
    """Whether the trade is among the person's skills, or no trade in particular is."""
    return trade is None or trade in staff.skills or TRADES.isdisjoint(staff.skills)


def _local(at: datetime, terms: Terms) -> tuple[date, float]:
    local = at.astimezone(terms.zone)
    return local.date(), local.hour + local.minute / 60 + local.second / 3600


def nearness(staff: Staff, phase: str, building: str) -> int:
    """How near the person's post is to a building (``p1-3``) of a phase; a common area is near to nobody's."""
    near = staff.near
    if not near or not phase:
        return ANYWHERE
    return SAME_BUILDING if building in near else SAME_PHASE if phase in near else ANYWHERE


def choose_handler(
    ticket: Ticket,
    desk: Desk,
    estate: Estate,
    workload: Workload,
    served_by: str | None,
    home: Home | None,
    terms: Terms,
    at: datetime,
) -> Choice:
    """The handler for ``ticket`` at ``desk``; ``served_by`` served the home, or the case, before."""
    today, hour = _local(at, terms)
    away = {one.staff_id for one in estate.absences if one.from_at <= at < one.until_at} if estate.absences else ()
    weights, limit, in_hand = terms.weights, terms.load_limit, workload.in_hand
    case_id, trade, subcategory, language = ticket.id, ticket.trade, ticket.subcategory, ticket.language
    phase, building = (home.phase, f"{home.phase}-{home.building}") if home else ("", "")

    def weigh(staff: Staff, department: bool, asks_skill: bool) -> _Candidate:  # noqa: FBT001 - called for each person
        staff_id, skills = staff.staff_id, staff.skills
        load = in_hand.get(staff_id, 0)
        on_duty = staff_id not in away and staff.on_duty(today, hour, terms.departments if department else None)
        has_room = load < limit
        expressly = trade in skills or subcategory in skills
        skilled = expressly or trade is None or not asks_skill or TRADES.isdisjoint(skills)
        speaks = language == MOTHER_TONGUE or language in skills
        served_before = staff_id == served_by
        near = nearness(staff, phase, building)
        score = weights.load * (limit - load) + limit * (
            weights.skill * expressly
            + weights.continuity * served_before
            + weights.travel * near // SAME_BUILDING
            + weights.language * speaks
        )
        fits = on_duty and has_room and skilled
        rank = (not fits, not on_duty, not skilled, -score, stable_order(case_id, staff_id), staff_id, staff.desk)
        return _Candidate(rank, staff, on_duty, has_room, skilled, speaks, served_before, near, load, score)

    fallback: list[_Candidate] = []
    for level, pool in enumerate(_pools(desk, estate, terms)):
        # Whoever stands above the desk is asked to see to it, not to do it with their own hands.
        ranked = [weigh(staff, department, not level) for staff, department in pool]
        ranked.sort(key=_RANK)
        if ranked and ranked[0].fits:
            return _choice(ticket, ranked, ("next_pool",) if level else (), shortage=level > 0)
        fallback = fallback or [one for one in ranked if one.staff.staff_id not in away]
    if fallback:
        return _choice(ticket, fallback, ("nobody_free",), shortage=True)
    return Choice(None, ("nobody_rostered",), shortage=True)


_RANK: Final = itemgetter(0)


def _pools(desk: Desk, estate: Estate, terms: Terms) -> Iterator[Iterable[tuple[Staff, bool]]]:
    """Whom to ask, level by level, without those who have left; each with whether their own desk is a department."""
    yield [(staff, desk.department) for staff in estate.staff if staff.desk == desk.name and staff.weekdays]
    for roles in desk.above.values():
        yield [
            (staff, terms.desk(staff.desk).department)
            for staff in estate.staff
            if staff.role in roles and staff.weekdays
        ]


def _choice(ticket: Ticket, ranked: list[_Candidate], reasons: tuple[str, ...], *, shortage: bool) -> Choice:
    best = ranked[0]
    grounds = (
        ("on_duty", best.on_duty),
        ("skill", best.skilled),
        ("served_before", best.served_before),
        ("same_building", best.near == SAME_BUILDING),
        ("same_phase", best.near == SAME_PHASE),
        ("language", best.speaks and ticket.language != MOTHER_TONGUE),
        (f"in_hand_{best.load}", True),
    )
    return Choice(best.staff, (*reasons, *(name for name, holds in grounds if holds)), _others(ranked), shortage)


def _others(ranked: list[_Candidate]) -> tuple[RunnerUp, ...]:
    """Whoever was behind, each once: above a desk somebody may stand with several desks of their own."""
    best, others = ranked[0], {}
    for one in ranked[1:]:
        staff_id = one.staff.staff_id
        if staff_id != best.staff.staff_id and staff_id not in others:
            others[staff_id] = RunnerUp(staff_id=staff_id, why_not=_why_not(one, best))
            if len(others) == RUNNERS_UP:
                break
    return tuple(others.values())


def _why_not(one: _Candidate, best: _Candidate) -> str:
    """The first ground on which ``one`` was behind."""
    if best.on_duty and not one.on_duty:
        return "off_duty"
    if best.skilled and not one.skilled:
        return "no_skill"
    if best.has_room and not one.has_room:
        return "load_limit"
    if one.score == best.score:
        return "tie_by_hash"
    if best.served_before and not one.served_before:
        return "did_not_serve_before"
    if one.load > best.load:
        return f"in_hand_{one.load}"
    if one.near < best.near:
        return "further_away"
    return "language" if best.speaks and not one.speaks else "lower_score"
