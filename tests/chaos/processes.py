"""The five services as real processes on the run's database and broker, to be stopped, killed and started again."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey
from linli_contracts.topics import SERVICES
from linli_embedded.ports import free_ports
from linli_embedded.topics import ensure_topics
from linli_messaging.topology import topics
from linli_runtime.clock import SystemClock
from linli_testkit.crash import VARIABLE
from linli_testkit.databases import Database, blocking
from linli_testkit.facts import POLICY_DIR
from linli_testkit.plugin import TestBroker
from linli_testkit.roles import dsn_as, ensure_worker

from tests.system.life import SERVICES as MAPS

WITHIN_S: Final = 180.0
"""Far more than anything takes; a machine that runs much else besides needs it."""
_POLL_S: Final = 0.1
PRODUCERS: Final = {service.name: service.producers() for service, _ in MAPS}


@dataclass(slots=True)
class Processes:
    """The services by name, each with its port, its log and the way to start it."""

    directory: Path
    environment: Mapping[str, str]
    ports: Mapping[str, int]
    token: str
    deployment: str
    key: RSAKey
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=20, trust_env=False))
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, service: str, crash_at: str = "", **settings: str) -> None:
        """Start a service, armed to die at a crash point if one is named."""
        more = {VARIABLE: crash_at} if crash_at else {}
        own = {
            "LINLI_HTTP_PORT": str(self.ports[service]),
            "LINLI_DATABASE_URL": dsn_as(self.environment["LINLI_OWNER_DATABASE_URL"], service),
        }
        with (self.directory / f"{service}.log").open("ab") as log:
            self.running[service] = subprocess.Popen(
                [sys.executable, "-m", f"linli_{service}.main"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**self.environment, **own, **more, **settings},
            )

    def ended(self, service: str) -> int:
        """Wait for a service to end; its exit code."""
        process = self.running.pop(service)
        code = process.wait(WITHIN_S)
        assert process.stdin is not None
        process.stdin.close()
        return code

    def stop(self, service: str) -> int:
        """Ask a service to stop; its exit code."""
        self.running[service].send_signal(signal.SIGTERM)
        return self.ended(service)

    def log(self, service: str) -> str:
        """The end of its log, for a message."""
        return (self.directory / f"{service}.log").read_text()[-3000:]

    def token_of(self, **claims: object) -> str:
        """A token with these claims over the usual ones."""
        usual = {"sub": "chaos", "scope": "*", "exp": SystemClock().now().timestamp() + 3600}
        return jwt.encode({"alg": "RS256"}, usual | claims, self.key)

    def get(self, service: str, path: str) -> httpx.Response:
        """Ask a service."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.http.get(f"http://127.0.0.1:{self.ports[service]}{path}", headers=headers)

    def post(self, service: str, path: str, body: object, key: str) -> dict[str, Any]:
        """Send a command as a patient client does: again with the same key until it is answered."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        deadline = time.monotonic() + WITHIN_S
        while True:
            try:
                response = self.http.post(f"http://127.0.0.1:{self.ports[service]}{path}", headers=headers, json=body)
            except httpx.TransportError:
                response = None
            if response is not None and response.status_code != 503:
                assert response.is_success, response.text
                answer: dict[str, Any] = response.json()
                return answer
            assert time.monotonic() < deadline, f"{service} does not answer:\n{self.log(service)}"
            time.sleep(_POLL_S)

    def ask(self, service: str, path: str, body: object) -> dict[str, Any]:
        """Send an operator's request, once."""
        headers = {"Authorization": f"Bearer {self.token}"}
        response = self.http.post(f"http://127.0.0.1:{self.ports[service]}{path}", headers=headers, json=body)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def ready(self, *services: str) -> None:
        """Wait until these are ready."""
        for service in services:
            until(lambda service=service: self._is_ready(service), lambda service=service: self.log(service))  # type: ignore[misc]  # each its own

    def _is_ready(self, service: str) -> bool:
        try:
            return self.get(service, "/health/ready").is_success
        except httpx.TransportError:
            return False

    def at_rest(self) -> bool:
        """Promise 10, read from the services themselves; timers of the future do not count."""
        try:
            rest = {service: self.get(service, "/rest").json() for service in SERVICES}
            parked = any(self._parked(service) for service in SERVICES)
        except httpx.TransportError:
            return False
        return not parked and all(
            all(told[what] == 0 for what in ("due", "early", "ripe", "gaps", "asks", "waiting"))
            and told["published"] == told["heads"]
            and all(told["inbox"][producer] == rest[producer]["heads"] for producer in PRODUCERS[service])
            for service, told in rest.items()
        )

    def _parked(self, service: str) -> list[str]:
        """What is parked of ours: junk that other tests left on the bus of the run is parked by every new reader."""
        items = self.get(service, "/parked").json()["items"]
        return [one["type"] for one in items if one["type"] != "unreadable"]

    def come_to_rest(self) -> None:
        """Wait for rest, seen twice in a row."""
        until(lambda: self.at_rest() and self.at_rest(), lambda: str([self.get(s, "/rest").json() for s in SERVICES]))


