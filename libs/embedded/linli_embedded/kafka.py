"""An Apache Kafka of our own: one or more KRaft nodes as child processes, without Docker; Java, and Maven for the
first time.
"""

import asyncio
import base64
import json
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypedDict

from linli_embedded import kafka_access
from linli_embedded.kafka_config import ADMIN_USER, BROKER_PASSWORD_VARIABLE, BROKER_USER, KafkaConfig
from linli_embedded.kafka_jars import KAFKA_VERSION, jars
from linli_embedded.kafka_node import KafkaNode
from linli_embedded.ports import LOOPBACK, free_ports
from linli_embedded.process import StartFailedError
from linli_embedded.readiness import answers
from linli_embedded.security import Security
from linli_embedded.usage import Usage

_READY_TIMEOUT_S: Final = 90.0
_STARTS: Final = 2
"""A fresh cluster whose ports were taken between choosing and using them gets others once."""


class _Layout(TypedDict):
    """What must stay the same between starts, kept as `layout.json`."""

    cluster_id: str
    client_ports: list[int]
    controller_ports: list[int]
    directory_ids: list[str]
    passwords: dict[str, str]


class Kafka:
    """A cluster in one directory; records, users, permissions and ports stay the same over `stop`, `kill` and
    `start`.
    """

    kind: Final = f"Apache Kafka {KAFKA_VERSION}"

    def __init__(self, data_dir: Path, *, brokers: int = 1, secured: bool = False, heap_mb: int = 512) -> None:
        """Describe the cluster; nothing runs yet. `secured`: SASL/SCRAM-SHA-512, and only what was granted is
        allowed.
        """
        self.data_dir = data_dir.absolute()
        self.secured = secured
        self._brokers = brokers
        self._heap_mb = heap_mb
        self._layout: _Layout | None = None
        self.nodes: list[KafkaNode] = []

    @property
    def bootstrap(self) -> str:
        """Its `host:port,…`; an error before `start`."""
        return ",".join(f"{LOOPBACK}:{port}" for port in self._known_layout["client_ports"])

    @property
    def admin(self) -> Security:
        """How the administrator proves who they are, who may do everything; nothing to prove when not secured."""
        return Security(ADMIN_USER, self._known_layout["passwords"][ADMIN_USER]) if self.secured else Security()

    @property
    def running(self) -> bool:
        """Whether every node's process lives."""
        return bool(self.nodes) and all(node.running for node in self.nodes)

    async def start(self) -> None:
        """Start every node that does not run and return once all answer.

        KafkaUnavailableError when Java or Maven is missing, StartFailedError (with the log's tail) when it does not
        come up.
        """
        await asyncio.to_thread(jars)
        for attempt in range(_STARTS):
            fresh = not self._layout_file.exists()
            self._layout = self._load_or_choose()
            self.nodes = self.nodes or [self._node(index) for index in range(self._brokers)]
            try:
                await self._format()
                for node in self.nodes:
                    if not node.running:
                        node.launch()
                await self._ready()
            except StartFailedError:
                await self.stop()
                if not fresh or attempt == _STARTS - 1:
                    raise
                self._forget()
            else:
                return

    async def stop(self) -> None:
        """Stop every node; may be called twice, or before `start`."""
        await asyncio.gather(*(node.stop() for node in self.nodes))

    def kill(self, node: int | None = None) -> None:
        """End one node (numbered from 0), or all, with SIGKILL; `start` again brings them back."""
        for each in self.nodes if node is None else [self.nodes[node]]:
            each.kill()

    def usage(self) -> Sequence[Usage]:
        """What each node has taken so far."""
        return [usage for node in self.nodes if (usage := node.usage())]

    async def grant(
        self,
        service: str,
        password: str,
        *,
        writes: Sequence[str] = (),
        reads: Sequence[str] = (),
        groups: Sequence[str] = (),
    ) -> Security:
        """Have a user for the service that may do exactly this (see `kafka_access.grant`), and say how it proves who
        it is.
        """
        await kafka_access.grant(
            self.bootstrap, self.admin, service, password, writes=writes, reads=reads, groups=groups
        )
        return Security(service, password)

    async def wipe(self) -> None:
        """Stop the cluster and lose every record, topic and user; its ports and passwords stay for the next `start`."""
        await self.stop()
        for node in self.nodes:
            shutil.rmtree(node.config.data_dir, ignore_errors=True)

    async def destroy(self) -> None:
        """Stop the cluster and delete everything it holds."""
        await self.stop()
        self._forget()

    @property
    def _layout_file(self) -> Path:
        return self.data_dir / "layout.json"

    @property
    def _known_layout(self) -> _Layout:
        if self._layout is None:
            raise RuntimeError(f"the Kafka in {self.data_dir} was never started")
        return self._layout

    def _load_or_choose(self) -> _Layout:
        if self._layout_file.exists():
            loaded: _Layout = json.loads(self._layout_file.read_text())
            return loaded
        ports = free_ports(2 * self._brokers)
        layout: _Layout = {
            "cluster_id": _kafka_uuid(),
            "client_ports": ports[: self._brokers],
            "controller_ports": ports[self._brokers :],
            "directory_ids": [_kafka_uuid() for _ in range(self._brokers)],
            "passwords": {user: secrets.token_hex(16) for user in (BROKER_USER, ADMIN_USER)},
        }
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._layout_file.touch(mode=0o600)
        self._layout_file.write_text(json.dumps(layout))
        return layout

    def _node(self, index: int) -> KafkaNode:
        layout = self._known_layout
        directory = self.data_dir / f"node-{index}"
        client, controller = (layout[key][index] for key in ("client_ports", "controller_ports"))
        config = KafkaConfig(
            node_id=index,
            nodes=self._brokers,
            controllers=",".join(f"{LOOPBACK}:{port}" for port in layout["controller_ports"]),
            bind=LOOPBACK,
            client_port=client,
            advertised=f"{LOOPBACK}:{client}",
            controller_bind=LOOPBACK,
            controller_port=controller,
            controller_advertised=f"{LOOPBACK}:{controller}",
            data_dir=str(directory / "data"),
            secured=self.secured,
        )
        secret = {BROKER_PASSWORD_VARIABLE: layout["passwords"][BROKER_USER]}
        return KafkaNode(directory, config, heap_mb=self._heap_mb, environment=secret)

    async def _format(self) -> None:
        layout = self._known_layout
        voters = ",".join(
            f"{index}@{LOOPBACK}:{port}:{directory_id}"
            for index, (port, directory_id) in enumerate(
                zip(layout["controller_ports"], layout["directory_ids"], strict=True)
            )
        )
        scram = layout["passwords"] if self.secured else {}
        await asyncio.gather(*(node.format(layout["cluster_id"], voters, scram) for node in self.nodes))

    async def _ready(self) -> None:
        for node in self.nodes:
            address = node.config.advertised
            await node.process.ready(
                lambda address=address: answers(address, self.admin, self._brokers),  # type: ignore[misc]  # mypy infers no type for the lambda's default
                timeout_s=_READY_TIMEOUT_S,
            )

    def _forget(self) -> None:
        self.nodes = []
        self._layout = None
        shutil.rmtree(self.data_dir, ignore_errors=True)


def _kafka_uuid() -> str:
    """Make an id as Kafka writes them; one that begins with a dash would be taken for an option."""
    while True:
        text = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        if not text.startswith("-"):
            return text
