"""Tokens by name instead of signature, for tests of who may read what."""

from collections.abc import Mapping

from linli_messaging.service_map import Actor


class KnownTokens:
    """Stands where an application keeps its `Tokens`; a name nobody has is a mistake of the test."""

    def __init__(self, actors: Mapping[str, Actor]) -> None:
        """Whose names there are."""
        self._actors = actors

    def actor(self, authorization: str | None) -> Actor:
        """Whose token it is."""
        return self._actors[(authorization or "").removeprefix("Bearer ")]
