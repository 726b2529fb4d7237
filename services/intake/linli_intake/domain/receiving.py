"""Receiving a request: a complete form becomes a graded case with its customer, another goes to quarantine."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linli_contracts.events.intake import ComplaintGraded, ComplaintReceived
from linli_rulebook import Policy
from linli_rulebook.decision import Because, Decision, Outcome, Refusal

from linli_intake.domain.completeness import Limits, as_code, faults_of
from linli_intake.domain.form import RequestForm
from linli_intake.domain.grading import Circumstances, Grade, grade
from linli_intake.domain.person import Contact, Customer, customer_ref
from linli_intake.domain.place import Estate, Home
from linli_intake.domain.quarantine import Quarantined, keep, released
from linli_intake.domain.request import Request, RequestText
from linli_intake.domain.secret import digest_of, secret_of


@dataclass(frozen=True, slots=True)
class Arrival:
    """A form with the ids it would get and what is known about the place and the person it names."""

    form: RequestForm
    estate_id: str | None
    home_id: str | None
    case_id: str | None
    """None: it names nothing that could be an estate."""
    quarantine_id: str
    contact_id: str | None
    """None: no contact was given, so nobody can be found again by it."""
    random_ref: str
    estate: Estate | None = None
    home: Home | None = None
    contact: Contact | None = None
    taken: Request | None = None
    """A case that has the very id already."""


def receive(arrival: Arrival, policy: Policy, limits: Limits, now: datetime) -> Outcome:
    """Register the case (INT-03, INT-06) or keep the form with everything that it lacks."""
    return _receive(arrival, None, policy, limits, now)


def resubmit(kept: Quarantined, arrival: Arrival, policy: Policy, limits: Limits, now: datetime) -> Outcome:
    """Receive the corrected form that was in quarantine; refused when it has become a case before."""
    if kept.status == "resubmitted":
        return Refusal(
            "already-resubmitted",
            "INT-03",
            f"该受理单已更正并立案：{kept.case_id}。",
            f"This form has been corrected and became case {kept.case_id}.",
        )
    return _receive(arrival, kept, policy, limits, now)


def _receive(arrival: Arrival, kept: Quarantined | None, policy: Policy, limits: Limits, now: datetime) -> Outcome:
    form, case_id = arrival.form, arrival.case_id
    faults = faults_of(form, arrival.estate, arrival.home, limits, now)
    if faults or case_id is None or arrival.estate is None:
        return keep(arrival.quarantine_id, form, faults, kept, now)
    if arrival.taken is not None:
        return Refusal(
            "case-id-taken",
            "INT-03",
            "案件编号重复，请换一个幂等键重新提交。",
            "Another case has this id already: send it again with a new idempotency key.",
        )
    registered = _register(arrival, arrival.estate.id, case_id, policy, now)
    return registered if kept is None else registered + released(kept, form, case_id)


def _register(arrival: Arrival, estate_id: str, case_id: str, policy: Policy, now: datetime) -> Decision:
    form = arrival.form
    customer = arrival.contact.customer_ref if arrival.contact else customer_ref(arrival.random_ref)
    secret = secret_of(arrival.random_ref)
    facts = _facts(form, now) | {"case_id": case_id, "estate_id": estate_id, "customer_ref": customer}
    # One dictionary makes the fact and the state; each model takes the fields it has, and neither has a personal one.
    received = ComplaintReceived.model_validate(facts)
    graded = grade(
        Circumstances(
            lawsuit=facts["lawsuit"],
            publication=facts["publication"],
            people=form.people,
            repeated=form.repeated,
            needs_consultants=form.needs_consultants,
        ),
        policy,
    )
    request = Request.model_validate(
        facts
        | {
            "id": case_id,
            "secret_digest": digest_of(secret),
            "policy_version": policy.version,
            "level": graded.level,
            "reasons": graded.reasons,
            "standing_since": now,
        }
    )
    text = RequestText(id=case_id, name=form.name, what_happened=form.what_happened or "", expects=form.expects or "")
    return Decision(
        save=(request, text, *_new_customer(arrival, customer, facts)),
        events=(received, told_grade(request, previous=None, people=request.people, now=now)),
        because=reasons_for(request, graded, request.people),
        answer={"case_id": case_id, "customer_ref": customer, "level": graded.level, "secret": secret},
    )


def told_grade(request: Request, *, previous: int | None, people: int, now: datetime) -> ComplaintGraded:
    """The fact that the request has its present level (INT-06)."""
    return ComplaintGraded(
        case_id=request.id,
        estate_id=request.estate_id,
        level=request.level,
        previous_level=previous,
        reasons=request.reasons,
        people=people,
        graded_at=now,
        policy_version=request.policy_version,
    )


def reasons_for(request: Request, graded: Grade, people: int) -> tuple[Because, ...]:
    """Why it has its level, and that it is an emergency where somebody said so (INT-11)."""
    facts = {"reasons": list(graded.reasons), "people": people}
    level = Because("INT-06", f"level {graded.level}", request.id, request.policy_version, facts)
    if not request.emergency:
        return (level,)
    emergency = Because("INT-11", "emergency", request.id, request.policy_version, {"place": request.place})
    return (level, emergency)


def _facts(form: RequestForm, now: datetime) -> dict[str, Any]:
    """The form's fields that may be known elsewhere, codes in the form that events have them."""
    return {
        "home_id": form.home_id,
        "kind": form.kind,
        "category": form.category,
        "subcategory": as_code(form.subcategory),
        "channel": form.channel,
        "customer_kind": form.customer_kind,
        "received_at": form.received_at or now,
        "received_by": form.received_by,
        "people": form.people,
        "lawsuit": form.lawsuit,
        "publication": form.publication,
        "repeated": form.repeated,
        "needs_consultants": form.needs_consultants,
        "emergency": form.emergency,
        "trade": form.trade,
        "place": as_code(form.place),
        "language": form.language,
        "complete_by": form.complete_by,
        "source_row": form.source_row,
    }


def _new_customer(arrival: Arrival, ref: str, facts: dict[str, Any]) -> tuple[Customer | Contact, ...]:
    """The file of a person seen for the first time; one found again keeps theirs (INT-12)."""
    form = arrival.form
    if arrival.contact is not None or arrival.contact_id is None:
        return ()
    file = Customer(id=ref, name=form.name or "", contact=form.contact or "", kind=facts["customer_kind"])
    return (file, Contact(id=arrival.contact_id, customer_ref=ref))
