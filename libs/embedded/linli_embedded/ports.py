"""Free TCP ports on the loopback interface for machines that are started, killed and started again."""

import os
import socket
from collections.abc import Iterator
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_PORTS: Final = range(15_000, 30_000)
"""Below the ports that systems give to outgoing connections. Otherwise, while a killed server's clients keep
dialling, one of them gets the server's port as its own, connects to itself, and the server can't come back."""
_STRIDE: Final = 487
"""Between the places of two processes that were started one after the other; prime, so that every place is one."""


def free_port() -> int:
    """Name a port that nothing listens on now; somebody may still take it before its user does, so be ready to ask
    again.
    """
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Name several different free ports; OSError when there are none.

    None is named twice until all were: whoever was given one may not listen yet.
    """
    chosen: list[int] = []
    for port in (next(_walk) for _ in _PORTS):
        if is_free(port):
            chosen.append(port)
        if len(chosen) == count:
            return chosen
    raise OSError(f"only {len(chosen)} of {len(_PORTS)} ports are free")


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        # As servers do it, so that connections which are still closing don't count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def _round(process_id: int) -> Iterator[int]:
    """All ports in turn, again and again, from a place of the process: neighbours name different ones."""
    at = process_id * _STRIDE
    while True:
        yield _PORTS[at % len(_PORTS)]
        at += 1


_walk: Final = _round(os.getpid())
