"""Choosing the handler (DSP-08): who of the estate's roster takes a ticket, with the reasons and the runners-up.

The responsible desk's people come first; those on duty with room in their hands are free. When nobody is, the next
level's pool is asked, and the shortage is reported. When nobody is free at any level, the least unsuitable of the first
pool that has anybody gets it: a ticket at night waits on a desk, not nowhere. Distance is not known yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zlib import crc32

from linli_contracts.events.dispatch import RunnerUp

from linli_dispatch.domain.places import Estate, Staff, Workload
from linli_dispatch.domain.terms import Desk, Terms
from linli_dispatch.domain.ticket import Ticket

RUNNERS_UP: Final = 3
"""Enough to see how close it was; an event with a whole roster in it helps nobody."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Who handles the ticket (None: nobody is rostered at any level), and why."""

    handler: Staff | None
    reasons: tuple[str, ...]
    runners_up: tuple[RunnerUp, ...] = ()
    shortage: bool = False


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A person with what counts for and against; candidates sort from the best to the worst."""

    staff: Staff
    on_duty: bool
    has_room: bool
    skilled: bool
    speaks: bool
    served_before: bool
    load: int
    score: int
    tie: int
    """Stable for this case and person, so that a replay chooses the same one and equal people take turns."""

    @property
    def free(self) -> bool:
        return self.on_duty and self.has_room

    def rank(self) -> tuple[bool, bool, int, int]:
        return not self.free, not self.on_duty, -self.score, self.tie


def stable_order(case_id: str, staff_id: str) -> int:
    """Decides ties: the same in every process, different for every case."""
    return crc32(f"{case_id}|{staff_id}".encode())


def choose_handler(
    ticket: Ticket, desk: Desk, estate: Estate, workload: Workload, served_by: str | None, terms: Terms, at: datetime
) -> Choice:
    """The handler for ``ticket`` at ``desk``; ``served_by`` served the home, or the case, before."""
    local = at.astimezone(terms.zone)
    today, hour = local.date(), local.hour + local.minute / 60 + local.second / 3600

    def weigh(staff: Staff) -> _Candidate:
        weights, limit, load = terms.weights, terms.load_limit, workload.of(staff.staff_id)
        skilled = ticket.trade is None or ticket.trade in staff.skills or ticket.subcategory in staff.skills
        speaks = ticket.language == "zh-CN" or ticket.language in staff.skills
        served_before = staff.staff_id == served_by
        score = limit * (weights.skill * skilled + weights.continuity * served_before + weights.language * speaks)
        return _Candidate(
            staff=staff,
            on_duty=staff.on_duty(today, hour, terms.departments if terms.desk(staff.desk).department else None),
            has_room=load < limit,
            skilled=skilled,
            speaks=speaks,
            served_before=served_before,
            load=load,
            score=score + weights.load * (limit - load),
            tie=stable_order(ticket.id, staff.staff_id),
        )

    fallback: list[_Candidate] = []
    for level, pool in enumerate(_pools(desk, estate)):
        ranked = sorted(map(weigh, pool), key=_Candidate.rank)
        if ranked and ranked[0].free:
            return _choice(ranked, terms, ("next_pool",) if level else (), shortage=level > 0)
        fallback = fallback or ranked
    if fallback:
        return _choice(fallback, terms, ("nobody_free",), shortage=True)
    return Choice(None, ("nobody_rostered",), shortage=True)


def _pools(desk: Desk, estate: Estate) -> Iterable[tuple[Staff, ...]]:
    yield tuple(staff for staff in estate.staff if staff.desk == desk.name)
    for roles in desk.above.values():
        yield tuple(staff for staff in estate.staff if staff.role in roles)


def _choice(ranked: list[_Candidate], terms: Terms, reasons: tuple[str, ...], *, shortage: bool) -> Choice:
    best = ranked[0]
    grounds = (
        ("on_duty", best.on_duty),
        ("skill", best.skilled),
        ("served_before", best.served_before),
        (f"in_hand_{best.load}", True),
    )
    others = tuple(
        RunnerUp(staff_id=one.staff.staff_id, why_not=_why_not(one, best)) for one in ranked[1 : 1 + RUNNERS_UP]
    )
    return Choice(best.staff, (*reasons, *(name for name, holds in grounds if holds)), others, shortage)


def _why_not(one: _Candidate, best: _Candidate) -> str:
    """The first ground on which ``one`` was behind."""
    if best.on_duty and not one.on_duty:
        return "off_duty"
    if best.has_room and not one.has_room:
        return "load_limit"
    if one.score == best.score:
        return "tie_by_hash"
    if best.skilled and not one.skilled:
        return "no_skill"
    if best.served_before and not one.served_before:
        return "did_not_serve_before"
    if one.load > best.load:
        return f"in_hand_{one.load}"
    return "language" if best.speaks and not one.speaks else "lower_score"
