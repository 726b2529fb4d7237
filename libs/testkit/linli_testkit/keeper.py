"""Keeps one machine running for all processes of one test run, and stops it when the last of them is gone.

`python -m linli_testkit.keeper postgres|broker|embedded-broker RUN_DIRECTORY`

Its standard input is a named pipe that every process using the machine holds open for writing and writes nothing to.
The end of file comes when the last one has closed it or died, however it died. Started by `linli_testkit.shared`,
which holds the machine's lock while it does.
"""

import asyncio
import contextlib
import json
import os
import shutil
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

from linli_embedded.broker import Broker, choose_broker
from linli_embedded.lock import held
from linli_embedded.postgres import Postgres

from linli_testkit.docker import docker_answers

_LOCK_TIMEOUT_S: Final = 120.0

Started = tuple[dict[str, str], Callable[[], Awaitable[None]]]
"""What the users of a machine are told of it, and how to stop it."""


async def start_postgres(directory: Path) -> Started:
    """Start Postgres: a container where Docker is, else the embedded one."""
    if docker_answers():
        with _or_else("Postgres"):
            # Heavy, and most runs have no Docker.
            from linli_testkit.containers import ContainerPostgres  # noqa: PLC0415 - slow to import, and seldom needed

            container = ContainerPostgres()
            server = await container.start()
            return {"dsn": server.dsn("postgres"), "kind": server.kind}, container.stop
    postgres = Postgres(directory / "data")
    await postgres.start()
    return {"dsn": postgres.dsn("postgres"), "kind": postgres.kind}, postgres.destroy


async def start_broker(directory: Path) -> Started:
    """Start a broker: what LINLI_TEST_BROKER says, else a container where Docker is, else Kafka by Java, else the
    embedded one.
    """
    choice = os.environ.get("LINLI_TEST_BROKER", "auto")
    if choice == "auto" and docker_answers():
        with _or_else("Kafka"):
            from linli_testkit.containers import ContainerKafka  # noqa: PLC0415 - as above

            container = ContainerKafka()
            await container.start()
            return _told(container), container.stop
    broker = await choose_broker(choice, directory)
    return _told(broker), broker.stop


async def start_embedded_broker(directory: Path) -> Started:
    """Start the embedded broker, whatever else could be had."""
    broker = await choose_broker("embedded", directory)
    return _told(broker), broker.stop


STARTERS: Final = {"postgres": start_postgres, "broker": start_broker, "embedded-broker": start_embedded_broker}


@contextlib.contextmanager
def _or_else(name: str) -> Iterator[None]:
    """Go on without a container that can't be had (no image, no network), leaving the reason in the keeper's log."""
    try:
        yield
    except Exception:  # noqa: BLE001 - whatever the reason, there is another way
        sys.stderr.write(f"no {name} in a container:\n{traceback.format_exc()}")


def _told(broker: Broker) -> dict[str, str]:
    return {"bootstrap": broker.bootstrap, "kind": broker.kind}


def keep(name: str, run: Path) -> int:
    """Start the machine, tell of it in `NAME.json` (or of the failure in `NAME.error`), and stop it when nobody is
    left.
    """
    directory = run / name
    directory.mkdir(mode=0o711, exist_ok=True)
    try:
        told, stop = asyncio.run(STARTERS[name](directory))
    except Exception:  # noqa: BLE001 - those who wait for it get the whole story
        _publish(run / f"{name}.error", traceback.format_exc())
        shutil.rmtree(directory, ignore_errors=True)
        return 1
    told["log"] = str(run / f"{name}.log")
    _publish(run / f"{name}.json", json.dumps(told))
    while True:
        while os.read(0, 512):
            pass
        with held(run / f"{name}.lock", timeout_s=_LOCK_TIMEOUT_S):
            if _abandoned():
                (run / f"{name}.json").unlink()
                os.close(0)
                break
    asyncio.run(_stop(stop))
    shutil.rmtree(directory, ignore_errors=True)
    return 0


async def _stop(stop: Callable[[], Awaitable[None]]) -> None:
    await stop()


def _abandoned() -> bool:
    """Whether still nobody holds the pipe open, now that nobody can take it up."""
    os.set_blocking(0, False)
    try:
        return os.read(0, 512) == b""
    except BlockingIOError:
        return False
    finally:
        os.set_blocking(0, True)


def _publish(path: Path, text: str) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(text)
    partial.rename(path)


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1], Path(sys.argv[2])))
