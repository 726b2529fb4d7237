"""From a request to a ticket: remembered when it is received, opened when it is first graded, assigned at once.

The owner is the first receiver (INT-04); the handler is chosen by DSP-08. Reopening assigns again by the same function.
"""

from linli_contracts.events.dispatch import TicketAssigned, TicketOpened
from linli_contracts.events.intake import ComplaintGraded, ComplaintReceived, ComplaintsLinked, ComplaintUnlinked
from linli_rulebook.decision import Decision

from linli_dispatch.domain.clocks import wind
from linli_dispatch.domain.crisis import follow_level
from linli_dispatch.domain.level import COMPLEX_FROM_LEVEL
from linli_dispatch.domain.lifecycle import after
from linli_dispatch.domain.repair import ask_coverage, asks_coverage
from linli_dispatch.domain.reporting import report_quality_claim
from linli_dispatch.domain.routing import choose_handler
from linli_dispatch.domain.running_out import catch_up
from linli_dispatch.domain.starting import start_again, start_course
from linli_dispatch.domain.terms import Desk
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn


def remember(received: ComplaintReceived) -> Decision:
    """A request is known; its ticket opens when it is graded."""
    ticket = Ticket(
        id=received.case_id,
        estate_id=received.estate_id,
        home_id=received.home_id,
        kind=received.kind,
        category=received.category,
        subcategory=received.subcategory,
        channel=received.channel,
        customer_ref=received.customer_ref,
        received_at=received.received_at,
        owner_id=received.received_by,
        trade=received.trade,
        place=received.place,
        language=received.language,
        emergency=received.emergency,
        complete_by=received.complete_by,
        people=received.people,
        round_from=received.received_at,
        report_from=received.received_at,
    )
    return Decision(save=(ticket,))


def open_ticket(turn: Turn, graded: ComplaintGraded) -> None:
    """The first grading: one owner, a handler, running clocks (DSP-19); for a repair of a trade, warranty is asked."""
    ticket, terms = turn.ticket, turn.terms
    desk = terms.responsible_desk(ticket.kind, ticket.category)
    turn.change(
        status=after(ticket.status, "graded_with_coverage_asked" if asks_coverage(ticket) else "graded"),
        policy_version=terms.version,
        zone=terms.zone.key,
        opened_at=turn.at,
        level=graded.level,
        graded_level=graded.level,
        level_reasons=graded.reasons,
        people=graded.people,
        complex=desk.department or graded.level <= COMPLEX_FROM_LEVEL,
    )
    turn.tell(
        TicketOpened(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            home_id=ticket.home_id,
            kind=ticket.kind,
            category=ticket.category,
            subcategory=ticket.subcategory,
            level=graded.level,
            customer_ref=ticket.customer_ref,
            owner_id=ticket.owner_id,
            received_at=ticket.received_at,
            opened_at=turn.at,
            complete_by=ticket.complete_by,
            policy_version=terms.version,
        )
    )
    turn.because("DSP-19", "ticket opened", {"owner_id": ticket.owner_id, "level": graded.level})
    begin_round(turn, desk, served_by=turn.home.served_by if turn.home else None)
    follow_level(turn)
    report_quality_claim(turn)


def begin_round(turn: Turn, desk: Desk, served_by: str | None) -> None:
    """The round's clocks start, and then its desk gets it: what had run out by now was late (INT-08)."""
    turn.change(desk=desk.name)
    if turn.ticket.round == 1:
        start_course(turn)
    else:
        start_again(turn)
    wind(turn)
    catch_up(turn)
    assign(turn, desk, served_by)
    if turn.ticket.passed_on_at is not None:
        wind(turn)
    if asks_coverage(turn.ticket):
        ask_coverage(turn)


def assign(turn: Turn, desk: Desk, served_by: str | None) -> None:
    """Chooses the handler at ``desk`` (DSP-08); a desk with a work list has the request in its hands with that."""
    ticket = turn.ticket
    choice = choose_handler(ticket, desk, turn.estate, turn.workload, served_by, turn.terms, turn.at)
    handler = choice.handler
    handler_id = handler.staff_id if handler else None
    turn.hand_over(ticket.handler_id, handler_id)
    facts: dict[str, object] = {
        "desk": desk.name,
        "handler_id": handler_id,
        "handler_role": handler.role if handler else None,
    }
    if handler and not desk.department:
        facts["passed_on_at"] = turn.at
    turn.change(**facts)
    turn.tell(
        TicketAssigned(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            handler_id=handler_id,
            role=handler.role if handler else None,
            desk=desk.name,
            reasons=choice.reasons,
            runners_up=choice.runners_up,
            shortage=choice.shortage,
            assigned_at=turn.at,
        )
    )
    turn.because("DSP-08", "shortage: assigned elsewhere" if choice.shortage else "assigned", {
        "handler_id": handler_id, "desk": desk.name, "reasons": list(choice.reasons),
        "runners_up": [one.model_dump() for one in choice.runners_up],
    })  # fmt: skip


def link(turn: Turn, linked: ComplaintsLinked, followers: tuple[Ticket, ...]) -> None:
    """Other requests about the same issue follow this case (INT-07). Each keeps its owner and its clocks for now."""
    if turn.ticket.people != linked.people:
        turn.change(people=linked.people)
        follow_level(turn)
    for follower in followers:
        if follower.leads_to != turn.ticket.id:
            turn.touched[follower.id] = follower.model_copy(update={"leads_to": turn.ticket.id})
    turn.because("INT-07", "requests linked", {"linked": list(linked.linked_case_ids), "people": linked.people})


def unlink(turn: Turn, unlinked: ComplaintUnlinked, follower: Ticket | None) -> None:
    """A request goes its own way again (INT-07); intake grades both anew."""
    turn.change(people=unlinked.people)
    follow_level(turn)
    if follower is not None and follower.leads_to == turn.ticket.id:
        turn.touched[follower.id] = follower.model_copy(update={"leads_to": None})
    turn.because("INT-07", "request unlinked", {"unlinked": unlinked.unlinked_case_id, "people": unlinked.people})
