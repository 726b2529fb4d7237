"""An engineer and the service supervisor go with the contractor: leaks, structural cracks, repeated repairs, unclear
responsibility (DSP-11).

The first three are seen by the case itself when the contractor is notified; that responsibility is unclear, somebody
of the staff says. A repair that ends without the company that was asked for is not held up, but its history says so.
"""

from dataclasses import replace

from linli_contracts.events.dispatch import AccompanimentAsked, AccompanyGround, VisitAccompanied
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.group.offices import holders, persons_on
from linli_dispatch.domain.refusals import (
    ACCOMPANIMENT_ASKED,
    NO_ORDER,
    NOT_AN_ENGINEER,
    NOT_THE_SUPERVISOR,
    VISIT_ACCOMPANIED,
)
from linli_dispatch.domain.repairs.order import Order
from linli_dispatch.domain.terms import Terms
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn

ENGINEER = "repair_engineer"
SUPERVISOR = "service_supervisor"
"""The office of the policy."""


def grounds_of(ticket: Ticket, terms: Terms) -> tuple[AccompanyGround, ...]:
    """The grounds that the case itself shows: its subcategory or trade, and that it is being repaired again."""
    seen: tuple[AccompanyGround, ...] = tuple(
        ground
        for ground, kind in terms.accompanied.items()
        if ticket.subcategory in kind.subcategories or ticket.trade in kind.trades
    )
    return (*seen, "repeated") if ticket.round > 1 else seen


def ask_for_company(turn: Turn) -> None:
    """The contractor was notified: whoever is to go along is asked, where the case shows a ground."""
    order, grounds = turn.ticket.order, grounds_of(turn.ticket, turn.terms)
    if order is not None and grounds:
        _ask(turn, order, grounds)


def doubt_responsibility(turn: Turn) -> Refusal | None:
    """Somebody of the staff finds that it is unclear who is responsible."""
    order = turn.ticket.order
    if order is None:
        return NO_ORDER
    if "unclear_responsibility" in order.accompany:
        return ACCOMPANIMENT_ASKED
    _ask(turn, order, (*order.accompany, "unclear_responsibility"))
    return None


def accompany(turn: Turn, engineer_id: str, supervisor_id: str) -> Refusal | None:
    """Both were there. The supervisor may be the deputy of one who is away; company nobody asked for counts too."""
    ticket, order = turn.ticket, turn.ticket.order
    if order is None:
        return NO_ORDER
    if order.accompanied_by:
        return VISIT_ACCOMPANIED
    if all(line.role != ENGINEER for line in turn.estate.lines_of(engineer_id)):
        return NOT_AN_ENGINEER
    office = turn.terms.offices[SUPERVISOR]
    if supervisor_id not in {*holders(turn.estate, office), *persons_on(turn.estate, office, turn.at)}:
        return NOT_THE_SUPERVISOR
    turn.change(order=replace(order, accompanied_by=(engineer_id, supervisor_id)))
    turn.tell(
        VisitAccompanied(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            order_id=order.order_id,
            engineer_id=engineer_id,
            supervisor_id=supervisor_id,
            accompanied_at=turn.at,
        )
    )
    turn.because("DSP-11", "the contractor was accompanied", {"by": [engineer_id, supervisor_id]})
    return None


def note_missing_company(turn: Turn) -> None:
    """The repair is done: says so where nobody went along who should have."""
    order = turn.ticket.order
    if order is not None and order.accompany and not order.accompanied_by:
        turn.because("DSP-11", "done without the company that was asked for", {"grounds": list(order.accompany)})


def _ask(turn: Turn, order: Order, grounds: tuple[AccompanyGround, ...]) -> None:
    ticket = turn.ticket
    engineer_id = ticket.handler_id if ticket.handler_role == ENGINEER else None
    supervisors = tuple(persons_on(turn.estate, turn.terms.offices[SUPERVISOR], turn.at))
    turn.change(order=replace(order, accompany=grounds))
    turn.tell(
        AccompanimentAsked(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            order_id=order.order_id,
            grounds=grounds,
            engineer_id=engineer_id,
            supervisor_ids=supervisors,
            arrive_by=order.arrive_by,
            asked_at=turn.at,
        )
    )
    facts = {"grounds": list(grounds), "engineer_id": engineer_id, "supervisors": list(supervisors)}
    turn.because("DSP-11", "to be accompanied", facts)
