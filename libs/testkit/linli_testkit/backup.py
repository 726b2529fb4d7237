"""A service's schema as a backup had it: taken at some moment, put back later, whatever was written between."""

from dataclasses import dataclass
from typing import Any, Final

BACKUP: Final = "_backup"
_TABLES: Final = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind = 'r' ORDER BY 1
"""
_COPY: Final = "SELECT format('CREATE TABLE %I.%I AS TABLE %I.%I', $1::text, $2::text, $3::text, $2::text)"
_EMPTY: Final = "SELECT format('DELETE FROM %I.%I', $1::text, $2::text)"
_FILL: Final = """
SELECT format('INSERT INTO %I.%I (%s) OVERRIDING SYSTEM VALUE SELECT %3$s FROM %4$I.%2$I', $3::text, $2::text,
    string_agg(quote_ident(attname), ', ' ORDER BY attnum), $1::text)
FROM pg_attribute WHERE attrelid = format('%I.%I', $3::text, $2::text)::regclass AND attnum > 0
    AND NOT attisdropped AND attgenerated = ''
"""
"""Generated columns follow from the others."""


@dataclass(frozen=True, slots=True)
class Backup:
    """The content of one schema at the moment it was taken."""

    connection: Any
    schema: str
    tables: tuple[str, ...]

    @classmethod
    async def take(cls, connection: Any, schema: str) -> "Backup":  # noqa: ANN401 - asyncpg's proxy
        """Copy every table beside the schema, in one transaction. Needs a superuser, whatever it works as just now."""
        backup = cls(connection, schema, tuple(row["relname"] for row in await connection.fetch(_TABLES, schema)))
        async with connection.transaction(isolation="repeatable_read"):
            await connection.execute("SET LOCAL ROLE NONE")
            await connection.execute(
                await connection.fetchval("SELECT format('CREATE SCHEMA %I', $1::text)", backup.name)
            )
            for table in backup.tables:
                await connection.execute(await connection.fetchval(_COPY, backup.name, table, schema))
        return backup

    @property
    def name(self) -> str:
        """The schema that holds the copies."""
        return self.schema + BACKUP

    async def put_back(self) -> None:
        """Everything as it was; no trigger fires, as none does when files are put back. Needs a superuser too."""
        async with self.connection.transaction():
            await self.connection.execute("SET LOCAL ROLE NONE")
            await self.connection.execute("SET LOCAL session_replication_role = replica")
            for table in self.tables:
                await self.connection.execute(await self.connection.fetchval(_EMPTY, self.schema, table))
                await self.connection.execute(await self.connection.fetchval(_FILL, self.name, table, self.schema))
