"""The stack's database: a schema a service with the role that owns it and the one that works in it, and the auditor's
role; with passwords new at every start.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final

from linli_embedded.postgres import Postgres

DATABASE: Final = "linli"
AUDITOR: Final = "audit"
"""Who reads everything and changes nothing, to Postgres (`linli_audit`) and to Kafka."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the database is, for each service by name and for the auditor; every one holds a password."""

    workers: dict[str, str] = field(repr=False)
    """As the role that a service works as."""
    owners: dict[str, str] = field(repr=False)
    """As the role that owns its schema and migrates it."""
    auditor: str = field(repr=False)
    """Who reads everything and changes nothing."""


async def prepare_database(postgres: Postgres, services: Iterable[str]) -> Addresses:
    """Have the database with a schema and its two roles for each service, and the auditor.

    Addresses given out before stop working: their passwords are replaced.
    """
    await postgres.ensure_database(DATABASE)
    connection = await postgres.server.connect(DATABASE)
    workers, owners = {}, {}
    try:
        await connection.execute(_sql("database.sql"))
        for service in services:
            password, owner_password = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
            await connection.fetch(_sql("session.sql"), service, password, owner_password)
            await connection.execute(_sql("role.sql"))
            workers[service] = postgres.dsn(DATABASE, f"linli_{service}", password)
            owners[service] = postgres.dsn(DATABASE, f"linli_{service}_owner", owner_password)
        password = secrets.token_urlsafe(24)
        await connection.fetch(_sql("session.sql"), AUDITOR, password, "")
        await connection.execute(_sql("audit.sql"))
    finally:
        await connection.close()
    return Addresses(workers, owners, postgres.dsn(DATABASE, f"linli_{AUDITOR}", password))


def _sql(name: str) -> str:
    return files("linli_cli.stack").joinpath(name).read_text(encoding="utf-8")
