"""A query that shows one thing with its version, for `If-Match` of a command about it (RFC 9110, 8.8.3)."""

from typing import Any, Final, TypeVar

from fastapi import Response
from linli_rulebook.decision import Refusal

from linli_runtime.problems import ProblemError

T = TypeVar("T")
VERSIONED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "headers": {
            "ETag": {"description": "Its version, for `If-Match` of a command.", "schema": {"type": "string"}},
        }
    }
}
"""What such a route says of its answer."""


def versioned(response: Response, found: tuple[T, str] | None, otherwise: Refusal) -> T:
    """What was found, its version as the answer's `ETag`; nothing found: raises `ProblemError` with `otherwise`."""
    if found is None:
        raise ProblemError(otherwise)
    shown, version = found
    response.headers["ETag"] = f'"{version}"'
    return shown
