"""What the containers do to Postgres: a schema a service, its owner and who works in it, locked out of all others;
may run again.
"""

import os
import shutil
import subprocess
from pathlib import Path

import asyncpg
import pytest
from linli_contracts.topics import SERVICES
from linli_embedded.ports import LOOPBACK
from linli_embedded.postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "deploy" / "postgres" / "init.sh"

NAMES = (*SERVICES, *(f"{service}_owner" for service in SERVICES), "audit")

pytestmark = pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not here, which the script runs in")


def initialise(server: Postgres, passwords: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the script as its container does."""
    user, password = _superuser(server)
    return run_script(passwords, {"PGPORT": str(server.port), "PGUSER": user, "PGPASSWORD": password})


def run_script(passwords: dict[str, str], more: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "PGHOST": LOOPBACK,
        **more,
        "SQL_DIR": str(ROOT / "cli" / "linli_cli" / "stack"),
        **{f"LINLI_{service.upper()}_DATABASE_PASSWORD": each for service, each in passwords.items()},
    }
    return subprocess.run(["/bin/sh", str(SCRIPT)], env=environment, capture_output=True, text=True, check=False)


def _superuser(server: Postgres) -> tuple[str, str]:
    address = server.dsn("postgres").removeprefix("postgresql://").rpartition("@")[0]
    user, _, password = address.partition(":")
    return user, password


def schema_of(name: str) -> str:
    return name.removesuffix("_owner")


def beyond(name: str, other: str) -> list[str]:
    """What the one may not do who is not the other: become it, whatever it is, and anything in a schema not its own."""
    of_everybody = [
        f"SET ROLE linli_{other}", "SET ROLE linli_reader", f"GRANT linli_{other} TO CURRENT_USER",
        "CREATE TABLE public.kept (n int)", "CREATE TEMP TABLE kept (n int)", "CREATE SCHEMA more", "CREATE ROLE more",
        "SELECT pg_read_file('postgresql.conf')", "COPY (SELECT 1) TO PROGRAM 'true'",
    ]  # fmt: skip
    schema = schema_of(other)
    if schema not in SERVICES or name == f"{schema}_owner":
        return [*of_everybody, f"ALTER ROLE linli_{other} PASSWORD 'known'"]
    # Its own, too, is closed to a service before its first start: the owner opens it when it has migrated.
    return [
        *of_everybody, f"SELECT FROM {schema}.kept", f"INSERT INTO {schema}.kept VALUES (1)",  # noqa: S608 - a schema of ours
        f"UPDATE {schema}.kept SET n = 1", f"DELETE FROM {schema}.kept", f"TRUNCATE {schema}.kept",  # noqa: S608 - a schema of ours
        f"DROP TABLE {schema}.kept", f"CREATE TABLE {schema}.more (n int)", f"GRANT USAGE ON SCHEMA {schema} TO PUBLIC",
        f"DROP SCHEMA {schema} CASCADE", f"ALTER ROLE linli_{other} PASSWORD 'known'",
    ]  # fmt: skip


async def _as(server: Postgres, service: str, password: str) -> asyncpg.Connection:
    return await asyncpg.connect(server.dsn("linli", f"linli_{service}", password))


async def test_each_owner_reaches_its_own_schema_and_nobody_anothers(server: Postgres) -> None:
    passwords = {name: f"first-{name}_1" for name in NAMES}
    done = initialise(server, passwords)
    assert done.returncode == 0, done.stderr
    assert not any(password in done.stdout + done.stderr for password in passwords.values())
    for service in SERVICES:
        connection = await _as(server, f"{service}_owner", passwords[f"{service}_owner"])
        await connection.execute(f"CREATE TABLE {service}.kept (n int)")
        await connection.close()
    for name in NAMES[:-1]:
        connection = await _as(server, name, passwords[name])
        for forbidden in (each for other in NAMES if other != name for each in beyond(name, other)):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
        await connection.close()
    administrator = await asyncpg.connect(server.dsn("linli"))
    await administrator.execute("SET ROLE linli_reader")
    for service in set(SERVICES) - {"intake"}:
        await administrator.fetchval("SELECT set_config('search_path', $1, false)", service)
        assert await administrator.fetchval("SELECT count(*) FROM kept") == 0
    # Personal data stays in intake (INT-13).
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await administrator.fetchval("SELECT count(*) FROM intake.kept")
    await administrator.close()


async def test_the_auditor_reads_every_schema_and_changes_none(server: Postgres) -> None:
    passwords = dict.fromkeys(NAMES, "first")
    assert initialise(server, passwords).returncode == 0
    for service in SERVICES:
        connection = await _as(server, f"{service}_owner", "first")
        await connection.execute(f"CREATE TABLE {service}.kept (n int)")
        await connection.close()
    # What was there before it was let in is read as well as what is made later.
    assert initialise(server, passwords).returncode == 0
    auditor = await _as(server, "audit", "first")
    for service in SERVICES:
        await auditor.fetchval("SELECT set_config('search_path', $1, false)", service)
        assert await auditor.fetchval("SELECT count(*) FROM kept") == 0
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await auditor.execute("INSERT INTO kept VALUES (1)")
    await auditor.execute("SET default_transaction_read_only = off")
    for service in SERVICES:
        await auditor.fetchval("SELECT set_config('search_path', $1, false)", service)
        for statement in ("INSERT INTO kept VALUES (1)", "CREATE TABLE mine (n int)"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await auditor.execute(statement)
    await auditor.close()


async def test_it_may_run_again_and_a_new_password_is_in_force(server: Postgres) -> None:
    assert initialise(server, dict.fromkeys(NAMES, "first")).returncode == 0
    assert initialise(server, dict.fromkeys(NAMES, "it's second")).returncode == 0
    for name in ("dispatch", "dispatch_owner"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await _as(server, name, "first")
        await (await _as(server, name, "it's second")).close()


@pytest.mark.parametrize("missing", ["audit", "loyalty_owner"])
def test_without_a_password_it_refuses_before_it_does_anything(missing: str) -> None:
    refused = run_script(dict.fromkeys(set(NAMES) - {missing}, "first"), {})
    assert refused.returncode == 1
    assert f"LINLI_{missing.upper()}_DATABASE_PASSWORD is not set" in refused.stderr
    assert "psql" not in refused.stderr
