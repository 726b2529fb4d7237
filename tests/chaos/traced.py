"""What `linli trace` shows of a round's cases, beside the books of the same world: a hole is what only one of them has.

The books are read from the databases at once, a trace is put together from what each service answers over HTTP, out of
its outbox and its archive. That the books of the struck world are those of the calm one is compared elsewhere.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from linli_cli.audit.books import Books, without_instants
from linli_cli.timeline import Entry, timeline_of

from tests.chaos.load import Round
from tests.chaos.world import World

_REFERENCE: Final = re.compile(r'"(?:cu[0-9a-f]{24}|(?:member-)?customer-of-[^"]+|\d{19})"')
"""A customer or member: random on a trace, and called by a case in the books."""


async def holes_of(load: Round, world: World, books: Books) -> list[str]:
    """What is missing on the traces of the round's cases, or is there and in no book; every trace is one trace."""
    found: list[str] = []
    for case in (case["id"] for estate in load.estates for case in estate.cases):
        entries = await timeline_of(world.client, case)
        found += [f"trace of {case}: {hole}" for hole in holes(entries, case, books, timeless=load.now is not None)]
    return found


def holes(entries: Iterable[Entry], case_id: str, books: Books, *, timeless: bool = False) -> list[str]:
    """What a trace has otherwise than the books of its case; `timeless`: the books are those of the system clock."""
    entries = list(entries)
    texts = (_as_text([one.service, *_content(one)]) for one in entries)
    traced = Counter(without_instants(text) if timeless else text for text in texts)
    booked = Counter(
        _as_text([service, what, *row])
        for (service, what, id_), rows in books.items()
        if id_ == case_id and what in {"told", "because"}
        for row in rows
    )
    ids = {one.trace_id for one in entries}
    return [
        *(f"lacks {one}" for one in (booked - traced).elements()),
        *(f"has besides {one}" for one in (traced - booked).elements()),
        *([f"has {len(ids)} trace ids"] if len(ids) != 1 else []),
    ]


def _content(entry: Entry) -> list[Any]:
    if entry.kind == "event":
        return ["told", entry.what, entry.facts]
    return ["because", entry.what, entry.rule, entry.policy_version, entry.facts]


def without_references(text: str) -> str:
    """A JSON text without the references of customers and members."""
    return _REFERENCE.sub('"(reference)"', text)


def _as_text(parts: list[Any]) -> str:
    return without_references(json.dumps(parts, sort_keys=True, ensure_ascii=False))
