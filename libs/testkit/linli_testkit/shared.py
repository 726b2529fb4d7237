"""One machine of a kind for all processes of a test run: whoever needs it first starts it, whoever leaves last ends it.

No counting: each user holds the writing end of the keeper's named pipe, and the kernel closes it when a user dies.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from linli_embedded.lock import held

_START_TIMEOUT_S: Final = 700.0
"""Ten minutes for Maven to fetch Kafka for the first time on a slow line, and a start."""
_END_TIMEOUT_S: Final = 60.0
_POLL_S: Final = 0.02


class MachineFailedError(RuntimeError):
    """A machine that a test needs could not be started; the message is the keeper's account."""


def run_directory(run_id: str) -> Path:
    """Name (and make) the directory of one test run; the same for all processes that give the same id."""
    path = Path(tempfile.gettempdir()) / f"linli-test-{os.getuid()}-{run_id}"
    # Others may pass but not look: the database server is another user when we are root.
    path.mkdir(mode=0o711, exist_ok=True)
    return path


@dataclass(slots=True)
class Machines:
    """The machines that this process uses, of those its run shares."""

    run: Path
    _told: dict[str, dict[str, str]] = field(default_factory=dict)
    _failed: dict[str, str] = field(default_factory=dict)
    _lifelines: list[int] = field(default_factory=list)
    _keepers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def use(self, name: str) -> dict[str, str]:
        """Have the machine running until `release`, and say what its keeper tells of it; MachineFailedError when it
        can't be.
        """
        if name in self._failed:
            # Once is enough: each test that needs it would wait for the same failure.
            raise MachineFailedError(self._failed[name])
        if name not in self._told:
            with held(self.run / f"{name}.lock", timeout_s=_START_TIMEOUT_S):
                self._told[name] = self._join(name) or self._start(name)
        return self._told[name]

    @property
    def used(self) -> dict[str, str]:
        """What each machine in use is, for people."""
        return {name: told["kind"] for name, told in self._told.items()}

    def release(self) -> None:
        """Let go of all machines; those that nobody else uses end."""
        self._told.clear()
        while self._lifelines:
            os.close(self._lifelines.pop())

    def wait_for_end(self) -> None:
        """Wait until no machine of the run is left, whoever started it, and delete what it left behind."""
        while self._keepers:
            self._keepers.pop().wait(_END_TIMEOUT_S)
        deadline = time.monotonic() + _END_TIMEOUT_S
        while any(path.is_dir() for path in self.run.iterdir()) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        shutil.rmtree(self.run, ignore_errors=True)

    def _join(self, name: str) -> dict[str, str] | None:
        """Take hold of a running machine's pipe; None when it has no reader, so no keeper."""
        try:
            lifeline = os.open(self.run / f"{name}.fifo", os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return None
        told: dict[str, str] = json.loads((self.run / f"{name}.json").read_text())
        self._lifelines.append(lifeline)
        return told

    def _start(self, name: str) -> dict[str, str]:
        fifo, told, error = (self.run / f"{name}.{suffix}" for suffix in ("fifo", "json", "error"))
        for leftover in (fifo, told, error):
            leftover.unlink(missing_ok=True)
        os.mkfifo(fifo, 0o600)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self._lifelines.append(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
        os.set_blocking(reader, True)
        with (self.run / f"{name}.log").open("ab") as log:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "linli_testkit.keeper", name, str(self.run)],
                stdin=reader,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        os.close(reader)
        self._keepers.append(keeper)
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not told.exists():
            if keeper.poll() is not None or time.monotonic() >= deadline:
                account = error.read_text() if error.exists() else (self.run / f"{name}.log").read_text()[-4000:]
                self._failed[name] = f"{name} could not be started:\n{account}"
                raise MachineFailedError(self._failed[name])
            time.sleep(_POLL_S)
        answer: dict[str, str] = json.loads(told.read_text())
        return answer
