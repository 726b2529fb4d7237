"""Seconds in which a generated group of ``ESTATES=`` is brought in on a running Linli; the floor copies its homes raw.

Place by place, or with ``WHOLE=1`` as one import that holds at one instant, which it chooses and waits for.

Then everything rests; the same files again; one home changes; every estate has a request. What each of these took, and
the memory of every process, are printed on the way.
"""

import asyncio
import os
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

import asyncpg
import orjson
from linli_cli.client.answers import Command
from linli_cli.commands.group import REGISTRAR
from linli_cli.group.applying import Outcome, go_through
from linli_cli.group.checking import check_directory
from linli_cli.group.whole import bring_in
from linli_cli.stack import Home, Stack, StackOptions
from linli_contracts.lanes import lane_of
from linli_contracts.topics import DISPATCH, INTAKE

from bench.figures import Figures, cpu_s_of
from bench.group_files import homes_of, write_group
from bench.lifecycle import BROKER
from bench.memory import MEGABYTE
from bench.repair_life import resident

ESTATES: Final = int(os.environ.get("ESTATES", "5000"))
WHOLE: Final = os.environ.get("WHOLE") == "1"
_REST_S: Final = 3_600.0
_COPIED: Final = 10_000
"""Homes that the floor copies at a time."""


async def group() -> Figures:
    """Seconds from the command's start to its return; the floor's."""
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as place:
        files, home = Path(place) / "files", Path(place) / "stack"
        write_group(files, ESTATES)
        async with Stack(StackOptions(home=Home(home), broker=BROKER, clock="system")) as stack:
            print(f"  {ESTATES:,} estates on {stack.bus.kind} and {stack.postgres.kind}")
            began_s = time.perf_counter()
            async with _step(stack, "brought in"):
                outcome = await _bring_in(stack, files)
            took_s = time.perf_counter() - began_s
            print(f"    {outcome.rows:,} rows in {outcome.commands:,} commands, {outcome.refused} refused")
            await _behind(stack)
            async with _step(stack, "all at rest"):
                await stack.client.wait_until_rest(_REST_S)
            async with _step(stack, "the same again"):
                again = await _bring_in(stack, files)
            print(f"    {again.rows} rows differ")
            async with _step(stack, "one home changed"):
                await _change_one(stack)
            async with _step(stack, "a request in every estate"):
                await _touch_all(stack)
                await stack.client.wait_until_rest(_REST_S)
            await stack.postgres.ensure_database("bench")
            connection = await asyncpg.connect(stack.postgres.dsn("bench"))
            floor_s = await _copied(connection, ESTATES)
            await connection.close()
    return Figures(took_s, floor_s)


async def _bring_in(stack: Stack, files: Path) -> Outcome:
    began_s = time.perf_counter()
    index, faults = await asyncio.to_thread(check_directory, files, _ignore)
    if len(faults):
        raise RuntimeError(str(next(iter(faults))))
    print(f"    checked after {time.perf_counter() - began_s:.1f} s")
    if WHOLE:
        made = await bring_in(stack.client, REGISTRAR, index, None, _timed)
        outcome = made.outcome
        if made.failed:
            raise RuntimeError(f"{made.stands}: {made.changes}")
    else:
        outcome = await go_through(stack.client.acting_as(REGISTRAR), index, apply=True, seen=_ignore)
    if outcome.refused:
        raise RuntimeError(outcome.refusals[0])
    return outcome


@contextmanager
def _timed(what: str, _total: int) -> Iterator[Callable[[int], None]]:
    began_s = time.perf_counter()
    yield _ignore
    print(f"    {what}: {time.perf_counter() - began_s:.1f} s")


async def _behind(stack: Stack) -> None:
    """What the other services have still to learn at the moment when the command returns."""
    readings = await stack.client.rest()
    told = readings[DISPATCH]
    lags = {name: reading.lag_behind(told) for name, reading in readings.items() if name != DISPATCH}
    print(f"    of {told.told:,} facts not learnt yet: {', '.join(f'{n} {lag:,}' for n, lag in lags.items())}")


async def _change_one(stack: Stack) -> None:
    home_id = next(homes_of(0))[0]
    line = {"home_id": home_id, "phase": "p1", "building": "1", "occupied": False, "top_floor": True}
    body = {"estate_id": home_id.partition(".")[0], "homes": [line]}
    answer = await stack.client.command(DISPATCH, Command("dispatch.register-homes", "one-home", body))
    if answer.answer.get("changed") != 1:
        raise RuntimeError(f"one home was to change: {answer}")
    await stack.client.wait_until_rest(_REST_S)


async def _touch_all(stack: Stack) -> None:
    """A resident of each estate calls, so that every roster is needed once."""
    calls = (Command("intake.receive", f"call-{nth}", _call(nth)) for nth in range(ESTATES))
    answers = await stack.client.commands(INTAKE, list(calls))
    refused = [answer for answer in answers if not answer.done]
    if refused:
        raise RuntimeError(f"a call was refused: {refused[0].why}")


def _call(nth: int) -> dict[str, str]:
    home_id = next(homes_of(nth))[0]
    return resident(nth, f"1{nth:010d}") | {"estate_id": home_id.partition(".")[0], "home_id": home_id}


async def _copied(connection: "asyncpg.Connection[asyncpg.Record]", estates: int) -> float:
    """Seconds in which as many homes go raw into one table, in one process."""
    await connection.execute("CREATE TABLE home (id text PRIMARY KEY, lane smallint, state jsonb)")
    began_s = time.perf_counter()
    rows = (
        (home[0], lane_of(home[0]), orjson.dumps(home).decode()) for nth in range(estates) for home in homes_of(nth)
    )
    while part := list(islice(rows, _COPIED)):
        await connection.copy_records_to_table("home", records=part)
    return time.perf_counter() - began_s


@asynccontextmanager
async def _step(stack: Stack, what: str) -> AsyncIterator[None]:
    before, began_s = cpu_s_of(stack), time.perf_counter()
    yield
    took_s, after = time.perf_counter() - began_s, cpu_s_of(stack)
    peaks = stack.peak_memory_bytes() | {"client": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
    print(f"  {what}: {took_s:.1f} s")
    for part, used_s in after.items():
        print(f"    {part:<9} {used_s - before[part]:>7.1f} s of processor, peak {peaks[part] / MEGABYTE:>5,.0f} MB")


def _ignore(_more: int) -> None:
    """Nobody watches."""
