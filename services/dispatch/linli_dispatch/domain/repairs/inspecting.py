"""An engineer inspects a repair first (DSP-10): its first assessment (INT-09) is made on the spot.

Warranty is asked meanwhile; the contractor's notice and a quotation to the customer wait for the inspection. What is
found is said by the commands that there are: another trade by an amendment, a major matter by a grading, the
customer's fault by the quotation. Nobody waits where the inspection would be made by who repairs, or is made already:

* our own staff who finish the repair have inspected it with that;
* a storm's work order is one visit that inspects and repairs (DSP-09);
* a further round is of a case that was inspected, and whoever replaces a contractor repairs what was inspected;
* an emergency's contractor is called at once (INT-11): the inspection follows, in its time.

What waits has the clock of the first assessment (`Ticket.owes_inspection`), and a name in the ticket's page.
"""

from datetime import datetime

from linli_rulebook.decision import Refusal

from linli_dispatch.domain.deadlines.clocks import drop
from linli_dispatch.domain.refusals import NOT_A_REPAIR
from linli_dispatch.domain.repairs.repair_refusals import INSPECTION_NOT_THEN
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn


def refuse_inspection(ticket: Ticket, inspected_at: datetime | None, now: datetime) -> Refusal | None:
    """Why nobody can have inspected it at that instant, if one is named: no repair, before its receipt, or ahead."""
    if inspected_at is None:
        return None
    if ticket.kind != "repair":
        return NOT_A_REPAIR
    return None if ticket.received_at <= inspected_at <= now else INSPECTION_NOT_THEN


def await_inspection(turn: Turn) -> None:
    """The case turns out a repair: its time to be inspected counts from now, each time anew.

    While nobody has assessed it, it counts from its receipt as ever (INT-09).
    """
    if _is_counted_anew(turn.ticket):
        turn.change(inspect_from=turn.at, turned_repair=turn.ticket.turned_repair + 1)


def spare_inspection(turn: Turn) -> None:
    """Nobody is to inspect it any more, for it is no repair or a storm's visit serves it: neither kept nor missed.

    Call it before `wind`, if that follows. While nobody has assessed it, it is still to be assessed as ever (INT-09).
    """
    if _is_counted_anew(turn.ticket) and not turn.ticket.owes_inspection:
        drop(turn, "first_assessment")


def _is_counted_anew(ticket: Ticket) -> bool:
    return ticket.assessed_at is not None or ticket.round > 1
