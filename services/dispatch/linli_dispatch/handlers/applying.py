"""What somebody applies for about a case: small works, measures about what was reported; and that the manager spoke to
the customer about it (DSP-13, DSP-15).
"""

from linli_messaging.service_map import Context, Facts
from linli_rulebook.decision import Outcome

from linli_dispatch import commands
from linli_dispatch.domain.approvals.plan import SmallWorks
from linli_dispatch.domain.approvals.small_works import apply_for_small_works
from linli_dispatch.domain.repairs.conversing import record_conversation
from linli_dispatch.domain.repairs.reporting import propose_measure
from linli_dispatch.handlers.working import on_staff_command


def handle_apply_small_works(facts: Facts, command: commands.ApplySmallWorks, ctx: Context) -> Outcome:
    """Small works are applied for."""
    works = SmallWorks(command.kind, command.reason, command.budget_fen)
    return on_staff_command(facts, command, ctx, lambda turn, by: apply_for_small_works(turn, works, by))


def handle_propose_measure(facts: Facts, command: commands.ProposeMeasure, ctx: Context) -> Outcome:
    """A measure is proposed."""
    return on_staff_command(facts, command, ctx, lambda turn, by: propose_measure(turn, command.measure, by))


def handle_record_conversation(facts: Facts, command: commands.RecordConversation, ctx: Context) -> Outcome:
    """The manager spoke to the customer."""
    return on_staff_command(facts, command, ctx, lambda turn, by: record_conversation(turn, command.result, by))
