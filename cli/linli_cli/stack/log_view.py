"""One log: the lines that several processes append to their files, shown in one place, each with its process's name."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

_POLL_S: Final = 0.1
_MOST_BYTES: Final = 256 * 1024
"""What is read from one file at once: a process that floods its log must not starve the others' lines."""
_COLOURS: Final = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green", "bright_magenta")

Show = Callable[[str, str], None]
"""Takes a process's name and one line of its log."""


def on_console(console: Console, names: list[str]) -> Show:
    """Show lines with a coloured, aligned prefix."""
    width = max(map(len, names), default=0)
    colours = {name: _COLOURS[place % len(_COLOURS)] for place, name in enumerate(names)}

    def show(name: str, line: str) -> None:
        console.print(Text.assemble((f"{name:>{width}} │ ", colours[name]), line), soft_wrap=True)

    return show


@contextlib.asynccontextmanager
async def shown(logs: Mapping[str, Path], show: Show) -> AsyncIterator[None]:
    """Show what is appended to these files from now on, until the block ends (and the rest of it then)."""
    ends = {name: path.stat().st_size if path.exists() else 0 for name, path in logs.items()}
    following = asyncio.create_task(_follow(logs, ends, show))
    try:
        yield
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
        _show_new(logs, ends, show)


async def _follow(logs: Mapping[str, Path], ends: dict[str, int], show: Show) -> None:
    while True:
        _show_new(logs, ends, show)
        await asyncio.sleep(_POLL_S)


def _show_new(logs: Mapping[str, Path], ends: dict[str, int], show: Show) -> None:
    for name, path in logs.items():
        if not path.exists():
            continue
        with path.open("rb") as file:
            file.seek(ends[name])
            content = file.read(_MOST_BYTES)
        whole = content if len(content) == _MOST_BYTES and b"\n" not in content else content[: content.rfind(b"\n") + 1]
        ends[name] += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            show(name, line)
