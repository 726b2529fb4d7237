"""What people tell and decide about a crisis, and that they have read what they were told (DSP-01, DSP-20)."""

from linli_messaging.service_map import Context, Facts
from linli_rulebook.decision import Outcome

from linli_dispatch import commands
from linli_dispatch.domain.crises import crisis, crisis_notices
from linli_dispatch.domain.lifecycle import ALWAYS
from linli_dispatch.domain.notices import telling
from linli_dispatch.handlers.working import on_staff_command


def handle_confirm_crisis(facts: Facts, command: commands.ConfirmCrisis, ctx: Context) -> Outcome:
    """Somebody who was told knows."""
    return on_staff_command(facts, command, ctx, crisis_notices.confirm)


def handle_name_commander(facts: Facts, command: commands.NameCommander, ctx: Context) -> Outcome:
    """Another commander."""
    return on_staff_command(facts, command, ctx, lambda turn, by: crisis.name_commander(turn, command.person_id, by))


def handle_answer_in_person(facts: Facts, command: commands.AnswerInPerson, ctx: Context) -> Outcome:
    """The head was there."""
    return on_staff_command(facts, command, ctx, crisis.answer_in_person)


def handle_hand_to_group(facts: Facts, command: commands.HandToGroup, ctx: Context) -> Outcome:
    """The group centre takes over."""
    return on_staff_command(facts, command, ctx, lambda turn, by: crisis.hand_to_group(turn, command.reason, by))


def handle_log_crisis(facts: Facts, command: commands.LogCrisis, ctx: Context) -> Outcome:
    """A line of the log."""
    return on_staff_command(
        facts, command, ctx, lambda turn, by: crisis.log(turn, command.entry, command.code, command.document, by)
    )


def handle_read_notice(facts: Facts, command: commands.ReadNotice, ctx: Context) -> Outcome:
    """Somebody who was told has read it."""
    return on_staff_command(facts, command, ctx, lambda turn, by: telling.read(turn, command.number, by), ALWAYS)
