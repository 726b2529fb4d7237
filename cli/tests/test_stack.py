"""A stack starts everything, tells where it is, notices a death, and leaves no process behind however it ends."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import asyncpg
import psutil
import pytest
from linli_cli.audit.access import Access
from linli_cli.complaint import Complaint
from linli_cli.stack import Home, Stack, StackOptions, StackState

SMALL_SERVICE = Path(__file__).with_name("small_service.py")
WITHIN_S = 60
"""Longer than anything here takes on a busy machine."""
REPOSITORY = Path(__file__).parents[2]


def small_service(service: str) -> Sequence[str]:
    return ("env", f"SMALL_SERVICE={service}", sys.executable, str(SMALL_SERVICE))


def options(path: Path, *, restart: bool = False) -> StackOptions:
    return StackOptions(
        home=Home(path), broker="embedded", clock="stepped", restart=restart, durable=False, command_of=small_service
    )


def processes_of(path: Path) -> list[psutil.Process]:
    """Every process whose command line or environment names the data directory."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(path) in " ".join(process.cmdline()) or str(path) in process.environ().get(
                "LINLI_JWT_PUBLIC_KEY", ""
            ):
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.pid != os.getpid()]


async def test_a_stack_runs_inside_its_context_and_nothing_after_it(tmp_path: Path) -> None:
    told: list[str] = []
    async with Stack(options(tmp_path), lambda step: told.append(step.en)) as stack:
        assert set(await stack.client.rest()) == {"intake", "dispatch", "followup", "warranty", "loyalty"}
        assert StackState.read(Home(tmp_path)) == stack.state
        assert stack.peak_memory_bytes().keys() >= {"intake", "postgres", "broker", "linli"}
        environment = stack.services["dispatch"]._env or {}
        for name, schemas in (
            ("LINLI_DATABASE_URL", ("intake", "dispatch")),
            ("LINLI_OWNER_DATABASE_URL", ("intake",)),
        ):
            connection = await asyncpg.connect(environment[name])
            for schema in schemas:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(f"CREATE TABLE {schema}.mine (id int)")
            await connection.close()
        connection = await asyncpg.connect(environment["LINLI_OWNER_DATABASE_URL"])
        await connection.execute("CREATE TABLE dispatch.mine (id int)")
        await connection.close()
        assert (tmp_path / "audit.json").stat().st_mode & 0o777 == 0o600
        connection = await asyncpg.connect(Access.find(tmp_path / "audit.json").database_url)
        assert await connection.fetchval("SELECT count(*) FROM dispatch.mine") == 0
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("DELETE FROM dispatch.mine")
        await connection.close()
    assert not (tmp_path / "audit.json").exists()
    assert "dispatch is ready" in told
    assert processes_of(tmp_path) == []
    with pytest.raises(Complaint, match="no Linli runs"):
        StackState.read(Home(tmp_path))


async def test_a_death_ends_the_stack_with_a_complaint(tmp_path: Path) -> None:
    async def run() -> None:
        async with Stack(options(tmp_path)) as stack:
            stack.services["followup"].signal(signal.SIGKILL)
            await asyncio.Event().wait()

    with pytest.raises(Complaint, match="followup ended unexpectedly: exit code 137"):
        async with asyncio.timeout(WITHIN_S):
            await run()
    assert processes_of(tmp_path) == []


async def test_what_dies_is_started_again_where_that_was_asked_for(tmp_path: Path) -> None:
    told = asyncio.Queue[str]()
    async with Stack(options(tmp_path, restart=True), lambda step: told.put_nowait(step.en)) as stack:
        first = stack.services["loyalty"].pid
        stack.services["loyalty"].signal(signal.SIGKILL)
        async with asyncio.timeout(WITHIN_S):
            while await told.get() != "loyalty was started again":
                pass
        await stack.answers("loyalty", "ready", WITHIN_S)
        assert stack.services["loyalty"].pid != first
        written = StackState.read(Home(tmp_path))
        assert {name: service.pid for name, service in written.services.items()} == {
            name: process.pid for name, process in stack.services.items()
        }
        assert written == stack.state
        assert (await stack.client.rest())["loyalty"].service == "loyalty"


async def test_another_deployment_on_a_services_port_is_not_taken_for_it(tmp_path: Path) -> None:
    async with Stack(options(tmp_path / "one")) as one:
        other = Stack(options(tmp_path / "other"))
        other._ports = replace(other._ports, services=one._ports.services)
        with pytest.raises(Complaint, match=r"ended with exit code \d before it was ready"):
            await other.__aenter__()
        assert set(await one.client.rest()) == set(one.addresses)


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path; from cli.tests.test_stack import Stack, options\n"
        "async def main():\n"
        "    async with Stack(options(Path(sys.argv[1]))):\n"
        "        print('up', flush=True); await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    ) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == "up\n"
        left = processes_of(tmp_path)
        assert len(left) > 5
        supervisor.kill()
    _, alive = psutil.wait_procs(left, WITHIN_S)
    assert (alive, processes_of(tmp_path)) == ([], [])
