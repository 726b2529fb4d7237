"""`linli demo`: a year of an invented property group, from nothing to a table, on real services."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Final

from cyclopts import Parameter, validators
from rich.table import Table

from linli_cli.audit.access import Access
from linli_cli.audit.command import show
from linli_cli.audit.run import audit_all
from linli_cli.commands.running import Data, home_of
from linli_cli.complaint import Complaint
from linli_cli.console import ERR, OUT
from linli_cli.demo.calls import ZONE
from linli_cli.demo.life import Life
from linli_cli.demo.outcome import Outcome, read_outcome
from linli_cli.demo.stories import ABSENT_CONTRACTOR
from linli_cli.demo.tables import refused_table, year_tables
from linli_cli.demo.told import stories_table
from linli_cli.language import Words, words
from linli_cli.simulation.conductor import LONGEST_WINDOW, Course
from linli_cli.simulation.scratch import scratch_home
from linli_cli.stack import Stack, StackOptions
from linli_cli.stack.home import Home
from linli_cli.stack.signals import stopping_on_signals
from linli_cli.timeline import table_of, timeline_of

_MIB: Final = 1024 * 1024


async def demo(
    *,
    keep: Annotated[bool, Parameter(negative="", help="Leave it running afterwards, until ctrl-C.")] = False,
    calls: Annotated[
        int, Parameter(help="How many requests besides those of the stories.", validator=validators.Number(gte=0))
    ] = 520,
    seed: Annotated[int, Parameter(help="Another seed, another year.")] = 20250301,
    window: Annotated[float, Parameter(help="The conductor's step in days; it changes no figure.")] = 10.0,
    broker: Annotated[str, Parameter(help="embedded, kafka, auto, or host:port.")] = "embedded",
    data: Data = None,
) -> int:
    """Generate a group, live one year with it on the stepped clock, and show what a manager would want to know."""
    if not 0 < window <= LONGEST_WINDOW.days:
        raise Complaint(
            f"--window 须大于 0，最长 {LONGEST_WINDOW.days} 天",
            f"--window is above 0 and at most {LONGEST_WINDOW.days} days",
        )
    began = time.monotonic()
    life = Life.of(seed, calls, window)
    sound: bool | None = None
    with stopping_on_signals():
        try:
            async with _home(data) as home, Stack(_options(home, broker), tell=_tell) as stack:
                OUT.print(f"{stack.bus.kind} · {stack.postgres.kind}", style="dim", markup=False)
                course = await life.live(stack)
                outcome = await read_outcome(stack.client, course.readings)
                OUT.print(year_tables(outcome))
                OUT.print(await stories_table(stack.client, life.scripts))
                await _show_case(stack, life)
                sound = _show_end(stack, course, outcome, time.monotonic() - began)
                sound = await _audited(stack) and sound
                if keep:
                    _show_addresses(stack)
                    await asyncio.Event().wait()
        except asyncio.CancelledError:
            # ctrl-C ends a kept demonstration, and breaks off one that is still under way.
            if sound is None:
                raise
    return 0 if sound else 1


@asynccontextmanager
async def _home(data: Data) -> AsyncIterator[Home]:
    """The directory that was named, else one that is gone afterwards."""
    if data is not None:
        home = home_of(data)
        if home.path.exists() and any(home.path.iterdir()):
            raise Complaint(
                f"{home.path} 不是空目录", f"{home.path} is not empty: the demonstration starts from nothing"
            )
        yield home
        return
    with scratch_home() as home:
        yield home


def _options(home: Home, broker: str) -> StackOptions:
    return StackOptions(home=home, broker=broker, clock="stepped", durable=False)


async def _show_case(stack: Stack, life: Life) -> None:
    case = life.scripts.case_in(ABSENT_CONTRACTOR)
    entries = await timeline_of(stack.client, case)
    OUT.print(words("一个工单的全过程", "the whole life of one case"), style="bold")
    OUT.print(table_of(entries, ZONE, reasons=False))
    OUT.print(case, style="dim", markup=False)


def _show_end(stack: Stack, course: Course, outcome: Outcome, wall_s: float) -> bool:
    memory = ", ".join(f"{name} {peak // _MIB} MiB" for name, peak in stack.peak_memory_bytes().items())
    OUT.print(words(f"内存峰值：{memory}", f"peak memory: {memory}"), style="dim", markup=False)
    OUT.print(
        words(
            f"{course.steps:,} 个动作，{course.windows} 个时间窗，{course.rounds} 轮；用时 {wall_s:.1f} 秒",
            f"{course.steps:,} actions, {course.windows} windows, {course.rounds} rounds; {wall_s:.1f} s",
        ),
        style="dim",
    )
    if course.refused:
        OUT.print(refused_table(course.refused))
    faults = list(outcome.faults())
    for fault in faults:
        OUT.print(f"✗ {fault}", style="bold red", markup=False)
    if not faults:
        OUT.print(words("账实相符，没有在途事项", "the books balance and nothing is in flight"), style="bold green")
    return not faults


async def _audited(stack: Stack) -> bool:
    """Whether `linli audit` finds nothing wrong: what a year says of itself is checked from outside."""
    found = await audit_all(Access.find(stack.options.home.audit))
    show(found)
    return not found.violations


def _show_addresses(stack: Stack) -> None:
    table = Table(box=None, show_header=False)
    for name, url in stack.addresses.items():
        table.add_row(name, url)
    OUT.print(table)
    where = f"--data {stack.options.home.path}"
    OUT.print(words(f"运行中（{where}）；ctrl-C 停止", f"running ({where}); ctrl-C stops it"), style="bold green")


def _tell(step: Words) -> None:
    ERR.print(f"… {step}", style="dim", markup=False)
