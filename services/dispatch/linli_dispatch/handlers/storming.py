"""Storms: requests are watched, a storm is declared and ended, its work orders are given out and finished (DSP-09)."""

from collections.abc import Iterable

from linli_contracts.events.intake import ComplaintReceived
from linli_contracts.lanes import key_of
from linli_messaging.batch.working_set import not_loaded
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook import Policy
from linli_rulebook.decision import NOTHING, Decision, More, Outcome, State, Timer

from linli_dispatch import commands
from linli_dispatch.domain import handling, refusals
from linli_dispatch.domain.blueprints.step_record import StepRecord
from linli_dispatch.domain.deadlines.running_out import catch_up
from linli_dispatch.domain.group.places import Estate, Workload
from linli_dispatch.domain.repairs import repair
from linli_dispatch.domain.storms.earlier import came_with, remembered, taken
from linli_dispatch.domain.storms.gathering import Gathering, place_of
from linli_dispatch.domain.storms.giving_out import Round, looked_at, still_waits
from linli_dispatch.domain.storms.storm import How, Storm, StormOrder, declare, end, goes_on, hands_freed, storm_id_of
from linli_dispatch.domain.storms.storm_refusals import NOT_OF_THIS_ORDER
from linli_dispatch.domain.storms.storm_terms import StormTerms, storm_terms_of
from linli_dispatch.domain.storms.surge import Surge
from linli_dispatch.domain.storms.usual import Usual
from linli_dispatch.domain.storms.watching import Region, watch, watch_region
from linli_dispatch.domain.terms import terms_of
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn
from linli_dispatch.handlers.storm_beginning import with_earlier
from linli_dispatch.handlers.turning import turn_of
from linli_dispatch.solving import solve


def look_out(facts: Facts, event: ComplaintReceived, ctx: Context) -> Decision | More:
    """Counts a new request of a storm's cause, and declares the storm that it shows.

    Nothing for an estate that is not registered yet: where it lies, and so what is usual there, is not known.
    """
    estate = facts.get(Estate, event.estate_id)
    if estate is None:
        return NOTHING
    terms = terms_of_storm(estate, ctx)
    cause = terms.cause_of.get(event.subcategory)
    if cause is None:
        return NOTHING
    workload = facts.get(Workload, estate.id) or Workload(id=estate.id)
    usual = facts.get(Usual, estate.id)
    seen = watch(estate.id, workload.arrivals, usual, cause, event.received_at, ctx.now, terms)
    save: list[State] = [seen.usual] if seen.usual is not usual else []
    workload = workload.model_copy(update={"arrivals": seen.counts})
    if cause in workload.storms:
        storm = facts.get(Storm, workload.storms[cause])
        after = goes_on(storm, seen.storm, event.received_at, stirs=seen.stirs) if storm else None
        if after is not None and after is not storm:
            save.append(after)
        return Decision(save=(*save, workload))
    found = seen.storm
    how: How = "estate"
    if found is None and seen.stirs:
        missing = not_loaded(facts, ((Region, estate.region_id), (Usual, estate.region_id)))
        if missing:
            return More(missing)
        region = facts.get(Region, estate.region_id) or Region(id=estate.region_id)
        of_region = facts.get(Usual, estate.region_id)
        region, stirring = watch_region(region, of_region, cause, estate.id, event.received_at, terms)
        save += [region, stirring.usual]
        found, how = stirring.storm, "region"
    if found is None:
        return Decision(save=(*save, remembered(workload, cause, event.case_id, event.received_at, terms)))
    workload, cases = taken(workload, cause, ctx.now, terms)
    storm_id = storm_id_of(estate.id, cause, ctx.cause)
    declared = declare(storm_id, workload, found, how, ctx.now, terms)
    return with_earlier(facts, estate, Decision(save=tuple(save)) + declared, cases, ctx, terms)


