"""The embedded Postgres keeps what was committed, shares its directory with nobody, and goes with its starter."""

import asyncio
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from linli_embedded import postgres_binaries
from linli_embedded.lock import held
from linli_embedded.postgres import AlreadyRunningError, Postgres
from linli_embedded.postgres_binaries import programs, reachable, unprivileged_user

_RUNNER = """
    import asyncio, signal, sys
    from pathlib import Path
    from linli_embedded.postgres import Postgres
    server = Postgres(Path(sys.argv[1]))
    asyncio.run(server.start())
    print(server.pid, flush=True)
    signal.pause()
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Postgres]:
    # Below a directory with mode 700, where root's Postgres, which runs as another user, could not reach its data.
    postgres = Postgres(tmp_path / "pg")
    await postgres.start()
    yield postgres
    await postgres.destroy()


@pytest.fixture
def open_directory() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


async def test_committed_rows_outlive_kill_and_restart(server: Postgres) -> None:
    await server.ensure_role("intake", "it's a secret/:@")
    await server.ensure_database("linli", owner="intake")
    dsn = server.dsn("linli", "intake", "it's a secret/:@")
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE kept (n int)")
    for n in range(50):
        await connection.execute("INSERT INTO kept VALUES ($1)", n)
    open_transaction = connection.transaction()
    await open_transaction.start()
    await connection.execute("INSERT INTO kept VALUES (-1)")
    server.kill()
    connection.terminate()
    # What a pid file says after a crash may be true of somebody else by now; here it is true of this test.
    (server._area() / "postmaster.pid").write_text(f"{os.getpid()}\n{server._area()}\n")

    await server.start()

    connection = await asyncpg.connect(dsn)
    assert [row["n"] for row in await connection.fetch("SELECT n FROM kept ORDER BY n")] == list(range(50))
    await connection.close()


async def test_server_is_durable_private_and_speaks_chinese(server: Postgres) -> None:
    connection = await asyncpg.connect(server.dsn("postgres"))
    for setting, expected in {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        "server_encoding": "UTF8",
    }.items():
        assert await connection.fetchval(f"SHOW {setting}") == expected
    assert await connection.fetchval("SELECT datlocprovider FROM pg_database WHERE datname = 'template0'") == b"b"
    await connection.execute("CREATE EXTENSION pg_trgm")
    assert await connection.fetchval("SELECT similarity('水管爆裂', '水管爆了')") > 0
    await connection.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.dsn("postgres", "postgres", "guess"))


async def test_roles_and_databases_may_be_ensured_again(server: Postgres) -> None:
    for password in ("first", "second"):
        await server.ensure_role("intake", password)
        await server.ensure_database("linli", owner="intake")
    connection = await asyncpg.connect(server.dsn("linli", "intake", "second"))
    await connection.close()


async def test_second_start_on_the_same_directory_is_refused(server: Postgres) -> None:
    with pytest.raises(AlreadyRunningError, match=f"started by process {os.getpid()}"):
        await Postgres(server.data_dir).start()
    with pytest.raises(AlreadyRunningError):
        await server.start()


def test_parent_that_is_killed_leaves_no_server_behind(tmp_path: Path) -> None:
    runner = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_RUNNER), str(tmp_path / "pg")], stdout=subprocess.PIPE, text=True
    )
    assert runner.stdout is not None
    with runner, runner.stdout:
        pid = int(runner.stdout.readline())
        runner.kill()
    # Every process of the server holds this lock, so who can take it knows that all are gone.
    with held(tmp_path / "pg" / "lock", timeout_s=20):
        assert not Path(f"/proc/{pid}").exists()
    asyncio.run(Postgres(tmp_path / "pg").destroy())


def test_programs_are_copied_to_where_the_server_can_reach_them(
    monkeypatch: pytest.MonkeyPatch, open_directory: Path
) -> None:
    """As root does, for the user that Postgres runs as; whoever is not root is that user."""
    user = unprivileged_user() or pwd.getpwuid(os.geteuid())
    become: dict[str, Any] = (
        {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    )
    monkeypatch.setattr(postgres_binaries, "_SYSTEM_AREA", open_directory / "area")
    monkeypatch.setattr(postgres_binaries, "reachable", lambda *_: False)
    copied = programs(user)
    assert reachable(copied, user)
    done = subprocess.run([copied / "initdb", "--version"], cwd="/", check=True, **become)
    assert done.returncode == 0
    assert programs(user) == copied


async def test_cluster_whose_directory_was_deleted_is_swept(tmp_path: Path) -> None:
    if unprivileged_user() is None:
        pytest.skip("only root keeps clusters away from their directories")
    forgotten = Postgres(tmp_path / "forgotten")
    await forgotten.start()
    await forgotten.stop()
    area = forgotten._area()
    assert area.parent == postgres_binaries.system_area(), "pytest's directories are closed to other users"
    shutil.rmtree(forgotten.data_dir)

    another = Postgres(tmp_path / "another")
    await another.start()

    assert not area.exists()
    await another.destroy()
