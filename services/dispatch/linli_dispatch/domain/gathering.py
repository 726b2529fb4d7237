"""In a storm, requests of one cause and building are served by one work order (DSP-09).

Each keeps its own ticket, owner, clocks and callback (DSP-19). It stands on its desk's common list until a round gives
its work order out (`rounds.py`); one whose work order is given out already goes along. An emergency never waits: it is
assigned at once, and whoever gets it takes the work order of the building too. Each affected household is told once in
a storm (INT-16).
"""

from dataclasses import dataclass
from uuid import uuid5

from linli_contracts.envelope import NAMESPACE
from linli_contracts.events.dispatch import StormOrderJoined
from linli_contracts.events.messages import MessageRequested
from linli_contracts.lanes import id_under

from linli_dispatch.domain.assigning import assign, give
from linli_dispatch.domain.places import Home, Staff
from linli_dispatch.domain.routing import Choice, is_on_duty
from linli_dispatch.domain.storm import Storm, StormOrder
from linli_dispatch.domain.storm_terms import StormTerms
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
    handler = _still_there(turn, order)
    if turn.ticket.emergency:
        assign(turn, desk, served_by)
        if order.handler_id is None and turn.ticket.handler_id is not None:
            order = order.model_copy(
                update={"handler_id": turn.ticket.handler_id, "handler_role": turn.ticket.handler_role}
            )
    elif handler is not None and order.assigned_at is not None:
        give(turn, desk, Choice(handler, ("storm_order",)))
    elif not desk.department:
        # The desk's own list has it: nothing is left to pass on (INT-08).
        turn.change(passed_on_at=turn.at)
    _join(turn, into, order)


def _order_for(turn: Turn, desk: Desk, into: Gathering) -> StormOrder:
    """The work order that the place's requests join; another one where it is full, or where nobody goes any more."""
    order, terms = into.order, into.terms
    takes_more = order is not None and len(order.case_ids) < terms.order_at_most
    if order is not None and takes_more and (order.assigned_at is None or _still_there(turn, order) is not None):
        return order
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
        customers=order.customers if order else (),
    )


def _still_there(turn: Turn, order: StormOrder) -> Staff | None:
    """Who serves the work order, if they are on duty and can take one more."""
    if order.handler_id is None:
        return None
    lines = (one for one in turn.estate.staff if one.staff_id == order.handler_id)
    return next(
        (
            one
            for one in lines
            if is_on_duty(one, turn.estate, turn.terms, turn.at)
            and turn.workload.of(one.staff_id) < turn.terms.load_limit
        ),
        None,
    )


def _join(turn: Turn, into: Gathering, order: StormOrder) -> None:
    ticket, storm = turn.ticket, into.storm
    is_new, is_told = not order.case_ids, _is_told(turn, storm, order)
    order = order.model_copy(
        update={
            "case_ids": (*order.case_ids, ticket.id),
            "levels": {**order.levels, ticket.id: ticket.level},
            "customers": order.customers if is_told or turn.home else (*order.customers, ticket.customer_ref),
        }
    )
    changed: dict[str, object] = {
        "gathering": {**storm.gathering, order.place: order.id},
        "orders": storm.orders + is_new,
        "requests": storm.requests + 1,
        "households": storm.households + (not is_told),
    }
    if is_new:
        changed["waiting"] = (*storm.waiting, order.id)
        changed["round_at"] = storm.round_at or turn.at + into.terms.round_every
    turn.change(storm_order_id=order.id)
    turn.touched[order.id] = order
    turn.touched[storm.id] = storm.model_copy(update=changed)
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
            turn.home = turn.touched["home"] = turn.home.model_copy(update={"told_of": storm.id})
        turn.tell(_notice(turn, storm))
    turn.because("DSP-09", "joined a storm's work order", {
        "storm_id": storm.id, "order_id": order.id, "cause": storm.cause, "requests": len(order.case_ids),
        "at_once": ticket.emergency,
    })  # fmt: skip


def _is_told(turn: Turn, storm: Storm, order: StormOrder) -> bool:
    if turn.home is not None:
        return turn.home.told_of == storm.id
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
