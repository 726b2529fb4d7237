"""The embedded gateway as a machine that is started, killed and started again (its program is `gateway_server`)."""

import json
import socket
import sys
from pathlib import Path
from typing import Any, Final

from linli_embedded.ports import LOOPBACK, free_port
from linli_embedded.process import Process

_READY_TIMEOUT_S: Final = 20.0
_PROBE_S: Final = 1.0


class Gateway:
    """One gateway on a loopback port, which stays the same over `kill` and `start`; its messages stay in the file."""

    kind: Final = "embedded (messages go into a file)"

    def __init__(self, file: Path, log: Path, *, repeats: str = "recognised") -> None:
        """Describe it; nothing runs yet. `repeats`: what it makes of the same key twice."""
        self.file = file
        self._port = free_port()
        command = [sys.executable, "-m", "linli_embedded.gateway_server", "--port", str(self._port)]
        self.process = Process("gateway", [*command, "--file", str(file), "--repeats", repeats], log=log)

    @property
    def url(self) -> str:
        """Where messages are posted."""
        return f"http://{LOOPBACK}:{self._port}/messages"

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Everything it has taken so far: `{"key", "message"}` each, in order."""
        lines = self.file.read_text(encoding="utf-8").splitlines() if self.file.exists() else []
        return [json.loads(line) for line in lines]

    async def start(self) -> None:
        """Start it and return once it listens; StartFailedError when it does not."""
        self.process.start()
        await self.process.ready(self._listens, timeout_s=_READY_TIMEOUT_S)

    async def stop(self) -> None:
        """Stop it; may be called twice, or before `start`."""
        await self.process.stop()

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.process.kill()

    async def _listens(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self._port), timeout=_PROBE_S):
                return True
        except OSError:
            return False
