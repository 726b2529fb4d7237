"""Quarantine (INT-03): a form that is refused is kept, word for word, with the reason, until it is put right.

open --resubmitted, still not complete--> open
open --resubmitted, complete-----------> resubmitted   (the case's id is kept)
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal

from linli_contracts.event import Instant
from linli_rulebook.decision import Because, Decision, State
from pydantic import Field

from linli_intake.domain.completeness import Fault
from linli_intake.domain.form import RequestForm, Unread, as_told, unknown_fields


class Quarantined(State):
    """A refused form with everything that is wrong with it. Holds personal data; it never leaves intake."""

    table: ClassVar[str] = "quarantined"

    form: RequestForm
    missing: tuple[Fault, ...]
    refused_at: Instant
    """When it was first refused."""
    tries: int = 1
    status: Literal["open", "resubmitted"] = "open"
    case_id: str | None = None
    sent_from: str | None = None
    """While it names no known estate: the organisation path of whoever sent it, who may see and correct it."""
    left_out: Unread = Field(default_factory=dict)
    """What was told under names that no field has, and was left out by a person: nothing said is dropped."""

    def tally(self) -> Mapping[str, int]:
        """What `GET /figures` tells of it."""
        return {f"quarantine.{self.status}": 1}

    @property
    def counted_in(self) -> str:
        """Its estate, or the part of the organisation that sent it: a path, which no estate's key can be."""
        return f"{self.sent_from}/" if self.sent_from else self.id.partition(".")[0]


def keep(
    identity: str,
    form: RequestForm,
    faults: tuple[Fault, ...],
    before: Quarantined | None,
    sent_from: str | None,
    now: datetime,
) -> Decision:
    """Keep the form (again, when `before` is its earlier try) and answer what is missing.

    `sent_from` is the sender's organisation path where the form names no known estate.
    The answer says `refused`: the command was stored, so it is not a Refusal here, and still one to whoever sent it.
    """
    kept = Quarantined(
        id=identity,
        form=as_told(form),
        missing=faults,
        refused_at=before.refused_at if before else now,
        tries=before.tries + 1 if before else 1,
        sent_from=before.sent_from if before else sent_from,
        left_out=_left_out(before, form),
    )
    fields = [fault.field for fault in faults]
    because = Because("INT-03", "kept in quarantine", identity, facts={"missing": fields, "try": kept.tries})
    return Decision(save=(kept,), because=(because,), answer=_answer(identity, faults))


def released(kept: Quarantined, form: RequestForm, case_id: str) -> Decision:
    """The corrected form became a case; what stood in the way stays visible."""
    done = kept.model_copy(
        update={
            "form": form,
            "status": "resubmitted",
            "case_id": case_id,
            "left_out": _left_out(kept, form),
        }
    )
    return Decision(
        save=(done,), because=(Because("INT-03", "released from quarantine", kept.id, facts={"case_id": case_id}),)
    )


def _left_out(before: Quarantined | None, form: RequestForm) -> Mapping[str, str]:
    """What the earlier try told under names that no field has, and this one no longer does."""
    if before is None:
        return {}
    gone = {name: text for name, text in unknown_fields(before.form).items() if name not in form.unread}
    return {**before.left_out, **gone}


def _answer(identity: str, faults: tuple[Fault, ...]) -> Mapping[str, Any]:
    return {
        "refused": True,
        "code": "incomplete",
        "status": 422,
        "missing": [fault.model_dump(mode="json") for fault in faults],
        "quarantine_id": identity,
    }
