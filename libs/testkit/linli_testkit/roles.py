"""The role that a service works as, on a server of tests: it may do what the schema's owner grants, and no more."""

from typing import Any, Final

_ENSURE: Final = """
DO $$
BEGIN
    EXECUTE format('CREATE ROLE %I NOLOGIN', current_setting('linli.worker'));
EXCEPTION
    -- Roles belong to the server, which parallel runs share.
    WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""


async def ensure_worker(connection: Any, service: str) -> str:  # noqa: ANN401 - asyncpg's proxy
    """Have the role; returns its name. Nobody logs in as it: a superuser becomes it (`work_as`, `dsn_as`)."""
    name = f"linli_{service}"
    await connection.fetch("SELECT set_config('linli.worker', $1, false)", name)
    await connection.execute(_ENSURE)
    return name


async def work_as(connection: Any, role: str) -> None:  # noqa: ANN401 - as above
    """From here on the connection, a superuser's, may do what the role may; `none`: what it could before."""
    await connection.fetch("SELECT set_config('role', $1, false)", role)


def dsn_as(dsn: str, service: str) -> str:
    """A superuser's address, for connections that are the service's working role from the first statement on."""
    return f"{dsn}?role=linli_{service}"
