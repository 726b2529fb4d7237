"""What follows a finished repair until the owner has signed, or was told by express mail (DSP-12)."""

from linli_messaging.service_map import Context, Facts
from linli_rulebook.decision import Outcome

from linli_dispatch import commands
from linli_dispatch.domain.lifecycle import COMPLETED
from linli_dispatch.domain.refusals import NOT_COMPLETED, NOT_YOUR_ORDER
from linli_dispatch.domain.repairs import acceptance
from linli_dispatch.handlers.turning import Rule, on_command


def handle_sign(facts: Facts, command: commands.Sign, ctx: Context) -> Outcome:
    """The owner signs."""
    return _on_completed(facts, command, ctx, lambda turn: acceptance.sign(turn, command.consent))


def handle_miss_signature(facts: Facts, command: commands.MissSignature, ctx: Context) -> Outcome:
    """The owner does not."""
    return _on_completed(facts, command, ctx, lambda turn: acceptance.miss_signature(turn, command.reason))


def handle_send_express_mail(facts: Facts, command: commands.SendExpressMail, ctx: Context) -> Outcome:
    """The owner is told by mail."""
    return _on_completed(facts, command, ctx, lambda turn: acceptance.send_mail(turn, command.receipt))


def _on_completed(facts: Facts, command: commands.OnTicket, ctx: Context, rule: Rule) -> Outcome:
    """Staff's word on a case that is completed and not closed: a contractor does not sign for the owner."""
    if ctx.actor is not None and ctx.actor.contractor_id is not None:
        return NOT_YOUR_ORDER
    return on_command(facts, command, ctx, rule, during=COMPLETED, otherwise=NOT_COMPLETED)
