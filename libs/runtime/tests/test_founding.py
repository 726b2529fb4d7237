"""A process starts only on a schema of its own deployment, lanes and policy versions (promises 2 and 8, ORG-02)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import linli_messaging
import linli_runtime.founding as founding_module
import orjson
import pytest
from linli_contracts.events.dispatch import TicketOpened
from linli_messaging.batch.live import ALWAYS_LIVE, LiveFrom
from linli_messaging.queries import Queries
from linli_messaging.service_map import OnEvent, ServiceMap
from linli_rulebook.decision import Decision
from linli_runtime.clock import SteppedClock
from linli_runtime.database import open_writer
from linli_runtime.founding import PolicyVersionError, WrongDeploymentError, found
from linli_runtime.settings import Settings, UnusableSettingsError
from linli_testkit.databases import Database
from linli_testkit.facts import POLICY_DIR, shipped_policy

QUERIES = Queries.load(Path(linli_messaging.__file__).parent / "sql" / "queries.sql")
MAP = ServiceMap("listener", (), (OnEvent(TicketOpened, lambda _event: [], lambda *_: Decision(), ()),))
MARK = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[asyncpg.Pool]:
    connection = await asyncpg.connect(database.dsn)
    await connection.execute("CREATE SCHEMA listener")
    await connection.close()
    opened = await open_writer(database.dsn, "listener")
    yield opened
    await opened.close()


def settings(deployment: str = "d1", **more: Any) -> Settings:  # noqa: ANN401 - settings of any kind
    given: dict[str, Any] = {
        "database_url": "postgresql://x", "bootstrap": "x", "deployment": deployment, "policy_dir": POLICY_DIR,
        "http_port": 1, "jwt_public_key": "x",
    }  # fmt: skip
    return Settings(**given | more)


async def start(pool: asyncpg.Pool, tmp_path: Path, deployment: str = "d1", **more: Any) -> LiveFrom:  # noqa: ANN401 - as above
    (tmp_path / "migrations").mkdir(exist_ok=True)
    return await found(pool, QUERIES, MAP, tmp_path, settings(deployment, **more), shipped_policy())


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


@pytest.mark.rule("ORG-04")
async def test_a_stepped_clock_that_one_process_is_told_to_move_moves_in_all(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    """Given two processes, when one is told, then the other takes it up, and looks for what is due, once."""
    await start(pool, tmp_path)
    told, other = SteppedClock(pool, QUERIES), SteppedClock(pool, QUERIES)
    moved: asyncio.Queue[datetime] = asyncio.Queue()

    async def connected(work: Callable[[Any], Awaitable[Any]]) -> Any:  # noqa: ANN401 - as the work returns
        async with pool.acquire() as connection:
            return await work(connection)

    following = asyncio.create_task(other.follow(connected, lambda: moved.put_nowait(other.now())))
    instant = shipped_policy().effective_from(shipped_policy().versions[0])
    for days in (0, 1):
        await told.move(instant + timedelta(days=days))
        assert await asyncio.wait_for(moved.get(), 30) == instant + timedelta(days=days)
    following.cancel()
    assert moved.empty()


@pytest.mark.rule("OPS-03")
async def test_a_service_is_live_from_its_first_start_on(pool: asyncpg.Pool, tmp_path: Path) -> None:
    """Given no mark, then the first start's instant is recorded, and later starts change nothing."""
    before = await pool.fetchval("SELECT clock_timestamp()")
    first = await start(pool, tmp_path)
    assert before <= first.at <= await pool.fetchval("SELECT clock_timestamp()")
    assert await start(pool, tmp_path, live_from=MARK) == first


@pytest.mark.rule("OPS-03")
async def test_the_mark_of_the_first_start_is_recorded(pool: asyncpg.Pool, tmp_path: Path) -> None:
    assert await start(pool, tmp_path, live_from=MARK) == LiveFrom(MARK)
    assert await start(pool, tmp_path) == LiveFrom(MARK)


@pytest.mark.rule("OPS-03")
async def test_who_plays_the_past_is_always_live(pool: asyncpg.Pool, tmp_path: Path) -> None:
    """A schema on the stepped clock, and one that is older than the mark itself."""
    assert await start(pool, tmp_path, clock="stepped") == ALWAYS_LIVE
    await pool.execute("UPDATE deployment SET live_from = DEFAULT")
    assert await start(pool, tmp_path, clock="stepped") == ALWAYS_LIVE


@pytest.mark.rule("OPS-03")
async def test_a_new_consumer_may_begin_at_recorded_numbers(pool: asyncpg.Pool, tmp_path: Path) -> None:
    """Given heads as `linli status --json` wrote them, then the first start begins there, and no later one does."""
    status = tmp_path / "status.json"
    heads = {"dispatch": {"heads": {"3": 17, "9": 4}}, "warranty": {"heads": {"3": 5}}}
    status.write_bytes(orjson.dumps({"at_rest": True, "services": heads}))
    await start(pool, tmp_path, start_at=status)
    inboxes = {(row["producer"], row["lane"]): row["last"] for row in await pool.fetch(QUERIES["all_inboxes"])}
    assert inboxes == {("dispatch", 3): 17, ("dispatch", 9): 4}
    await pool.execute("UPDATE inbox SET last = last + 1")
    await start(pool, tmp_path, start_at=status)
    assert await pool.fetchval("SELECT sum(last) FROM inbox") == 23


@pytest.mark.rule("OPS-03")
@pytest.mark.parametrize(
    "written",
    ["", "[]", '{"services":{}}', '{"services":{"dispatch":{"heads":{"64":1}}}}', '{"services":{"dispatch":7}}'],
)
async def test_numbers_that_cannot_be_read_found_nothing(pool: asyncpg.Pool, tmp_path: Path, written: str) -> None:
    """Given a file that is something else, then it refuses, and once the file is right, it is still the first start."""
    status = tmp_path / "status.json"
    status.write_text(written)
    with pytest.raises(UnusableSettingsError, match="LINLI_START_AT"):
        await start(pool, tmp_path, start_at=status)
    status.write_text('{"services":{"dispatch":{"heads":{"3":17}}}}')
    await start(pool, tmp_path, start_at=status)
    assert await pool.fetchval("SELECT last FROM inbox") == 17
