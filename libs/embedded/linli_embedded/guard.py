"""Runs one command and never lets it outlive its parent.

`python -m linli_embedded.guard [--stop SIGTERM] [--grace 10] [--user UID:GID] [--report FD] -- COMMAND…`

The parent keeps the other end of this program's standard input open and writes nothing. When it closes it, or dies
(even by SIGKILL, which nobody can handle), the end of file arrives here, and the command gets the stop signal and,
after the grace in seconds, SIGKILL. SIGTERM, SIGINT and SIGHUP to the guard do the same. On Linux the kernel also
kills the command when the guard itself is killed. The guard leaves with the command's exit code, or 128 + the signal
that ended it.

Only small modules of the standard library may be imported: one guard stays in memory for every machine that runs.
"""

import os
import select
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1
_CANNOT_EXECUTE = 127


class Options:
    """What the command line asked for; a slotted class, because importing dataclasses costs more than the guard
    itself.
    """

    __slots__ = ("command", "grace_s", "report_fd", "stop_signal", "user")

    def __init__(self) -> None:
        self.stop_signal: int = signal.SIGTERM
        self.grace_s = 10.0
        self.user: tuple[int, int] | None = None
        self.report_fd: int | None = None
        self.command: list[str] = []


def parse(arguments: list[str]) -> Options:
    """Read the command line; an unknown option or a missing command ends the program with a message."""
    options = Options()
    words = iter(arguments)
    for word in words:
        if word == "--":
            options.command = list(words)
        elif word == "--stop":
            options.stop_signal = signal.Signals[next(words)]
        elif word == "--grace":
            options.grace_s = float(next(words))
        elif word == "--user":
            uid, _, gid = next(words).partition(":")
            options.user = int(uid), int(gid)
        elif word == "--report":
            options.report_fd = int(next(words))
        else:
            sys.exit(f"guard: unknown option {word}")
    if not options.command:
        sys.exit("guard: no command after --")
    return options


def watch(options: Options) -> int:
    """Run the command to its end, or to ours; returns the exit code to leave with."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    for number in (*_STOPPING, signal.SIGCHLD):
        signal.signal(number, _wake_only)
    child = _spawn(options)
    if options.report_fd is not None:
        os.write(options.report_fd, f"{child}\n".encode())
        os.close(options.report_fd)
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(wake_read, select.POLLIN)
    kill_at: float | None = None
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            _signal_group(child, signal.SIGKILL)
            # On its way out Python drops our handlers, and a late signal would take the place of the exit code.
            signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
            return _exit_code(status)
        if _told_to_stop(poll, wake_read, kill_at) and kill_at is None:
            poll.unregister(0)
            os.kill(child, options.stop_signal)
            os.kill(child, signal.SIGCONT)
            kill_at = time.monotonic() + options.grace_s
        if kill_at is not None and time.monotonic() >= kill_at:
            _signal_group(child, signal.SIGKILL)
            os.kill(child, signal.SIGKILL)
            kill_at = time.monotonic() + options.grace_s


def _told_to_stop(poll: select.poll, wake_read: int, kill_at: float | None) -> bool:
    wait_ms = None if kill_at is None else max(0, int((kill_at - time.monotonic()) * 1000) + 1)
    told = False
    for fd, _ in poll.poll(wait_ms):
        if fd == wake_read:
            told |= any(number in _STOPPING for number in os.read(wake_read, 64))
        else:
            told |= os.read(0, 512) == b""
    return told


def _spawn(options: Options) -> int:
    """Start the command and return its process id once it is that command, and no longer a copy of the guard."""
    guard = os.getpid()
    started_read, started_write = os.pipe()
    # A signal that reached the copy would be taken for one to the guard, or lost.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    child = os.fork()
    if child == 0:
        _become_command(options, guard, before)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(started_write)
    os.read(started_read, 1)
    os.close(started_read)
    return child


def _become_command(options: Options, guard: int, mask: "set[int | signal.Signals]") -> "NoReturn":
    try:
        os.setpgid(0, 0)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        signal.set_wakeup_fd(-1)
        for number in (*_STOPPING, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        die_with_guard = _dying_with(guard)
        if options.user is not None:
            _become(*options.user)
        # After the change of user, because that change clears the request.
        die_with_guard()
        os.execvp(options.command[0], options.command)  # noqa: S606 - to start a program is what this is for
    except Exception as error:  # noqa: BLE001 - whatever it is, it belongs in the log, and this process ends
        sys.stderr.write(f"guard: {options.command[0]}: {error}\n")
        sys.stderr.flush()
    finally:
        os._exit(_CANNOT_EXECUTE)


def _become(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _dying_with(guard: int) -> "Callable[[], None]":
    """Prepare the request to be killed when the guard is; another user may be unable to read Python's own library."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    import ctypes  # noqa: PLC0415 - in the child only, which is about to become another program

    prctl = ctypes.CDLL(None).prctl

    def request() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != guard:
            os._exit(_CANNOT_EXECUTE)

    return request


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def _exit_code(status: int) -> int:
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _wake_only(number: int, frame: object) -> None:
    """Have the signal's number written to the wake-up pipe; everything else happens in the loop."""


if __name__ == "__main__":
    sys.exit(watch(parse(sys.argv[1:])))
