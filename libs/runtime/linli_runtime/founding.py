"""The start of a service on its schema: migrate, found or check the deployment, register the policy versions.

How a new one joins the others is recorded in the founding's transaction (joining.py).
"""

from pathlib import Path

import asyncpg
import linli_messaging
from linli_contracts.events import BY_TYPE
from linli_contracts.lanes import LANES
from linli_messaging.batch.live import LiveFrom
from linli_messaging.queries import Queries
from linli_messaging.service_map import ServiceMap
from linli_rulebook import PolicyBook, check_registration

from linli_runtime.clock import SystemClock
from linli_runtime.database import open_owner
from linli_runtime.joining import live_from, starting_numbers
from linli_runtime.migrations import migrate, read_migrations
from linli_runtime.settings import Settings

OWN_QUERIES = Path(__file__).parent / "sql" / "queries.sql"
MESSAGING_MIGRATIONS = Path(linli_messaging.__file__).parent / "sql" / "migrations"


class WrongDeploymentError(RuntimeError):
    """The schema belongs to another deployment or has another number of lanes: this process must not touch it."""


class PolicyVersionError(RuntimeError):
    """This process lacks a policy version that was decided by, or has an edited one."""


async def found(
    pool: asyncpg.Pool, queries: Queries, service: ServiceMap, sql: Path, settings: Settings, policies: PolicyBook
) -> LiveFrom:
    """Make the schema ready for this program, or refuse to start; may be run by several processes at once.

    Returns from when on the service is live, as it was recorded.
    """
    await _migrate(pool, service.name, sql, settings)
    async with pool.acquire() as connection:
        async with connection.transaction():
            first = await connection.fetchval(
                queries["found_deployment"], settings.deployment, LANES, live_from(settings)
            )
            numbers = starting_numbers(settings, service) if first else []
            if numbers:
                await connection.execute(
                    queries["start_inboxes"], *[list(column) for column in zip(*numbers, strict=True)]
                )
        (row,) = await connection.fetch(queries["read_deployment"])
        if (row["id"], row["lanes"]) != (settings.deployment, LANES):
            message = (
                f"the schema belongs to {row['id']} ({row['lanes']} lanes), "
                f"not to {settings.deployment} ({LANES} lanes)"
            )
            raise WrongDeploymentError(message)
        await _register_policies(connection, queries, policies)
        await connection.execute(queries["free_stuck_intents"])
        known = sorted(BY_TYPE)
        await connection.execute(
            queries["ripen_known_types"], [name for name, _ in known], [version for _, version in known]
        )
    return LiveFrom.stored(row["live_from"])


async def _migrate(pool: asyncpg.Pool, name: str, sql: Path, settings: Settings) -> None:
    """As the schema's owner, who lets the working role in; without one of its own, the working role owns it."""
    own = Queries.load(OWN_QUERIES)
    migrations = [*read_migrations("messaging", MESSAGING_MIGRATIONS), *read_migrations(name, sql / "migrations")]
    if settings.owner_database_url is None:
        async with pool.acquire() as connection:
            await migrate(connection, own, migrations)
        return
    worker = await pool.fetchval(own["who_am_i"])
    async with open_owner(settings.owner_database_url.get_secret_value(), name) as owner:
        await migrate(owner, own, migrations, None if await owner.fetchval(own["who_am_i"]) == worker else worker)


async def _register_policies(connection: object, queries: Queries, policies: PolicyBook) -> None:
    fetch, execute = connection.fetch, connection.execute  # type: ignore[attr-defined]  # asyncpg's proxy
    registered = {
        row["version"]: (row["content_hash"], row["effective_from"])
        for row in await fetch(queries["read_policy_versions"])
    }
    problems = check_registration(registered, policies, SystemClock().now())
    if problems:
        raise PolicyVersionError("; ".join(str(problem) for problem in problems))
    for version in policies.versions:
        await execute(
            queries["register_policy_version"],
            version,
            policies.content_hash(version),
            policies.effective_from(version),
        )
