"""`linli up`: the whole stack on the system clock, one log, until ctrl-C."""

import asyncio
from contextlib import AsyncExitStack
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from linli_cli.commands.running import Data, home_of
from linli_cli.console import ERR, OUT
from linli_cli.language import Words, words
from linli_cli.stack import Stack, StackOptions
from linli_cli.stack.log_view import on_console, shown
from linli_cli.stack.signals import stopping_on_signals


async def up(
    *,
    broker: Annotated[
        str, Parameter(help="embedded, kafka, auto (kafka where it can run), or host:port,….")
    ] = "embedded",
    brokers: Annotated[
        str | None, Parameter(help="The same as --broker host:port,…: brokers that run already.")
    ] = None,
    data: Data = None,
    port_base: Annotated[int | None, Parameter(help="The first of seven ports in a row (default: free ones).")] = None,
    quiet: Annotated[bool, Parameter(negative="", help="Don't show the services' log lines.")] = False,
) -> int:
    """Start Postgres, a broker and the five services, and keep them running until ctrl-C."""
    home = home_of(data)
    stack = Stack(StackOptions(home=home, broker=brokers or broker, port_base=port_base, restart=True), tell=_tell)
    with stopping_on_signals() as told:
        try:
            async with AsyncExitStack() as inside:
                if not quiet:
                    await inside.enter_async_context(shown(stack.logs, on_console(OUT, list(stack.logs))))
                await inside.enter_async_context(stack)
                OUT.print(_addresses(stack))
                OUT.print(words("运行中；按 ctrl-C 停止", "running; ctrl-C stops it"), style="bold green")
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            if not told.is_set():
                raise
    _tell(Words("已全部停止", "everything is stopped"))
    return 0


def _tell(step: Words) -> None:
    ERR.print(f"… {step}", style="dim", markup=False)


def _addresses(stack: Stack) -> Table:
    table = Table(box=None, show_header=False)
    state = stack.state
    for name, place in (
        *((name, address.url) for name, address in state.services.items()),
        ("postgres", f"{state.postgres} · {state.postgres_kind}"),
        ("broker", f"{state.bootstrap} · {state.broker_kind}"),
        (words("数据", "data"), str(stack.options.home.path)),
    ):
        table.add_row(name, place)
    return table
