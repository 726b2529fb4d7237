"""Telling a customer something: when it may go out, how long it is tried, and what is told of its end (INT-16)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from linli_contracts.event import Event
from linli_contracts.events.messages import About, MessageFailed, MessageSent, MessageUnconfirmed
from linli_rulebook import Policy
from linli_rulebook.decision import Because, Decision
from linli_rulebook.effect import Effect

from linli_intake.domain.message_texts import newest
from linli_intake.domain.place import Estate
from linli_intake.domain.quiet_hours import quiet_hours

MESSAGE: Final = "message"
"""The kind of effect."""
End = Literal["sent", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody shall be told something, once for this id."""

    message_id: str
    estate_id: str
    case_id: str | None
    customer_ref: str
    about: About
    language: str
    from_at: datetime | None = None
    by_at: datetime | None = None
    emergency: bool = False


def tell_customer(wanted: Wanted, estate: Estate, policy: Policy, now: datetime) -> Decision:
    """The message goes out at once, or after the quiet hours; an emergency at any hour."""
    hours = quiet_hours(policy)
    send_from = now if wanted.emergency else hours.first_free(now, estate.clock_zone)
    payload = {
        "estate_id": wanted.estate_id,
        "case_id": wanted.case_id,
        "about": wanted.about,
        "template_version": newest(wanted.about),
        "language": wanted.language,
        "zone": estate.zone,
        "from_at": wanted.from_at.isoformat() if wanted.from_at else None,
        "by_at": wanted.by_at.isoformat() if wanted.by_at else None,
    }
    effect = Effect(
        kind=MESSAGE,
        cause=wanted.message_id,
        subject=wanted.message_id,
        recipient=wanted.customer_ref,
        payload=payload,
        send_from=send_from,
        give_up_at=send_from + policy.span("intake.message_give_up_after").elapsed,
        emergency=wanted.emergency,
    )
    facts = {"about": wanted.about, "send_from": send_from.isoformat()}
    because = Because(
        "INT-16", "the customer is to be told", wanted.case_id or wanted.message_id, policy.version, facts
    )
    return Decision(effects=(effect,), because=(because,))


@dataclass(frozen=True, slots=True)
class Ended:
    """How a message ended."""

    message_id: str
    customer_ref: str
    how: End
    reason: str
    payload: Mapping[str, Any]


def told_end(ended: Ended, now: datetime) -> Decision:
    """Everybody may know that it was sent, failed, or that nobody knows; what it said and to whom, nobody else."""
    about = {
        "message_id": ended.message_id,
        "customer_ref": ended.customer_ref,
        "reason": ended.reason,
        **{name: ended.payload[name] for name in ("estate_id", "case_id", "about", "template_version", "language")},
    }
    fact: Event
    if ended.how == "sent":
        fact = MessageSent.model_validate({**about, "sent_at": now})
    elif ended.how == "failed":
        fact = MessageFailed.model_validate({**about, "failed_at": now})
    else:
        fact = MessageUnconfirmed.model_validate({**about, "unconfirmed_at": now})
    return Decision(events=(fact,))
