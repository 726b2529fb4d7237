"""In a storm, requests of one cause and building are served by one work order (DSP-09).

Each keeps its own ticket, owner, clocks and callback (DSP-19). It stands on its desk's common list until a round gives
its work order out (`rounds.py`); one whose work order is given out already goes along. An emergency never waits: it is
assigned at once, and whoever gets it takes the work order of the building too; so is what waits and turns out one. What
came before the storm was declared joins it as well, and who has it already takes its building along. What turns out
none of its place or cause while it waits leaves, and is handled by itself. Each affected household is told once in a
storm (INT-16).
"""

from dataclasses import dataclass
from uuid import uuid5

from linli_contracts.envelope import NAMESPACE
from linli_contracts.events.dispatch import StormOrderJoined
from linli_contracts.events.messages import MessageRequested
from linli_contracts.lanes import id_under

from linli_dispatch.domain.assigning.assigning import assign, give
from linli_dispatch.domain.assigning.routing import Choice, is_on_duty
from linli_dispatch.domain.group.places import Home, Staff
from linli_dispatch.domain.repairs.inspecting import spare_inspection
from linli_dispatch.domain.repairs.repair import call_liable
from linli_dispatch.domain.storms.rounds import (
    Crew,
    crews_of,
    sent_to,
    soonest,
    stays_longer,
    visit_of,
    way_min,
    who_has,
)
from linli_dispatch.domain.storms.storm import Storm, StormOrder
from linli_dispatch.domain.storms.storm_terms import StormTerms, storm_terms_of
from linli_dispatch.domain.terms import Desk
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn


@dataclass(slots=True)
class Gathering:
    """The storm that a ticket falls into, and the work order that its place has now, if any."""

    storm: Storm
    order: StormOrder | None
    terms: StormTerms


def place_of(ticket: Ticket, desk: Desk, home: Home | None) -> str:
    """The place whose requests are served together: another desk or another trade needs other people."""
    where = f"{home.phase}|{home.building}" if home else ""
    return f"{desk.name}|{ticket.trade or ''}|{where}"


def gather(turn: Turn, desk: Desk, into: Gathering, served_by: str | None) -> None:
    """The ticket joins its place's work order, and is assigned now if it is an emergency or that order is given out."""
    order = _order_for(turn, desk, into)
    handler = _still_there(turn, order, into.storm)
    if turn.ticket.emergency:
        order = _assign_at_once(turn, desk, into, order, served_by)
    elif handler is not None and order.assigned_at is not None:
        give(turn, desk, Choice(handler, ("storm_order",)))
        _stays_longer(into, order, handler)
    elif not desk.department:
        # The desk's own list has it: nothing is left to pass on (INT-08).
        turn.change(passed_on_at=turn.at)
    _join(turn, into, order)


def gather_earlier(turn: Turn, desk: Desk, into: Gathering) -> None:
    """A ticket that was there before its storm joins its place's work order.

    Whoever of the desk has it takes that work order, unless another has it already: then the ticket goes to them.
    """
    order, ways = _order_for(turn, desk, into), into.terms.ways
    holder = _holder(turn, desk, into.storm)
    handler = _still_there(turn, order, into.storm)
    if order.assigned_at is None and holder is not None:
        role = turn.ticket.handler_role
        order = order.model_copy(update={"handler_id": holder.staff_id, "handler_role": role, "assigned_at": turn.at})
        sent = sent_to(Crew(holder, 0.0, is_free=True, where=None), order, 1, ways, turn.at)
        into.storm = into.storm.model_copy(update={"sent": {**into.storm.sent, holder.staff_id: sent}})
    elif handler is not None:
        if handler.staff_id != turn.ticket.handler_id:
            give(turn, desk, Choice(handler, ("storm_order",)))
        _stays_longer(into, order, handler)
    _join(turn, into, order)
    spare_inspection(turn)
    call_liable(turn)


