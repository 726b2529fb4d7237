"""What the people and contractors who work on a ticket tell and decide."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any, Final

from linli_contracts.lanes import key_of
from linli_messaging.service_map import Context, Facts
from linli_rulebook.decision import Outcome, Refusal

from linli_dispatch import commands
from linli_dispatch.domain import closing, handling, refusals
from linli_dispatch.domain.approvals import deciding, plans
from linli_dispatch.domain.approvals.plan import Claim
from linli_dispatch.domain.deadlines import waiting
from linli_dispatch.domain.group.places import Estate, Home, PriceLibrary
from linli_dispatch.domain.lifecycle import COMPLETED, IN_HAND, Status
from linli_dispatch.domain.repairs import accompanying, reentrusting, repair
from linli_dispatch.domain.repairs.order import Offer
from linli_dispatch.domain.turn import Turn
from linli_dispatch.handlers.turning import on_command

UNTIL_CLOSED: Final = IN_HAND | COMPLETED
"""A repair may be done before the offices have decided, and its customer answered, the plan that pays for what it
ruined (DSP-04)."""


def handle_pass_on(facts: Facts, command: commands.PassOn, ctx: Context) -> Outcome:
    """The desk has it."""
    return on_command(facts, command, ctx, lambda turn: handling.pass_on(turn, command.desk))


def handle_answer(facts: Facts, command: commands.Answer, ctx: Context) -> Outcome:
    """The department answered."""
    return on_command(facts, command, ctx, handling.answer)


def handle_assess(facts: Facts, command: commands.Assess, ctx: Context) -> Outcome:
    """The request was first assessed."""
    said = command.finding, command.next_report_by, command.inspected_at
    return on_staff_command(facts, command, ctx, lambda turn, by: handling.assess(turn, *said, by))


def handle_report(facts: Facts, command: commands.Report, ctx: Context) -> Outcome:
    """The customer was told."""
    return on_command(facts, command, ctx, lambda turn: handling.report(turn, command.next_report_by))


def handle_wait(facts: Facts, command: commands.WaitForCustomer, ctx: Context) -> Outcome:
    """The case waits."""
    return on_command(facts, command, ctx, lambda turn: waiting.wait(turn, command.until, command.reason))


def handle_resume(facts: Facts, command: commands.Resume, ctx: Context) -> Outcome:
    """The case goes on."""
    return on_command(facts, command, ctx, waiting.resume)


def handle_resolve(facts: Facts, command: commands.Resolve, ctx: Context) -> Outcome:
    """The handling is finished."""
    return on_command(
        facts, command, ctx, lambda turn: handling.resolve(turn, command.how, consented=command.consented)
    )


def handle_arrive(facts: Facts, command: commands.Arrive, ctx: Context) -> Outcome:
    """The contractor is there."""
    return on_command(facts, command, ctx, lambda turn: repair.arrive(turn, _contractor(ctx)))


def handle_finish(facts: Facts, command: commands.Finish, ctx: Context) -> Outcome:
    """The repair is done."""
    return on_command(facts, command, ctx, lambda turn: repair.finish(turn, _contractor(ctx)))


def handle_doubt_responsibility(facts: Facts, command: commands.DoubtResponsibility, ctx: Context) -> Outcome:
    """Company is asked for."""
    return on_staff_command(facts, command, ctx, lambda turn, _by: accompanying.doubt_responsibility(turn))


def handle_accompany(facts: Facts, command: commands.Accompany, ctx: Context) -> Outcome:
    """An engineer and the supervisor went along."""
    return on_staff_command(
        facts, command, ctx, lambda turn, _by: accompanying.accompany(turn, command.engineer_id, command.supervisor_id)
    )


def handle_refuse_order(facts: Facts, command: commands.RefuseOrder, ctx: Context) -> Outcome:
    """The contractor does not want to come."""
    return on_command(
        facts, command, ctx, lambda turn: reentrusting.refuse_order(turn, _contractor(ctx), command.reason)
    )


def handle_report_delay(facts: Facts, command: commands.ReportDelay, ctx: Context) -> Outcome:
    """The contractor needs longer."""
    return on_command(
        facts, command, ctx, lambda turn: reentrusting.report_delay(turn, _contractor(ctx), command.reason)
    )


def handle_complain_of_contractor(facts: Facts, command: commands.ComplainOfContractor, ctx: Context) -> Outcome:
    """The contractor's people gave cause for a strong complaint."""
    return on_staff_command(
        facts, command, ctx, lambda turn, by: reentrusting.complain_of_people(turn, command.reason, by)
    )


