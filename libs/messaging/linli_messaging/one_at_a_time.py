"""A role that one process of a service has at a time (relaying, sending): an advisory lock of its schema.

It belongs to a connection: whoever dies, or loses that, loses the role with it.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg

from linli_messaging.queries import Queries
from linli_messaging.sqlstate import is_transient


@dataclass(frozen=True, slots=True)
class Role:
    """One role of a service."""

    queries: Queries
    space: int
    """Which role: the first half of the lock's key, the second is the schema."""

    @contextlib.asynccontextmanager
    async def of(self, connection: Any) -> AsyncIterator[bool]:  # noqa: ANN401 - asyncpg's proxy
        """Inside, whether this connection has the role; after it, another one may."""
        mine = bool(await connection.fetchval(self.queries["try_lock_of"], self.space))
        try:
            yield mine
        finally:
            if mine:
                await self._give_back(connection)

    async def _give_back(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's proxy
        """A connection that cannot say so any more is ended, and the lock with it."""
        try:
            await connection.execute(self.queries["release_lock_of"], self.space)
        except Exception as error:
            if not is_transient(error):
                raise
            with contextlib.suppress(asyncpg.InterfaceError):
                connection.terminate()
