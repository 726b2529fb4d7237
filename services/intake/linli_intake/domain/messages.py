"""Telling a customer something: when it may go out, how long it is tried, and what is told of its end (INT-16)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from linli_contracts.event import Event
from linli_contracts.events.messages import About, MessageFailed, MessageSent, MessageUnconfirmed
from linli_rulebook import Policy
from linli_rulebook.decision import Because, Decision
from linli_rulebook.effect import Effect
from linli_rulebook.quiet_hours import QuietHours, quiet_hours

from linli_intake.domain.message_texts import newest
from linli_intake.domain.place import Estate

MESSAGE: Final = "message"
"""The kind of effect."""
PLANNED: Final[frozenset[About]] = frozenset({"survey", "greeting"})
"""What we begin of ourselves, within the contact limit (FUP-03); the rest is about the customer's own matters."""
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
    payload: dict[str, Any] = {
        "estate_id": wanted.estate_id,
        "case_id": wanted.case_id,
        "about": wanted.about,
        "template_version": newest(wanted.about),
        "language": wanted.language,
        "zone": estate.zone,
        "quiet_from": hours.begins.isoformat("minutes"),
        "quiet_to": hours.ends.isoformat("minutes"),
        "from_at": wanted.from_at.isoformat() if wanted.from_at else None,
        "by_at": wanted.by_at.isoformat() if wanted.by_at else None,
    }
    if wanted.about in PLANNED and not wanted.emergency:
        payload["at_most"] = policy.integer("followup.contact_limit_calls")
        payload["within_s"] = policy.span("followup.contact_limit_window").elapsed.total_seconds()
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


def may_go_from(payload: Mapping[str, Any], now: datetime) -> datetime:
    """When a message that waits may go out, at the earliest: a gateway that is back at night reaches nobody then.

    The quiet hours are those it was decided with; one from before they were written down has none.
    """
    if "quiet_from" not in payload:
        return now
    hours = QuietHours(time.fromisoformat(payload["quiet_from"]), time.fromisoformat(payload["quiet_to"]))
    return hours.first_free(now, ZoneInfo(payload["zone"]))


@dataclass(frozen=True, slots=True)
class Ended:
    """How a message ended."""

    message_id: str
    customer_ref: str
    how: End
    reason: str
    payload: Mapping[str, Any]
    decided_by: str | None = None
    """Who had it sent again, or found out how it ended."""
    decided_why: str | None = None


_CONCLUDED: Final[Mapping[End, str]] = {
    "sent": "message sent after all", "failed": "message not sent", "unknown": "message unconfirmed",
}  # fmt: skip


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
    return Decision(events=(fact,), because=_why(ended))


def _why(ended: Ended) -> tuple[Because, ...]:
    """What went otherwise than it should has its reason in the history; what simply went out has none."""
    if ended.how == "sent" and ended.decided_by is None:
        return ()
    facts = {"about": ended.payload["about"], "error": ended.reason, "decided_by": ended.decided_by,
             "decided_why": ended.decided_why}  # fmt: skip
    known = {name: value for name, value in facts.items() if value}
    return (Because("INT-16", _CONCLUDED[ended.how], ended.payload["case_id"] or ended.message_id, facts=known),)