def follow_danger(turn: Turn, into: Gathering) -> None:
    """A request of a work order turned out an emergency, or none: the visit sees to it in its turn.

    One that waits is assigned now, to who is sent to the place already or can be there first.
    """
    ticket, order = turn.ticket, into.order
    if order is None:
        return
    others = tuple(one for one in order.emergencies if one != ticket.id)
    order = order.model_copy(update={"emergencies": (*others, ticket.id) if ticket.emergency else others})
    if ticket.emergency and ticket.handler_id is None:
        desk, handler = turn.terms.desk(order.desk), _still_there(turn, order, into.storm)
        if handler is not None:
            give(turn, desk, Choice(handler, ("storm_order",)))
        else:
            nobody = {"handler_id": None, "handler_role": None, "assigned_at": None}
            order = _assign_at_once(turn, desk, into, order.model_copy(update=nobody), None)
    turn.touched[order.id], turn.touched[into.storm.id] = order, into.storm


def leave_order(turn: Turn, before: Ticket, *, moves: bool) -> None:
    """A request that waits for its work order leaves it if it is of another trade or cause than ``before``, or moves to
    another desk: who comes for the others can do nothing about it. The caller has it assigned then.

    One that somebody was sent to already stays.
    """
    ticket, terms = turn.ticket, turn.terms
    if ticket.storm_order_id is None or ticket.handler_id is not None:
        return
    cause_of = storm_terms_of(terms.policy, terms.zone.key).cause_of
    same_cause = cause_of.get(ticket.subcategory) == cause_of.get(before.subcategory)
    if moves or not same_cause or ticket.trade != before.trade:
        turn.change(storm_order_id=None)
        turn.because("DSP-09", "left a storm's work order", {"order_id": before.storm_order_id})


def _holder(turn: Turn, desk: Desk, storm: Storm) -> Staff | None:
    """Who of the desk has the ticket, if they are on duty and take no other work order of the storm."""
    ticket, estate = turn.ticket, turn.estate
    if ticket.handler_id is None or ticket.handler_id in storm.sent:
        return None
    lines = (one for one in estate.staff if one.staff_id == ticket.handler_id and one.desk == desk.name)
    return next((one for one in lines if is_on_duty(one, estate, turn.terms, turn.at)), None)


def _assign_at_once(turn: Turn, desk: Desk, into: Gathering, order: StormOrder, served_by: str | None) -> StormOrder:
    """An emergency goes to who can be there first; where nobody of the desk can, it is routed as ever (DSP-08).

    They take the work order of the building too; it is another one where somebody else has that already.
    """
    ways = into.terms.ways
    crews = crews_of(into.storm, desk.name, turn.estate, turn.workload, turn.terms, into.terms, turn.at)
    crew = soonest(visit_of(order, (turn.ticket,), into.terms), crews, ways)
    if crew is None:
        assign(turn, desk, served_by)
    else:
        reasons = (f"way_{way_min(crew, order.where, ways)}_min", f"in_hand_{turn.workload.of(crew.staff.staff_id)}")
        give(turn, desk, Choice(crew.staff, ("emergency", "first_there", *reasons)))
    ticket = turn.ticket
    if order.handler_id is not None and order.handler_id != ticket.handler_id:
        order = _begun(turn, desk, into)
    requests = len({*order.case_ids, ticket.id}) if order.assigned_at is None else 1
    if crew is not None:
        sent = {**into.storm.sent, crew.staff.staff_id: sent_to(crew, order, requests, ways, turn.at)}
        into.storm = into.storm.model_copy(update={"sent": sent})
    if order.handler_id is not None or ticket.handler_id is None:
        return order
    return order.model_copy(
        update={"handler_id": ticket.handler_id, "handler_role": ticket.handler_role, "assigned_at": turn.at}
    )


def _stays_longer(into: Gathering, order: StormOrder, handler: Staff) -> None:
    sent = into.storm.sent.get(handler.staff_id)
    if sent is not None:
        longer = stays_longer(sent, order, into.terms.ways)
        into.storm = into.storm.model_copy(update={"sent": {**into.storm.sent, handler.staff_id: longer}})


