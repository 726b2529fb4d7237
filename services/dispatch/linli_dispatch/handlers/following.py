"""Following the facts of the other services, and the clocks that run out."""

from linli_contracts.events.followup import CallbackCompleted, CustomerUnreachable
from linli_contracts.events.intake import (
    ComplaintAmended,
    ComplaintGraded,
    ComplaintReceived,
    ComplaintsLinked,
    ComplaintUnlinked,
    ComplaintWithdrawn,
)
from linli_contracts.events.warranty import CoverageAnswered
from linli_messaging.service_map import Context, Facts
from linli_rulebook.decision import NOTHING, More, Outcome, Timer

from linli_dispatch.domain import callbacks
from linli_dispatch.domain.amending import follow_amendment, follow_answer
from linli_dispatch.domain.closing import withdraw
from linli_dispatch.domain.deadlines.running_out import catch_up, run_out
from linli_dispatch.domain.group.places import Estate, Home
from linli_dispatch.domain.level import regrade, says_nothing_new
from linli_dispatch.domain.opening import link, open_ticket, remember, unlink
from linli_dispatch.domain.repairs.repair_records import PhaseRecords, goes_back, note_repair
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn
from linli_dispatch.handlers.storming import gathering_of, look_out, served_by_order
from linli_dispatch.handlers.turning import on_event, turn_of


def handle_received(facts: Facts, event: ComplaintReceived, ctx: Context) -> Outcome:
    """Remembers a request, and whether so many of its kind are a storm."""
    if facts.get(Ticket, event.case_id) is not None:
        return NOTHING
    seen = look_out(facts, event, ctx)
    return seen if isinstance(seen, More) else remember(event) + seen


def handle_graded(facts: Facts, event: ComplaintGraded, ctx: Context) -> Outcome:
    """The first grading opens the ticket; a later one may change its level, an older one that comes late does not."""

    def open_or_regrade(turn: Turn) -> None:
        ticket = turn.ticket
        if ticket.status == "received":
            turn.home = facts.get(Home, ticket.home_id) if ticket.home_id else None
            open_ticket(turn, event, ctx.number, gathering_of(facts, turn))
            _note_repair(facts, turn)
        elif ticket.status == "closed" or ctx.number < ticket.graded_number:
            return
        elif not says_nothing_new(turn, event):
            regrade(turn, event, ctx.number)
            catch_up(turn)
        if ctx.number != ticket.graded_number:
            turn.change(graded_number=ctx.number)

    return on_event(facts, event.case_id, ctx, open_or_regrade)


def _note_repair(facts: Facts, turn: Turn) -> None:
    ticket, home = turn.ticket, turn.home
    if ticket.kind != "repair" or home is None:
        return
    records = facts.get(PhaseRecords, ticket.estate_id) or PhaseRecords(id=ticket.estate_id)
    back = goes_back(home, turn.at, turn.terms)
    note_repair(turn, records, facts.get(Ticket, back) if back else None)


def handle_amended(facts: Facts, event: ComplaintAmended, ctx: Context) -> Outcome:
    """Takes over what a request is really about, as it was last said; a repair that it turns out to be is counted with
    its home's.

    Deadlines that are in the past by that are missed at once, as by another level.
    """
    is_now = event.is_now
    if is_now is None:
        return NOTHING

    def amend(turn: Turn) -> None:
        ticket = turn.ticket
        if ticket.status == "closed" or ctx.number < ticket.amended_number:
            return
        turn.home = facts.get(Home, ticket.home_id) if ticket.home_id else None
        storm = served_by_order(facts, turn) if is_now.emergency != ticket.emergency else None
        follow_amendment(turn, is_now, storm)
        if ctx.number != ticket.amended_number:
            turn.change(amended_number=ctx.number)
        home = turn.home
        if ticket.in_hand and ticket.kind != "repair" and home is not None and home.last_repair != ticket.id:
            _note_repair(facts, turn)
        catch_up(turn)

    return on_event(facts, event.case_id, ctx, amend)


def handle_linked(facts: Facts, event: ComplaintsLinked, ctx: Context) -> Outcome:
    """Remembers who follows the case, as it was last said."""
    known = (facts.get(Ticket, case_id) for case_id in event.linked_case_ids if case_id != event.case_id)
    followers = tuple(ticket for ticket in known if ticket)
    return on_event(facts, event.case_id, ctx, lambda turn: link(turn, event, followers, ctx.number))


def handle_unlinked(facts: Facts, event: ComplaintUnlinked, ctx: Context) -> Outcome:
    """Forgets that a request followed the case."""
    follower = facts.get(Ticket, event.unlinked_case_id)
    return on_event(facts, event.case_id, ctx, lambda turn: unlink(turn, event, follower, ctx.number))


def handle_withdrawn(facts: Facts, event: ComplaintWithdrawn, ctx: Context) -> Outcome:
    """Closes the ticket, unless it is closed."""
    ticket = facts.get(Ticket, event.case_id)
    return NOTHING if ticket and ticket.status == "closed" else on_event(facts, event.case_id, ctx, withdraw)


def handle_coverage(facts: Facts, event: CoverageAnswered, ctx: Context) -> Outcome:
    """Follows warranty's answer; deadlines that are in the past by that are missed at once."""

    def follow(turn: Turn) -> None:
        follow_answer(turn, event)
        catch_up(turn)

    return on_event(facts, event.case_id, ctx, follow)


def handle_callback(facts: Facts, event: CallbackCompleted, ctx: Context) -> Outcome:
    """Closes or reopens."""
    return on_event(facts, event.case_id, ctx, lambda turn: callbacks.follow_callback(turn, event))


def handle_unreachable(facts: Facts, event: CustomerUnreachable, ctx: Context) -> Outcome:
    """Closes after the last try."""
    return on_event(facts, event.case_id, ctx, lambda turn: callbacks.follow_unreachable(turn, event))


def handle_clock(facts: Facts, ticket: Ticket, timer: Timer, ctx: Context) -> Outcome:
    """A clock ran out."""
    estate = facts.get(Estate, ticket.estate_id)
    if estate is None or timer not in ticket.timers():
        return NOTHING
    turn = turn_of(facts, ticket, estate, ctx)
    run_out(turn, timer)
    return turn.decision()