def handle_decide_reentrusting(facts: Facts, command: commands.DecideReentrusting, ctx: Context) -> Outcome:
    """The manager applies for another contractor, or leaves it to the first one."""
    if not command.accept:
        return on_staff_command(facts, command, ctx, reentrusting.decline)
    if command.replacement_id is None or command.price_fen is None:
        return refusals.REPLACEMENT_MISSING
    offer = Offer(command.replacement_id, command.price_fen, command.work_item, command.quantity)
    estate = facts.get(Estate, key_of(command.case_id))
    # The library is the region's: which one stands in the estate, so it can be asked for only now.
    library = facts.get(PriceLibrary, estate.region_id) if estate and command.work_item else None

    def apply(turn: Turn, by: str) -> Refusal | None:
        turn.home = facts.get(Home, turn.ticket.home_id) if turn.ticket.home_id else None
        return reentrusting.apply_for(turn, offer, library, by)

    return on_staff_command(facts, command, ctx, apply)


def handle_propose_plan(facts: Facts, command: commands.ProposePlan, ctx: Context) -> Outcome:
    """A plan is drafted."""
    claim = Claim(**command.claim.model_dump()) if command.claim else None
    return on_staff_command(
        facts, command, ctx, lambda turn, by: plans.propose_plan(turn, command.desk, claim, by), UNTIL_CLOSED
    )


def handle_answer_plan(facts: Facts, command: commands.AnswerPlan, ctx: Context) -> Outcome:
    """The customer answers; with that a completed case may be closed."""

    def rule(turn: Turn) -> Refusal | None:
        refusal = plans.answer_plan(turn, command.reason, command.consent, accepted=command.accepted)
        if refusal is None:
            closing.settle(turn)
        return refusal

    return on_command(facts, command, ctx, rule, during=UNTIL_CLOSED)


def handle_carry_out_plan(facts: Facts, command: commands.CarryOutPlan, ctx: Context) -> Outcome:
    """The plan was carried out."""
    return on_command(
        facts,
        command,
        ctx,
        lambda turn: plans.carry_out(turn, command.consent, satisfied=command.satisfied),
        during=UNTIL_CLOSED,
    )


def handle_decide_application(facts: Facts, command: commands.DecideApplication, ctx: Context) -> Outcome:
    """An office decides; with that a completed case may be closed."""

    def rule(turn: Turn, by: str) -> Refusal | None:
        more: dict[str, Any] = {"reason": command.reason, "amount_fen": command.amount_fen}
        refusal = deciding.decide(turn, command.kind, command.submission, command.verdict, by, **more)
        if refusal is None:
            closing.settle(turn)
        return refusal

    return on_staff_command(facts, command, ctx, rule, UNTIL_CLOSED)


def on_staff_command(
    facts: Facts,
    command: commands.OnTicket,
    ctx: Context,
    rule: Callable[[Turn, str], Refusal | None],
    during: AbstractSet[Status] = IN_HAND,
) -> Outcome:
    """A command that no contractor may send; the rule is told who sent it."""
    if _contractor(ctx):
        return refusals.NOT_YOUR_ORDER
    by = ctx.actor.subject if ctx.actor else "system"
    return on_command(facts, command, ctx, lambda turn: rule(turn, by), during=during)


def _contractor(ctx: Context) -> str | None:
    return ctx.actor.contractor_id if ctx.actor else None
