"""From a request to a ticket: remembered when it is received, opened when it is first graded, assigned at once.

The owner is the first receiver (INT-04); the handler is chosen by DSP-08. Reopening assigns again by the same function.
"""

from linli_contracts.events.dispatch import TicketOpened
from linli_contracts.events.intake import ComplaintGraded, ComplaintReceived, ComplaintsLinked, ComplaintUnlinked
from linli_rulebook.decision import Decision

from linli_dispatch.domain.assigning.assigning import assign
from linli_dispatch.domain.blueprints.starting import change_course, start_again, start_course
from linli_dispatch.domain.crises.crisis import follow_level
from linli_dispatch.domain.deadlines.clocks import wind
from linli_dispatch.domain.deadlines.running_out import catch_up
from linli_dispatch.domain.level import COMPLEX_FROM_LEVEL
from linli_dispatch.domain.lifecycle import after
from linli_dispatch.domain.repairs.repair import ask_coverage, asks_coverage
from linli_dispatch.domain.repairs.reporting import report_quality_claim
from linli_dispatch.domain.storms.gathering import Gathering, gather
from linli_dispatch.domain.terms import Desk
from linli_dispatch.domain.ticket import ORDINARY, Ticket
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
        member=received.member,
        status="received",
        level=ORDINARY,
        round=1,
        clocks=(),
        overdue=(),
        round_from=received.received_at,
        report_from=received.received_at,
    )
    return Decision(save=(ticket,))


def open_ticket(turn: Turn, graded: ComplaintGraded, number: int, into: Gathering | None = None) -> None:
    """The first grading: one owner, a handler, running clocks (DSP-19); for a repair of a trade, warranty is asked.

    ``number``: of the fact, in its lane; a linking that is newer has said already how many complain together.
    """
    ticket, terms = turn.ticket, turn.terms
    desk = terms.responsible_desk(ticket.kind, ticket.category)
    turn.change(
        status=after(ticket.status, "graded_with_coverage_asked" if asks_coverage(ticket) else "graded"),
        policy_version=terms.version,
        zone=terms.zone.key,
        region_id=turn.estate.region_id,
        opened_at=turn.at,
        level=graded.level,
        graded_level=graded.level,
        level_reasons=graded.reasons,
        people=graded.people if number >= ticket.people_number else ticket.people,
        feedback=terms.is_feedback(ticket.kind, ticket.channel, member=ticket.member),
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
    begin_round(turn, desk, turn.home.known_to(desk.name) if turn.home else None, into)
    follow_level(turn)
    report_quality_claim(turn)


def begin_round(turn: Turn, desk: Desk, served_by: str | None, into: Gathering | None = None) -> None:
    """The round's clocks start, and then its desk gets it: what had run out by now was late (INT-08).

    ``into`` is the storm that a new case falls into (DSP-09); a reopened one is handled by itself.
    """
    turn.change(desk=desk.name)
    if turn.ticket.round == 1:
        start_course(turn)
    elif not change_course(turn):
        start_again(turn)
    wind(turn)
    catch_up(turn)
    if into is None:
        assign(turn, desk, served_by)
    else:
        gather(turn, desk, into, served_by)
    if turn.ticket.passed_on_at is not None:
        wind(turn)
    if asks_coverage(turn.ticket):
        ask_coverage(turn)


def link(turn: Turn, linked: ComplaintsLinked, followers: tuple[Ticket, ...], number: int) -> None:
    """Other requests about the same issue follow this case (INT-07), and it follows none from now on. Each keeps its
    owner and its clocks for now.

    ``number``: of the fact, in its lane; of what a newer one told it says nothing.
    """
    counted = _count(turn, linked.people, number)
    if number >= turn.ticket.leads_to_number:
        _lead(turn, turn.ticket, None, number)
    follow = [follower for follower in followers if number >= follower.leads_to_number]
    for follower in follow:
        _lead(turn, follower, turn.ticket.id, number)
    if counted or follow:
        turn.because("INT-07", "requests linked", {"linked": list(linked.linked_case_ids), "people": linked.people})


def unlink(turn: Turn, unlinked: ComplaintUnlinked, follower: Ticket | None, number: int) -> None:
    """A request goes its own way again (INT-07); intake grades both anew. ``number`` as in `link`."""
    counted = _count(turn, unlinked.people, number)
    leaves = follower is not None and number >= follower.leads_to_number
    if follower is not None and leaves:
        _lead(turn, follower, None, number)
    if counted or leaves:
        facts = {"unlinked": unlinked.unlinked_case_id, "people": unlinked.people}
        turn.because("INT-07", "request unlinked", facts)


def _count(turn: Turn, people: int, number: int) -> bool:
    """Takes over how many complain together in the case, unless a newer fact said so; returns whether it did."""
    ticket = turn.ticket
    if number < ticket.people_number:
        return False
    turn.change(people=people, linked_number=number)
    if ticket.people != people:
        follow_level(turn)
    return True


def _lead(turn: Turn, follower: Ticket, leads_to: str | None, number: int) -> None:
    """Kept also where it says what is known: nothing older may take that back."""
    says = {"leads_to": leads_to, "leads_to_number": number}
    if follower.id == turn.ticket.id:
        turn.change(**says)
    else:
        turn.touched[follower.id] = follower.model_copy(update=says)
