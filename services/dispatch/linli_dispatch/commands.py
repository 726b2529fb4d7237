"""The bodies of dispatch's commands. Path parameters are fields; who sends a command comes from the token."""

from typing import Annotated, ClassVar, Literal

from linli_contracts.event import Fen, Id, Instant, Key
from linli_contracts.events.dispatch import ApplicationKind, Consent, CrisisEntry, Finding, SmallWorksKind
from pydantic import BaseModel, ConfigDict, Field

from linli_dispatch.domain.amounts import MOST_FEN

MOST_LINES = 1_000
"""Of a list in one command: some hundred kilobytes, decided and stored with the rest of a batch."""

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""A short code such as ``key_missing``: these words travel in events, so they are no free text (INT-13)."""
Name = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,100}$")]
"""A name as signs show it; control characters (the database keeps no NUL) are slips of a program."""


class Command(BaseModel):
    """What every body is: immutable and strict, so that a misspelt field never silently does nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    """Built at its first use: there are dozens, and most come seldom."""


class Versioned(Command):
    """A command about something that is shown with its version (`ETag`), which the client may name."""

    versioned: ClassVar[bool] = True


# -- storms --------------------------------------------------------------------------------------------------------


class DeclareStorm(Command):
    """A storm is on at an estate: requests of this cause are handled together from now on (DSP-09)."""

    command_id: str
    estate_id: Key
    cause: Code
    reason: Code


class EndStorm(Versioned):
    """A storm is over."""

    storm_id: Id
    reason: Code


class DeclareRegionStorm(Command):
    """A storm is on at all estates of a region (DSP-09)."""

    command_id: str
    region_id: Key
    cause: Code
    reason: Code
    estate_id: Key
    """An estate of the region on whose roster the sender is, with a role that may declare storms."""


class EndRegionStorm(Command):
    """The storms of a cause are over at all estates of a region, however each was declared (DSP-09)."""

    region_id: Key
    cause: Code
    reason: Code
    estate_id: Key
    """An estate of the region on whose roster the sender is, with a role that may end storms."""


class FinishStormOrder(Versioned):
    """One visit settled all requests of a work order, but for those named."""

    order_id: Id
    without: Annotated[tuple[Id, ...], Field(max_length=100)] = ()


# -- the work on a ticket ------------------------------------------------------------------------------------------


class OnTicket(Versioned):
    """A command about a ticket."""

    case_id: Id


class PassOn(OnTicket):
    """The responsible desk has the request in its hands; ``desk`` only where it is another than the chosen one."""

    desk: Key | None = None


class Assess(OnTicket):
    """The first assessment, told to the customer; a date makes it a report too. A consultation needs one.

    That of a repair is the engineer's inspection, at `inspected_at`; without it, now (DSP-10).
    """

    finding: Finding
    next_report_by: Instant | None = None
    inspected_at: Instant | None = None


class Answer(OnTicket):
    """The department gave its written opinion."""


class Report(OnTicket):
    """The customer was told; without a date, the next one is the latest that the policy allows."""

    next_report_by: Instant | None = None


class WaitForCustomer(OnTicket):
    """The case waits for the customer until then."""

    until: Instant
    reason: Code = "customer_asked"


class Resume(OnTicket):
    """The wait is over."""


class Resolve(OnTicket):
    """The handling is finished. ``consented``: the customer agrees that the standard answer settles it."""

    how: Literal["handled", "standard_answer"] = "handled"
    consented: bool = False


class Arrive(OnTicket):
    """The contractor is on the spot."""


class Finish(OnTicket):
    """The repair is done."""


class DoubtResponsibility(OnTicket):
    """It is unclear who is responsible for the defect."""


class Accompany(OnTicket):
    """Who went along with the contractor."""

    engineer_id: Key
    supervisor_id: Key


class Sign(OnTicket):
    """The owner accepts the finished repair."""

    consent: Consent = "signature"


class MissSignature(OnTicket):
    """The owner does not sign, for a reason on their side."""

    reason: Code


class SendExpressMail(OnTicket):
    """The owner was told by express mail; ``receipt`` is the carrier's number on the receipt that is kept."""

    receipt: Key


class RefuseOrder(OnTicket):
    """The contractor refuses to come."""

    reason: Code


class ReportDelay(OnTicket):
    """The contractor needs longer than the order says."""

    reason: Code


class ComplainOfContractor(OnTicket):
    """Somebody complained strongly about the contractor's people."""

    reason: Code = "attitude"


