"""Facts that dispatch tells: the registry of places and people, tickets, clocks, the ladder, repairs (DSP, ORG)."""

# Longer than 400 lines because all that one service tells is one page.

from datetime import date
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from linli_contracts.event import Event, Fen, Id, Instant, Key, Level
from linli_contracts.events.intake import Category, RequestKind, Trade
from linli_contracts.topics import DISPATCH

EstateKind = Literal["residential", "commercial", "office", "campus"]
Role = Literal[
    "agent", "service_centre_manager", "property_service_manager", "repair_engineer", "property_general_manager",
    "department", "engineering_vp", "marketing_vp", "general_manager", "group_service_centre",
]  # fmt: skip
LadderStep = Literal["owner", "manager", "vp", "general_manager", "group"]
Ground = Literal["refused", "late_arrival", "over_limit", "not_cured", "strong_complaint"]
"""Why a repair may be re-entrusted (DSP-14)."""
Consent = Literal["signature", "recorded"]
"""How a customer agreed: signed, or said so on a recording (DSP-05)."""
Clock = Literal[
    "passing_on", "department_answer", "customer_report", "completion", "arrival", "age_level_2", "age_level_1",
    "reentrust_lateness", "reentrust_over_limit", "ladder_step", "callback_close", "reentrusting_approval",
    "plan_approval", "compensation_approval", "small_works_approval", "measure_approval",
]  # fmt: skip
ApplicationKind = Literal["reentrusting", "plan", "compensation", "small_works", "measure"]
"""What offices approve, one after another: each kind has its chain in the policy."""


class EstateRegistered(Event):
    """An estate is known to the group, with its place in the organisation (section 0 of the rulebook)."""

    producer = DISPATCH
    subject_field = "estate_id"
    order_critical = True

    estate_id: Key
    region_id: Key
    project_id: Key
    name: str
    kind: EstateKind
    zone: str = "Asia/Shanghai"
    registered_at: Instant


class HomeRegistered(Event):
    """A home of an estate: phase, building, hand-over (WAR-02 counts from it)."""

    producer = DISPATCH
    subject_field = "home_id"

    home_id: Id
    estate_id: Key
    phase: str
    building: str
    handed_over_on: date | None = None
    occupied: bool = True
    top_floor: bool = False


class StaffRostered(Event):
    """A member of staff serves an estate's desk, on these weekdays and hours (local time of the estate)."""

    producer = DISPATCH
    subject_field = "estate_id"

    estate_id: Key
    staff_id: Key
    role: Role
    desk: str
    skills: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    """0 is Monday."""
    from_hour: float = 0
    until_hour: float = 24
    rostered_at: Instant


class AbsenceRecorded(Event):
    """A person of the roster is away until an instant; the deputy (代理人) acts in their name (DSP-20)."""

    producer = DISPATCH
    subject_field = "estate_id"

    estate_id: Key
    staff_id: Key
    from_at: Instant
    until_at: Instant
    deputy_id: Key | None = None
    recorded_at: Instant


class ContractorRegistered(Event):
    """A contractor answers for trades and phases of an estate (DSP-08)."""

    producer = DISPATCH
    subject_field = "estate_id"

    estate_id: Key
    contractor_id: Key
    trades: tuple[Trade, ...]
    phases: tuple[str, ...]
    registered_at: Instant


class TicketOpened(Event):
    """The request became a ticket with exactly one owner and running clocks (DSP-19)."""

    producer = DISPATCH
    order_critical = True

    case_id: Id
    estate_id: Key
    home_id: Id | None = None
    kind: RequestKind
    category: Category
    subcategory: str
    level: Level
    customer_ref: Key
    owner_id: str
    received_at: Instant
    opened_at: Instant
    complete_by: Instant | None = None
    policy_version: str


class RunnerUp(BaseModel):
    """Somebody who could have been chosen, and why not."""

    model_config = ConfigDict(frozen=True)

    staff_id: str
    why_not: str


class TicketAssigned(Event):
    """A handler was chosen, with the reasons and the runners-up (DSP-08)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    handler_id: str | None
    """None: nobody is rostered at any level; the shortage is in ``reasons`` and the owner keeps the ticket."""
    role: Role | None
    desk: str
    reasons: tuple[str, ...]
    runners_up: tuple[RunnerUp, ...] = ()
    shortage: bool = False
    assigned_at: Instant


class TicketPassedOn(Event):
    """The responsible desk has the request in its hands (转达, INT-08)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    desk: str
    passed_on_at: Instant


class DepartmentAnswered(Event):
    """The responsible department gave its written opinion (DSP-02)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    desk: str
    answered_at: Instant


class CustomerReported(Event):
    """The customer was told the result, or the progress and a new date (DSP-03)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    reported_at: Instant
    next_report_by: Instant | None = None


class TicketEscalated(Event):
    """One step of the ladder was taken: once, in order, never skipped (DSP-06)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    step: LadderStep
    person_id: str | None
    """None: the step is vacant and the next one follows at once."""
    because: Clock
    escalated_at: Instant
    step_due_at: Instant | None = None
    policy_version: str


class TicketLevelRaised(Event):
    """The level rose by age or by facts; no step of the ladder (DSP-06, DSP-07)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    level: Level
    previous_level: Level
    because: str
    raised_at: Instant
    policy_version: str


class DeadlineMissed(Event):
    """A clock ran out: one second after the due instant, not at it (ORG-04)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    clock: Clock
    due_at: Instant
    customer_ref: Key
    provisional: bool = False
    rule: str
    policy_version: str


class TicketWaiting(Event):
    """The case waits for the customer until a date: age and completion clocks pause (DSP-06)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    reason: str
    waiting_since: Instant
    until: Instant


