"""A repair that the customer pays (DSP-10): paid work by a quotation that they accept before, and what they caused.

Nothing is quoted before warranty has answered and an engineer has inspected. What a warranty covers, or the developer
before the hand-over, is free, unless the customer caused it. Paid work is not finished while the customer owes an
answer; who says no pays nothing. The money is due once the customer has accepted the work (`RepairAccepted`).
"""

from dataclasses import replace

from linli_contracts.events.dispatch import Consent
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.blueprints.catalogue import ServiceCatalogue
from linli_dispatch.domain.blueprints.quoting import offer, tell_answer
from linli_dispatch.domain.crises.crisis import refuse_other_answers
from linli_dispatch.domain.refusals import REASON_MISSING
from linli_dispatch.domain.repairs.repair_refusals import (
    COVERAGE_OPEN,
    INSPECTION_FIRST,
    NO_QUOTATION,
    QUOTATION_ACCEPTED,
    REPAIR_IS_FREE,
)
from linli_dispatch.domain.turn import Turn


def quote_repair(
    turn: Turn,
    item: str,
    quantity: int,
    price_fen: int | None,
    catalogue: ServiceCatalogue,
    *,
    caused_by_customer: bool,
) -> Refusal | None:
    """Offers the customer the repair at a price, beside the catalogue's; again until they have accepted one."""
    ticket = turn.ticket
    refusal = refuse_other_answers(turn)
    if refusal is not None:
        return refusal
    if ticket.status == "coverage_asked":
        return COVERAGE_OPEN
    if ticket.owes_inspection:
        return INSPECTION_FIRST
    if ticket.free_of_charge and not caused_by_customer:
        return REPAIR_IS_FREE
    if ticket.quotation is not None and ticket.quotation.accepted:
        return QUOTATION_ACCEPTED
    quotation = offer(turn, item, quantity, price_fen, catalogue, caused_by_customer=caused_by_customer)
    if isinstance(quotation, Refusal):
        return quotation
    turn.change(quotation=quotation, caused_by_customer=caused_by_customer)
    return None


def answer_repair_quotation(turn: Turn, consent: Consent, reason: str | None, *, accepted: bool) -> Refusal | None:
    """The customer accepts, or does not, for a reason; another quotation may follow then."""
    quotation = turn.ticket.quotation
    if quotation is None or quotation.accepted is not None:
        return NO_QUOTATION
    if not accepted and reason is None:
        return REASON_MISSING
    turn.change(quotation=replace(quotation, accepted=accepted))
    tell_answer(turn, "DSP-10", quotation, consent, reason, accepted=accepted)
    return None
