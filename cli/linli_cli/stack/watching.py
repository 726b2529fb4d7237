"""Watching what a stack started: what dies is started again with growing waits, or its death is told to the owner."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from linli_embedded.process import StartFailedError

from linli_cli.language import Words

_POLL_S: Final = 0.2
_FIRST_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 60.0
"""A service that can't start for hours is still tried every minute: what it lacks may come back."""
_STEADY_S: Final = 60.0
"""Whoever ran this long is taken to have recovered, and its waits begin anew."""

Tell = Callable[[Words], None]


@dataclass(frozen=True, slots=True)
class Watched:
    """Something that should live."""

    name: str
    alive: Callable[[], bool]
    start_again: Callable[[], Awaitable[None]]
    how_it_ended: Callable[[], str]


class DiedError(RuntimeError):
    """Something that should live has died."""

    def __init__(self, name: str, how: str) -> None:
        """Name it, and say how it ended."""
        super().__init__(f"{name}: {how}")
        self.name = name
        self.how = how


async def until_one_dies(watched: Sequence[Watched]) -> DiedError:
    """Wait until one of them has died; answers which."""
    while True:
        for each in watched:
            if not each.alive():
                return DiedError(each.name, each.how_it_ended())
        await asyncio.sleep(_POLL_S)


async def keep_alive(watched: Watched, tell: Tell) -> None:
    """Start it again whenever it has died; never returns."""
    wait_s = _FIRST_WAIT_S
    since = time.monotonic()
    while True:
        await asyncio.sleep(_POLL_S)
        if watched.alive():
            continue
        wait_s = _FIRST_WAIT_S if time.monotonic() - since >= _STEADY_S else min(_LONGEST_WAIT_S, wait_s * 2)
        tell(
            Words(
                f"{watched.name} 已退出（{watched.how_it_ended()}），{wait_s:g} 秒后重启",
                f"{watched.name} ended ({watched.how_it_ended()}); it is started again in {wait_s:g} s",
            )
        )
        await asyncio.sleep(wait_s)
        since = time.monotonic()
        try:
            await watched.start_again()
        except (StartFailedError, OSError, TimeoutError) as error:
            first_line = str(error).partition("\n")[0]
            tell(Words(f"{watched.name} 启动失败：{first_line}", f"{watched.name} did not start: {first_line}"))
        else:
            tell(Words(f"{watched.name} 已重启", f"{watched.name} was started again"))
