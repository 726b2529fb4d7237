"""Services by instant: what a row without one is compared with, and what such a row takes along.

Offered from now on, a service loses what was announced of it; so the rows that announce it go with the row that does.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from linli_dispatch.service_commands import ServiceLine

from linli_cli.group.planned import Known
from linli_cli.group.tables import SERVICES, Row

Said = tuple[Row, Mapping[str, Any]]
"""A row, and what is sent of it."""


def service_of(row: Row) -> tuple[str, str] | None:
    """The estate and the item that a row of the services is about; None for any other row."""
    return (row.place, row.sent.item) if isinstance(row.sent, ServiceLine) else None


def from_now_on(row: Row) -> bool:
    """Whether a row is about a service and names no instant."""
    return isinstance(row.sent, ServiceLine) and row.sent.from_at is None


def offered_last(rows: Sequence[Said], known: Known) -> Known:
    """What rows without an instant stand beside: what was offered last, but for what other rows name by its instant."""
    about = [(row, said) for row, said in rows if row.table.file == SERVICES]
    if not about:
        return {}
    named = {row.table.key(row.place, said) for row, said in about if not from_now_on(row)}
    last: dict[tuple[object, ...], Mapping[str, Any]] = {}
    for key in sorted(_dated(known), key=_instant):
        if key not in named:
            last[key[:-1]] = known[key]
    asked = (row.table.key(row.place, said) for row, said in about if from_now_on(row))
    # What is planned without an instant is there under the very key.
    return {key: {**last[key[:-1]], "from_at": None} for key in asked if key not in known and key[:-1] in last}


def _dated(known: Known) -> Iterable[tuple[object, ...]]:
    return (key for key in known if key[0] == SERVICES and key[-1] is not None)


def _instant(key: tuple[object, ...]) -> datetime:
    return datetime.fromisoformat(str(key[-1]))
