"""A lock on a file, so that one of several processes does a thing; the kernel frees it when its holders have died."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_POLL_S: Final = 0.05


class LockedError(RuntimeError):
    """Somebody else holds the lock; `holder` is what that process wrote into the file."""

    def __init__(self, path: Path, holder: str) -> None:
        """Name the file, and whoever holds it."""
        super().__init__(f"{path} is held by process {holder or 'unknown'}")
        self.holder = holder


def take(path: Path, *, timeout_s: float) -> int:
    """Take the lock within the time and return its file descriptor: the lock lasts until every copy of it is closed.

    A child that inherits the descriptor holds the lock too. LockedError when the time is over.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
                os.close(descriptor)
                raise LockedError(path, holder) from None
            time.sleep(_POLL_S)
        else:
            os.truncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            return descriptor


@contextlib.contextmanager
def held(path: Path, *, timeout_s: float) -> Iterator[None]:
    """Hold the lock for the block; LockedError when it can't be had within the time."""
    descriptor = take(path, timeout_s=timeout_s)
    try:
        yield
    finally:
        os.close(descriptor)
