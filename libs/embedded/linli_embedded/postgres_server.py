"""A running Postgres as its users see it: where it is, who may enter, and which roles and databases exist."""

from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import quote, unquote, urlsplit

import asyncpg

ADMIN_DATABASE: Final = "postgres"
_CONNECT_TIMEOUT_S: Final = 10.0
_ENSURE_LOCK: Final = 0x11111
"""Key of the advisory lock under which roles and databases are made, so that parallel callers don't collide."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """One server and its superuser; the same whoever started it (we, a container, somebody else)."""

    host: str
    port: int
    superuser: str
    password: str = field(repr=False)
    kind: str = "external"

    @classmethod
    def from_dsn(cls, dsn: str, kind: str = "external") -> Self:
        """Read `postgresql://superuser:password@host:port/…`; the database in it doesn't matter."""
        parts = urlsplit(dsn)
        return cls(
            parts.hostname or "127.0.0.1",
            parts.port or 5432,
            unquote(parts.username or "postgres"),
            unquote(parts.password or ""),
            kind,
        )

    def dsn(self, database: str, user: str | None = None, password: str | None = None) -> str:
        """Write the address for a database and a role; without one, for the superuser."""
        if user is None:
            user, password = self.superuser, self.password
        credentials = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
        return f"postgresql://{credentials}@{self.host}:{self.port}/{quote(database, safe='')}"

    async def ensure_role(self, name: str, password: str) -> None:
        """Have a role that can log in with this password and owns nothing by itself; may be called again."""
        role = quoted(name)
        await self._under_lock(
            "SELECT 1 FROM pg_roles WHERE rolname = $1",
            name,
            create=f"CREATE ROLE {role} LOGIN PASSWORD {literal(password)}",
            otherwise=f"ALTER ROLE {role} LOGIN PASSWORD {literal(password)}",
        )

    async def ensure_database(self, name: str, owner: str | None = None, template: str = "template0") -> None:
        """Have a database; a new one is copied from the template. May be called again."""
        owned = f" OWNER {quoted(owner)}" if owner else ""
        await self._under_lock(
            "SELECT 1 FROM pg_database WHERE datname = $1",
            name,
            create=f"CREATE DATABASE {quoted(name)}{owned} TEMPLATE {quoted(template)}",
        )

    async def drop_database(self, name: str) -> None:
        """Have no such database: whoever is connected is thrown out; may be called again."""
        connection = await self.connect()
        try:
            await connection.execute(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")
        finally:
            await connection.close()

    async def connect(self, database: str = ADMIN_DATABASE) -> asyncpg.Connection:
        """Open a connection as the superuser; the caller closes it."""
        return await asyncpg.connect(self.dsn(database), timeout=_CONNECT_TIMEOUT_S)

    async def _under_lock(self, exists: str, name: str, *, create: str, otherwise: str | None = None) -> None:
        connection = await self.connect()
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _ENSURE_LOCK)
            if await connection.fetchval(exists, name) is None:
                await connection.execute(create)
            elif otherwise:
                await connection.execute(otherwise)
        finally:
            # Closing the connection frees the lock.
            await connection.close()


def quoted(identifier: str) -> str:
    """Quote an SQL identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote an SQL string; for statements that take no parameters."""
    return "'" + text.replace("'", "''") + "'"
