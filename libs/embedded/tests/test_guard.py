"""The guard: no command outlives whoever started it, however that one ends."""

import os
import select
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from linli_embedded import guard
from linli_embedded.process import Process, StartFailedError

_WAIT_S = 10.0
_SLEEPER = [sys.executable, "-c", "import signal; signal.pause()"]
"""Waits for a signal that ends it."""
_DEAF = [
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()",
]
_PARENT = """
    import signal, sys
    from pathlib import Path
    from linli_embedded.process import Process
    process = Process("child", [sys.executable, "-c", "import signal; signal.pause()"], log=Path(sys.argv[1]))
    process.start()
    print(process.pid, flush=True)
    signal.pause()
"""


def gone(pid: int) -> bool:
    """Wait for a process to be gone, or dead and waiting for whoever should notice: the kernel tells."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], _WAIT_S)[0])
    finally:
        os.close(process)


async def _never() -> bool:
    return False


async def deaf(process: Process) -> None:
    """Wait until it ignores the signal, which it says."""

    async def said() -> bool:
        return "deaf" in process.log.read_text()

    await process.ready(said, timeout_s=_WAIT_S)


def private_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def test_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_PARENT), str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent, parent.stdout:
        child = int(parent.stdout.readline())
        parent.kill()
    assert gone(child)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a promise of Linux's kernel")
def test_child_ends_when_its_guard_is_killed(tmp_path: Path) -> None:
    process = Process("sleeper", _SLEEPER, log=tmp_path / "log")
    process.start()
    assert process._guard is not None
    process._guard.kill()
    assert gone(process.pid)
    process.kill()


async def test_child_that_ignores_the_signal_is_killed_after_the_grace(tmp_path: Path) -> None:
    process = Process("deaf", _DEAF, log=tmp_path / "log", grace_s=0.2)
    process.start()
    await deaf(process)
    assert await process.stop() == 128 + signal.SIGKILL
    assert gone(process.pid)


async def test_frozen_child_is_stopped_too(tmp_path: Path) -> None:
    process = Process("sleeper", _SLEEPER, log=tmp_path / "log", grace_s=_WAIT_S)
    process.start()
    process.signal(signal.SIGSTOP)
    assert await process.stop() == 128 + signal.SIGTERM


async def test_exit_code_and_output_are_kept(tmp_path: Path) -> None:
    process = Process("failing", [sys.executable, "-c", "print('so long'); raise SystemExit(7)"], log=tmp_path / "log")
    process.start()
    with pytest.raises(StartFailedError, match=r"exit code 7 before it was ready[\s\S]*so long"):
        await process.ready(_never, timeout_s=_WAIT_S)
    assert await process.stop() == 7


async def test_missing_program_says_so(tmp_path: Path) -> None:
    process = Process("nobody", [str(tmp_path / "nothing")], log=tmp_path / "log")
    process.start()
    with pytest.raises(StartFailedError, match="No such file or directory"):
        await process.ready(_never, timeout_s=_WAIT_S)
    assert await process.stop() == 127


async def test_stop_right_after_start_is_not_lost(tmp_path: Path) -> None:
    for _ in range(5):
        process = Process("sleeper", _SLEEPER, log=tmp_path / "log", grace_s=_WAIT_S)
        process.start()
        assert await process.stop() == 128 + signal.SIGTERM


async def test_ctrl_c_at_the_terminal_does_not_reach_the_child(tmp_path: Path) -> None:
    process = Process("sleeper", _SLEEPER, log=tmp_path / "log")
    process.start()
    assert os.getsid(process.pid) != os.getsid(0)
    assert os.getpgid(process.pid) != os.getpgid(0)
    await process.stop()


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs the kernel's accounts")
async def test_usage_is_measured_and_the_guard_stays_small(tmp_path: Path) -> None:
    process = Process("deaf", _DEAF, log=tmp_path / "log", grace_s=0.1)
    process.start()
    await deaf(process)
    assert process._guard is not None
    assert private_kib(process._guard.pid) < 8 * 1024
    before = process.usage()
    assert before is not None
    assert before.peak_memory_bytes > 1024 * 1024
    await process.stop()
    after = process.usage()
    assert after is not None
    assert after.pid == process.pid


def test_unknown_option_is_refused() -> None:
    with pytest.raises(SystemExit, match="unknown option"):
        guard.parse(["--stay", "--", "true"])
    with pytest.raises(SystemExit, match="no command"):
        guard.parse(["--grace", "1"])
