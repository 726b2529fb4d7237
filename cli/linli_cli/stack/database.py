"""The stack's database: one schema and one role a service, with passwords new at every start and never stored."""

import secrets
from collections.abc import Iterable
from importlib.resources import files
from typing import Final

from linli_embedded.postgres import Postgres

DATABASE: Final = "linli"


async def prepare_database(postgres: Postgres, services: Iterable[str]) -> dict[str, str]:
    """Have the database with a schema and a role for each service; answers each service's own address of it.

    Addresses given out before stop working: their passwords are replaced.
    """
    await postgres.ensure_database(DATABASE)
    connection = await postgres.server.connect(DATABASE)
    try:
        await connection.execute(_sql("database.sql"))
        addresses = {}
        for service in services:
            password = secrets.token_urlsafe(24)
            await connection.fetch(_sql("session.sql"), service, password)
            await connection.execute(_sql("role.sql"))
            addresses[service] = postgres.dsn(DATABASE, f"linli_{service}", password)
    finally:
        await connection.close()
    return addresses


def _sql(name: str) -> str:
    return files("linli_cli.stack").joinpath(name).read_text(encoding="utf-8")
