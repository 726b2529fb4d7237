"""A row of a file as a request: the body of `intake.receive`, the row's identity, what a simulation needs. Pure."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from linli_intake.domain.form import RequestForm

from linli_cli.importing.estates import EstateOfRow, estate_of
from linli_cli.importing.instants import UnreadableError, read_instant
from linli_cli.importing.lines import Row
from linli_cli.importing.mapping import Mapping, Scalar, Source
from linli_cli.language import Words

_DIGITS: Final = 24
"""96 bits of a digest: no two rows of any file will share them."""
_WORD: Final = 200
"""The most that a code in intake's form may hold."""
_LARGEST_NUMBER: Final = 2**63 - 1
"""What a command can hold; intake judges what is sensible."""
_INSTANTS: Final = frozenset({"received_at", "complete_by"})
_NUMBERS: Final = frozenset(name for name, info in RequestForm.model_fields.items() if info.annotation is int)
_FLAGS: Final = frozenset(name for name, info in RequestForm.model_fields.items() if info.annotation is bool)
_YES: Final = frozenset({"1", "true", "yes", "y", "t", "是", "有"})
_NO: Final = frozenset({"", "0", "false", "no", "n", "f", "否", "无"})

Value = str | int | bool | datetime


@dataclass(frozen=True, slots=True)
class MappedRow:
    """A row, ready to be sent. One with a fault is sent too: intake keeps it in quarantine with the reason (INT-03)."""

    line: int
    row_id: str
    """Its identity for ever: the id of its command and its `source_row`."""
    body: dict[str, Any]
    estate: EstateOfRow
    fault: Words | None = None
    done_at: datetime | None = None
    desk: str | None = None

    @property
    def received_at(self) -> datetime | None:
        """When the file says it was received."""
        return self.body.get("received_at")

    @property
    def due_at(self) -> datetime | None:
        """When the file says it is due."""
        return self.body.get("complete_by")


def map_row(row: Row, mapping: Mapping) -> MappedRow:
    """The row as the mapping reads it; what can't be read becomes its fault, and the rest of it is kept."""
    faults = [row.fault] if row.fault else []
    key = [row.cells.get(column, "").strip() for column in mapping.key]
    if not faults and not all(key):
        columns = ", ".join(mapping.key)
        faults.append(Words(f"标识列 {columns} 为空", f"the key ({columns}) is empty"))
    identity: object = [row.line, row.raw or dict(row.cells)] if faults else key
    zone = ZoneInfo(mapping.zone)
    values: dict[str, Value] = {}
    for field, source in mapping.fields.items():
        try:
            value = _value(field, source, row, mapping, zone)
        except UnreadableError as unreadable:
            faults.append(Words(f"{field}：{unreadable.words.zh}", f"{field}: {unreadable.words.en}"))
        else:
            if value is not None:
                values[field] = value
    done_at = desk = None
    try:
        done_at = _instant(mapping.simulation.done, row, mapping, zone)
        desk = _text_of(mapping.simulation.desk, row)
    except UnreadableError as unreadable:
        faults.append(Words(f"simulation.done：{unreadable.words.zh}", f"simulation.done: {unreadable.words.en}"))
    estate = estate_of(row.cells, mapping.estate)
    digest = sha256(json.dumps([mapping.name, identity]).encode()).hexdigest()[:_DIGITS]
    row_id = f"{mapping.name}-{digest}"
    fault = faults[0] if faults else None
    if fault is not None and row.fault is not None:
        # Of a row without columns only what stands there is known; constants would make it look like a request.
        values = {"what_happened": row.raw} if row.raw else {}
    body = {"estate_id": estate.estate_id, **values, "source_row": _source_row(row, row_id, fault)}
    return MappedRow(row.line, row_id, body, estate, fault, done_at, desk)


def _source_row(row: Row, row_id: str, fault: Words | None) -> str:
    """The row's identity; for a row with a fault a text that is none: intake keeps it aside with it."""
    return row_id if fault is None else f"line {row.line}: {fault.en}"[:_WORD]


def _value(field: str, source: Source, row: Row, mapping: Mapping, zone: ZoneInfo) -> Value | None:
    found = looked_up(source, row)
    if found is None or found == "":
        return None
    if field in _INSTANTS:
        return read_instant(str(found), mapping.instants, zone)
    if field in _FLAGS:
        return _flag(found)
    if field in _NUMBERS:
        return _number(found)
    return str(found)


def looked_up(source: Source, row: Row) -> Scalar | None:
    """What a source gives for a row, before it is read as a number or an instant; None: nothing."""
    if source.constant is not None:
        return source.constant
    texts = [row.cells.get(column, "").strip() for column in source.reads]
    text = source.join.join(each for each in texts if each)
    if not text:
        return source.default
    if source.table:
        return source.table.get(text, source.default)
    if source.keywords:
        matching = (each.value for each in source.keywords if any(word in text for word in each.words))
        return next(matching, source.default)
    return f"{source.prefix}{text}"


def _number(found: Scalar) -> int:
    try:
        number = int(found)
    except ValueError:
        raise UnreadableError(Words(f"{found!r} 不是整数", f"{found!r} is no whole number")) from None
    if abs(number) > _LARGEST_NUMBER:
        raise UnreadableError(Words(f"{found!r} 太大", f"{found!r} is too large"))
    return number


def _flag(found: Scalar) -> bool:
    text = str(found).strip().casefold()
    if text not in _YES | _NO:
        raise UnreadableError(Words(f"{found!r} 不是 是/否", f"{found!r} is neither yes nor no"))
    return text in _YES


def _text_of(source: Source | None, row: Row) -> str | None:
    found = looked_up(source, row) if source is not None else None
    return str(found) if found is not None and found != "" else None


def _instant(source: Source | None, row: Row, mapping: Mapping, zone: ZoneInfo) -> datetime | None:
    text = _text_of(source, row)
    return read_instant(text, mapping.instants, zone) if text else None
