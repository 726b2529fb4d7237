"""Receiving a request: a complete form becomes a graded case with its customer, another goes to quarantine."""

from datetime import datetime
from typing import Any, Final

from linli_contracts.events.intake import ComplaintGraded, ComplaintReceived
from linli_rulebook import Policy
from linli_rulebook.decision import NOTHING, Because, Decision, Outcome, Refusal

from linli_intake.domain.arrival import Arrival, Known
from linli_intake.domain.completeness import Limits, as_code, faults_of
from linli_intake.domain.form import RequestForm
from linli_intake.domain.grading import Circumstances, Grade, grade
from linli_intake.domain.ids import message_id
from linli_intake.domain.messages import Wanted, tell_customer
from linli_intake.domain.person import Contact, Customer, customer_ref
from linli_intake.domain.place import Estate
from linli_intake.domain.quarantine import Quarantined, keep, released
from linli_intake.domain.request import Request, RequestText

WRITTEN: Final = frozenset({"email", "app"})
"""Channels on which nobody answers while the customer waits: what comes by them is confirmed by a message. Assumed."""


def receive(arrival: Arrival, known: Known, policy: Policy, limits: Limits, now: datetime) -> Outcome:
    """Register the case (INT-03, INT-06) or keep the form with everything that it lacks."""
    return _receive(arrival, known, None, policy, limits, now)


def resubmit(
    kept: Quarantined, arrival: Arrival, known: Known, policy: Policy, limits: Limits, now: datetime
) -> Outcome:
    """Receive the corrected form that was in quarantine; refused when it has become a case before."""
    if kept.status == "resubmitted":
        return Refusal(
            "already-resubmitted",
            "INT-03",
            f"该受理单已更正并立案：{kept.case_id}。",
            f"This form has been corrected and became case {kept.case_id}.",
        )
    return _receive(arrival, known, kept, policy, limits, now)


def _receive(
    arrival: Arrival, known: Known, kept: Quarantined | None, policy: Policy, limits: Limits, now: datetime
) -> Outcome:
    form, case_id = arrival.form, arrival.case_id
    faults = faults_of(form, known.estate, limits, now, home_is_known=known.home_is_known)
    if faults or case_id is None or known.estate is None:
        sent_from = known.sender_org if known.estate is None else None
        return keep(arrival.quarantine_id(known.estate), form, faults, kept, sent_from, now)
    if known.taken is not None:
        return Refusal(
            "case-id-taken",
            "INT-03",
            "案件编号重复，请换一个幂等键重新提交。",
            "Another case has this id already: send it again with a new idempotency key.",
        )
    registered = _register(arrival, known, case_id, policy, now)
    registered += _receipt(arrival, known.estate, case_id, registered, policy, now)
    return registered if kept is None else registered + released(kept, form, case_id)


def _register(arrival: Arrival, known: Known, case_id: str, policy: Policy, now: datetime) -> Decision:
    form = arrival.form
    customer = known.contact.customer_ref if known.contact else customer_ref(arrival.random_ref)
    facts = _facts(form, now)
    facts["case_id"] = facts["id"] = case_id
    facts["customer_ref"] = customer
    facts["member"] = known.contact is not None and known.contact.member
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
    facts["policy_version"] = policy.version
    facts["region_id"] = known.estate.region_id if known.estate else ""
    facts["level"] = graded.level
    facts["reasons"] = graded.reasons
    facts["standing_since"] = now
    request = Request.model_validate(facts)
    text = RequestText(id=case_id, name=form.name, what_happened=form.what_happened or "", expects=form.expects or "")
    return Decision(
        save=(request, text, *_new_customer(arrival, known, customer)),
        events=(received, told_grade(request, previous=None, people=request.people, now=now)),
        because=reasons_for(request, graded, request.people),
        answer={"case_id": case_id, "customer_ref": customer, "level": graded.level},
    )


def _receipt(
    arrival: Arrival, estate: Estate, case_id: str, registered: Decision, policy: Policy, now: datetime
) -> Decision:
    """The customer is told the number and the secret of the case (INT-15, INT-16) where nobody told them by word of
    mouth, and at any hour that help is on its way (INT-11); never about what is only brought in from a file.
    """
    form = arrival.form
    if arrival.contact_id is None or form.source_row is not None or not (form.emergency or form.channel in WRITTEN):
        return NOTHING
    request = next(state for state in registered.save if isinstance(state, Request))
    wanted = Wanted(
        message_id=message_id(case_id, "receipt"),
        estate_id=request.estate_id,
        case_id=case_id,
        customer_ref=request.customer_ref,
        about="receipt",
        language=request.language,
        emergency=form.emergency,
    )
    return tell_customer(wanted, estate, policy, now)


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
        "estate_id": form.estate_id,
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


def _new_customer(arrival: Arrival, known: Known, ref: str) -> tuple[Customer | Contact, ...]:
    """The file of a person seen for the first time; one found again keeps theirs (INT-12)."""
    form = arrival.form
    if known.contact is not None or arrival.contact_id is None:
        return ()
    told = {"id": ref, "name": form.name or "", "contact": form.contact, "kind": form.customer_kind}
    file = Customer.model_validate(told)
    return (file, Contact(id=arrival.contact_id, customer_ref=ref))
