"""From a record to an input: the envelope, then the body, then what the service's map wants loaded for it. Pure."""

from collections.abc import Iterable
from typing import Any, Final

from linli_contracts.envelope import EnvelopeError, decode, read_headers
from linli_contracts.events import BY_TYPE

from linli_messaging.inputs import EventInput
from linli_messaging.service_map import OnEvent, ServiceMap

KNOWN_TYPES: Final = frozenset(name for name, _ in BY_TYPE)


class Reader:
    """Reads records as one service's map wants them."""

    def __init__(self, service: ServiceMap) -> None:
        """The map's events by type."""
        self._entries: dict[str, OnEvent[Any]] = {entry.event.type_name(): entry for entry in service.events}

    def read(self, headers: Iterable[tuple[str, str | bytes]], body: bytes) -> EventInput:
        """Make an input of a record; raises ``EnvelopeError`` where not even the envelope can be read.

        A known type that the service has no entry for is not decoded: only its number counts.
        """
        pairs = [(name, value if isinstance(value, bytes) else value.encode()) for name, value in headers]
        envelope = read_headers(pairs)
        entry = self._entries.get(envelope.type)
        if entry is None and envelope.type in KNOWN_TYPES:
            return EventInput(envelope, body, None, None, ())
        try:
            event = decode(envelope, body)
        except EnvelopeError as error:
            return EventInput(envelope, body, entry, None, (), unreadable=str(error))
        return EventInput(envelope, body, entry, event, tuple(entry.needs(event)) if entry else ())
