"""The quotation of a special service and the customer's answer to it (DSP-16).

The price comes from the estate's catalogue as it was when the request was received; another one is kept beside it, for
everybody to see. The catalogue's time standard is that of the work.
"""

from dataclasses import replace

from linli_contracts.events.dispatch import Consent, CustomerQuoted, QuotationAnswered
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.amounts import MOST_FEN
from linli_dispatch.domain.blueprints.blueprint import Act, StepRule
from linli_dispatch.domain.blueprints.catalogue import ServiceCatalogue
from linli_dispatch.domain.blueprints.course import Course, Quotation, Step
from linli_dispatch.domain.blueprints.serving import done, failed, open_step
from linli_dispatch.domain.blueprints.step_refusals import (
    NO_BLUEPRINT,
    NO_QUOTATION_STEP,
    NOT_OFFERED,
    QUOTED_TOO_MUCH,
    STEP_NOT_OPEN,
    naming,
)
from linli_dispatch.domain.refusals import REASON_MISSING
from linli_dispatch.domain.turn import Turn


def quote(
    turn: Turn, by: str, item: str, quantity: int, price_fen: int | None, catalogue: ServiceCatalogue
) -> Refusal | None:
    """Offers the customer a service of the catalogue; without a price, at the catalogue's."""
    found = _step_of(turn, "quote", by)
    if isinstance(found, Refusal):
        return found
    course, rule, step = found
    quotation = offer(turn, item, quantity, price_fen, catalogue)
    if isinstance(quotation, Refusal):
        return quotation
    turn.change(course=replace(course, quotation=quotation))
    done(turn, rule, step, by)
    return None


def offer(
    turn: Turn,
    item: str,
    quantity: int,
    price_fen: int | None,
    catalogue: ServiceCatalogue,
    *,
    caused_by_customer: bool = False,
) -> Quotation | Refusal:
    """The quotation, which is told; the caller keeps it. Also of a repair (`paying.py`)."""
    ticket = turn.ticket
    listing = catalogue.offer(item, ticket.received_at)
    if listing is None:
        # What came into the catalogue after the request may be quoted too.
        listing = catalogue.offer(item, turn.at)
    if listing is None:
        return NOT_OFFERED
    listed = listing.price_fen * quantity
    if listed > MOST_FEN:
        return naming(QUOTED_TOO_MUCH, "quantity", [f"at most {MOST_FEN} fen by the catalogue's price"])
    price = listed if price_fen is None else price_fen
    turn.tell(
        CustomerQuoted(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            item=item,
            quantity=quantity,
            price_fen=price,
            catalogue_fen=listed,
            caused_by_customer=caused_by_customer,
            customer_ref=ticket.customer_ref,
            made_at=turn.at,
        )
    )
    facts = {"item": item, "price_fen": price, "catalogue_fen": listed}
    rule = "DSP-10" if ticket.kind == "repair" else "DSP-16"
    turn.because(rule, "quoted" if price == listed else "quoted at another price than the catalogue's", facts)
    return Quotation(item, quantity, price, listed, listing.standard, turn.at)


def answer_quotation(turn: Turn, by: str, consent: Consent, reason: str | None, *, accepted: bool) -> Refusal | None:
    """The customer accepts, with a consent that is kept, or does not, for a reason: another quotation may follow."""
    found = _step_of(turn, "answer_quotation", by)
    if isinstance(found, Refusal):
        return found
    course, rule, step = found
    quotation = course.quotation
    if quotation is None:
        return STEP_NOT_OPEN
    if not accepted and reason is None:
        return REASON_MISSING
    turn.change(course=replace(course, quotation=replace(quotation, accepted=accepted)))
    tell_answer(turn, "DSP-16", quotation, consent, reason, accepted=accepted)
    if accepted:
        done(turn, rule, step, by)
        return None
    return failed(turn, rule, step, by, reason or "")


def tell_answer(
    turn: Turn, rule: str, quotation: Quotation, consent: Consent, reason: str | None, *, accepted: bool
) -> None:
    """Tells what the customer said to a quotation."""
    ticket = turn.ticket
    turn.tell(
        QuotationAnswered(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            item=quotation.item,
            price_fen=quotation.price_fen,
            accepted=accepted,
            consent=consent if accepted else None,
            reason=None if accepted else reason,
            customer_ref=ticket.customer_ref,
            answered_at=turn.at,
        )
    )
    turn.because(rule, "quotation accepted" if accepted else "quotation not accepted", {"item": quotation.item})


def _step_of(turn: Turn, act: Act, by: str) -> tuple[Course, StepRule, Step] | Refusal:
    """The open step that this act alone finishes."""
    course = turn.ticket.course
    if course is None:
        return NO_BLUEPRINT
    rule = next((one for one in turn.terms.blueprints[course.blueprint].steps if one.act == act), None)
    if rule is None:
        return NO_QUOTATION_STEP
    found = open_step(turn, rule.name, by)
    return found if isinstance(found, Refusal) else (course, *found)
