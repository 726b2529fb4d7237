"""Storms of a whole region by hand: said once, then carried to its estates in bounded rounds (DSP-09)."""

from collections.abc import Iterable

from linli_messaging.batch.working_set import not_loaded
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import NOTHING, Because, Decision, More, Outcome, Timer

from linli_dispatch import commands
from linli_dispatch.domain import refusals
from linli_dispatch.domain.group.places import Estate, Workload
from linli_dispatch.domain.storms.earlier import taken
from linli_dispatch.domain.storms.region_storm import EstatesOf, RegionStorm, What, region_storm_id
from linli_dispatch.domain.storms.storm import Storm, declare, end, storm_id_of
from linli_dispatch.domain.storms.storm_refusals import OF_ANOTHER_REGION, REGION_UNDER_WAY
from linli_dispatch.domain.storms.surge import Surge
from linli_dispatch.handlers.storm_beginning import with_earlier
from linli_dispatch.handlers.storming import declarer, terms_of_storm


def needs_of_region(command: commands.DeclareRegionStorm | commands.EndRegionStorm) -> Iterable[Ref]:
    """What was said of the region before, and the estate on whose roster the sender is."""
    return (RegionStorm, region_storm_id(command.region_id, command.cause)), (Estate, command.estate_id)


def handle_declare_region_storm(facts: Facts, command: commands.DeclareRegionStorm, ctx: Context) -> Outcome:
    """Somebody who may says that there is one at all estates of the region."""
    return _say(facts, command, "declare", ctx)


def handle_end_region_storm(facts: Facts, command: commands.EndRegionStorm, ctx: Context) -> Outcome:
    """Somebody who may says that it is over at all of them, however each was declared."""
    return _say(facts, command, "end", ctx)


def _say(
    facts: Facts, command: commands.DeclareRegionStorm | commands.EndRegionStorm, what: What, ctx: Context
) -> Outcome:
    estate = facts.get(Estate, command.estate_id)
    if estate is None:
        return refusals.ESTATE_NOT_FOUND
    if estate.region_id != command.region_id:
        return OF_ANOTHER_REGION
    terms = terms_of_storm(estate, ctx)
    by = declarer(estate, ctx, terms)
    if by is None:
        return refusals.NO_DECLARER
    if command.cause not in terms.cause_of.values():
        return refusals.UNKNOWN_CAUSE
    known = facts.get(RegionStorm, region_storm_id(command.region_id, command.cause)) or RegionStorm(
        id=region_storm_id(command.region_id, command.cause), region_id=command.region_id, cause=command.cause
    )
    if known.due_at is not None and known.what == what:
        return REGION_UNDER_WAY
    return Decision(
        save=(known.said(what, by, command.reason, ctx.now),),
        because=(
            Because(
                "DSP-09",
                "storm of a region declared" if what == "declare" else "storm of a region ended",
                known.id,
                terms.version,
                {"cause": command.cause, "by": by, "reason": command.reason},
            ),
        ),
        answer={"region_id": command.region_id, "cause": command.cause},
    )


def needs_of_region_round(region: RegionStorm, timer: Timer) -> Iterable[Ref]:
    """The estates that it is about, what is on there, and which come next."""
    yield EstatesOf, region.estates_id
    for estate_id in region.next_ids:
        yield Estate, estate_id
        yield Workload, estate_id


def handle_region_round(facts: Facts, region: RegionStorm, timer: Timer, ctx: Context) -> Outcome:
    """The next estates of the region: each has a storm by now, or none any more."""
    if timer not in region.timers():
        return NOTHING
    known = (facts.get(Estate, estate_id) for estate_id in region.next_ids)
    at_each = [
        _declared(facts, estate, region, ctx) if region.what == "declare" else _ended(facts, estate, region, ctx)
        for estate in known
        if estate is not None and estate.region_id == region.region_id
    ]
    wanted = [ref for one in at_each if isinstance(one, More) for ref in one.refs]
    if wanted:
        return More(tuple(dict.fromkeys(wanted)))
    decided = [one for one in at_each if isinstance(one, Decision) and one is not NOTHING]
    found = facts.get(EstatesOf, region.estates_id)
    after = region.gone_on(len(decided), found.estate_ids if found else (), ctx.now)
    return sum(decided, Decision(save=(after,)))


def _declared(facts: Facts, estate: Estate, region: RegionStorm, ctx: Context) -> Decision | More:
    """As by hand for this estate alone, unless one is on there or its policy knows no such cause."""
    terms, cause = terms_of_storm(estate, ctx), region.cause
    workload = facts.get(Workload, estate.id) or Workload(id=estate.id)
    if cause in workload.storms or cause not in terms.cause_of.values():
        return NOTHING
    workload, cases = taken(workload, cause, ctx.now, terms)
    none = Surge(cause, terms.sensitivity.windows_h[0], 0, 0.0)
    storm_id = storm_id_of(estate.id, cause, ctx.cause)
    declared = declare(storm_id, workload, none, "by_hand", ctx.now, terms, (region.by, region.reason))
    return with_earlier(facts, estate, declared, cases, ctx, terms)


def _ended(facts: Facts, estate: Estate, region: RegionStorm, ctx: Context) -> Decision | More:
    """As by hand for this estate alone, unless none is on."""
    workload = facts.get(Workload, estate.id) or Workload(id=estate.id)
    storm_id = workload.storms.get(region.cause)
    if storm_id is None:
        return NOTHING
    missing = not_loaded(facts, ((Storm, storm_id),))
    if missing:
        return More(missing)
    storm = facts.get(Storm, storm_id)
    if storm is None or storm.ended_at is not None:
        return NOTHING
    by = (region.by, region.reason)
    return end(storm, workload, ctx.now, "by_hand", terms_of_storm(estate, ctx).version, by)
