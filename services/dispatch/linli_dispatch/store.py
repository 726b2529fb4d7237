"""Typed reads of dispatch's tables for people; the writer loop has its own. What a reader may see is an argument."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final, Literal

from linli_contracts.event import Instant, Level
from linli_contracts.events.dispatch import Clock, EstateKind, LadderStep, ReportGround, Role
from linli_contracts.events.intake import Category, RequestKind, Trade
from linli_messaging.batch.versions import stored_version, version_of
from linli_messaging.service_map import Actor
from linli_runtime.reads import Reads
from pydantic import BaseModel, Field

from linli_dispatch.domain.approvals.approval import Application
from linli_dispatch.domain.approvals.plan import Plan, SmallWorks
from linli_dispatch.domain.blueprints.course import Course, Quotation
from linli_dispatch.domain.crises.crisis_file import Crisis
from linli_dispatch.domain.deadlines.running_clock import RunningClock, Wait
from linli_dispatch.domain.group.places import Absence, Contractor, Estate, PricedWork, PriceLibrary, Staff, Workload
from linli_dispatch.domain.lifecycle import Status
from linli_dispatch.domain.notices.staff_notice import StaffNotice
from linli_dispatch.domain.repairs.order import Acceptance, Conversation, Liable, Order, Replacement
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.title import Title, Words, title_key, title_of

LARGEST_PAGE: Final = 500
"""Keeps one answer below a megabyte and one read short."""


_OF_THE_COMPANY: Final = MappingProxyType(
    {
        "applications": (), "plan": None, "crisis": None, "level_reasons": (), "reported": (), "measure": None,
        "conversation": None,
        "small_works": None, "small_works_fen": 0, "notices": (),
    }
)  # fmt: skip
"""What a contractor does not see of a ticket, and what stands there instead."""


CURSOR_PATTERN: Final = r"^[A-Za-z0-9_.\-]{0,300}$"
"""A cursor is the id of a row, or nothing."""


class TicketSeen(BaseModel):
    """A ticket as people see it."""

    case_id: str = Field(validation_alias="id")
    estate_id: str
    home_id: str | None
    kind: RequestKind
    category: Category
    subcategory: str
    trade: Trade | None
    place: str | None = None
    title: Title = Title("", "")
    """Made of the codes above."""
    customer_ref: str
    received_at: Instant
    complete_by: Instant | None
    people: int
    status: Status
    policy_version: str | None
    opened_at: Instant | None
    owner_id: str
    handler_id: str | None
    handler_role: Role | None
    desk: str
    level: Level
    graded_level: Level
    level_reasons: tuple[str, ...]
    leads_to: str | None
    round: int
    round_from: Instant
    clocks: tuple[RunningClock, ...]
    overdue: tuple[Clock, ...]
    steps: tuple[LadderStep, ...]
    wait: Wait | None
    waits: int
    free_of_charge: bool = False
    caused_by_customer: bool = False
    quotation: Quotation | None = None
    waits_for: Literal["inspection"] | None = None
    """What it waits for inside the house: an engineer is to see it on the spot first (DSP-10)."""
    liable: Liable | None = None
    """Who gets the notice then."""
    order: Order | None
    replacements: tuple[Replacement, ...] = ()
    plan: Plan | None
    crisis: Crisis | None = None
    notices: tuple[StaffNotice, ...] = ()
    reported: tuple[ReportGround, ...] = ()
    conversation: Conversation | None = None
    measure: str | None = None
    small_works: SmallWorks | None = None
    small_works_fen: int = 0
    applications: tuple[Application, ...]
    kept: dict[Clock, int]
    missed: dict[Clock, int]
    steps_taken: dict[LadderStep, int]
    assessed_at: Instant | None
    """When the customer was first told what was found, or more (INT-09)."""
    inspected_at: Instant | None = None
    """When an engineer saw a repair on the spot (DSP-10)."""
    first_report_at: Instant | None
    completed_at: Instant | None
    acceptance: Acceptance
    course: Course | None = None
    closes_as: Literal["satisfied", "unreachable"] | None = None
    """How it is closed once its claim is settled."""
    closed_at: Instant | None
    closed_how: str | None


class EstateSeen(BaseModel):
    """An estate and its place in the organisation."""

    estate_id: str = Field(validation_alias="id")
    region_id: str
    project_id: str
    name: str
    kind: EstateKind
    zone: str


class EstatePage(BaseModel):
    """Some estates by id, and the cursor of the next page."""

    items: list[EstateSeen]
    next: str | None


class EstateInFull(EstateSeen):
    """An estate with its roster, its contractors, how many homes it has and who has how much in hand."""

    staff: tuple[Staff, ...]
    contractors: tuple[Contractor, ...]
    absences: tuple[Absence, ...] = ()
    homes: int = 0
    in_hand: dict[str, int] = Field(default_factory=dict)


class Prices(BaseModel):
    """The price library of a region, by piece of work."""

    region_id: str = Field(validation_alias="id")
    works: dict[str, PricedWork]


class MissedDeadline(BaseModel):
    """A deadline that was missed."""

    case_id: str
    round: int
    clock: Clock
    due_at: Instant
    missed_at: Instant


class MissedPage(BaseModel):
    """Some missed deadlines, and the cursor of the next page."""

    items: list[MissedDeadline]
    next: str | None


class KeptAndMissed(BaseModel):
    """How often a deadline was kept and missed."""

    kept: int = 0
    missed: int = 0


class Figures(BaseModel):
    """The counts of one estate, or of all that a reader may see; ``received`` is always ``open`` + ``closed``."""

    received: int
    open: int
    closed: int
    by_status: dict[Status, int]
    by_level: dict[Level, int]
    closed_how: dict[str, int]
    overdue: int
    """Tickets that owe something they missed."""
    reopened: int
    """Rounds after the first."""
    reentrusted: int
    deadlines: dict[Clock, KeptAndMissed]
    ladder_steps: dict[LadderStep, int]
    stuck: int
    """Without a clock and without a dated wait: always 0 (DSP-19)."""
    unowned: int
    """Without an owner: always 0 (DSP-19)."""


async def show_ticket(reads: Reads, words: Words, actor: Actor, case_id: str) -> tuple[TicketSeen, str] | None:
    """The ticket with its version, if there is one and the reader may see it."""
    row = await reads.fetchrow("show_ticket", case_id, actor.org, actor.contractor_id)
    if row is None:
        return None
    ticket = Ticket.model_validate_json(row["state"])
    return _seen_by(actor, words, ticket), version_of(ticket)


async def read_tickets(reads: Reads, words: Words, actor: Actor, case_ids: Sequence[str]) -> list[TicketSeen]:
    """The tickets that a list found for this reader, in its order; not one whose order went elsewhere since."""
    rows = await reads.fetch("read_tickets", case_ids, actor.contractor_id) if case_ids else []
    seen = {row["id"]: _seen_by(actor, words, Ticket.model_validate_json(row["state"])) for row in rows}
    return [seen[case_id] for case_id in case_ids if case_id in seen]


def _seen_by(actor: Actor, words: Words, ticket: Ticket) -> TicketSeen:
    """A contractor sees its order and how far the case is (PAR-01).

    What is before the offices, the crisis, and what was reported and measured is the company's own; what another
    contractor was asked before, and why the order was taken from it, is neither its own nor this one's.
    """
    seen = TicketSeen.model_validate(ticket, from_attributes=True)
    key = title_key(
        kind=seen.kind, category=seen.category, subcategory=seen.subcategory, trade=seen.trade, place=seen.place
    )
    title = title_of(words, key)
    if actor.contractor_id is None:
        return seen.model_copy(update={"title": title})
    order = seen.order and replace(seen.order, offer=None)
    if order is not None and order.replacement_id is not None:
        order = replace(
            order, contractor_id=order.replacement_id, contract_id=None, refused_at=None, delayed_at=None,
            grounds=(), declined=(),
        )  # fmt: skip
    return seen.model_copy(update={"title": title, "order": order, **_OF_THE_COMPANY})


async def show_prices(reads: Reads, org: str, region_id: str) -> tuple[Prices, str] | None:
    """The price library of a region with its version, if it has one and the path lies in the region or holds it."""
    region = f"group/{region_id}/"
    if not (f"{org}/".startswith(region) or region.startswith(f"{org}/")):
        return None
    row = await reads.fetchrow("show_price_library", region_id)
    return (Prices.model_validate_json(row["state"]), stored_version(PriceLibrary, row["state"])) if row else None


async def show_estate(reads: Reads, org: str, estate_id: str) -> tuple[EstateInFull, str] | None:
    """The estate, if there is one and the organisation path may see it.

    Its version is that of what commands of the registry change: not of what its people have in hand, nor of its homes.
    """
    row = await reads.fetchrow("show_estate", estate_id, org)
    if row is None:
        return None
    in_hand = Workload.model_validate_json(row["workload"]).in_hand if row["workload"] else {}
    estate = EstateInFull.model_validate_json(row["state"])
    shown = estate.model_copy(update={"homes": row["homes"], "in_hand": dict(in_hand)})
    return shown, stored_version(Estate, row["state"])


async def page_estates(reads: Reads, org: str, *, after: str, limit: int) -> EstatePage:
    """The estates after the cursor."""
    rows = await reads.fetch("page_estates", after, limit + 1, org)
    items = [EstateSeen.model_validate_json(row["state"]) for row in rows[:limit]]
    return EstatePage(items=items, next=items[-1].estate_id if len(rows) > limit else None)


async def page_missed(
    reads: Reads, org: str, clock: Clock, estate_id: str | None, *, after: str, limit: int
) -> MissedPage:
    """The missed deadlines of one clock after the cursor."""
    rows = await reads.fetch("page_missed_deadlines", after, limit + 1, org, clock, estate_id)
    items = [MissedDeadline.model_validate(dict(row)) for row in rows[:limit]]
    return MissedPage(items=items, next=rows[limit - 1]["id"] if len(rows) > limit else None)


async def figures(reads: Reads, org: str, estate_id: str | None) -> Figures:
    """The counts, as they are kept up with every transaction (`Ticket.tally`)."""
    rows = await reads.fetch("figures", estate_id, org)
    by_what: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        what, _, name = row["name"].partition(".")
        by_what[what][name] = row["counted"]
    by_status, kept, missed = by_what["status"], by_what["kept"], by_what["missed"]
    received, closed = sum(by_status.values()), by_status.get("closed", 0)
    alone = {what: by_what[what].get("", 0) for what in ("overdue", "reopened", "reentrusted", "stuck", "unowned")}
    return Figures.model_validate(
        {
            "received": received,
            "open": received - closed,
            "closed": closed,
            "by_status": by_status,
            "by_level": by_what["level"],
            "closed_how": by_what["closed_how"],
            "deadlines": {
                clock: {"kept": kept.get(clock, 0), "missed": missed.get(clock, 0)}
                for clock in sorted(kept.keys() | missed.keys())
            },
            "ladder_steps": by_what["step"],
            **alone,
        }
    )
