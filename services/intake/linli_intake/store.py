"""Typed reads of intake's tables for people; the writer loop has its own. What a reader may see is an argument."""

from collections import defaultdict
from dataclasses import dataclass

from linli_contracts.event import Instant, Level
from linli_contracts.events.intake import Category, Channel, CustomerKind, RequestKind, Trade
from linli_runtime.reads import Reads
from pydantic import BaseModel, Field

from linli_intake.domain.completeness import Fault
from linli_intake.domain.form import RequestForm, Unread
from linli_intake.domain.group import Group
from linli_intake.domain.person import Customer
from linli_intake.domain.quarantine import Quarantined
from linli_intake.domain.request import Lawsuit, Publication, RequestText, Stage
from linli_intake.domain.secret import opens
from linli_intake.domain.standing import in_words
from linli_intake.settings import customer_key


class RequestSeen(BaseModel):
    """A request as staff see it: its facts, level and standing; neither words nor names."""

    case_id: str = Field(validation_alias="id")
    estate_id: str
    home_id: str | None
    kind: RequestKind
    category: Category
    subcategory: str
    channel: Channel
    customer_ref: str
    customer_kind: CustomerKind
    received_at: Instant
    received_by: str
    people: int
    lawsuit: Lawsuit
    publication: Publication
    repeated: bool
    needs_consultants: bool
    emergency: bool
    trade: Trade | None
    place: str | None
    language: str
    complete_by: Instant | None
    source_row: str | None
    policy_version: str
    level: Level
    reasons: tuple[str, ...]
    status: Stage
    standing_since: Instant


class Links(BaseModel):
    """The group a request belongs to: the case that leads it, all its cases, the people behind them."""

    case_id: str
    case_ids: tuple[str, ...]
    people: int


class RequestInFull(BaseModel):
    """One request with its links; `words` and `customer` only for those who may know them."""

    request: RequestSeen
    links: Links | None
    words: RequestText | None = None
    customer: Customer | None = None


class RequestPage(BaseModel):
    """Some requests by id, and the cursor of the next page."""

    items: list[RequestSeen]
    next: str | None


class QuarantinedSeen(BaseModel):
    """A refused form: what is missing; the form itself only for those who may know it."""

    quarantine_id: str
    missing: tuple[Fault, ...]
    refused_at: Instant
    tries: int
    status: str
    source_row: str | None
    case_id: str | None
    form: RequestForm | None
    left_out: Unread | None


class QuarantinePage(BaseModel):
    """Some refused forms by id, and the cursor of the next page."""

    items: list[QuarantinedSeen]
    next: str | None


class Figures(BaseModel):
    """What has been received, and what was refused or linked."""

    received: int
    by_level: dict[Level, int]
    by_kind: dict[RequestKind, int]
    by_channel: dict[Channel, int]
    """How they came (INT-01)."""
    by_status: dict[Stage, int]
    quarantined: int
    """Still in quarantine."""
    resubmitted: int
    """Left it as a case."""
    linked_groups: int
    linked_requests: int


class Standing(BaseModel):
    """Where a case stands, in plain words for the customer (INT-15)."""

    case_id: str
    status: Stage
    zh: str
    en: str
    received_at: Instant
    since: Instant


@dataclass(frozen=True, slots=True)
class Filter:
    """Which requests a page shows; None: all."""

    estate_id: str | None = None
    kind: RequestKind | None = None
    level: Level | None = None
    status: Stage | None = None


async def show_request(reads: Reads, case_id: str, org: str, *, with_words: bool) -> RequestInFull | None:
    """The request, if there is one and the organisation path may see it."""
    row = await reads.fetchrow("show_request", case_id, org)
    if row is None:
        return None
    group = Group.model_validate_json(row["linked"]) if row["linked"] else None
    full = RequestInFull(
        request=RequestSeen.model_validate_json(row["state"]),
        links=Links(case_id=group.head, case_ids=group.case_ids, people=group.people) if group else None,
    )
    said = await reads.fetchrow("show_words", case_id) if with_words else None
    if said is None:
        return full
    customer = Customer.model_validate_json(said["customer"]) if said["customer"] else None
    return full.model_copy(update={"words": RequestText.model_validate_json(said["words"]), "customer": customer})


async def page_requests(reads: Reads, org: str, wanted: Filter, *, after: str, limit: int) -> RequestPage:
    """The requests after the cursor that fit the filter."""
    arguments = (after, limit + 1, org, wanted.estate_id, wanted.kind, wanted.status)
    if wanted.level is None:
        rows = await reads.fetch("page_requests", *arguments)
    else:
        rows = await reads.fetch("page_requests_of_level", *arguments, wanted.level)
    items = [RequestSeen.model_validate_json(row["state"]) for row in rows[:limit]]
    return RequestPage(items=items, next=items[-1].case_id if len(rows) > limit else None)


async def page_quarantine(
    reads: Reads, org: str, status: str, *, after: str, limit: int, with_words: bool
) -> QuarantinePage:
    """The refused forms after the cursor."""
    rows = await reads.fetch("page_quarantine", after, limit + 1, org, status)
    items = [_seen(Quarantined.model_validate_json(row["state"]), with_words=with_words) for row in rows[:limit]]
    return QuarantinePage(items=items, next=items[-1].quarantine_id if len(rows) > limit else None)


async def figures(reads: Reads, org: str, estate_id: str | None) -> Figures:
    """The counts of one estate, or of all that the organisation path may see, as every transaction keeps them up."""
    by_what: dict[str, dict[str, int]] = defaultdict(dict)
    for row in await reads.fetch("figures", estate_id, org):
        what, _, name = row["name"].partition(".")
        by_what[what][name] = row["counted"]
    return Figures.model_validate(
        {
            "received": sum(by_what["status"].values()),
            "by_level": by_what["level"],
            "by_kind": by_what["kind"],
            "by_channel": by_what["channel"],
            "by_status": by_what["status"],
            "quarantined": by_what["quarantine"].get("open", 0),
            "resubmitted": by_what["quarantine"].get("resubmitted", 0),
            "linked_groups": by_what["linked"].get("groups", 0),
            "linked_requests": by_what["linked"].get("requests", 0),
        }
    )


async def show_standing(reads: Reads, case_id: str, secret: str) -> Standing | None:
    """Where the case stands; None for an unknown case and for a wrong secret alike, so that nobody learns which."""
    row = await reads.fetchrow("show_standing", case_id)
    if not opens(secret, case_id, customer_key()) or row is None:
        return None
    zh, en = in_words(row["status"], row["kind"])
    return Standing(
        case_id=case_id,
        status=row["status"],
        zh=zh,
        en=en,
        received_at=row["received_at"],
        since=row["standing_since"],
    )


def _seen(kept: Quarantined, *, with_words: bool) -> QuarantinedSeen:
    return QuarantinedSeen(
        quarantine_id=kept.id,
        missing=kept.missing,
        refused_at=kept.refused_at,
        tries=kept.tries,
        status=kept.status,
        source_row=kept.form.source_row,
        case_id=kept.case_id,
        form=kept.form if with_words else None,
        left_out=kept.left_out if with_words else None,
    )
