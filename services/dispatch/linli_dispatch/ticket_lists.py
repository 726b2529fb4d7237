"""Work lists, search and counts of tickets: which tickets fit, in which order, from which place on.

A list reads the narrow rows of `open_ticket` and `closed_ticket` by their indexes, and whole tickets only for the page
that it shows. A page begins behind the last item of the one before, never at a number of items, so that what comes and
goes meanwhile neither doubles nor hides one that stays.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from linli_contracts.event import KEY_PATTERN, Instant, Key, Level
from linli_contracts.events.intake import RequestKind
from linli_messaging.service_map import Actor
from linli_runtime.auth import WHOLE_GROUP
from linli_runtime.problems import ProblemError
from linli_runtime.reads import Reads
from pydantic import BaseModel, ConfigDict, Field

from linli_dispatch.domain import refusals
from linli_dispatch.domain.lifecycle import Status
from linli_dispatch.domain.title import Words, titles_with
from linli_dispatch.store import CURSOR_PATTERN, LARGEST_PAGE, TicketSeen, read_tickets

LARGEST_COUNT: Final = 1_000
"""Counted exactly up to here: nobody acts otherwise on 1,000 than on 5,000, and `GET /figures` counts everything."""
FEW_ESTATES: Final = 25
"""So many estates are looked through whole sooner than anything else."""
MOST_ESTATES: Final = 250
"""A region of so many estates is looked through estate by estate; a larger one is a large part of all tickets."""
FEW_TITLES: Final = 60
"""So many titles are sooner looked through for a region's tickets than the region for theirs."""
MOST_TITLES: Final = 250
"""So many titles are looked through one by one; more of them are a large part of all tickets."""
FIRST_OF_A_PART: Final = 2
"""The least that is read of each estate or title before those that have more of the list are read further: with one
each, too many have more; all together are about twice the page where it is made of few."""
_LEVELS: Final[tuple[Level, ...]] = (1, 2, 3, 4)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_EVER: Final = datetime(1, 1, 2, tzinfo=UTC)
_NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""When a ticket without a clock is due, as `listed` of the database says."""
_LAST_ID: Final = "~"
"""Behind every id."""
_NEWEST_CURSOR: Final = re.compile(r"n\.(-?\d{1,16})\.([A-Za-z0-9_.\-]{1,260})")
_DUE_CURSOR: Final = re.compile(r"d([01])\.(\d{1,16}|never)\.([A-Za-z0-9_.\-]{1,260})")
_ORG_PATTERN: Final = rf"^group(/{KEY_PATTERN[1:-1]}){{0,3}}$"

Order = Literal["newest", "due"]


class TicketFilter(BaseModel):
    """Which tickets a list shows; what is not given does not matter."""

    model_config = ConfigDict(extra="forbid")

    org: str = Field(default=WHOLE_GROUP, pattern=_ORG_PATTERN, description="only below this organisation path")
    estate_id: Key | None = None
    closed: bool | None = None
    text: str | None = Field(
        default=None, min_length=1, max_length=100, description="words that are all in the title, zh, en or codes"
    )
    kind: RequestKind | None = None
    level: Level | None = None
    received_from: Instant | None = Field(default=None, description="received then or later")
    received_until: Instant | None = Field(default=None, description="received earlier")
    status: Status | None = None
    owner: Key | None = Field(default=None, description="of open tickets")
    handler: Key | None = Field(default=None, description="of open tickets")
    overdue: bool | None = Field(default=None, description="of open tickets: owes something whose deadline was missed")
    due_before: Instant | None = Field(default=None, description="of open tickets: the next deadline is earlier")

    @property
    def of_open_ones(self) -> bool:
        """Whether it asks for what only open tickets have."""
        asked = (self.owner, self.handler, self.overdue, self.due_before)
        return any(value is not None for value in asked) or self.status not in {None, "closed"}


class TicketsWanted(TicketFilter):
    """A page of a list."""

    order: Order = Field(
        default="newest", description="the newest first, or (of open ones) what is overdue, then what is due first"
    )
    cursor: str = Field(default="", pattern=CURSOR_PATTERN)
    limit: int = Field(default=100, ge=1, le=LARGEST_PAGE)


class TicketPage(BaseModel):
    """Some tickets in the order of the list, and the cursor of the next page."""

    items: list[TicketSeen]
    next: str | None


class TicketCount(BaseModel):
    """How many tickets fit."""

    count: int
    """Exact, unless there are more."""
    more: bool
    """There are more than this: 1,000+."""


class _Found(NamedTuple):
    """A ticket's place in a list; what is later in the list compares as smaller for `newest`."""

    received_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A filter, worked out: which estates and titles it comes to (None: all)."""

    wanted: TicketFilter
    performer: str | None
    estates: list[str] | None
    titles: list[str] | None

    @property
    def nothing(self) -> bool:
        return self.estates == [] or self.titles == []

    @property
    def looks_at_open(self) -> bool:
        return self.wanted.closed is not True and self.wanted.status != "closed"

    @property
    def looks_at_closed(self) -> bool:
        return self.wanted.closed is not False and not self.wanted.of_open_ones

    @property
    def of_open(self) -> tuple[object, ...]:
        wanted = self.wanted
        return (
            self.estates, self.titles, wanted.level, wanted.received_from, wanted.received_until, self.performer,
            wanted.owner, wanted.handler, wanted.status, wanted.overdue, wanted.due_before,
        )  # fmt: skip

    @property
    def of_closed(self) -> tuple[object, ...]:
        levels = (self.wanted.level,) if self.wanted.level else _LEVELS
        return self.estates, self.titles, levels, self.wanted.received_from or _EVER

    def last_of_closed(self, rows: int) -> tuple[object, ...]:
        """What the way to so many rows is given last: the contractor, or how many are read of each part at first."""
        if self.performer is not None:
            return (self.performer,)
        estates, titles = len(self.estates or ()), len(self.titles or ()) * (1 if self.wanted.level else len(_LEVELS))
        parts = {"estates": estates, "titles": titles}.get(self.way_to_closed)
        return () if parts is None else (max(FIRST_OF_A_PART, -(-2 * rows // parts)),)

    @property
    def way_to_closed(self) -> str:
        """The index that bounds what is looked through: each stops at a page of what it walks along."""
        if self.performer is not None:
            return "performer"
        most_titles = MOST_TITLES
        if self.estates is not None and len(self.estates) <= MOST_ESTATES:
            most_titles = FEW_TITLES if len(self.estates) > FEW_ESTATES else 0
        if self.titles is not None and len(self.titles) <= most_titles:
            return "titles"
        return "estates" if most_titles < MOST_TITLES else "levels"


async def page_tickets(reads: Reads, words: Words, actor: Actor, wanted: TicketsWanted) -> TicketPage:
    """The tickets behind the cursor that fit. Raises `ProblemError` for filters or cursors that belong elsewhere."""
    asked = await _worked_out(reads, words, actor, wanted)
    place = _due_place(wanted.cursor) if wanted.order == "due" else _newest_place(wanted.cursor)
    if asked.nothing:
        return TicketPage(items=[], next=None)
    if wanted.order == "due":
        rows = await reads.fetch("open_by_due", wanted.limit + 1, *asked.of_open, *place)
        return await _page(reads, words, actor, rows, wanted.limit, _due_cursor)
    found: dict[str, _Found] = {}
    # Open ones first: what is closed in between is then found twice, and never missed.
    if asked.looks_at_open:
        for row in await reads.fetch("open_by_receipt", wanted.limit + 1, *asked.of_open, *place):
            found[row["id"]] = _Found(row["received_at"], row["id"])
    if asked.looks_at_closed:
        before = min(place, (wanted.received_until or _NEVER, ""))
        last = asked.last_of_closed(wanted.limit + 1)
        for row in await reads.fetch(
            f"closed_of_{asked.way_to_closed}", wanted.limit + 1, *asked.of_closed, *before, *last
        ):
            found[row["id"]] = _Found(row["received_at"], row["id"])
    newest = sorted(found.values(), reverse=True)[: wanted.limit + 1]
    return await _page(reads, words, actor, [one._asdict() for one in newest], wanted.limit, _newest_cursor)


async def count_tickets(reads: Reads, words: Words, actor: Actor, wanted: TicketFilter) -> TicketCount:
    """How many fit at one instant, up to `LARGEST_COUNT`. Raises `ProblemError` as a page does."""
    asked = await _worked_out(reads, words, actor, wanted)
    if asked.nothing:
        return TicketCount(count=0, more=False)
    bound = LARGEST_COUNT + 1
    counted = 0
    # One snapshot: a ticket that is closed between the two questions would be counted in both, or in neither.
    async with reads.at_one_instant() as then:
        if asked.looks_at_open:
            row = await then.fetchrow("count_open", bound, *asked.of_open)
            counted = row["counted"] if row else 0
        if asked.looks_at_closed and counted < bound:
            last = () if asked.performer is None else (asked.performer,)
            until = wanted.received_until or _NEVER
            row = await then.fetchrow(f"count_closed_of_{asked.way_to_closed}", bound, *asked.of_closed, until, *last)
            counted += row["counted"] if row else 0
    return TicketCount(count=min(counted, LARGEST_COUNT), more=counted > LARGEST_COUNT)


async def page_for_office(
    reads: Reads, words: Words, actor: Actor, office: str, estate_id: str | None, *, after: str, limit: int
) -> TicketPage:
    """The tickets with an application that this office has to decide about, by id."""
    estates = await _estates(reads, actor.org, estate_id)
    rows = await reads.fetch("open_of_office", limit + 1, estates, office, after)
    return await _page(reads, words, actor, rows, limit, lambda row: str(row["id"]))


async def page_for_notified(
    reads: Reads, words: Words, actor: Actor, person_id: str, estate_id: str | None, *, after: str, limit: int
) -> TicketPage:
    """The tickets with something urgent that this person was told and nobody has read, by id (DSP-20)."""
    estates = await _estates(reads, actor.org, estate_id)
    rows = await reads.fetch("open_of_notified", limit + 1, estates, person_id, after)
    return await _page(reads, words, actor, rows, limit, lambda row: str(row["id"]))


async def _page(
    reads: Reads,
    words: Words,
    actor: Actor,
    rows: Sequence[Any],
    limit: int,
    cursor_of: Callable[[Any], str],
) -> TicketPage:
    shown = rows[:limit]
    items = await read_tickets(reads, words, actor, [row["id"] for row in shown])
    return TicketPage(items=items, next=cursor_of(shown[-1]) if len(rows) > limit else None)


async def _worked_out(reads: Reads, words: Words, actor: Actor, wanted: TicketFilter) -> _Asked:
    by_due = isinstance(wanted, TicketsWanted) and wanted.order == "due"
    if (wanted.closed is True or wanted.status == "closed") and (wanted.of_open_ones or by_due):
        raise ProblemError(refusals.ONLY_OPEN_HAVE)
    estates = await _estates(reads, _deeper(actor.org, wanted.org), wanted.estate_id)
    titles: list[str] | None = None
    if wanted.text is not None or wanted.kind is not None:
        row = await reads.fetchrow("titles")
        keys = tuple(row["keys"]) if row else ()
        titles = list(titles_with(words, keys, wanted.text, wanted.kind))
        if titles and len(titles) == len(keys):
            titles = None
    return _Asked(wanted, actor.contractor_id, estates, titles)


def _deeper(one: str, other: str) -> str | None:
    """What lies below both organisation paths; None: nothing."""
    if f"{one}/".startswith(f"{other}/"):
        return one
    return other if f"{other}/".startswith(f"{one}/") else None


async def _estates(reads: Reads, org: str | None, estate_id: str | None) -> list[str] | None:
    """The estates that a path and a filter leave; None: all."""
    if org is None:
        return []
    if org == WHOLE_GROUP:
        return None if estate_id is None else [estate_id]
    found = [row["id"] for row in await reads.fetch("estates_below", org)]
    return found if estate_id is None else [one for one in found if one == estate_id]


def _newest_cursor(row: Any) -> str:  # noqa: ANN401 - a row of a query, or of what two of them found
    return f"n.{(row['received_at'] - _EPOCH) // _MICROSECOND}.{row['id']}"


def _newest_place(cursor: str) -> tuple[datetime, str]:
    if not cursor:
        return _NEVER, _LAST_ID
    read = _NEWEST_CURSOR.fullmatch(cursor)
    if read is None:
        raise ProblemError(refusals.WRONG_CURSOR)
    return _EPOCH + int(read[1]) * _MICROSECOND, read[2]


def _due_cursor(row: Any) -> str:  # noqa: ANN401 - a row of a query
    due_at = row["due_at"]
    at = "never" if due_at == _NEVER else f"{(due_at - _EPOCH) // _MICROSECOND}"
    return f"d{row['overdue']:d}.{at}.{row['id']}"


def _due_place(cursor: str) -> tuple[bool, datetime, str]:
    if not cursor:
        return True, _EVER, ""
    read = _DUE_CURSOR.fullmatch(cursor)
    if read is None:
        raise ProblemError(refusals.WRONG_CURSOR)
    at = _NEVER if read[2] == "never" else _EPOCH + int(read[2]) * _MICROSECOND
    return read[1] == "1", at, read[3]
