"""Rounds through open tickets because people come or go: they left a roster, are away, joined or are back (DSP-19)."""

from collections.abc import Iterable

from linli_messaging.batch.working_set import not_loaded
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import NOTHING, Decision, More, Outcome, Timer

from linli_dispatch import place_commands
from linli_dispatch.domain.assigning.filling import Filling, filling_id
from linli_dispatch.domain.assigning.filling_up import fill_all
from linli_dispatch.domain.assigning.going_through import WorkOf
from linli_dispatch.domain.assigning.handing_over import hand_over_all, still_holds
from linli_dispatch.domain.assigning.handover import Handover, handover_id
from linli_dispatch.domain.group.places import Estate, Home, Workload
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn
from linli_dispatch.handlers.turning import turn_of


def needs_of_rostering(command: place_commands.RosterStaff) -> Iterable[Ref]:
    """The estate, the handovers of those who leave a desk, and who is awaited there."""
    left = (line.staff_id for line in command.staff if not line.weekdays)
    return (
        (Estate, command.estate_id),
        (Filling, filling_id(command.estate_id)),
        *((Handover, handover_id(command.estate_id, staff_id, "roster")) for staff_id in left),
    )


def needs_of_absence(command: place_commands.RecordAbsence) -> Iterable[Ref]:
    """The estate, the handover that the absence begins, and who is awaited there."""
    estate_id = command.estate_id
    handover = (Handover, handover_id(estate_id, command.staff_id, "absence"))
    return (Estate, estate_id), handover, (Filling, filling_id(estate_id))


def needs_of_round(going: Handover | Filling, timer: Timer) -> Iterable[Ref]:
    """The roster, the counters, and which tickets are looked at."""
    return (Estate, going.estate_id), (Workload, going.estate_id), (WorkOf, going.work_id)


def handle_round(facts: Facts, handover: Handover, timer: Timer, ctx: Context) -> Outcome:
    """The next tickets of the person are handed over; each is looked at as it is now."""
    estate = facts.get(Estate, handover.estate_id)
    if estate is None or timer not in handover.timers():
        return NOTHING
    if not still_holds(handover, estate, estate.absence_of(handover.staff_id, ctx.now)):
        return Decision(save=(handover.dropped(),))
    found = _tickets(facts, handover.work_id)
    if isinstance(found, More):
        return found
    case_ids, tickets = found
    workload = facts.get(Workload, estate.id) or Workload(id=estate.id)
    turns = (_turn_at_home(facts, ticket, estate, ctx) for ticket in tickets)
    decided, moved = hand_over_all(handover, estate, workload, turns)
    return decided + Decision(save=(handover.looked_through(case_ids, moved, ctx.now),))


def handle_filling(facts: Facts, filling: Filling, timer: Timer, ctx: Context) -> Outcome:
    """The next tickets that wait for want of somebody; each is looked at as it is now."""
    estate = facts.get(Estate, filling.estate_id)
    if estate is None or timer not in filling.timers():
        return NOTHING
    found = _tickets(facts, filling.work_id)
    if isinstance(found, More):
        return found
    case_ids, tickets = found
    workload = facts.get(Workload, estate.id) or Workload(id=estate.id)
    decided, moved = fill_all(workload, (_turn_at_home(facts, ticket, estate, ctx) for ticket in tickets))
    return decided + Decision(save=(filling.begun(ctx.now).gone_on(case_ids, moved, ctx.now),))


def _tickets(facts: Facts, work_id: str) -> More | tuple[tuple[str, ...], list[Ticket]]:
    """The tickets of a round with their homes, and the ids that were found; what is not loaded is asked for first."""
    work = facts.get(WorkOf, work_id)
    case_ids = work.case_ids if work else ()
    missing = not_loaded(facts, ((Ticket, case_id) for case_id in case_ids))
    if missing:
        return More(missing)
    found = (facts.get(Ticket, case_id) for case_id in case_ids)
    tickets = [ticket for ticket in found if ticket is not None]
    missing = not_loaded(facts, ((Home, ticket.home_id) for ticket in tickets if ticket.home_id))
    return More(missing) if missing else (case_ids, tickets)


def _turn_at_home(facts: Facts, ticket: Ticket, estate: Estate, ctx: Context) -> Turn:
    turn = turn_of(facts, ticket, estate, ctx)
    turn.home = facts.get(Home, ticket.home_id) if ticket.home_id else None
    return turn
