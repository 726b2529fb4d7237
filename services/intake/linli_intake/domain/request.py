"""A registered request and its words, apart from each other: erasing the words leaves the case intact (INT-13)."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from linli_contracts.event import Instant, Level
from linli_contracts.events.intake import Category, Channel, CustomerKind, RequestKind, Trade
from linli_contracts.personal import PersonalText
from linli_rulebook.decision import State
from pydantic import BaseModel, ConfigDict

Lawsuit = Literal["none", "threatened", "begun"]
Publication = Literal["none", "threatened", "published"]
Stage = Literal["received", "handling", "done", "closed", "withdrawn"]
"""Where it stands, in the customer's eyes; `standing.py` has the transitions."""


class Request(State):
    """A request of any kind: the facts it is graded by, its level and where it stands. Nothing here tells who it is."""

    table: ClassVar[str] = "request"

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
    """In force when it was registered; it is graded by this one for ever (ORG-02)."""
    region_id: str = ""
    """Its estate's region when it was registered: it is graded by that one's rules, wherever the estate moves (ORG-02).
    Empty: registered before this was kept.
    """

    level: Level
    reasons: tuple[str, ...]
    aged_to: Level | None = None
    """The level that time alone raised it to (DSP-06); no change of facts takes it below."""
    group_id: str | None = None
    """The group of linked requests it belongs to (INT-07)."""
    status: Stage = "received"
    standing_since: Instant

    def tally(self) -> Mapping[str, int]:
        """What `GET /figures` tells of it; the migration `0006_figures_by_channel.sql` counts the same."""
        counted = f"level.{self.level}", f"kind.{self.kind}", f"channel.{self.channel}", f"status.{self.status}"
        return dict.fromkeys(counted, 1)

    @property
    def is_over(self) -> bool:
        """Closed or withdrawn: it still counts for its group, and is graded no more."""
        return self.status in {"closed", "withdrawn"}


class Addition(BaseModel):
    """What the customer added later."""

    model_config = ConfigDict(frozen=True)

    said: PersonalText
    said_at: Instant


class RequestText(State):
    """What the customer said, word for word. Has the request's id."""

    table: ClassVar[str] = "request_text"

    name: PersonalText | None
    """As given this time; the customer's file keeps the first one (INT-12)."""
    what_happened: PersonalText
    expects: PersonalText
    additions: tuple[Addition, ...] = ()
