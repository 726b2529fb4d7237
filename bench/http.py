"""Commands and queries a second over HTTP, each of its own request with a token, from ``CLIENTS=`` at once.

A command is a resident's request (intake), answered when it is durable; the other services take in what follows
meanwhile. A query reads one of the requests. Beside the commands, the floor and the peer of ``bench/http_beside.py``.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg
import orjson
from linli_cli.stack import Home, Stack, StackOptions
from linli_embedded.ports import LOOPBACK, free_ports

from bench.figures import Figures, cpu_ms_each, cpu_s_of
from bench.keepalive import Door, rate_of, request
from bench.lifecycle import BROKER
from bench.repair_life import REST_S, found_estates, resident

CLIENTS: Final = int(os.environ.get("CLIENTS", "200"))
REQUESTS: Final = int(os.environ.get("REQUESTS", "20000"))
RESIDENTS: Final = 1000
_START_S: Final = 30


async def commands() -> Figures:
    """Commands a second: ours, the floor's, the peer's."""
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as directory:
        async with Stack(StackOptions(home=Home(Path(directory)), broker=BROKER)) as stack:
            await found_estates(stack.client, RESIDENTS, None)
            asked = _commands(stack.signer.mint())
            before = cpu_s_of(stack)
            ours = await rate_of(stack.addresses["intake"], asked, CLIENTS)
            cpu_ms = cpu_ms_each(before, cpu_s_of(stack), REQUESTS)
            await stack.client.wait_until_rest(REST_S)
            await stack.postgres.ensure_database("bench")
            dsn = stack.postgres.dsn("bench")
            floor, peer = [
                await _beside(which, dsn, stack.options.home.public_key, asked) for which in ("floor", "peer")
            ]
    return Figures(ours, floor, peer, cpu_ms)


async def queries() -> Figures:
    """Queries a second: one request of a resident each, by its id."""
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as directory:
        async with Stack(StackOptions(home=Home(Path(directory)), broker=BROKER)) as stack:
            await found_estates(stack.client, RESIDENTS, None)
            url, token = stack.addresses["intake"], stack.signer.mint()
            door = await Door.open(url)
            made = [orjson.loads(await door.ask(one)) for one in _commands(token)[:RESIDENTS]]
            door.close()
            await stack.client.wait_until_rest(REST_S)
            asked = [request("GET", f"/requests/{made[nth % len(made)]['case_id']}", token) for nth in range(REQUESTS)]
            before = cpu_s_of(stack)
            ours = await rate_of(url, asked, CLIENTS)
            return Figures(ours, cpu_ms=cpu_ms_each(before, cpu_s_of(stack), REQUESTS))


def _commands(token: str) -> list[bytes]:
    return [
        request("POST", "/requests", token, resident(number % RESIDENTS, f"2{number:010d}"), f"h{number}")
        for number in range(REQUESTS)
    ]


async def _beside(which: str, dsn: str, public_key: Path, asked: Sequence[bytes]) -> float:
    connection = await asyncpg.connect(dsn)
    await connection.execute("DROP TABLE IF EXISTS body; CREATE TABLE body (key text PRIMARY KEY, content jsonb)")
    await connection.close()
    async with _serving(which, dsn, public_key) as url:
        return await rate_of(url, asked, CLIENTS)


@asynccontextmanager
async def _serving(which: str, dsn: str, public_key: Path) -> AsyncIterator[str]:
    (port,) = free_ports(1)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.http_beside", which, str(port), dsn, str(public_key)
    )
    url = f"http://{LOOPBACK}:{port}"
    try:
        async with asyncio.timeout(_START_S):
            while True:
                try:
                    (await Door.open(url)).close()
                    break
                except ConnectionError:
                    await asyncio.sleep(0.1)
        yield url
    finally:
        process.terminate()
        await process.wait()
