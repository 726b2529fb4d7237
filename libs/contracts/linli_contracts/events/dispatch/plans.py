"""Resolution plans, from the draft to the customer's signature, and agreed compensation (DSP-04, DSP-05, WAR-23)."""

from linli_contracts.event import Event, Fen, Id, Instant, Key
from linli_contracts.events.dispatch.words import Consent, Payer
from linli_contracts.topics import DISPATCH


class PlanProposed(Event):
    """A resolution plan was drafted and goes to those who approve it (DSP-04)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    plan: int
    """Counts the plans of the case: a rejected one is followed by another."""
    desk: str
    """Who carries it out."""
    compensation_fen: Fen | None = None
    proposed_by: str
    proposed_at: Instant


class PlanApproved(Event):
    """All offices approved the plan; the customer is asked (DSP-04, WAR-20)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    plan: int
    compensation_fen: Fen | None = None
    filed_with: tuple[str, ...] = ()
    """Offices that are told and do not decide (WAR-21, WAR-22)."""
    approved_at: Instant


class PlanAccepted(Event):
    """The customer agrees to the plan; the responsible party carries it out (DSP-04)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    plan: int
    consent: Consent
    accepted_at: Instant


class PlanRejected(Event):
    """The customer does not agree: another plan follows (DSP-04)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    plan: int
    reason: str
    rejected_at: Instant


class PlanExecuted(Event):
    """The plan was carried out, for the so-manieth time; the customer signs, or it is carried out again (DSP-05)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    plan: int
    times: int
    satisfied: bool
    consent: Consent | None = None
    carried_out_at: Instant


class CompensationAgreed(Event):
    """The settlement agreement is signed, at an approved amount: it is to be paid (WAR-23)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    claim_id: Id
    amount_fen: Fen
    cause: str
    customer_ref: Key
    payer: Payer = "developer"
    contract_id: Key | None = None
    """The contract from whose deposit it is recovered, if it was decided so with the claim (WAR-24)."""
    agreed_at: Instant
