"""Facts that followup tells: callbacks and what they found (FUP, WAR-09)."""

from typing import Final

from linli_contracts.event import Event, Id, Instant, Key
from linli_contracts.topics import FOLLOWUP


class CallbackDue(Event):
    """A callback is to be made in this span, inside calling hours (FUP-01, FUP-03); one for each try (FUP-04)."""

    producer = FOLLOWUP

    case_id: Id
    estate_id: Key
    round: int
    callback_id: Id
    attempt: int
    customer_ref: Key
    call_from: Instant
    call_by: Instant


class CallbackCompleted(Event):
    """The customer was reached and said whether it is really solved (FUP-01)."""

    producer = FOLLOWUP
    order_critical = True

    case_id: Id
    estate_id: Key
    round: int
    callback_id: Id
    customer_ref: Key
    satisfied: bool
    score: int | None = None
    """0 … 100, where the customer answered the survey question."""
    completed_at: Instant
    completed_by: str


class CustomerUnreachable(Event):
    """All tries failed: neither satisfied nor unsatisfied (FUP-04)."""

    producer = FOLLOWUP
    order_critical = True

    case_id: Id
    estate_id: Key
    round: int
    callback_id: Id
    attempts: int
    unreachable_at: Instant


class ClosingCallbacksCompleted(Event):
    """The closing callbacks of a contract's warranty were counted (WAR-09, the gate of WAR-10)."""

    producer = FOLLOWUP
    key_field = "contract_id"
    subject_field = "contract_id"

    contract_id: Key
    estate_id: Key
    occupied_homes: int
    called_back_homes: int
    sheets_signed: int
    top_floor_homes: int = 0
    top_floors_named: bool = False
    """Whether the count says how many top-floor homes there are: 0 may also mean that nobody looked (WAR-10)."""
    top_floor_visited: int = 0
    leaks_found: int = 0
    open_problems: int = 0
    reserved_problems: int = 0
    counted_at: Instant


EVENTS: Final = (CallbackDue, CallbackCompleted, CustomerUnreachable, ClosingCallbacksCompleted)
