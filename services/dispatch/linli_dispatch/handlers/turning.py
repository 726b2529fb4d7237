"""From an input to a turn of its ticket, and from the turn to an outcome."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from linli_contracts.lanes import key_of
from linli_messaging.service_map import Context, Facts
from linli_rulebook.decision import Early, Outcome, Refusal

from linli_dispatch import commands
from linli_dispatch.domain import refusals
from linli_dispatch.domain.blueprints.step_record import StepRecord
from linli_dispatch.domain.deadlines.running_out import catch_up
from linli_dispatch.domain.group.places import Estate, Workload
from linli_dispatch.domain.lifecycle import IN_HAND, Status
from linli_dispatch.domain.terms import terms_of
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn

Rule = Callable[[Turn], Refusal | None]


def turn_of(facts: Facts, ticket: Ticket, estate: Estate, ctx: Context) -> Turn:
    """A turn of the ticket under its own policy version; before it is opened, under the one in force (ORG-02)."""
    version = ticket.policy_version or ctx.policies.version_in_force(ctx.now)
    policy = ctx.policies.policy(version, region=ticket.region_id or estate.region_id, estate=estate.id)
    return Turn(
        known=ticket,
        at=ctx.now,
        terms=terms_of(policy, ticket.zone or estate.zone),
        estate=estate,
        workload=facts.get(Workload, estate.id) or Workload(id=estate.id),
        step_record_of=lambda: facts.get(StepRecord, estate.id) or StepRecord(id=estate.id),
    )


def on_command(
    facts: Facts,
    command: commands.OnTicket,
    ctx: Context,
    rule: Rule,
    *,
    during: AbstractSet[Status] = IN_HAND,
    otherwise: Refusal = refusals.NOT_IN_HAND,
) -> Outcome:
    """What a command about a case decides while it has one of these statuses, after all that had run out before it."""
    ticket, estate = facts.get(Ticket, command.case_id), facts.get(Estate, key_of(command.case_id))
    if ticket is None or estate is None:
        return refusals.TICKET_NOT_FOUND
    if ticket.status not in during:
        return otherwise
    turn = turn_of(facts, ticket, estate, ctx)
    catch_up(turn)
    return rule(turn) or turn.decision(turn.answer)


def on_event(facts: Facts, case_id: str, ctx: Context, rule: Callable[[Turn], None]) -> Outcome:
    """What a fact about a case decides; early when the case or its estate is not known yet."""
    ticket, estate = facts.get(Ticket, case_id), facts.get(Estate, key_of(case_id))
    if ticket is None:
        return Early(Ticket.table, case_id)
    if estate is None:
        return Early(Estate.table, key_of(case_id))
    turn = turn_of(facts, ticket, estate, ctx)
    catch_up(turn)
    rule(turn)
    return turn.decision()
