"""Facts about what customers are told (INT-16): asked for by any service, written and sent by intake alone."""

from typing import Final, Literal

from linli_contracts.event import Event, Id, Instant, Key
from linli_contracts.topics import DISPATCH, FOLLOWUP, INTAKE

About = Literal["receipt", "progress", "new_date", "notice", "callback_appointment", "survey", "greeting"]
"""What a message is about; intake has a text for each."""


class MessageRequested(Event):
    """A service wants a customer told something, once for this `message_id`, however often it is asked for (INT-16)."""

    producer = FOLLOWUP
    also_told_by = (DISPATCH,)
    subject_field = "message_id"
    asks_outside = True

    message_id: Id
    """Follows from what it is about, so that the same cause never makes two."""
    estate_id: Key
    case_id: Id | None = None
    customer_ref: Key
    about: About
    from_at: Instant | None = None
    """From when what it announces may happen."""
    by_at: Instant | None = None
    """Until when."""
    emergency: bool = False
    """At any hour (INT-11)."""
    requested_at: Instant


class MessageSent(Event):
    """The gateway took a message to a customer (INT-16); what it said and where it went, only intake knows."""

    producer = INTAKE
    subject_field = "message_id"

    message_id: Id
    estate_id: Key
    case_id: Id | None = None
    customer_ref: Key
    about: About
    template_version: int
    language: str
    sent_at: Instant


class MessageFailed(Event):
    """A message did not go out and is not tried again (INT-16); `reason` is a code."""

    producer = INTAKE
    subject_field = "message_id"

    message_id: Id
    estate_id: Key
    case_id: Id | None = None
    customer_ref: Key
    about: About
    reason: str
    failed_at: Instant


class MessageUnconfirmed(Event):
    """Nobody knows whether a message went out, and it is not sent again, lest the customer get it twice (INT-16)."""

    producer = INTAKE
    subject_field = "message_id"

    message_id: Id
    estate_id: Key
    case_id: Id | None = None
    customer_ref: Key
    about: About
    reason: str
    unconfirmed_at: Instant


EVENTS: Final = (MessageRequested, MessageSent, MessageFailed, MessageUnconfirmed)
