"""One guarded child process: started with a log file, waited for, measured, stopped.

It belongs to no event loop: it may be started in one and stopped in another (test fixtures do).
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from linli_embedded import guard
from linli_embedded.usage import Usage, usage_of

_POLL_S: Final = 0.02
_LOG_TAIL_BYTES: Final = 4096
_GUARD_OVERTIME_S: Final = 5.0
"""How long a guard may take beyond its command's grace before it is killed with the command."""


class StartFailedError(RuntimeError):
    """A machine did not come up: it left, or was not ready in time. The message ends with the tail of its log."""


class Process:
    """A command under guard, in a session of its own, so that ctrl-C reaches the supervisor and not the command."""

    def __init__(  # noqa: PLR0913 - a command has that many sides, and each has a default
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        grace_s: float = 10.0,
        user: tuple[int, int] | None = None,
        keep_open: Sequence[int] = (),
    ) -> None:
        """Describe the command; nothing runs yet.

        `env` replaces the environment (default: ours). `user` is a (uid, gid) to run as, for which we must be root.
        `keep_open` are file descriptors that the guard and the command inherit, such as a held lock.
        """
        self.name = name
        self.log = log
        self._command = list(command)
        self._env = dict(env) if env is not None else None
        self._cwd = cwd
        self._stop_signal = stop_signal
        self._grace_s = grace_s
        self._user = user
        self._keep_open = tuple(keep_open)
        self._guard: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None
        self._usage: Usage | None = None

    def start(self, more: Mapping[str, str] | None = None) -> None:
        """Start the command, appending its output to the log file. An error when it is running already.

        `more` goes over its environment, for this start only.
        """
        if self.running:
            message = f"{self.name} is running already"
            raise RuntimeError(message)
        if self._guard is not None:
            self._reap(self._guard)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        report_read, report_write = os.pipe()
        options = ["--stop", self._stop_signal.name, "--grace", str(self._grace_s), "--report", str(report_write)]
        if self._user is not None:
            options += ["--user", f"{self._user[0]}:{self._user[1]}"]
        try:
            with self.log.open("ab") as output:
                self._guard = subprocess.Popen(
                    [sys.executable, "-I", "-S", guard.__file__, *options, "--", *self._command],
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**(os.environ if self._env is None else self._env), **more} if more else self._env,
                    cwd=self._cwd,
                    start_new_session=True,
                    pass_fds=(report_write, *self._keep_open),
                )
        finally:
            os.close(report_write)
        with os.fdopen(report_read, "rb") as report:
            line = report.readline()
        if not line:
            self._guard.wait()
            raise self._failed("could not be started")
        self._pid = int(line)

    @property
    def running(self) -> bool:
        """Whether the command was started and has not ended."""
        return self._guard is not None and self._guard.poll() is None

    @property
    def pid(self) -> int:
        """The command's own process id (not its guard's). An error before `start`."""
        if self._pid is None:
            message = f"{self.name} was never started"
            raise RuntimeError(message)
        return self._pid

    @property
    def exit_code(self) -> int | None:
        """How the command ended: its code, or 128 + the signal's number; None while it runs."""
        return None if self._guard is None else self._guard.poll()

    async def ready(self, probe: Callable[[], Awaitable[bool]], *, timeout_s: float) -> None:
        """Return once `probe` says True; StartFailedError when the command leaves first or the time is over."""
        deadline = time.monotonic() + timeout_s
        while not await probe():
            if not self.running:
                raise self._failed(f"ended with exit code {self.exit_code} before it was ready")
            if time.monotonic() >= deadline:
                raise self._failed(f"was not ready within {timeout_s:g} s")
            await asyncio.sleep(_POLL_S)

    async def stop(self) -> int | None:
        """Stop the command (signal, grace, SIGKILL) and return its exit code; may be called twice, or before
        `start`.
        """
        if self._guard is None:
            return None
        self._remember_usage()
        with contextlib.suppress(ProcessLookupError):
            self._guard.terminate()
        deadline = time.monotonic() + self._grace_s + _GUARD_OVERTIME_S
        while self._guard.poll() is None:
            if time.monotonic() >= deadline:
                self.kill()
                break
            await asyncio.sleep(_POLL_S)
        return self._reap(self._guard)

    def kill(self) -> None:
        """End the command with SIGKILL, as a crash would, and wait until it is gone."""
        if self._guard is None:
            return
        self._remember_usage()
        if self._guard.poll() is None:
            self.signal(signal.SIGKILL)
            try:
                self._guard.wait(_GUARD_OVERTIME_S)
            except subprocess.TimeoutExpired:
                self._guard.kill()
        self._reap(self._guard)

    def signal(self, number: signal.Signals) -> None:
        """Send the command a signal: SIGSTOP and SIGCONT make it a machine that hangs; no effect when it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def usage(self) -> Usage | None:
        """What the command and its descendants have taken so far; once it ended, what was last seen."""
        self._remember_usage()
        return self._usage

    def log_tail(self) -> str:
        """The last few kilobytes of the log."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - _LOG_TAIL_BYTES))
            return file.read().decode(errors="replace")

    def _remember_usage(self) -> None:
        if self.running:
            self._usage = usage_of(self.pid) or self._usage

    def _reap(self, child: subprocess.Popen[bytes]) -> int:
        code = child.wait()
        if child.stdin is not None:
            child.stdin.close()
        return code

    def _failed(self, what: str) -> StartFailedError:
        return StartFailedError(f"{self.name} {what}; its log {self.log} ends:\n{self.log_tail()}")
