"""The stack's database: one schema and one role a service, and the auditor's, with passwords new at every start."""

import secrets
from collections.abc import Iterable
from importlib.resources import files
from typing import Final

from linli_embedded.postgres import Postgres

DATABASE: Final = "linli"
AUDITOR: Final = "audit"
"""Who reads everything and changes nothing: beside the services' names in the addresses."""


async def prepare_database(postgres: Postgres, services: Iterable[str]) -> dict[str, str]:
    """Have the database with a schema and a role for each service; answers the address of each and the auditor.

    Addresses given out before stop working: their passwords are replaced.
    """
    await postgres.ensure_database(DATABASE)
    connection = await postgres.server.connect(DATABASE)
    try:
        await connection.execute(_sql("database.sql"))
        addresses = {}
        for name in (*services, AUDITOR):
            password = secrets.token_urlsafe(24)
            await connection.fetch(_sql("session.sql"), name, password)
            await connection.execute(_sql("audit.sql" if name == AUDITOR else "role.sql"))
            addresses[name] = postgres.dsn(DATABASE, f"linli_{name}", password)
    finally:
        await connection.close()
    return addresses


def _sql(name: str) -> str:
    return files("linli_cli.stack").joinpath(name).read_text(encoding="utf-8")