class TicketResumed(Event):
    """The wait for the customer ended."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    resumed_at: Instant


class CoverageAsked(Event):
    """Dispatch asks warranty: is this defect covered, by whom, until when? (DSP-10, WAR-02)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    home_id: Id | None = None
    trade: Trade
    asked_on: date
    """The local date of the defect's report."""


class ContractorNotified(Event):
    """The contractor was told to come (工程联系单), with the times to arrive and to finish (DSP-10)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    contractor_id: Key
    contract_id: Key | None = None
    trade: Trade
    home_id: Id | None = None
    notified_at: Instant
    arrive_by: Instant
    finish_by: Instant


class ContractorArrived(Event):
    """The contractor is on the spot."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    contractor_id: Key
    arrived_at: Instant
    late: bool


class ReentrustingProposed(Event):
    """A ground for re-entrusting appeared; the property service manager decides (DSP-14)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    contractor_id: Key
    ground: Ground
    proposed_at: Instant


class RepairReentrusted(Event):
    """Another contractor repairs at a lump-sum price, to be recovered from the deposit (DSP-14, WAR-06)."""

    producer = DISPATCH
    order_critical = True

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    contractor_id: Key
    """The original contractor, whose deposit pays."""
    contract_id: Key | None = None
    replacement_id: Key
    price_fen: Fen
    ground: Ground
    decided_by: str
    reentrusted_at: Instant


class OrderRefused(Event):
    """The contractor refuses to come: a ground for re-entrusting (DSP-14)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    contractor_id: Key
    reason: str
    refused_at: Instant


class OrderDelayed(Event):
    """The contractor reported that it needs longer (DSP-14: over the limit *without reporting* is a ground)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    contractor_id: Key
    reason: str
    reported_at: Instant


class ApprovalAsked(Event):
    """An office has an application before it, and a time to decide (DSP-04, DSP-14, DSP-15, WAR-20)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    application_id: Id
    kind: ApplicationKind
    submission: int
    """A resubmission begins the chain again."""
    office: str
    person_ids: tuple[str, ...]
    """Who may sign now; nobody: the office and all above it are vacant."""
    amount_fen: Fen | None = None
    library_fen: Fen | None = None
    """What the price library says the same work costs (DSP-14)."""
    proposed_by: str
    asked_at: Instant
    due_at: Instant


class ApprovalDecided(Event):
    """An office decided about an application, or its proposer took it back."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    application_id: Id
    kind: ApplicationKind
    submission: int
    office: str
    decision: Literal["approved", "returned", "rejected", "withdrawn"]
    decided_by: str
    acts_for: str | None = None
    """The absent person, or the vacant office, for whom the decision was made."""
    reason: str | None = None
    amount_fen: Fen | None = None
    final: bool
    """Nobody else is asked about this submission."""
    decided_at: Instant


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
    contract_id: Key | None = None
    """The contract from whose deposit it is recovered, if it was decided so with the claim (WAR-24)."""
    agreed_at: Instant


class WorkPriced(Event):
    """The price library (价格库) of a region holds this price for a piece of work (DSP-14)."""

    producer = DISPATCH
    key_field = "region_id"
    subject_field = "region_id"

    region_id: Key
    work_item: str
    unit: str
    price_fen: Fen
    priced_at: Instant


class RepairDone(Event):
    """The repair is finished; the callback follows (FUP-01)."""

    producer = DISPATCH
    order_critical = True

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    done_by: Literal["contractor", "replacement", "own_staff"]
    contractor_id: Key | None = None
    customer_ref: Key
    done_at: Instant
    in_time: bool


class TicketResolved(Event):
    """The handling of a case that is no repair is finished; the callback follows (FUP-01)."""

    producer = DISPATCH
    order_critical = True

    case_id: Id
    estate_id: Key
    round: int
    how: Literal["handled", "standard_answer"]
    customer_ref: Key
    resolved_at: Instant
    in_time: bool


class TicketReopened(Event):
    """The customer is not satisfied: same case, next round (FUP-01)."""

    producer = DISPATCH
    order_critical = True

    case_id: Id
    estate_id: Key
    round: int
    """The new round."""
    reason: str
    reopened_at: Instant


class TicketClosed(Event):
    """The case is closed; ``how`` says by what right (FUP-01)."""

    producer = DISPATCH
    order_critical = True

    case_id: Id
    estate_id: Key
    round: int
    how: Literal["satisfied", "unreachable", "withdrawn", "standard_answer", "time_limit"]
    level: Level
    customer_ref: Key
    received_at: Instant
    closed_at: Instant


EVENTS: Final = (
    EstateRegistered,
    HomeRegistered,
    StaffRostered,
    AbsenceRecorded,
    ContractorRegistered,
    TicketOpened,
    TicketAssigned,
    TicketPassedOn,
    DepartmentAnswered,
    CustomerReported,
    TicketEscalated,
    TicketLevelRaised,
    DeadlineMissed,
    TicketWaiting,
    TicketResumed,
    CoverageAsked,
    ContractorNotified,
    ContractorArrived,
    ReentrustingProposed,
    RepairReentrusted,
    OrderRefused,
    OrderDelayed,
    ApprovalAsked,
    ApprovalDecided,
    PlanProposed,
    PlanApproved,
    PlanAccepted,
    PlanRejected,
    PlanExecuted,
    CompensationAgreed,
    WorkPriced,
    RepairDone,
    TicketResolved,
    TicketReopened,
    TicketClosed,
)
