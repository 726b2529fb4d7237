"""How much processor and memory a process and its descendants took, read from the kernel's own accounts.

Only Linux keeps these accounts where they can be read without a library: elsewhere the answer is None, never a guess.
"""

import os
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_KIB = 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process tree has taken so far; memory that its processes share is counted once."""

    pid: int
    processes: int
    cpu_s: float
    peak_memory_bytes: int


def usage_of(pid: int) -> Usage | None:
    """Account for `pid` and its living descendants; None when it is gone or the system keeps no such accounts.

    The peak is the sum of each living process's own highest private memory, plus the largest shared part.
    """
    tree = _tree(pid)
    ticks = 0
    private_peak = shared = 0
    for member in tree:
        try:
            fields = (_PROC / str(member) / "stat").read_text().rpartition(")")[2].split()
            status = _status(member)
        except OSError:
            continue
        # utime, stime, cutime and cstime are fields 14 to 17 of proc(5); two were cut off with the command's name.
        ticks += sum(int(field) for field in fields[11:15])
        mapped = status.get("RssShmem", 0)
        private_peak += max(0, status.get("VmHWM", 0) - mapped)
        shared = max(shared, mapped)
    if not private_peak:
        return None
    return Usage(pid, len(tree), ticks / os.sysconf("SC_CLK_TCK"), private_peak + shared)


def _status(pid: int) -> dict[str, int]:
    lines = (_PROC / str(pid) / "status").read_text().splitlines()
    pairs = (line.split(":", 1) for line in lines if line.startswith(("VmHWM", "RssShmem")))
    return {key: int(value.split()[0]) * _KIB for key, value in pairs}


def _tree(pid: int) -> list[int]:
    tree = [pid]
    for member in tree:
        for children in (_PROC / str(member) / "task").glob("*/children"):
            try:
                tree.extend(int(child) for child in children.read_text().split())
            except OSError:
                continue
    return tree
