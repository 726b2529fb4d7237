"""From a record to an input: the envelope, then the body, then what the service's map wants loaded for it. Pure."""

from collections.abc import Collection, Iterable
from typing import Any, Final, Literal

import orjson
from linli_contracts.envelope import (
    NOT_UTF_8,
    NUMBERS_ABANDONED,
    Envelope,
    EnvelopeError,
    UnknownTypeError,
    decode,
    malformed,
    origin_of,
    read_headers,
)
from linli_contracts.events import BY_TYPE
from linli_contracts.lanes import lane_of_key

from linli_messaging.inputs import EventInput, Passing, Record
from linli_messaging.service_map import OnEvent, ServiceMap

KNOWN_TYPES: Final = frozenset(name for name, _ in BY_TYPE) | {NUMBERS_ABANDONED}
MAX_NUMBER: Final = 2**63 - 1
"""What the database can count to; no lane comes near it, so a larger number is no number of ours."""

LONGEST: Final = 500
"""Characters of a header that things are found by: the longest id has 259, and an index takes no text of
thousands."""

_NOT_LOOKED_AT: Final = ("ce_id", "ce_time", "ce_subject")
"""Headers of a whole envelope that say nothing about the record's place."""


class Reader:
    """Reads records as one service's map wants them."""

    def __init__(self, service: ServiceMap) -> None:
        """The map's events by type."""
        self._entries: dict[str, OnEvent[Any]] = {entry.event.type_name(): entry for entry in service.events}
        self._passing = frozenset(name.encode() for name in KNOWN_TYPES - self._entries.keys())
        """Types of which nothing but the place matters here."""

    def take(self, headers: Collection[tuple[str, bytes | None]], body: bytes) -> Record:
        """Make an input of a record of the bus; raises ``EnvelopeError`` where not even its place can be read.

        Most records are of known types that the service has no entry for: of those nothing but the place is looked at,
        and that the envelope is whole. Half of one is nobody's fact, and would be counted as the next of its lane.
        """
        found = {name: value for name, value in headers if value is not None}
        if found.get("ce_type") not in self._passing:
            return self._read(read_headers(headers), body)
        try:
            b"\0".join(found.values()).decode()
            deployment, producer = origin_of(found["ce_source"].decode())
            number = int(found["ce_sequence"])
            lane = lane_of_key(found["ce_partitionkey"].decode())
            abandoned_from = int(found["ce_abandonedfrom"]) if "ce_abandonedfrom" in found else None
            for needed in _NOT_LOOKED_AT:
                found[needed]
        except KeyError as error:
            raise EnvelopeError(f"header {error.args[0]} is missing") from error
        except UnicodeDecodeError:
            raise EnvelopeError(NOT_UTF_8) from None
        except ValueError:
            raise malformed({name: value.decode() for name, value in found.items()}) from None
        _check_number(number)
        return Passing(deployment, producer, lane, number, abandoned_from)

    def read(self, headers: Iterable[tuple[str, str | bytes]], body: bytes) -> EventInput:
        """Make an input of a record; raises ``EnvelopeError`` where not even the envelope can be read."""
        pairs = [(name, value if isinstance(value, bytes) else value.encode()) for name, value in headers]
        return self._read(read_headers(pairs), body)

    def _read(self, envelope: Envelope, body: bytes) -> EventInput:
        """A known type that the service has no entry for is not decoded: only its number counts."""
        _check(envelope)
        entry = self._entries.get(envelope.type)
        if entry is None and envelope.type in KNOWN_TYPES:
            return EventInput(envelope, body, None, None, ())
        try:
            event = decode(envelope, body)
            refs = tuple(entry.needs(event)) if entry else ()
        except EnvelopeError as error:
            unknown = isinstance(error, UnknownTypeError)
            return EventInput(envelope, body, entry, None, (), unreadable=error, unknown=unknown)
        except Exception as error:  # noqa: BLE001 - a bug in ``needs`` parks this record and no other
            return EventInput(envelope, body, entry, None, (), unreadable=error)
        return EventInput(envelope, body, entry, event, refs)

    def read_stored(self, headers: str, body: bytes, stored: Literal["early", "parked"]) -> EventInput:
        """An input of what was kept in the database."""
        item = self.read(orjson.loads(headers).items(), body)
        item.stored = stored
        return item


def _check(envelope: Envelope) -> None:
    """Refuse what no producer of ours writes and the database cannot keep."""
    _check_number(envelope.number)
    if "\0" in f"{envelope.type}{envelope.subject}{envelope.key}{envelope.traceparent}":
        raise EnvelopeError("a header has a zero character")
    if max(len(envelope.type), len(envelope.subject), len(envelope.key)) > LONGEST:
        raise EnvelopeError("a header is longer than any of ours")
    if envelope.at.tzinfo is None:
        raise EnvelopeError("header ce_time has no offset")


def _check_number(number: int) -> None:
    if not 0 < number <= MAX_NUMBER:
        raise EnvelopeError("header ce_sequence is no number of a lane")
