"""Whether Docker is there."""

import os
from pathlib import Path
from typing import Final

_SOCKET: Final = Path("/var/run/docker.sock")


def docker_seems_there() -> bool:
    """Whether it is worth asking: a daemon is named, or its usual socket exists."""
    named = os.environ.get("DOCKER_HOST", "")
    if named.startswith("unix://"):
        return Path(named.removeprefix("unix://")).exists()
    return bool(named) or _SOCKET.exists()


def docker_answers() -> bool:
    """Whether a Docker daemon answers."""
    if not docker_seems_there():
        return False
    # Heavy, and most runs have no Docker.
    from testcontainers.core.docker_client import DockerClient  # noqa: PLC0415 - slow to import, and seldom needed

    try:
        return bool(DockerClient().client.ping())
    except Exception:  # noqa: BLE001 - whatever the reason, it is not to be had
        return False
