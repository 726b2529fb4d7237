"""The bodies of warranty's commands. Path parameters are fields; money is whole fen, periods are months.

A body with `command_id` creates something: the client must send an Idempotency-Key, so that a repeated request is one.
"""

from collections.abc import Hashable
from typing import Annotated, Final, TypeVar

from linli_contracts.event import Day, Id, Key
from linli_contracts.events.intake import Trade
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from linli_warranty.domain.deposit import MOST_DOCUMENTS

T = TypeVar("T", bound=Hashable)

# No single settlement of the group comes near it, and all sums of it stay far within a 64-bit integer.
LARGEST_FEN: Final = 10**13
# The design life of a building is 50 or 100 years.
LONGEST_MONTHS: Final = 1_200

# The database keeps no NUL, and nothing that people write on a document has another control character.
WITHOUT_CONTROLS: Final = r"^[^\x00-\x1F\x7F]*$"


def _each_once(told: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(told))


DocumentKind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A kind of document as a code: settlement, contract, callback_sheets, warranty_report …"""
Phase = Annotated[str, Field(min_length=1, max_length=64, pattern=WITHOUT_CONTROLS)]
"""The name of a phase, as homes are registered with it."""
Building = Annotated[str, Field(min_length=1, max_length=64, pattern=WITHOUT_CONTROLS)]
"""The name of a building within its phase, as homes are registered with it."""
Reference = Annotated[str, Field(max_length=200, pattern=WITHOUT_CONTROLS)]
"""The number of a document elsewhere; never personal data."""


class Command(BaseModel):
    """Immutable, and strict about fields: a misspelt one must not silently do nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OpenDeposit(Command):
    """Opens the deposit account of a contract at its settlement (WAR-01)."""

    command_id: str
    contract_id: Key
    contractor_id: Key
    estate_ids: Annotated[tuple[Key, ...], Field(min_length=1, max_length=50), AfterValidator(_each_once)]
    phases: Annotated[
        tuple[Phase, ...],
        Field(max_length=100, description="the phases it covers; none named: all"),
        AfterValidator(_each_once),
    ] = ()
    buildings: Annotated[
        tuple[Building, ...],
        Field(max_length=100, description="the buildings of these phases that it covers; none named: all"),
        AfterValidator(_each_once),
    ] = ()
    trades: Annotated[tuple[Trade, ...], Field(min_length=1, max_length=50), AfterValidator(_each_once)]
    periods_months: dict[Trade, Annotated[int, Field(ge=1, le=LONGEST_MONTHS)]] = Field(
        default={}, description="periods agreed by trade; a trade without one has the legal minimum (WAR-02)"
    )
    retained_fen: int = Field(strict=True, gt=0, le=LARGEST_FEN)
    completion_accepted_on: Day
    settled_on: Day | None = Field(default=None, description="the date of the settlement; none: today")
    documents: Annotated[tuple[DocumentKind, ...], Field(max_length=MOST_DOCUMENTS), AfterValidator(_each_once)] = ()


class RecordDocument(Command):
    """A document of the contract is there (WAR-12)."""

    contract_id: Key
    document: DocumentKind


class ConfirmDeduction(Command):
    """The contractor signs a deduction, or the group records that it did (WAR-04)."""

    deduction_id: Id


class DisputeDeduction(Command):
    """The contractor disputes a deduction (WAR-04)."""

    deduction_id: Id
    reason: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_./\-]{0,63}$")] = Field(
        description="a code or a document number: it is told to all services, so it is no free text (INT-13)"
    )


class DecideDispute(Command):
    """A person of the group decides a dispute (WAR-04)."""

    deduction_id: Id
    upheld: bool
    document: Reference = Field(min_length=1, description="the decision's document")


class RequestRelease(Command):
    """The contractor applies for an instalment (WAR-12)."""

    command_id: str
    contract_id: Key
    instalment: int = Field(strict=True)


class PayRelease(Command):
    """Finance pays an approved release (WAR-12)."""

    release_id: Id
    document: Reference = Field(default="payment", min_length=1, description="the payment's document")


class CompleteForm(Command):
    """The complaint form of an agreed compensation is complete (WAR-23)."""

    claim_id: Id
    form: Reference = Field(min_length=1, description="the form's number")


class ApprovePayment(Command):
    """Finance approves the payment of an agreed compensation (WAR-23)."""

    claim_id: Id


class PayCompensation(Command):
    """Finance pays an approved compensation (WAR-23)."""

    claim_id: Id
    document: Reference = Field(default="payment", min_length=1, description="the payment's document")
