"""The owner's acceptance of a finished repair: signed, or not to be had and made up for by express mail (DSP-12)."""

from linli_contracts.event import Event, Fen, Id, Instant, Key
from linli_contracts.events.dispatch.words import Consent
from linli_contracts.topics import DISPATCH


class RepairAccepted(Event):
    """The owner accepted the repair and signed (DSP-12)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    """How many times it was repaired until the owner accepted."""
    consent: Consent
    accepted_at: Instant
    charged_fen: Fen | None = None
    """What the customer pays for it from now on; None: nothing (DSP-10)."""


class SignatureMissed(Event):
    """The owner does not sign, for a reason on their side (DSP-12)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    reason: str
    done_at: Instant
    """The completion, from which the month counts."""
    recorded_at: Instant


class ExpressMailDue(Event):
    """Over a month after completion there is no signature: the owner is to be told by express mail (DSP-12)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    customer_ref: Key
    times: int
    """How many times it was asked for by now: again and again until it is sent."""
    asked_at: Instant


class ExpressMailSent(Event):
    """The express mail is out, and its receipt kept: the order is closed as notified (DSP-12)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    receipt: Key
    """The carrier's number on it."""
    sent_at: Instant
