"""Queries for people: named statements on the read-only pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Self, cast

import asyncpg
from linli_messaging.queries import Queries


@dataclass(frozen=True, slots=True)
class Reads:
    """What a service's ``store.py`` asks with."""

    pool: asyncpg.Pool
    queries: Queries

    async def fetch(self, name: str, *args: object) -> list[asyncpg.Record]:
        """All rows of a named query."""
        return await self.pool.fetch(self.queries[name], *args)

    async def fetchrow(self, name: str, *args: object) -> asyncpg.Record | None:
        """The first row of a named query, or None."""
        return await self.pool.fetchrow(self.queries[name], *args)

    @asynccontextmanager
    async def at_one_instant(self) -> AsyncIterator[Self]:
        """Several questions about one state of the database: what is committed between them is not seen.

        It holds a snapshot, which keeps the writers' old rows from being cleaned up: for a few short questions only,
        and not within itself.
        """
        async with (
            self.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            # Asked just as the pool is.
            yield replace(self, pool=cast("asyncpg.Pool", connection))
