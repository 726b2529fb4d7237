"""What the people and contractors who work on a ticket tell and decide."""

from linli_messaging.service_map import Context, Facts
from linli_rulebook.decision import Outcome, Refusal

from linli_dispatch import commands
from linli_dispatch.domain import handling, reentrusting, refusals, repair, waiting
from linli_dispatch.domain.turn import Turn
from linli_dispatch.handlers.turning import on_command


def handle_pass_on(facts: Facts, command: commands.PassOn, ctx: Context) -> Outcome:
    """The desk has it."""
    return on_command(facts, command, ctx, lambda turn: handling.pass_on(turn, command.desk))


def handle_answer(facts: Facts, command: commands.Answer, ctx: Context) -> Outcome:
    """The department answered."""
    return on_command(facts, command, ctx, handling.answer)


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


def handle_decide_reentrusting(facts: Facts, command: commands.DecideReentrusting, ctx: Context) -> Outcome:
    """Staff decide; no contractor does."""
    if _contractor(ctx):
        return refusals.NOT_YOUR_ORDER
    by = ctx.actor.subject if ctx.actor else "system"

    def decide(turn: Turn) -> Refusal | None:
        if command.accept:
            return reentrusting.reentrust(turn, command.replacement_id, command.price_fen, by)
        return reentrusting.decline_reentrusting(turn, by)

    return on_command(facts, command, ctx, decide)


def _contractor(ctx: Context) -> str | None:
    return ctx.actor.contractor_id if ctx.actor else None
