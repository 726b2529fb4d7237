"""Numbered SQL files, applied in order, once, by one runner at a time; an edited or vanished one is refused.

Who applies them owns what they make. Where the service works as another role, that one is let in here, and only here
(decision 27).
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from linli_messaging.queries import Queries


class MigrationError(RuntimeError):
    """The files and what was applied do not agree; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its name with the library or service it belongs to, and its text."""

    name: str
    statement: str

    @property
    def checksum(self) -> str:
        """What is remembered of an applied file."""
        return sha256(self.statement.encode()).hexdigest()


def read_migrations(owner: str, directory: Path) -> list[Migration]:
    """The numbered files of a directory, in order; refuses a name without a number and a number used twice."""
    found: dict[str, Migration] = {}
    for file in sorted(directory.glob("*.sql")):
        number = file.name.partition("_")[0]
        if not (number.isdigit() and len(number) == 4) or number in found:  # noqa: PLR2004 - 0001_name.sql
            message = f"{file}: migrations are named 0001_what.sql, each number once"
            raise MigrationError(message)
        found[number] = Migration(f"{owner}/{file.stem}", file.read_text(encoding="utf-8"))
    return list(found.values())


async def migrate(
    connection: Any,  # noqa: ANN401 - asyncpg's proxy
    queries: Queries,
    migrations: list[Migration],
    worker: str | None = None,
) -> list[str]:
    """Apply what is missing in one transaction; returns the names. Raises :class:`MigrationError` for an edited
    file. `worker`: the role that may use what is there then (`grant_to_worker`), where it is not the connection's own.
    """
    async with connection.transaction():
        await connection.execute(queries["lock_migrations"])
        await connection.execute(queries["create_migrations"])
        applied = {row["name"]: row["checksum"] for row in await connection.fetch(queries["read_migrations"])}
        names = {migration.name for migration in migrations}
        for name in sorted(applied.keys() - names):
            message = f"{name} was applied here, but its file is gone: an older program on a newer schema?"
            raise MigrationError(message)
        done: list[str] = []
        for migration in migrations:
            if migration.name not in applied:
                await connection.execute(migration.statement)
                await connection.execute(queries["note_migration"], migration.name, migration.checksum)
                done.append(migration.name)
            elif applied[migration.name] != migration.checksum:
                message = f"{migration.name} was edited after it had been applied: write a new migration instead"
                raise MigrationError(message)
        if worker is not None:
            await connection.execute(queries["name_worker"], worker)
            await connection.execute(queries["grant_to_worker"])
        return done
