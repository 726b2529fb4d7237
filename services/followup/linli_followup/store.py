"""Typed reads of followup's tables for people; the writer loop has its own queries."""

from datetime import UTC, datetime
from typing import Final

from linli_runtime.reads import Reads
from pydantic import BaseModel

from linli_followup.domain.callback import OPEN, Callback, Status

_AFTER_EVERY_ID: Final = "~"
"""Greater than any id: ids have letters, digits, ``_``, ``-`` and ``.``."""


class CallbackPage(BaseModel):
    """Some callbacks in the order of their ids, and the cursor of the next page."""

    items: list[Callback]
    next: str | None


class Figures(BaseModel):
    """How many callbacks there are, by what became of them."""

    callbacks: int
    planned: int
    due: int
    completed: int
    satisfied: int
    unsatisfied: int
    unreachable: int
    cancelled: int
    tries: int
    """Calls made: answered or not."""
    late: int
    """Callbacks with a try that nobody made in time."""
    in_quiet_hours: int


async def callback_page(
    reads: Reads,
    *,
    org: str,
    after: str | None,
    limit: int,
    status: Status | None = None,
    estate_id: str | None = None,
    due_before: datetime | None = None,
    callable_until: datetime | None = None,
) -> CallbackPage:
    """The callbacks after the cursor that ``org`` may see; see the route for ``due_before`` and ``callable_until``."""
    first, last = (f"{estate_id}.", f"{estate_id}/") if estate_id else ("", _AFTER_EVERY_ID)
    arguments = (max(after or "", first), last, status, _before(due_before), org, limit + 1)
    if status in OPEN or due_before or callable_until:
        rows = await reads.fetch("list_open_callbacks", *arguments, _as_stored(callable_until))
    else:
        rows = await reads.fetch("list_callbacks", *arguments)
    items = [Callback.model_validate_json(row["state"]) for row in rows[:limit]]
    return CallbackPage(items=items, next=items[-1].id if len(rows) > limit else None)


async def find_callback(reads: Reads, callback_id: str, *, org: str) -> Callback | None:
    """The callback, if there is one and ``org`` may see it."""
    row = await reads.fetchrow("find_callback", callback_id)
    if row is None or not (org == "group" or f"{row['org']}/".startswith(f"{org}/")):
        return None
    return Callback.model_validate_json(row["state"])


async def figures(reads: Reads, *, org: str) -> Figures:
    """The counts over all callbacks that ``org`` may see, as every transaction keeps them up (`Callback.tally`)."""
    counted = {row["name"]: row["counted"] for row in await reads.fetch("figures", org)}
    return Figures.model_validate({name: counted.get(name, 0) for name in Figures.model_fields})


def _before(instant: datetime | None) -> str | None:
    """The text that exactly the stored instants before this one sort before; stored are whole seconds."""
    second = _as_stored(instant)
    return f"{second}~" if second and instant and instant.microsecond else second


def _as_stored(instant: datetime | None) -> str | None:
    """The instant's second as states have it, so that texts compare as the instants do."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if instant else None
