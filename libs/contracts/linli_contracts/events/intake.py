"""Facts that intake tells: requests, their grading and linking (INT). Never a name, a contact or free text (INT-13)."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from linli_contracts.event import Event, Id, Instant, Key, Level
from linli_contracts.topics import INTAKE

RequestKind = Literal[
    "consultation", "complaint", "repair", "suggestion", "praise", "special_service", "public_affairs", "compensation"
]
Channel = Literal[
    "hotline", "chat", "app", "email", "letter", "walk_in", "home_visit", "opinion_box", "survey",
    "owners_meeting", "social_media", "referral", "sales_office", "contractor", "callback", "import",
]  # fmt: skip
CustomerKind = Literal["prospect", "buyer", "owner", "tenant", "organisation", "anonymous"]
Category = Literal[
    "engineering_quality", "planning_design", "sales", "property_management", "customer_service", "other"
]
Trade = Literal["waterproofing", "structure", "electrical", "plumbing", "equipment", "decoration", "heating_cooling"]


class ComplaintReceived(Event):
    """A request of any kind is complete and registered (INT-03); ``kind`` says which. The life of the case begins."""

    producer = INTAKE
    order_critical = True

    case_id: Id
    estate_id: Key
    home_id: Id | None = None
    """None: the common area."""
    kind: RequestKind
    category: Category
    subcategory: str
    channel: Channel
    customer_ref: Key
    """Random and stable; only intake knows who it is."""
    customer_kind: CustomerKind
    received_at: Instant
    received_by: str
    """Staff id of the first receiver (INT-04)."""
    people: int = 1
    trade: Trade | None = None
    """For repairs: the trade whose warranty is asked about (WAR-02)."""
    place: str | None = None
    """Where in the home or estate, as a code (``kitchen``); never free text."""
    language: str = "zh-CN"
    emergency: bool = False
    needs_consultants: bool = False
    complete_by: Instant | None = None
    """A completion deadline that came with the request (imports, contracts); None: the policy's."""
    source_row: str | None = None
    """The row of the file it was imported from, as a digest."""
    member: bool = False
    """The customer was a member of the owners' club when it came: what they say is answered in its time (INT-09)."""


class ComplaintGraded(Event):
    """A level was decided or changed, with the facts it rests on (INT-06)."""

    producer = INTAKE

    case_id: Id
    estate_id: Key
    level: Level
    previous_level: Level | None = None
    reasons: tuple[str, ...]
    people: int = 1
    graded_at: Instant
    policy_version: str


class ComplaintsLinked(Event):
    """Requests about the same issue became one case's followers (INT-07)."""

    producer = INTAKE

    case_id: Id
    estate_id: Key
    linked_case_ids: tuple[Id, ...]
    people: int
    linked_at: Instant
    linked_by: str


class ComplaintUnlinked(Event):
    """A person took one request out of the case it was linked to (INT-07)."""

    producer = INTAKE

    case_id: Id
    estate_id: Key
    unlinked_case_id: Id
    """Of two that were linked the younger one; of several maybe ``case_id`` itself, and another one leads then."""
    people: int
    """How many complain together in ``case_id`` from now on."""
    unlinked_at: Instant
    unlinked_by: str


class RequestFacts(BaseModel):
    """What a request is about, by its codes: those that decide who handles it and by when."""

    model_config = ConfigDict(frozen=True)

    kind: RequestKind
    category: Category
    subcategory: str
    trade: Trade | None = None
    place: str | None = None
    emergency: bool = False


class ComplaintAmended(Event):
    """Facts of a request changed: which ones, never the words (INT-06, INT-15)."""

    producer = INTAKE

    case_id: Id
    estate_id: Key
    changed: tuple[str, ...]
    amended_at: Instant
    is_now: RequestFacts | None = None
    """All of them as they are now, changed or not; None: told before this was."""


class ComplaintWithdrawn(Event):
    """The customer took the request back (INT-15)."""

    producer = INTAKE

    case_id: Id
    estate_id: Key
    withdrawn_at: Instant


EVENTS: Final = (
    ComplaintReceived,
    ComplaintGraded,
    ComplaintsLinked,
    ComplaintUnlinked,
    ComplaintAmended,
    ComplaintWithdrawn,
)
