"""CloudEvents 1.0 in Kafka's binary mode: what travels in the headers, how an id is derived, how a record is read.

Only encoding lives here: no broker, no database, no clock.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha1
from typing import Final, NamedTuple
from uuid import UUID

from pydantic import ValidationError

from linli_contracts.event import Event
from linli_contracts.events import BY_TYPE
from linli_contracts.lanes import LANES, lane_of_key

NAMESPACE: Final = UUID("6f2b6c1e-9d0a-5c57-8a35-5e1c7a6b1f01")
SPEC_VERSION: Final = "1.0"
NUMBERS_ABANDONED: Final = "NumbersAbandoned"
"""The type of the record by which a service whose database was restored says that numbers are abandoned (promise 8).

It is no fact of the business: its body is empty, and `ce_abandonedfrom` has the first of them.
"""
NOT_UTF_8: Final = "a header is not UTF-8"
MAX_EVENT_BYTES: Final = 512 * 1024
"""Promise 1: a larger event would jam the relay, whose requests stay below the broker's 1 MiB."""


class EnvelopeError(ValueError):
    """A record cannot be read as an event; the text says which header or field and why, and not what stands there: it
    is logged and shown to operators, and whoever wrote such a record may have put anybody's name there (INT-13).
    """


class UnknownTypeError(EnvelopeError):
    """The record is well-formed, but of a type or version not known here: parked apart, retried after an upgrade."""


_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_IN_NAMESPACE: Final = sha1(NAMESPACE.bytes, usedforsecurity=False)


class Envelope(NamedTuple):
    """What is said about an event outside its body."""

    id: str
    """A UUID, as text: it is compared and handed on, never calculated with."""
    type: str
    version: int
    deployment: str
    producer: str
    at: datetime
    subject: str
    key: str
    lane: int
    number: int
    """Place in the producer's lane, from 1, without gaps."""
    traceparent: str
    abandoned_from: int | None = None
    """The first of the numbers just before this one that will never come; None: there are none (promise 8)."""


def derived_id(cause: str, type_name: str, index: int) -> str:
    """The id of the ``index``-th event of this type that ``cause`` brings about; a replay makes the same one.

    It is ``uuid5(NAMESPACE, …)``, written out: the library's own takes three times as long, for every fact there is.
    """
    digest = _IN_NAMESPACE.copy()
    digest.update(f"{cause}|{type_name}|{index}".encode())
    told = bytearray(digest.digest()[:16])
    told[6] = told[6] & 0x0F | 0x50
    told[8] = told[8] & 0x3F | 0x80
    digits = told.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


@lru_cache(maxsize=256)
def source_of(deployment: str, producer: str) -> str:
    """The CloudEvents source: carries the deployment's id, so that those of another one can be refused (promise 8)."""
    return f"linli/{deployment}/{producer}"


@lru_cache(maxsize=256)
def origin_of(source: str) -> tuple[str, str]:
    """The deployment and the producer that a source names; ``ValueError`` for any other text."""
    _, deployment, producer = source.split("/")
    return deployment, producer


def _uuid(text: str) -> str:
    if not _UUID.fullmatch(text):
        raise ValueError
    return text


_FORMS: Final[Mapping[str, Callable[[str], object]]] = {
    "ce_id": _uuid,
    "ce_source": origin_of,
    "ce_dataversion": int,
    "ce_time": datetime.fromisoformat,
    "ce_sequence": int,
    "ce_abandonedfrom": int,
}
"""What reads a header that has a form; each raises ``ValueError`` for another one."""


def headers_of(envelope: Envelope) -> list[tuple[str, bytes]]:
    """The Kafka headers of an event."""
    headers = [
        ("ce_specversion", SPEC_VERSION.encode()),
        ("ce_id", envelope.id.encode()),
        ("ce_type", envelope.type.encode()),
        ("ce_dataversion", str(envelope.version).encode()),
        ("ce_source", source_of(envelope.deployment, envelope.producer).encode()),
        ("ce_time", envelope.at.isoformat().encode()),
        ("ce_subject", envelope.subject.encode()),
        ("ce_partitionkey", envelope.key.encode()),
        ("ce_sequence", str(envelope.number).encode()),
        ("content-type", b"application/json"),
        ("traceparent", envelope.traceparent.encode()),
    ]
    if envelope.abandoned_from is not None:
        headers.append(("ce_abandonedfrom", str(envelope.abandoned_from).encode()))
    return headers


def read_headers(headers: Iterable[tuple[str, bytes | None]]) -> Envelope:
    """The envelope of a record; raises :class:`EnvelopeError` naming the header that is missing or unreadable.

    Kafka allows a header without a value (null), which says as much as none.
    """
    try:
        found = {name: value.decode() for name, value in headers if value is not None}
    except UnicodeDecodeError:
        raise EnvelopeError(NOT_UTF_8) from None
    try:
        deployment, producer = origin_of(found["ce_source"])
        key = found["ce_partitionkey"]
        return Envelope(
            id=_uuid(found["ce_id"]),
            type=found["ce_type"],
            version=int(found.get("ce_dataversion", "1")),
            deployment=deployment,
            producer=producer,
            at=datetime.fromisoformat(found["ce_time"]),
            subject=found["ce_subject"],
            key=key,
            lane=lane_of_key(key),
            number=int(found["ce_sequence"]),
            traceparent=found.get("traceparent", ""),
            abandoned_from=int(found["ce_abandonedfrom"]) if "ce_abandonedfrom" in found else None,
        )
    except KeyError as error:
        message = f"header {error.args[0]} is missing"
        raise EnvelopeError(message) from error
    except ValueError:
        raise malformed(found) from None


def malformed(found: Mapping[str, str]) -> EnvelopeError:
    """Which of these headers has a wrong form; called where one has."""
    for name in (name for name in _FORMS if name in found):
        try:
            _FORMS[name](found[name])
        except ValueError:
            return EnvelopeError(f"header {name} has a wrong form")
    return EnvelopeError("a header has a wrong form")


def decode(envelope: Envelope, body: bytes) -> Event:
    """The event of a record.

    Raises :class:`UnknownTypeError` for a type or version this process does not know, :class:`EnvelopeError` for a body
    that its model refuses or whose key is not the envelope's.
    """
    model = BY_TYPE.get((envelope.type, envelope.version))
    if model is None:
        message = f"unknown type {envelope.type} version {envelope.version}"
        raise UnknownTypeError(message)
    try:
        event = model.model_validate_json(body)
    except ValidationError as error:
        fields = (f"{(*one['loc'], 'body')[0]} {one['type']}" for one in error.errors(include_input=False))
        message = f"{envelope.type}: {', '.join(fields)}"
        raise EnvelopeError(message) from None
    if event.key != envelope.key or not 0 <= envelope.lane < LANES:
        message = f"{envelope.type}: the body's key is not the envelope's"
        raise EnvelopeError(message)
    return event
