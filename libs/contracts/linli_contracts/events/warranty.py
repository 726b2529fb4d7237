"""Facts that warranty tells: coverage, deposits, deductions, releases, compensation (WAR). Amounts are integer fen."""

from datetime import date
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from linli_contracts.event import Event, Fen, Id, Instant, Key
from linli_contracts.events.dispatch import Payer
from linli_contracts.events.intake import Trade
from linli_contracts.topics import WARRANTY

Gate = Literal[
    "not_due", "no_application", "closing_callbacks", "waterproofing_visits", "leaks", "open_defects",
    "deductions_unconfirmed", "deductions_disputed", "documents", "nothing_to_release",
]  # fmt: skip


class CoverageAnswered(Event):
    """The one answer to: is this defect covered, by whom, until when? (WAR-02)."""

    producer = WARRANTY
    order_critical = True

    case_id: Id
    estate_id: Key
    round: int
    covered: bool
    contractor_id: Key | None = None
    contract_id: Key | None = None
    until: date | None = None
    basis: str
    """Why, as a code: ``in_warranty``, ``expired``, ``no_contract``, ``not_handed_over``."""
    answered_at: Instant


class DepositOpened(Event):
    """A deposit account was opened at the settlement with the retained amount (WAR-01)."""

    producer = WARRANTY
    key_field = "contract_id"
    subject_field = "contract_id"
    order_critical = True

    contract_id: Key
    contractor_id: Key
    estate_ids: tuple[Key, ...]
    trades: tuple[Trade, ...]
    retained_fen: Fen
    completion_accepted_on: date
    warranty_ends_on: date
    opened_at: Instant


class WarrantyExpiring(Event):
    """Two months before a warranty ends (WAR-08)."""

    producer = WARRANTY
    key_field = "contract_id"
    subject_field = "contract_id"

    contract_id: Key
    contractor_id: Key
    estate_ids: tuple[Key, ...]
    ends_on: date


class DepositDeducted(Event):
    """A cost was deducted, not yet confirmed by the contractor (WAR-04, WAR-06)."""

    producer = WARRANTY
    key_field = "contract_id"
    subject_field = "contract_id"

    contract_id: Key
    contractor_id: Key
    deduction_id: Id
    case_id: Id
    amount_fen: Fen
    receivable_fen: Fen = 0
    """The part that exceeds what is held (WAR-06)."""
    reason: str
    deducted_at: Instant


class DeductionConfirmed(Event):
    """The contractor confirmed a deduction (WAR-04)."""

    producer = WARRANTY
    key_field = "contract_id"
    subject_field = "contract_id"

    contract_id: Key
    deduction_id: Id
    case_id: Id
    amount_fen: Fen
    confirmed_by: str
    confirmed_at: Instant


class DeductionDisputed(Event):
    """The contractor disputes a deduction; it is held back until decided (WAR-04)."""

    producer = WARRANTY
    key_field = "contract_id"
    subject_field = "contract_id"

    contract_id: Key
    deduction_id: Id
    case_id: Id
    reason: str
    disputed_at: Instant


class DeductionReversed(Event):
    """A dispute was decided for the contractor: the deduction is taken back by a reversing entry (WAR-03, WAR-04)."""

    producer = WARRANTY
    key_field = "contract_id"
    subject_field = "contract_id"

    contract_id: Key
    deduction_id: Id
    case_id: Id
    amount_fen: Fen
    decided_by: str
    reversed_at: Instant


class ReleaseRequested(Event):
    """The contractor applied for an instalment (WAR-12)."""

    producer = WARRANTY
    key_field = "contract_id"
    subject_field = "contract_id"

    contract_id: Key
    release_id: Id
    instalment: int
    requested_by: str
    requested_at: Instant


class FailedGate(BaseModel):
    """A condition of payment that does not hold, with the figures that show it."""

    model_config = ConfigDict(frozen=True)

    gate: Gate
    why: str
    rule: str


class ReleaseBlocked(Event):
    """A release was refused; every failing gate is named (WAR-10, WAR-12)."""

    producer = WARRANTY
    key_field = "contract_id"
    subject_field = "contract_id"

    contract_id: Key
    release_id: Id
    instalment: int
    gates: tuple[FailedGate, ...]
    blocked_at: Instant


class DepositReleased(Event):
    """Money was released to the contractor: exactly once (WAR-11, WAR-12)."""

    producer = WARRANTY
    key_field = "contract_id"
    subject_field = "contract_id"
    order_critical = True

    contract_id: Key
    contractor_id: Key
    release_id: Id
    instalment: int
    amount_fen: Fen
    remaining_fen: Fen
    released_at: Instant


class CompensationApproved(Event):
    """Finance approved the payment of an agreed compensation whose complaint form is complete (WAR-23)."""

    producer = WARRANTY
    subject_field = "claim_id"

    case_id: Id
    estate_id: Key
    claim_id: Id
    amount_fen: Fen
    form: str
    """The number of the completed complaint form."""
    approved_by: str
    approved_at: Instant


class CompensationPaid(Event):
    """The customer got an agreed compensation: exactly once for a claim (WAR-06, WAR-23)."""

    producer = WARRANTY
    subject_field = "claim_id"
    order_critical = True

    case_id: Id
    estate_id: Key
    claim_id: Id
    amount_fen: Fen
    cause: str
    customer_ref: Key
    payer: Payer
    contract_id: Key | None = None
    """The contract from whose deposit it is recovered, if it was decided so with the claim (WAR-24)."""
    paid_by: str
    paid_at: Instant


EVENTS: Final = (
    CoverageAnswered,
    DepositOpened,
    WarrantyExpiring,
    DepositDeducted,
    DeductionConfirmed,
    DeductionDisputed,
    DeductionReversed,
    ReleaseRequested,
    ReleaseBlocked,
    DepositReleased,
    CompensationApproved,
    CompensationPaid,
)
