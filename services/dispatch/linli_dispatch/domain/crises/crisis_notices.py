"""Who is told of a crisis at once, and who next where nobody confirms in time (DSP-01, DSP-20): never silently dropped.

For an office its holders are told, or their deputies, one after another; then those above it in the crisis's chain,
the group centre at last. Each person has the time of an urgent notice to confirm; a late confirmation counts too. Once
all were told and nobody has confirmed, that is said and nobody is told again.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from linli_contracts.events.dispatch import CrisisConfirmed, CrisisNotified
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.assigning.routing import stable_order
from linli_dispatch.domain.crises.crisis_file import Crisis, Duty, Notice
from linli_dispatch.domain.deadlines.clocks import wind
from linli_dispatch.domain.deadlines.running_clock import RunningClock
from linli_dispatch.domain.group.offices import persons_on
from linli_dispatch.domain.refusals import ALREADY_CONFIRMED, NO_CRISIS, NOT_NOTIFIED
from linli_dispatch.domain.turn import Turn

MAJOR: Final = 1
"""The gravest level (重大, INT-06)."""


def people_for(turn: Turn, office: str) -> Iterator[str]:
    """Who can be told for an office, the nearest first; the same order whenever it is asked."""
    chain = turn.terms.crisis_chain
    above = chain[chain.index(office) + 1 :] if office in chain else chain
    seen: set[str] = set()
    for name in (office, *above):
        people = persons_on(turn.estate, turn.terms.offices[name], turn.at)
        for person in sorted(people, key=lambda one: stable_order(turn.ticket.id, one)):
            if person not in seen:
                seen.add(person)
                yield person


def must_know(turn: Turn) -> tuple[str, ...]:
    """The offices that are told, each once: the commander's, the convener, whoever approves a plan at this level; of a
    major repair those whom it goes to besides (DSP-10).
    """
    terms = turn.terms
    repair = terms.major_repair_told if is_major_repair(turn) else ()
    approvers = terms.plan_chains[turn.ticket.level]
    return tuple(dict.fromkeys((terms.crisis_commander, terms.crisis_convener, *approvers, *repair)))


def is_major_repair(turn: Turn) -> bool:
    """Whether it is a repair of the gravest level by the facts (重大维修, DSP-10); one that is merely old is not."""
    return turn.ticket.kind == "repair" and turn.ticket.graded_level == MAJOR


def awaits_heads(turn: Turn) -> bool:
    """Whether an office that a major repair goes to has not confirmed it yet; who has nobody left stops nothing."""
    crisis = turn.ticket.crisis
    if crisis is None or not crisis.running or not is_major_repair(turn):
        return False
    told = turn.terms.major_repair_told
    return any(one.office in told and one.confirmed_at is None and not one.exhausted for one in crisis.duties)


def notify(turn: Turn, crisis: Crisis) -> Crisis:
    """Tells those who must know and were not told yet: at the opening all, at a rise to level 1 those of level 1."""
    known = {one.office for one in crisis.duties}
    fresh = (_tell_next(turn, Duty(office)) for office in must_know(turn) if office not in known)
    return replace(crisis, duties=(*crisis.duties, *fresh))


def tell_next_person(turn: Turn, clock: RunningClock) -> None:
    """Nobody confirmed in time: the next person is told for each office whose time is over."""
    crisis = turn.ticket.crisis
    if crisis is None:
        return
    duties = tuple(
        _tell_next(turn, one) if one.waits_since is not None and one.waits_since <= clock.since else one
        for one in crisis.duties
    )
    turn.change(crisis=replace(crisis, duties=duties))


def tell_who_came(turn: Turn, crisis: Crisis) -> None:
    """Somebody has joined or is back: whoever can be told now is, for each office that had nobody left to tell."""
    duties = tuple(_tell_next(turn, one) if _has_somebody(turn, one) else one for one in crisis.duties)
    if duties != crisis.duties:
        turn.change(crisis=replace(crisis, duties=duties))
        wind(turn)


def confirm(turn: Turn, by: str) -> Refusal | None:
    """Somebody who was told has confirmed, for every office for which they were told."""
    ticket, crisis = turn.ticket, turn.ticket.crisis
    if crisis is None or not crisis.running:
        return NO_CRISIS
    told = [one for one in crisis.duties if one.told(by)]
    if not told:
        return NOT_NOTIFIED
    open_ = [one for one in told if one.confirmed_at is None]
    if not open_:
        return ALREADY_CONFIRMED
    offices = tuple(one.office for one in open_)
    duties = tuple(
        replace(one, confirmed_by=by, confirmed_at=turn.at) if one in open_ else one for one in crisis.duties
    )
    turn.change(crisis=replace(crisis, duties=duties))
    wind(turn)
    turn.tell(
        CrisisConfirmed(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            offices=offices,
            person_id=by,
            confirmed_at=turn.at,
        )
    )
    turn.because("DSP-01", "crisis confirmed", {"offices": list(offices), "by": by})
    return None


def _has_somebody(turn: Turn, duty: Duty) -> bool:
    """Whether an office that had nobody left to tell has somebody now."""
    waits = duty.exhausted and duty.confirmed_at is None
    return waits and any(not duty.told(person) for person in people_for(turn, duty.office))


def _tell_next(turn: Turn, duty: Duty) -> Duty:
    person_id = next((one for one in people_for(turn, duty.office) if not duty.told(one)), None)
    if person_id is None:
        told = [one.person_id for one in duty.notices]
        turn.because("DSP-20", "nobody left to tell of the crisis: a shortage", {"office": duty.office, "told": told})
        return replace(duty, exhausted=True)
    ticket = turn.ticket
    times = len(duty.notices) + 1
    turn.tell(
        CrisisNotified(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            office=duty.office,
            person_id=person_id,
            times=times,
            notified_at=turn.at,
            confirm_by=turn.at + turn.terms.unread_repeated_after,
        )
    )
    facts = {"office": duty.office, "person_id": person_id, "times": times}
    turn.because("DSP-01" if times == 1 else "DSP-20", "told of the crisis", facts)
    return replace(duty, notices=(*duty.notices, Notice(person_id, turn.at)), exhausted=False)
