"""Ctrl-C and SIGTERM end the work that is under way, so that everything started is stopped in order."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stopping_on_signals() -> Iterator[asyncio.Event]:
    """A signal in the block cancels the current task and sets the event; further ones do nothing."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    told = asyncio.Event()

    def stop() -> None:
        if not told.is_set() and task is not None:
            told.set()
            task.cancel()

    for number in _ENDING:
        loop.add_signal_handler(number, stop)
    try:
        yield told
    finally:
        for number in _ENDING:
            loop.remove_signal_handler(number)