def until(condition: Callable[[], bool], account: Callable[[], str], within_s: float = WITHIN_S) -> None:
    """Wait until it holds; an assertion with the account when it does not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, account()
        time.sleep(_POLL_S)


@contextmanager
def processes(database: Database, broker: TestBroker, directory: Path) -> Iterator[Processes]:
    """A place for the services; nothing runs yet, and nothing is left running."""
    blocking(_prepare(database))
    with _moved_in(database, broker, directory, f"chaos-{secrets.token_hex(4)}") as made:
        yield made


@contextmanager
def lived_in(database: Database, broker: TestBroker, directory: Path) -> Iterator[Processes]:
    """The same on a life that was played, under a name of its own: other tests move into a copy of it on this bus, and
    their numbers would show it as restored (promise 8).
    """
    deployment = f"lived-{secrets.token_hex(4)}"
    blocking(_rename(database, deployment))
    with _moved_in(database, broker, directory, deployment) as made:
        yield made


async def _rename(database: Database, deployment: str) -> None:
    connection = await asyncpg.connect(database.dsn)
    for service in SERVICES:
        await connection.execute(f'UPDATE "{service}".deployment SET id = $1', deployment)  # noqa: S608 - a schema of ours
    await connection.close()


@contextmanager
def _moved_in(database: Database, broker: TestBroker, directory: Path, deployment: str) -> Iterator[Processes]:
    blocking(ensure_topics(broker.bootstrap, topics(SERVICES), broker.admin))
    key = RSAKey.generate_key(2048)
    claims = {"sub": "chaos", "scope": "*", "exp": SystemClock().now().timestamp() + 3600}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
    environment = inherited | {
        "LINLI_OWNER_DATABASE_URL": database.dsn,
        # The first of a cluster's addresses may be one that nobody answers at.
        "LINLI_BOOTSTRAP": f"127.0.0.1:9,{broker.bootstrap}",
        "LINLI_KAFKA_IDEMPOTENCE": str(broker.is_apache_kafka).lower(),
        "LINLI_DEPLOYMENT": deployment,
        "LINLI_POLICY_DIR": str(POLICY_DIR),
        "LINLI_JWT_PUBLIC_KEY": key.as_pem(private=False).decode(),
        "LINLI_CUSTOMER_KEY": secrets.token_hex(32),
        "LINLI_SUPERVISED": "true",
    }
    ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
    token = jwt.encode({"alg": "RS256"}, claims, key)
    made = Processes(directory, environment, ports, token, deployment, key)
    try:
        yield made
    finally:
        made.http.close()
        for process in made.running.values():
            process.kill()
        for service in list(made.running):
            made.ended(service)


async def _prepare(database: Database) -> None:
    connection = await asyncpg.connect(database.dsn)
    for service in SERVICES:
        await ensure_worker(connection, service)
        await connection.execute(f'CREATE SCHEMA "{service}"')
    await connection.close()


def rows(database: Database, statement: str) -> list[dict[str, Any]]:
    """What the database holds."""

    async def read() -> list[dict[str, Any]]:
        connection = await asyncpg.connect(database.dsn)
        found = [dict(row) for row in await connection.fetch(statement)]
        await connection.close()
        return found

    return asyncio.run(read())
