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

from linli_dispatch.domain.refusals import NOT_A_REPAIR
from linli_dispatch.domain.repairs.repair_refusals import INSPECTION_NOT_THEN
from linli_dispatch.domain.ticket import Ticket


def refuse_inspection(ticket: Ticket, inspected_at: datetime | None, now: datetime) -> Refusal | None:
    """Why nobody can have inspected it at that instant, if one is named: no repair, before its receipt, or ahead."""
    if inspected_at is None:
        return None
    if ticket.kind != "repair":
        return NOT_A_REPAIR
    return None if ticket.received_at <= inspected_at <= now else INSPECTION_NOT_THEN


def await_inspection(ticket: Ticket, now: datetime) -> dict[str, object]:
    """What changes for a case that begins a round or turns out a repair: its time to be inspected counts from now.

    While nobody has assessed it, it counts from its receipt as ever (INT-09).
    """
    return {"inspect_from": now} if ticket.assessed_at is not None or ticket.round > 1 else {}
