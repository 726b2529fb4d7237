"""A round of handing over somebody's open work: who has left a roster, or is away (DSP-19, DSP-20)."""

from collections.abc import Iterable

from linli_messaging.batch.working_set import not_loaded
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import NOTHING, Decision, More, Outcome, Timer

from linli_dispatch import place_commands
from linli_dispatch.domain.assigning.handing_over import hand_over_all, still_holds
from linli_dispatch.domain.assigning.handover import Handover, WorkOf, handover_id
from linli_dispatch.domain.group.places import Estate, Home, Workload
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn
from linli_dispatch.handlers.turning import turn_of


def needs_of_rostering(command: place_commands.RosterStaff) -> Iterable[Ref]:
    """The estate, and the handovers of those who leave a desk."""
    left = (line.staff_id for line in command.staff if not line.weekdays)
    return (
        (Estate, command.estate_id),
        *((Handover, handover_id(command.estate_id, staff_id, "roster")) for staff_id in left),
    )


def needs_of_absence(command: place_commands.RecordAbsence) -> Iterable[Ref]:
    """The estate, and the handover that the absence begins."""
    return (Estate, command.estate_id), (Handover, handover_id(command.estate_id, command.staff_id, "absence"))


def needs_of_round(handover: Handover, timer: Timer) -> Iterable[Ref]:
    """The roster, the counters, and which tickets are the person's."""
    return (Estate, handover.estate_id), (Workload, handover.estate_id), (WorkOf, handover.work_id)


def handle_round(facts: Facts, handover: Handover, timer: Timer, ctx: Context) -> Outcome:
    """The next tickets of the person are handed over; each is looked at as it is now."""
    estate = facts.get(Estate, handover.estate_id)
    if estate is None or timer not in handover.timers():
        return NOTHING
    if not still_holds(handover, estate, estate.absence_of(handover.staff_id, ctx.now)):
        return Decision(save=(handover.dropped(),))
    work = facts.get(WorkOf, handover.work_id)
    case_ids = work.case_ids if work else ()
    missing = not_loaded(facts, ((Ticket, case_id) for case_id in case_ids))
    if missing:
        return More(missing)
    found = (facts.get(Ticket, case_id) for case_id in case_ids)
    tickets = [ticket for ticket in found if ticket is not None]
    missing = not_loaded(facts, ((Home, ticket.home_id) for ticket in tickets if ticket.home_id))
    if missing:
        return More(missing)
    workload = facts.get(Workload, estate.id) or Workload(id=estate.id)
    turns = (_turn_at_home(facts, ticket, estate, ctx) for ticket in tickets)
    decided, moved = hand_over_all(handover, estate, workload, turns)
    return decided + Decision(save=(handover.looked_through(case_ids, moved, ctx.now),))


def _turn_at_home(facts: Facts, ticket: Ticket, estate: Estate, ctx: Context) -> Turn:
    turn = turn_of(facts, ticket, estate, ctx)
    turn.home = facts.get(Home, ticket.home_id) if ticket.home_id else None
    return turn
