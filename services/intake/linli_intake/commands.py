"""The bodies of intake's commands. `command_id` and `random_ref` are filled in by the runtime, never by a client."""

from functools import cached_property
from typing import Annotated

from linli_contracts.event import Id, Key
from linli_contracts.personal import PersonalText
from pydantic import BaseModel, ConfigDict, Field

from linli_intake.domain.amending import Amendment
from linli_intake.domain.arrival import Arrival, arrival_of
from linli_intake.domain.channel import Choice
from linli_intake.domain.form import MOST_UNKNOWN_FIELDS, FieldName, PersonalWriting, RequestForm
from linli_intake.settings import customer_key

Reason = Annotated[PersonalText, Field(min_length=1, max_length=2000)]
"""Why a person decided so, in their own words; typed personal because people name people."""


class ReceiveRequest(RequestForm):
    """POST /requests: every field may be missing; the answer lists those that must not be (INT-03)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command_id: str
    random_ref: str

    @cached_property
    def arrival(self) -> Arrival:
        """Worked out once: asked for when its states are loaded, and again when it is decided."""
        return arrival_of(self, self.command_id, self.random_ref, customer_key())


class ResubmitRequest(RequestForm):
    """POST /quarantine/{quarantine_id}/resubmit: only the fields to correct."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    quarantine_id: Id
    leave_out: Annotated[tuple[FieldName, ...], Field(max_length=MOST_UNKNOWN_FIELDS)] = ()
    """Fields that the form does not have, once what they say stands where it belongs; they stay readable here."""
    command_id: str
    random_ref: str


class AmendRequest(Amendment):
    """POST /requests/{case_id}/amend: facts as they really are, or words that the customer `adds`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    case_id: Id
    by: Key
    reason: Reason | None = None
    """Needed when the level would fall (INT-06)."""
    adds: PersonalWriting | None = None
    command_id: str
    """Words are added once, however often they are sent."""


class LinkRequests(BaseModel):
    """POST /requests/{case_id}/link."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    case_id: Id
    other_case_id: Id
    by: Key
    command_id: str


class UnlinkRequest(BaseModel):
    """POST /requests/{case_id}/unlink."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    case_id: Id
    by: Key
    command_id: str


class WithdrawRequest(BaseModel):
    """POST /requests/{case_id}/withdraw."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    case_id: Id
    by: Key = "customer"


class ChooseChannel(BaseModel):
    """POST /customers/{customer_ref}/channel."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    customer_ref: Key
    channel: Choice
    by: Key