def gathering_of(facts: Facts, turn: Turn) -> Gathering | None:
    """The storm that a new case falls into, if one of its cause is on, and was when it came or soon after."""
    ticket = turn.ticket
    if not turn.workload.storms:
        return None
    terms = storm_terms_of(turn.terms.policy, turn.terms.zone.key)
    storm_id = turn.workload.storms.get(terms.cause_of.get(ticket.subcategory, ""))
    storm = facts.get(Storm, storm_id) if storm_id else None
    if storm is None or not came_with(ticket.received_at, storm.declared_at, terms):
        return None
    place = place_of(ticket, turn.terms.responsible_desk(ticket.kind, ticket.category), turn.home)
    order_id = storm.gathering.get(place)
    return Gathering(storm, facts.get(StormOrder, order_id) if order_id else None, terms)


def served_by_order(facts: Facts, turn: Turn) -> Gathering | None:
    """The work order that serves a case with others, and its storm, if one does."""
    order_id = turn.ticket.storm_order_id
    order = facts.get(StormOrder, order_id) if order_id else None
    storm = facts.get(Storm, order.storm_id) if order else None
    return Gathering(storm, order, storm_terms_of(turn.terms.policy, turn.terms.zone.key)) if storm else None


def needs_of_declaring(command: commands.DeclareStorm) -> Iterable[Ref]:
    """The estate and what is on there."""
    return (Estate, command.estate_id), (Workload, command.estate_id)


def handle_declare_storm(facts: Facts, command: commands.DeclareStorm, ctx: Context) -> Outcome:
    """Somebody who may says that there is one."""
    estate = facts.get(Estate, command.estate_id)
    if estate is None:
        return refusals.ESTATE_NOT_FOUND
    terms = terms_of_storm(estate, ctx)
    by = declarer(estate, ctx, terms)
    if by is None:
        return refusals.NO_DECLARER
    if command.cause not in terms.cause_of.values():
        return refusals.UNKNOWN_CAUSE
    workload = facts.get(Workload, estate.id) or Workload(id=estate.id)
    if command.cause in workload.storms:
        return refusals.STORM_IS_ON
    storm_id = storm_id_of(estate.id, command.cause, command.command_id)
    workload, cases = taken(workload, command.cause, ctx.now, terms)
    none = Surge(command.cause, terms.sensitivity.windows_h[0], 0, 0.0)
    declared = declare(storm_id, workload, none, "by_hand", ctx.now, terms, (by, command.reason))
    return with_earlier(facts, estate, declared, cases, ctx, terms)


def needs_of_storm(command: commands.EndStorm) -> Iterable[Ref]:
    """The storm, and what is on at its estate."""
    estate_id = key_of(command.storm_id)
    return (Storm, command.storm_id), (Estate, estate_id), (Workload, estate_id)


def handle_end_storm(facts: Facts, command: commands.EndStorm, ctx: Context) -> Outcome:
    """Somebody who may says that it is over."""
    storm, estate = facts.get(Storm, command.storm_id), facts.get(Estate, key_of(command.storm_id))
    if storm is None or estate is None:
        return refusals.STORM_NOT_FOUND
    terms = terms_of_storm(estate, ctx)
    by = declarer(estate, ctx, terms)
    if by is None:
        return refusals.NO_DECLARER
    if storm.ended_at is not None:
        return refusals.STORM_IS_OVER
    workload = facts.get(Workload, estate.id) or Workload(id=estate.id)
    return end(storm, workload, ctx.now, "by_hand", terms.version, (by, command.reason))


def needs_of_storm_clock(storm: Storm, timer: Timer) -> Iterable[Ref]:
    """The estate, what is on there, and the work orders that wait."""
    waiting = ((StormOrder, order_id) for order_id in storm.waiting)
    return (Estate, storm.estate_id), (Workload, storm.estate_id), *waiting


def handle_storm_over(facts: Facts, storm: Storm, timer: Timer, ctx: Context) -> Outcome:
    """No request was far more than usual for long enough."""
    estate = facts.get(Estate, storm.estate_id)
    if estate is None or timer not in storm.timers():
        return NOTHING
    workload = facts.get(Workload, storm.estate_id) or Workload(id=storm.estate_id)
    return end(storm, workload, ctx.now, "over", terms_of_storm(estate, ctx).version)


