"""Special services and public-affairs matters: catalogue, and a case's way through its blueprint (DSP-16 to 18)."""

from collections.abc import Mapping

from linli_contracts.event import Event, Fen, Id, Instant, Key
from linli_contracts.events.dispatch.words import Consent, SpanUnit, Stage
from linli_contracts.topics import DISPATCH


class ServiceOffered(Event):
    """An estate offers a special service at a price and within a time, from an instant on; or no longer (DSP-16)."""

    producer = DISPATCH
    subject_field = "estate_id"

    estate_id: Key
    item: str
    zh: str
    en: str
    unit: str
    price_fen: Fen
    """Of one unit."""
    amount: int
    """Of the time standard, in ``span``."""
    span: SpanUnit
    from_at: Instant
    offered: bool = True


class BlueprintStarted(Event):
    """The case goes through the steps of a blueprint, in its first round or another one (DSP-17)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    blueprint: str
    started_at: Instant
    policy_version: str


class StepStarted(Event):
    """A step of the blueprint is to be done, within its time standard (DSP-17)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    blueprint: str
    blueprint_step: str
    number: int
    """The so-manieth occurrence of any step of the case."""
    stage: Stage
    who: str
    """`handler`, `customer` or an office of the policy."""
    started_at: Instant
    due_at: Instant
    provisional: bool = False


class StepDone(Event):
    """A step of the blueprint was done, with its documents and checks (DSP-17)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    blueprint: str
    blueprint_step: str
    number: int
    documents: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    performer_id: Key | None = None
    """Who was named to carry the work out."""
    done_by: str
    done_at: Instant
    in_time: bool


class StepFailed(Event):
    """A step of the blueprint failed at one of its known failure points: it or an earlier one begins anew (DSP-17)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    blueprint: str
    blueprint_step: str
    number: int
    reason: str
    again_from: str
    failed_at: Instant


class FailingStepReported(Event):
    """At this estate a step failed, or was missed, in a large share of its times: told once in a period (DSP-17)."""

    producer = DISPATCH
    subject_field = "estate_id"

    estate_id: Key
    blueprint: str
    blueprint_step: str
    ended: int
    failed: int
    reasons: Mapping[str, int]
    """How often for which failure point; `deadline_missed` where the time standard was missed."""
    counted_since: Instant
    found_at: Instant
    policy_version: str


class CustomerQuoted(Event):
    """The customer is offered a special service, or a repair that no warranty pays, at a price (DSP-16, DSP-10)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    item: str
    quantity: int
    price_fen: Fen
    catalogue_fen: Fen
    """What the catalogue says for the same."""
    caused_by_customer: bool = False
    """A repair that is the customer's own fault: they pay after its acceptance (DSP-10)."""
    customer_ref: Key
    made_at: Instant


class QuotationAnswered(Event):
    """The customer accepts the quotation, with a consent that is kept, or does not, with a reason (DSP-16)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    item: str
    price_fen: Fen
    accepted: bool
    consent: Consent | None = None
    reason: str | None = None
    customer_ref: Key
    answered_at: Instant
