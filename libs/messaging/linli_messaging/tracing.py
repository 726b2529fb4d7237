"""One trace a case: its id follows from deployment and case, so that no kill or replay leaves a hole (OPS-01).

W3C trace context. Spans are made by the runtime; here are only the ids.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final

VERSION: Final = "00"
_WHOLE: Final = 1 << 32
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_OURS: Final = ("timer|", "effect|")
"""Begin the causes that are made of ids alone, as those of clocks and outcomes are; a fact's is its id."""


@lru_cache(maxsize=65536)
def trace_id_of(deployment: str, subject: str) -> str:
    """32 hex digits: the trace of a case (or, where a fact belongs to no case, of its subject)."""
    return blake2b(f"{deployment}|{subject}".encode(), digest_size=16).hexdigest()


def span_id_of(cause: str) -> str:
    """16 hex digits: the span of the input that caused a fact."""
    return blake2b(cause.encode(), digest_size=8).hexdigest()


def cause_shown(cause: str) -> str:
    """A cause as operators see it: of a command its span, for its key is the client's and may be anybody's number."""
    is_command = "|" in cause and not cause.startswith(_OURS)
    return span_id_of(cause) if is_command else cause


def trace_id_in(traceparent: str) -> str | None:
    """The trace that a header names; None where it is no such header."""
    found = _TRACEPARENT.fullmatch(traceparent)
    return found[1] if found else None


def try_of(cause: str, again: int, tries: int) -> str:
    """What one try to send an effect outside has its span by: each try one of its own."""
    return f"send|{cause}|{again}|{tries}"


@dataclass(frozen=True, slots=True)
class Tracing:
    """The traces of a deployment, and which of them a process records."""

    deployment: str
    share: float = 0.0
    """The part of all cases that is traced; 0: the process is not traced at all."""

    def records(self, trace_id: str) -> bool:
        """True for the same cases in all processes of one share: the decision is in the trace id."""
        return int(trace_id[:8], 16) < self.share * _WHOLE

    def traceparent(self, subject: str, cause: str) -> str:
        """The header that carries both ids, and whether this process records the trace: whoever goes on with it need
        not keep what has no beginning.
        """
        trace_id = trace_id_of(self.deployment, subject)
        return f"{VERSION}-{trace_id}-{span_id_of(cause)}-{'01' if self.records(trace_id) else '00'}"
