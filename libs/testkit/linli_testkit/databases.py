"""Fresh databases on one server, copied from templates that are prepared once for the whole run."""

import secrets
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import uvloop
from linli_embedded.postgres_server import PostgresServer, quoted

_TEMPLATE_LOCK: Final = 0x22222
"""Key of the advisory lock under which a template is prepared, so that parallel test processes do it once."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Database:
    """One database of one test, and the server it is on."""

    server: PostgresServer
    name: str

    @property
    def dsn(self) -> str:
        """Its address for the superuser."""
        return self.server.dsn(self.name)

    def dsn_as(self, role: str, password: str) -> str:
        """Write its address for a role."""
        return self.server.dsn(self.name, role, password)


@dataclass(frozen=True, slots=True)
class Databases:
    """Makes and drops databases; every name is new, so tests that run in parallel don't meet."""

    server: PostgresServer

    async def template(self, name: str, prepare: Callable[[str], Awaitable[None]]) -> str:
        """Have a template database that `prepare` (given its address) has filled, once a run, and return its name
        for `fresh`.
        """
        full = f"template_{name}"
        connection = await self.server.connect()
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _TEMPLATE_LOCK)
            finished = "SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate"
            if await connection.fetchval(finished, full) is None:
                # One that is there and not finished is what a process left that died while preparing it.
                await connection.execute(f"DROP DATABASE IF EXISTS {quoted(full)} WITH (FORCE)")
                await connection.execute(f"CREATE DATABASE {quoted(full)} TEMPLATE template0")
                await prepare(self.server.dsn(full))
                await connection.execute(f"ALTER DATABASE {quoted(full)} IS_TEMPLATE true ALLOW_CONNECTIONS false")
        finally:
            await connection.close()
        return full

    async def fresh(self, template: str = "template0") -> Database:
        """Make a database of its own, a copy of the template."""
        name = f"test_{secrets.token_hex(6)}"
        connection = await self.server.connect()
        try:
            await connection.execute(f"CREATE DATABASE {quoted(name)} TEMPLATE {quoted(template)}")
        finally:
            await connection.close()
        return Database(self.server, name)

    async def drop(self, database: Database) -> None:
        """Drop it, throwing out whoever is still connected."""
        await self.server.drop_database(database.name)


def blocking(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a coroutine to its end in an event loop of its own, whether or not one runs here: for fixtures that
    outlive a test's loop.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(uvloop.run, work).result()
