"""The owner accepts a finished repair and signs; where they do not, express mail closes it as notified (DSP-12).

Only a reason on the customer's side leads to the mail: it is recorded, and from then on neither the month of the
callback nor an unreachable customer closes the case. Over one month after completion the mail is asked for, again and
again until it is sent. A callback closes or reopens the case at any time: recorded consent is as good as a signature.
"""

from dataclasses import replace

from linli_contracts.events.dispatch import (
    Consent,
    ExpressMailDue,
    ExpressMailSent,
    RepairAccepted,
    SignatureMissed,
)
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.closing import close
from linli_dispatch.domain.deadlines.clocks import wind
from linli_dispatch.domain.deadlines.running_clock import RunningClock
from linli_dispatch.domain.refusals import ALREADY_SIGNED, MAIL_NOT_DUE, NOT_A_REPAIR
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn


def sign(turn: Turn, consent: Consent) -> Refusal | None:
    """The owner accepts and signs. The callback still follows, unless its month is over: then the case is closed."""
    ticket = turn.ticket
    refusal = _unsigned_repair(ticket)
    if refusal is not None:
        return refusal
    turn.change(acceptance=replace(ticket.acceptance, signed_at=turn.at))
    turn.tell(
        RepairAccepted(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            consent=consent,
            accepted_at=turn.at,
            charged_fen=ticket.charged_fen,
        )
    )
    turn.because("DSP-12", "repair accepted by the owner", {"round": ticket.round, "consent": consent})
    if ticket.acceptance.mails_asked:
        close(turn, "time_limit")
    else:
        wind(turn)
    return None


def miss_signature(turn: Turn, reason: str) -> Refusal | None:
    """There is no signature, for a reason on the customer's side; ``reason`` is a code, and may be put right."""
    ticket = turn.ticket
    refusal = _unsigned_repair(ticket)
    if refusal is not None:
        return refusal
    if ticket.completed_at is None:
        return NOT_A_REPAIR
    turn.change(acceptance=replace(ticket.acceptance, missing_reason=reason))
    wind(turn)
    turn.tell(
        SignatureMissed(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            reason=reason,
            done_at=ticket.completed_at,
            recorded_at=turn.at,
        )
    )
    turn.because("DSP-12", "no signature, for a reason on the customer's side", {"reason": reason})
    return None


def ask_for_mail(turn: Turn, clock: RunningClock) -> None:
    """Over a month without a signature, or asked for and not sent: express mail is due."""
    ticket = turn.ticket
    times = ticket.acceptance.mails_asked + 1
    turn.change(acceptance=replace(ticket.acceptance, mails_asked=times, mail_asked_at=turn.at))
    turn.tell(
        ExpressMailDue(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            customer_ref=ticket.customer_ref,
            times=times,
            asked_at=turn.at,
        )
    )
    facts = {"times": times, "due_at": clock.due_at.isoformat(), "reason": ticket.acceptance.missing_reason}
    turn.because("DSP-12", "express mail is due", facts)


def send_mail(turn: Turn, receipt: str) -> Refusal | None:
    """The mail is out, and ``receipt`` is kept: the case is closed as notified."""
    ticket = turn.ticket
    refusal = _unsigned_repair(ticket)
    if refusal is not None:
        return refusal
    if not ticket.acceptance.mails_asked:
        return MAIL_NOT_DUE
    turn.tell(
        ExpressMailSent(
            case_id=ticket.id, estate_id=ticket.estate_id, round=ticket.round, receipt=receipt, sent_at=turn.at
        )
    )
    turn.because("DSP-12", "express mail sent", {"receipt": receipt})
    close(turn, "notified_by_mail")
    return None


def _unsigned_repair(ticket: Ticket) -> Refusal | None:
    if ticket.kind != "repair":
        return NOT_A_REPAIR
    return ALREADY_SIGNED if ticket.acceptance.signed_at is not None else None
