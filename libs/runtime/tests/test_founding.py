"""A process starts only on a schema of its own deployment, lanes and policy versions (promises 2 and 8, ORG-02)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import linli_messaging
import linli_runtime.founding as founding_module
import pytest
from linli_messaging.queries import Queries
from linli_messaging.service_map import ServiceMap
from linli_runtime.clock import SteppedClock
from linli_runtime.database import open_writer
from linli_runtime.founding import PolicyVersionError, WrongDeploymentError, found
from linli_runtime.settings import Settings
from linli_testkit.databases import Database
from linli_testkit.facts import POLICY_DIR, shipped_policy

QUERIES = Queries.load(Path(linli_messaging.__file__).parent / "sql" / "queries.sql")
MAP = ServiceMap("listener", ())


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[asyncpg.Pool]:
    connection = await asyncpg.connect(database.dsn)
    await connection.execute("CREATE SCHEMA listener")
    await connection.close()
    opened = await open_writer(database.dsn, "listener")
    yield opened
    await opened.close()


def settings(deployment: str = "d1") -> Settings:
    given: dict[str, Any] = {
        "database_url": "postgresql://x", "bootstrap": "x", "deployment": deployment, "policy_dir": POLICY_DIR,
        "http_port": 1, "jwt_public_key": "x",
    }  # fmt: skip
    return Settings(**given)


async def start(pool: asyncpg.Pool, tmp_path: Path, deployment: str = "d1") -> None:
    (tmp_path / "migrations").mkdir(exist_ok=True)
    await found(pool, QUERIES, MAP, tmp_path, settings(deployment), shipped_policy())


@pytest.mark.rule("OPS-04")
async def test_founded_once_and_started_again(pool: asyncpg.Pool, tmp_path: Path) -> None:
    await start(pool, tmp_path)
    await start(pool, tmp_path)
    assert await pool.fetchval("SELECT count(*) FROM lane") == 64
    assert await pool.fetchval("SELECT count(*) FROM published") == 64
    assert await pool.fetchval("SELECT count(*) FROM policy_version") == len(shipped_policy().versions)


@pytest.mark.rule("OPS-04")
async def test_another_deployment_is_refused(pool: asyncpg.Pool, tmp_path: Path) -> None:
    await start(pool, tmp_path)
    with pytest.raises(WrongDeploymentError, match=r"belongs to d1 \(64 lanes\), not to d2"):
        await start(pool, tmp_path, "d2")


@pytest.mark.rule("OPS-04")
async def test_another_number_of_lanes_is_refused(
    pool: asyncpg.Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start(pool, tmp_path)
    monkeypatch.setattr(founding_module, "LANES", 32)
    with pytest.raises(WrongDeploymentError, match="32 lanes"):
        await start(pool, tmp_path)


@pytest.mark.rule("ORG-02")
@pytest.mark.parametrize("tampering", ["SET content_hash = 'other'", "SET version = '1900.1'"])
async def test_an_edited_or_missing_policy_version_is_refused(
    pool: asyncpg.Pool, tmp_path: Path, tampering: str
) -> None:
    """Given versions decided by, when ours has another content or is not there, then the process refuses to start."""
    await start(pool, tmp_path)
    await pool.execute(f"UPDATE policy_version {tampering}")
    with pytest.raises(PolicyVersionError):
        await start(pool, tmp_path)


@pytest.mark.rule("ORG-04")
async def test_the_stepped_clock_never_goes_back(pool: asyncpg.Pool, tmp_path: Path) -> None:
    """Given an instant set, when an earlier one is set, then the later stays, for this process and the next one."""
    await start(pool, tmp_path)
    clock = SteppedClock(pool, QUERIES)
    early, late = (
        shipped_policy().effective_from(shipped_policy().versions[0]).replace(year=year) for year in (2025, 2026)
    )
    assert await clock.move(late) == late
    assert await clock.move(early) == clock.now() == late
    again = SteppedClock(pool, QUERIES)
    await again.read()
    assert again.now() == late
