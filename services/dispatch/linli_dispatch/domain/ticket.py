"""What dispatch knows of a case: facts that never change, what happened in this round, the clocks that run.

Data only. Deadlines are worked out from these facts by `clocks.py`, never from "last modified"; `turn.py` changes them.
The parts are plain dataclasses: a rule makes them by the dozen, and what is stored is checked when it is loaded.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal

from linli_contracts.events.dispatch import (
    ApplicationKind,
    Clock,
    LadderStep,
    ReportGround,
    Role,
)
from linli_contracts.events.intake import Category, Channel, RequestKind, Trade
from linli_rulebook.decision import Timer
from linli_rulebook.sparse_state import SparseState
from pydantic import AwareDatetime, Field

from linli_dispatch.domain.approvals.approval import Application
from linli_dispatch.domain.approvals.plan import Plan, SmallWorks
from linli_dispatch.domain.blueprints.course import Course, Quotation
from linli_dispatch.domain.crises.crisis_file import Crisis
from linli_dispatch.domain.deadlines.running_clock import (
    DEADLINE_NEAR,
    NO_TIME,
    NOTICE_UNREAD,
    ONE_SECOND,
    RUNS_OUT_WHEN_DUE,
    WAIT_ENDS,
    RunningClock,
    Wait,
)
from linli_dispatch.domain.lifecycle import IN_HAND, Status
from linli_dispatch.domain.notices.staff_notice import StaffNotice
from linli_dispatch.domain.repairs.order import Acceptance, Conversation, Liable, Order, Replacement

ORDINARY: Final = 4
"""The least severe level (INT-06)."""
HANDLED_AT_ONCE: Final[tuple[int, ...]] = (3, 4)
"""The levels that go to a department, or are settled by a standard answer (DSP-02); 1 and 2 are a crisis (DSP-01)."""


class Ticket(SparseState):
    """A case. Fields of a round are set anew when it is reopened; the others belong to its whole life.

    Most of it says nothing for most of its life, and is held and stored only once it does: a field that statements of
    the database read has no default, and a default never changes without a migration.
    """

    table: ClassVar[str] = "ticket"

    estate_id: str
    home_id: str | None
    kind: RequestKind
    category: Category
    subcategory: str
    channel: Channel
    customer_ref: str
    received_at: AwareDatetime
    trade: Trade | None
    place: str | None = None
    language: str
    emergency: bool
    complete_by: AwareDatetime | None
    people: int

    status: Status
    policy_version: str | None = None
    """The version in force when the ticket was opened: it decides to the end (ORG-02)."""
    amended_later: Mapping[str, str | None] = Field(default_factory=dict)
    """Corrected facts that wait until warranty or a contractor no longer has what they are about (`amending.py`)."""
    region_id: str = ""
    """Its estate's region when it was opened: its terms and deadlines stay that one's, wherever the estate moves
    (ORG-02). Empty, as the zone: not opened, or opened before this was kept.
    """
    zone: str = ""
    opened_at: AwareDatetime | None = None
    owner_id: str
    """The first receiver, later whoever was handed the case over: exactly one at any instant (INT-04, DSP-19)."""
    owner_missing: bool = False
    """The owner is away or has left, and nobody could take their place: whoever comes and fits does (DSP-19)."""
    level: int
    """The more severe of the two below."""
    graded_level: int = ORDINARY
    """By the facts: intake's decision."""
    age_level: int = ORDINARY
    """By age: it never falls (DSP-06)."""
    level_reasons: tuple[str, ...] = ()
    graded_number: int = 0
    """Of intake's last grading, in its lane: an older one, that was parked meanwhile, changes nothing. 0: there was
    none yet, or it was before this was kept.
    """
    amended_number: int = 0
    """The same of its last amendment."""
    linked_number: int = 0
    """The same of the last linking to it, or unlinking from it."""
    leads_to: str | None = None
    """The case this one was linked to (INT-07)."""
    leads_to_number: int = 0
    """The same of the last linking or unlinking that said so."""
    wait: Wait | None = None
    """The wait for the customer that is on. Those that ended are on the timeline; here they only add up."""
    warnings: int = 0
    """How often staff were told that deadlines were near."""
    notices_told: int = 0
    """How often somebody of its staff was told something (DSP-20); a notice has the number of its first telling."""
    notices_exhausted: int = 0
    """How often nobody was left to tell: with the number above it tells the clock's firings apart."""
    waits: int = 0
    """How many there were, this one included."""
    waited: timedelta = NO_TIME
    """How long the ended ones took, over all rounds."""
    kept: Mapping[str, int] = Field(default_factory=dict)
    missed: Mapping[str, int] = Field(default_factory=dict)
    """Deadlines kept and missed so far, by clock."""
    kept_before: Mapping[str, int] = Field(default_factory=dict)
    missed_before: Mapping[str, int] = Field(default_factory=dict)
    """As many of them were before this round."""
    steps_taken: Mapping[LadderStep, int] = Field(default_factory=dict)
    """Steps of the ladder, over all rounds."""
    reentrusted: int = 0
    reentrusted_fen: int = 0
    """What other contractors were entrusted at so far, over all rounds: a price is judged by the sum (WAR-23)."""
    replacements: tuple[Replacement, ...] = ()
    """What others did in the contractors' place, over all rounds: each is accepted and paid for itself (DSP-14)."""
    not_cured_by: str | None = None
    """The contractor whose own repair of the round before did not cure it (DSP-14)."""
    plans: int = 0
    """How many plans there were, over all rounds."""
    compensated: Mapping[str, int] = Field(default_factory=dict)
    """What was approved so far in fen, by cause: a claim is judged by the sum (WAR-23)."""
    applications: tuple[Application, ...] = ()
    """The last one of each kind: what was decided before is on the timeline."""
    course: Course | None = None
    """Where it is in its blueprint; None: its kind has none with steps of its own (DSP-17)."""
    steps_before: int = 0
    """How many steps began in blueprints that it turned out not to belong to: those of its own are numbered on."""
    small_works: SmallWorks | None = None
    small_works_fen: int = 0
    """What was approved so far: every office sees the sum (DSP-15)."""
    feedback: bool = False
    """Feedback that came online, or from a member of the owners' club: answered in a time of its own (INT-09)."""
    member: bool = False
    """The customer was a member when the request came."""
    assessed_at: AwareDatetime | None = None
    """When the customer was first told what was found, or more than that (INT-09)."""
    inspected_at: AwareDatetime | None = None
    """A repair: when an engineer first saw it on the spot (DSP-10)."""
    inspect_from: AwareDatetime | None = None
    """What the time to inspect counts from where that is not the receipt: a round, or when it turned out a repair."""
    turned_repair: int = 0
    """How often in the round it turned out a repair after it was assessed: tells the clocks of its inspection apart."""
    first_report_at: AwareDatetime | None = None
    """When the customer first got a report (DSP-03); it answers feedback (INT-09)."""
    closes_as: Literal["satisfied", "unreachable"] | None = None
    """What the callback found while a claim of the completed case was open: it is closed so once that is settled."""
    closed_at: AwareDatetime | None = None
    closed_how: str | None = None

    # -- of this round
    round: int
    round_from: AwareDatetime
    """What the round's deadlines count from: the receipt, later the reopening."""
    waited_in_round: timedelta = NO_TIME
    desk: str = ""
    handler_id: str | None = None
    handler_role: Role | None = None
    short: bool = False
    """Whoever has it is not whom it needs, for want of somebody who fits (DSP-08)."""
    storm_order_id: str | None = None
    """The work order that serves it with others of a storm (DSP-09)."""
    complex: bool = False
    """Longer time to complete (DSP-03); time once given is not taken back in the same round."""
    passed_on_at: AwareDatetime | None = None
    passed_on: int = 0
    redirected_at: AwareDatetime | None = None
    """When another desk than the one that had it turned out responsible: its passing on counts from then (INT-08)."""
    redirected: int = 0
    """How often that was."""
    counted_anew_at: AwareDatetime | None = None
    """When its deadlines were last counted anew, because it turned out to be of another level, kind or desk."""
    answer_from: AwareDatetime | None = None
    """The department got the form and owes its opinion in time (DSP-02)."""
    answered_at: AwareDatetime | None = None
    report_from: AwareDatetime
    report_by: AwareDatetime | None = None
    """The date given to the customer, if one was named (DSP-03)."""
    reports: int = 0
    """How many reporting dates of the round are over."""
    reports_missed: int = 0
    """How many of them in a row were missed."""
    free_of_charge: bool = False
    """A repair that a warranty or the developer pays: the customer does not, unless they caused it (DSP-10)."""
    caused_by_customer: bool = False
    quotation: Quotation | None = None
    """What the customer is to pay for a repair; that of a special service stands in its course."""
    liable: Liable | None = None
    """Warranty has named who is to repair, and an engineer has not inspected yet."""
    order: Order | None = None
    orders_recalled: int = 0
    """How many contractors of the round were the wrong ones: tells its orders, and their clocks, apart."""
    plan: Plan | None = None
    crisis: Crisis | None = None
    """Of a round at level 1 or 2 (DSP-01)."""
    notices: tuple[StaffNotice, ...] = ()
    """Urgent ones that nobody has read yet (DSP-20)."""
    reported: tuple[ReportGround, ...] = ()
    """What of it was reported to the property service manager (DSP-13)."""
    conversation: Conversation | None = None
    measure: str | None = None
    """What the manager proposed about it: a code."""
    clocks: tuple[RunningClock, ...]
    """The one that is due first comes first."""
    overdue: tuple[Clock, ...]
    """Deadlines that were missed and are still owed."""
    steps: tuple[LadderStep, ...] = ()
    """The steps of the ladder taken in this round."""
    completed_at: AwareDatetime | None = None
    acceptance: Acceptance = Acceptance()

    @property
    def charged_fen(self) -> int | None:
        """What the customer pays for a repair once they have accepted the work; None: nothing (DSP-10).

        Paid work is what they agreed to; what they caused they pay as quoted, unless they said no.
        """
        quotation = self.quotation
        owed = quotation is not None and (
            quotation.accepted or (quotation.accepted is None and self.caused_by_customer)
        )
        return quotation.price_fen if quotation is not None and owed else None

    def facts_of_report(self, at: datetime) -> dict[str, datetime]:
        """What a report at this instant changes: it tells what was found, too, where nobody had (INT-09).

        What a repair shows is found by an engineer on the spot alone (DSP-10).
        """
        told = {"first_report_at": self.first_report_at or at}
        return told if self.owes_inspection else told | {"assessed_at": self.assessed_at or at}

    @property
    def owes_inspection(self) -> bool:
        """Whether an engineer is still to see it on the spot: a repair, but for one that a storm's visit serves."""
        return self.kind == "repair" and self.inspected_at is None and self.storm_order_id is None

    @property
    def waits_for(self) -> Literal["inspection"] | None:
        """What a case in hand waits for inside the house, by name (DSP-10): no wait for the customer."""
        return "inspection" if self.in_hand and self.owes_inspection else None

    @property
    def claim_open(self) -> bool:
        """Whether compensation is before an office, or goes back to one, or before the customer (DSP-04, WAR-20).

        Also where a customer who was called back already has rejected it since: a new plan is to follow.
        """
        plan = self.plan
        if plan is None or plan.claim is None:
            return False
        application = self.application("compensation")
        awaited = application is not None and application.status in {"pending", "returned"}
        rejected_since = plan.status == "rejected" and self.closes_as is not None
        return plan.status == "approved" or rejected_since or (plan.status == "proposed" and awaited)

    def application(self, kind: ApplicationKind) -> Application | None:
        """The last application of a kind, decided or not; most cases have none of any."""
        if not self.applications:
            return None
        return next((one for one in self.applications if one.kind == kind), None)

    @property
    def people_number(self) -> int:
        """Of the fact that told ``people`` last: a grading does, a linking, and an unlinking."""
        return max(self.graded_number, self.linked_number)

    @property
    def in_hand(self) -> bool:
        """Whether somebody has to act."""
        return self.status in IN_HAND

    def tally(self) -> Mapping[str, int]:
        """What `GET /figures` tells of it; the migration `0003_figures.sql` counts the same."""
        counted = {f"status.{self.status}": 1, f"level.{self.level}": 1}
        if self.closed_how:
            counted[f"closed_how.{self.closed_how}"] = 1
        counted["reopened"] = self.round - 1
        counted["reentrusted"] = self.reentrusted
        counted["overdue"] = int(bool(self.overdue))
        counted["stuck"] = int(self.status not in {"received", "closed"} and not self.clocks and self.wait is None)
        counted["unowned"] = int(not self.owner_id)
        for what, counts in (("kept", self.kept), ("missed", self.missed), ("step", self.steps_taken)):
            for name, times in counts.items():
                counted[f"{what}.{name}"] = times
        return counted

    @property
    def watched_from(self) -> datetime | None:
        """Nothing runs out before it: what is opened late, or turns out late, is missed then, not in the past."""
        return self.counted_anew_at or (self.opened_at if self.round == 1 else self.round_from)

    @property
    def warn_at(self) -> datetime | None:
        """When staff are told next that a deadline is near."""
        next_at: datetime | None = None
        for clock in self.clocks:
            warn_at = clock.warn_at
            if warn_at is not None and (next_at is None or warn_at < next_at):
                next_at = warn_at
        return next_at

    @property
    def unread_at(self) -> datetime | None:
        """When an urgent notice goes to the next person: a second after its time."""
        if not self.notices:
            return None
        read_by = min((by for one in self.notices if (by := one.read_by)), default=None)
        return read_by + ONE_SECOND if read_by else None

    def timers(self) -> tuple[Timer, ...]:
        """The one that is due first: of the case's time, or of an urgent notice that nobody has read."""
        first, unread_at = self._in_time(), self.unread_at
        if unread_at is not None and (first is None or unread_at < first.due_at):
            first = Timer(unread_at, NOTICE_UNREAD, self.round, self.notices_told + self.notices_exhausted)
        return (first,) if first is not None else ()

    def _in_time(self) -> Timer | None:
        """A warning, a clock, one second after it is due, or the end of a dated wait."""
        wait = self.wait
        if self.clocks:
            clock = self.clocks[0]
            at = clock.due_at if clock.name in RUNS_OUT_WHEN_DUE else clock.due_at + ONE_SECOND
            watched_from = self.watched_from
            if watched_from is not None and at < watched_from:
                at = watched_from
            warn_at = self.warn_at
            if warn_at is not None and warn_at <= at and (wait is None or warn_at <= wait.until):
                return Timer(warn_at, DEADLINE_NEAR, self.round, self.warnings + 1)
            if wait is None or at <= wait.until:
                return Timer(at, clock.name, self.round, clock.step)
        return Timer(wait.until, WAIT_ENDS, self.round, self.waits) if wait is not None else None
