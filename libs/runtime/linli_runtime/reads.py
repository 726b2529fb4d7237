"""Queries for people: named statements on the read-only pool."""

from dataclasses import dataclass

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