def handle_storm_round(facts: Facts, storm: Storm, timer: Timer, ctx: Context) -> Outcome:
    """The work orders that wait are given out over the whole set."""
    estate = facts.get(Estate, storm.estate_id)
    if estate is None or timer not in storm.timers():
        return NOTHING
    storm_terms = terms_of_storm(estate, ctx)
    known = (facts.get(StormOrder, order_id) for order_id in storm.waiting)
    orders = looked_at(storm, [order for order in known if order is not None], storm_terms)
    missing = not_loaded(facts, ((Ticket, case_id) for order in orders for case_id in order.case_ids))
    if missing:
        return More(missing)
    workload = facts.get(Workload, estate.id) or Workload(id=estate.id)
    turns = {
        order.id: [
            turn_of(facts, ticket, estate, ctx) for ticket in _tickets(facts, order) if still_waits(ticket, order)
        ]
        for order in orders
    }
    terms = terms_of(_policy(estate, ctx), estate.zone)
    return Round(storm, estate, workload, terms, storm_terms, ctx.now).give_out(orders, turns, solve)


def needs_of_order(command: commands.FinishStormOrder) -> Iterable[Ref]:
    """The work order, and the counters."""
    estate_id = key_of(command.order_id)
    return (StormOrder, command.order_id), (Estate, estate_id), (Workload, estate_id), (StepRecord, estate_id)


def handle_finish_storm_order(facts: Facts, command: commands.FinishStormOrder, ctx: Context) -> Outcome:
    """One visit settled them all: each request of the work order is finished as if it were alone."""
    order, estate = facts.get(StormOrder, command.order_id), facts.get(Estate, key_of(command.order_id))
    if order is None or estate is None:
        return refusals.STORM_ORDER_NOT_FOUND
    if not set(command.without) <= set(order.case_ids):
        return NOT_OF_THIS_ORDER
    missing = not_loaded(facts, ((Ticket, case_id) for case_id in order.case_ids))
    if missing:
        return More(missing)
    workload = facts.get(Workload, estate.id) or Workload(id=estate.id)
    all_of_it, finished, left = Decision(), [], []
    for ticket in _tickets(facts, order):
        if not ticket.in_hand or ticket.storm_order_id != order.id or ticket.id in command.without:
            continue
        turn = turn_of(facts, ticket, estate, ctx)
        turn.workload = workload
        catch_up(turn)
        finish = (
            repair.finish(turn, None) if ticket.kind == "repair" else handling.resolve(turn, "handled", consented=False)
        )
        if finish is not None:
            left.append(ticket.id)
            continue
        workload = turn.workload
        all_of_it += turn.decision()
        finished.append(ticket.id)
    if not finished and not left:
        return refusals.STORM_ORDER_IS_DONE
    storm = facts.get(Storm, order.storm_id)
    after = hands_freed(storm, order, ctx.now) if storm and finished else storm
    if after is not None and after is not storm:
        all_of_it += Decision(save=(after,))
    return all_of_it + Decision(answer={"order_id": order.id, "finished": finished, "left": left})


def org_of_storm(facts: Facts, command: commands.EndStorm) -> str | None:
    """The organisation of the storm's estate."""
    estate = facts.get(Estate, key_of(command.storm_id))
    return estate.organisation if estate else None


def org_of_order(facts: Facts, command: commands.FinishStormOrder) -> str | None:
    """The organisation of the work order's estate."""
    estate = facts.get(Estate, key_of(command.order_id))
    return estate.organisation if estate else None


def _tickets(facts: Facts, order: StormOrder) -> list[Ticket]:
    found = (facts.get(Ticket, case_id) for case_id in order.case_ids)
    return [ticket for ticket in found if ticket is not None]


def _policy(estate: Estate, ctx: Context) -> Policy:
    return ctx.policies.policy(ctx.policies.version_in_force(ctx.now), region=estate.region_id, estate=estate.id)


def terms_of_storm(estate: Estate, ctx: Context) -> StormTerms:
    """What holds in storms at the estate now."""
    return storm_terms_of(_policy(estate, ctx), estate.zone)


def declarer(estate: Estate, ctx: Context, terms: StormTerms) -> str | None:
    """The sender, if they hold a role on the estate's roster that may declare and end storms (DSP-09)."""
    by = ctx.actor.subject if ctx.actor else ""
    return by if any(line.role in terms.declared_by for line in estate.lines_of(by)) else None
