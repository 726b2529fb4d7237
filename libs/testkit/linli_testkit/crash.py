"""Child processes that die by SIGKILL at a named point of the production code, as if the power had gone there.

The points are calls of the hook in `linli_messaging`, which reads the variable LINLI_CRASH_AT (`name:count`: die
when the point is passed for the count-th time).
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

VARIABLE: Final = "LINLI_CRASH_AT"
_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended, and what it had written."""

    exit_code: int
    output: str


def run_child(
    command: Sequence[str],
    *,
    crash_at: str | None = None,
    count: int = 1,
    env: Mapping[str, str] | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> Ended:
    """Run `python` with these arguments to its end; with `crash_at`, armed to die at that point.

    `env` goes over our environment. The child is killed, and TimeoutExpired raised, when it takes longer than the time.
    """
    armed = {VARIABLE: f"{crash_at}:{count}"} if crash_at else {}
    inherited = {key: value for key, value in os.environ.items() if key != VARIABLE}
    done = subprocess.run(
        [sys.executable, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=inherited | dict(env or {}) | armed,
        timeout=timeout_s,
        check=False,
    )
    return Ended(done.returncode, done.stdout)


def crash_child(
    command: Sequence[str],
    point: str,
    *,
    count: int = 1,
    env: Mapping[str, str] | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> Ended:
    """Run `python` with these arguments and assert that it died by SIGKILL at the point's count-th passing."""
    ended = run_child(command, crash_at=point, count=count, env=env, timeout_s=timeout_s)
    assert ended.exit_code == -signal.SIGKILL, (
        f"the child ended with {ended.exit_code} instead of dying at {point}:{count}; it wrote:\n{ended.output}"
    )
    return ended
