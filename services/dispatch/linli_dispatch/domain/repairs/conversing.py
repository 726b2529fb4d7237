"""An overdue repair is reported by its engineer, and the manager speaks to the customer (DSP-13).

The conversation is wanted from the report on, in a time of its own that climbs the ladder when it is missed, and is
told to whoever may act for the manager (DSP-20). One of them records it: who, when, and a code of its result, for what
was said stays with them (INT-13). Work that ends first ends it too: then the callback asks the customer.
"""

from dataclasses import replace

from linli_contracts.events.dispatch import ConversationRecorded
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.deadlines.clocks import wind
from linli_dispatch.domain.deadlines.running_clock import RunningClock
from linli_dispatch.domain.notices.telling import tell_staff
from linli_dispatch.domain.refusals import NOT_YOUR_OFFICE
from linli_dispatch.domain.repairs.order import Conversation
from linli_dispatch.domain.repairs.repair_refusals import NO_CONVERSATION_WANTED
from linli_dispatch.domain.repairs.reporting import able_managers, report
from linli_dispatch.domain.turn import Turn

_ABOUT = "order_overdue"
"""What the manager's notice is about."""


def report_overdue(turn: Turn, clock: RunningClock) -> None:
    """The order is so long over its limit that its engineer reports it; the manager is to speak to the customer."""
    report(turn, "order_overdue", due_at=clock.due_at.isoformat())
    turn.change(conversation=Conversation(wanted_at=turn.at))
    tell_staff(turn, "conversation", sorted(able_managers(turn)), _ABOUT)


def record_conversation(turn: Turn, result: str, by: str) -> Refusal | None:
    """The property service manager, or who stands in, spoke to the customer, once for a report; ``result``: a code."""
    ticket, wanted = turn.ticket, turn.ticket.conversation
    if wanted is None or wanted.held_at is not None:
        return NO_CONVERSATION_WANTED
    able = able_managers(turn)
    if by not in able:
        return NOT_YOUR_OFFICE
    turn.change(conversation=replace(wanted, held_at=turn.at, held_by=by, result=result))
    tell_staff(turn, "conversation", (), _ABOUT)
    wind(turn)
    turn.tell(
        ConversationRecorded(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            held_by=by,
            acts_for=able[by],
            result=result,
            held_at=turn.at,
        )
    )
    turn.because("DSP-13", "the manager spoke to the customer", {"result": result, "by": by, "acts_for": able[by]})
    return None