def _order_for(turn: Turn, desk: Desk, into: Gathering) -> StormOrder:
    """The work order that the place's requests join; another one where it is full, or where nobody goes any more."""
    order = into.order
    if order is None or len(order.case_ids) >= into.terms.order_at_most:
        return _begun(turn, desk, into)
    goes_on = order.assigned_at is None or _still_there(turn, order, into.storm) is not None
    return order if goes_on else _begun(turn, desk, into)


def _begun(turn: Turn, desk: Desk, into: Gathering) -> StormOrder:
    storm, home = into.storm, turn.home
    place = place_of(turn.ticket, desk, home)
    digest = uuid5(NAMESPACE, f"{storm.id}|order|{place}|{storm.orders}").hex[:12]
    return StormOrder(
        id=id_under(storm.estate_id, f"so{digest}"),
        estate_id=storm.estate_id,
        storm_id=storm.id,
        place=place,
        desk=desk.name,
        trade=turn.ticket.trade,
        phase=home.phase if home else None,
        building=home.building if home else None,
        opened_at=turn.at,
        customers=into.order.customers if into.order else (),
    )


def _still_there(turn: Turn, order: StormOrder, storm: Storm) -> Staff | None:
    """Who serves the work order, if they are on duty, can take one more and were not sent on to another."""
    sent = storm.sent.get(order.handler_id or "")
    if order.handler_id is None or (sent is not None and sent.order_id != order.id):
        return None
    there = who_has(order, turn.estate, turn.terms, turn.at)
    return there if there is not None and turn.workload.of(there.staff_id) < turn.terms.load_limit else None


def _join(turn: Turn, into: Gathering, order: StormOrder) -> None:
    ticket, storm = turn.ticket, into.storm
    is_new, is_told = not order.case_ids, _is_told(turn, storm, order)
    order = order.model_copy(
        update={
            "case_ids": (*order.case_ids, ticket.id),
            "levels": {**order.levels, ticket.id: ticket.level},
            "emergencies": (*order.emergencies, ticket.id) if ticket.emergency else order.emergencies,
            "customers": order.customers if is_told or turn.home else (*order.customers, ticket.customer_ref),
        }
    )
    changed: dict[str, object] = {
        "gathering": {**storm.gathering, order.place: order.id},
        "orders": storm.orders + is_new,
        "requests": storm.requests + 1,
        "households": storm.households + (not is_told),
    }
    if order.assigned_at is None and order.id not in storm.waiting:
        changed["waiting"] = (*storm.waiting, order.id)
        changed["round_at"] = storm.round_at or turn.at + into.terms.round_every
    turn.change(storm_order_id=order.id)
    into.order = turn.touched[order.id] = order
    into.storm = turn.touched[storm.id] = storm.model_copy(update=changed)
    turn.tell(
        StormOrderJoined(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            storm_id=storm.id,
            order_id=order.id,
            cause=storm.cause,
            phase=order.phase,
            building=order.building,
            requests=len(order.case_ids),
            joined_at=turn.at,
        )
    )
    if not is_told:
        if turn.home is not None:
            on = turn.workload.storms.values()
            turn.home = turn.touched["home"] = turn.home.told(storm.id, on)
        turn.tell(_notice(turn, storm))
    turn.because("DSP-09", "joined a storm's work order", {
        "storm_id": storm.id, "order_id": order.id, "cause": storm.cause, "requests": len(order.case_ids),
        "at_once": ticket.emergency,
    })  # fmt: skip


def _is_told(turn: Turn, storm: Storm, order: StormOrder) -> bool:
    if turn.home is not None:
        return storm.id in turn.home.storms_told
    return turn.ticket.customer_ref in order.customers


def _notice(turn: Turn, storm: Storm) -> MessageRequested:
    """One notice to a household in a storm, whichever of its requests comes first (INT-16)."""
    ticket = turn.ticket
    household = turn.home.id if turn.home else ticket.customer_ref
    digest = uuid5(NAMESPACE, f"{storm.id}|notice|{household}").hex[:12]
    return MessageRequested(
        message_id=id_under(ticket.estate_id, f"m-storm-{digest}"),
        estate_id=ticket.estate_id,
        case_id=ticket.id,
        customer_ref=ticket.customer_ref,
        about="notice",
        requested_at=turn.at,
    )