class DecideReentrusting(OnTicket):
    """The property service manager's decision on a proposal; accepting needs the replacement and its price.

    ``work_item`` and ``quantity`` name the same work in the price library, so that every office sees both prices.
    """

    accept: bool
    replacement_id: Key | None = None
    price_fen: Annotated[Fen, Field(gt=0, le=MOST_FEN)] | None = None
    work_item: Code | None = None
    quantity: Annotated[int, Field(ge=1, le=10_000)] = 1


class AcceptReplacement(OnTicket):
    """An office of the policy accepts the work of a replacement; ``order_id`` is that of its order."""

    order_id: Id
    office: Code


class PayReplacement(OnTicket):
    """The replacement was paid; ``document`` is the number of the payment."""

    order_id: Id
    document: Key


class ClaimWanted(Command):
    """Compensation as part of a plan; ``cause`` is what it is paid for."""

    amount_fen: Annotated[Fen, Field(gt=0, le=MOST_FEN)]
    cause: Code
    reasonable: bool = True
    by_property: bool = False
    recovered: bool = False


class ProposePlan(OnTicket):
    """A resolution plan: who carries it out, and the compensation if any."""

    desk: Key
    claim: ClaimWanted | None = None


class AnswerPlan(OnTicket):
    """The customer's answer to an approved plan; a rejection says why."""

    accepted: bool
    consent: Consent = "signature"
    reason: Code | None = None


class CarryOutPlan(OnTicket):
    """The plan was carried out; the customer is satisfied and signs, or it is to be carried out again."""

    satisfied: bool
    consent: Consent = "signature"


class ApplySmallWorks(OnTicket):
    """Small works that the developer pays: what for, why, at which budget."""

    kind: SmallWorksKind
    reason: Code
    budget_fen: Annotated[Fen, Field(gt=0, le=MOST_FEN)]


class ProposeMeasure(OnTicket):
    """What the property service manager proposes about what was reported."""

    measure: Code


class RecordConversation(OnTicket):
    """The property service manager spoke to the customer of an overdue repair; ``result`` is what came of it."""

    result: Code


class DecideApplication(OnTicket):
    """An office's decision about an application; ``submission`` is the one it saw."""

    kind: ApplicationKind
    submission: Annotated[int, Field(ge=1, le=1_000_000)]
    verdict: Literal["approved", "returned", "rejected"]
    reason: Code | None = None
    amount_fen: Annotated[Fen, Field(gt=0, le=MOST_FEN)] | None = None


# -- crises --------------------------------------------------------------------------------------------------------


class ConfirmCrisis(OnTicket):
    """Whoever sends it was told of the crisis, and knows."""


class NameCommander(OnTicket):
    """Who commands the crisis from now on."""

    person_id: Key


class AnswerInPerson(OnTicket):
    """The head of the service centre has answered a collective complaint in person."""


class HandToGroup(OnTicket):
    """The region cannot settle the crisis."""

    reason: Code


class LogCrisis(OnTicket):
    """A line of the crisis's log: a code, and the number of a document."""

    entry: CrisisEntry = "note"
    code: Code
    document: Key | None = None


class ReadNotice(OnTicket):
    """Whoever sends it was told, and has read it; ``number`` is the notice's."""

    number: Annotated[int, Field(ge=1, le=2**31 - 1)]


# -- partners ------------------------------------------------------------------------------------------------------


class RegisterWebhook(Command):
    """POST /contractors/{contractor_id}/webhooks."""

    contractor_id: Key
    url: Annotated[str, Field(max_length=500)]
    types: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]
    estate_ids: Annotated[tuple[Key, ...], Field(max_length=MOST_LINES)] = ()
    command_id: str


class RegisterStaffWebhook(Command):
    """POST /staff/{staff_id}/webhooks: for somebody of the staff; the URL may be a mail address, `mailto:<address>`."""

    staff_id: Key
    url: Annotated[str, Field(max_length=500)]
    estate_ids: Annotated[tuple[Key, ...], Field(max_length=MOST_LINES)] = ()
    command_id: str


class EndWebhook(Versioned):
    """POST /webhooks/{webhook_id}/end."""

    webhook_id: Id


class ResumeWebhook(Versioned):
    """POST /webhooks/{webhook_id}/resume."""

    webhook_id: Id


class ReplayWebhook(Versioned):
    """POST /webhooks/{webhook_id}/replay."""

    webhook_id: Id
    since: Instant
