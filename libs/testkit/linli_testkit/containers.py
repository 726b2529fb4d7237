"""The same machines as containers, for whoever has Docker. Image names are variables, with the official images as
defaults.
"""

import asyncio
import os
import secrets
from typing import Final

from linli_embedded.kafka_jars import KAFKA_VERSION
from linli_embedded.ports import LOOPBACK, free_port
from linli_embedded.postgres_server import PostgresServer
from linli_embedded.readiness import answers
from linli_embedded.security import Security
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer

_POSTGRES_IMAGE: Final = "postgres:18"
_KAFKA_IMAGE: Final = f"apache/kafka:{KAFKA_VERSION}"
_READY_TIMEOUT_S: Final = 90.0
_POLL_S: Final = 0.2


class ContainerPostgres:
    """A Postgres in a container, until `stop`."""

    def __init__(self) -> None:
        """Describe it; nothing runs yet."""
        image = os.environ.get("POSTGRES_IMAGE", _POSTGRES_IMAGE)
        self._container = PostgresContainer(
            image, username="postgres", password=secrets.token_urlsafe(16), dbname="postgres", driver=None
        ).with_env("POSTGRES_INITDB_ARGS", "--locale-provider=builtin --builtin-locale=C.UTF-8 -E UTF8")
        self._image = image

    async def start(self) -> PostgresServer:
        """Start it and return once it answers."""
        await asyncio.to_thread(self._container.start)
        return PostgresServer.from_dsn(self._container.get_connection_url(), f"container {self._image}")

    async def stop(self) -> None:
        """Stop and remove it."""
        await asyncio.to_thread(self._container.stop)


class ContainerKafka:
    """An Apache Kafka in a container, until `stop`; without security."""

    def __init__(self) -> None:
        """Describe it; nothing runs yet."""
        image = os.environ.get("KAFKA_IMAGE", _KAFKA_IMAGE)
        port = free_port()
        self.kind = f"Apache Kafka (container {image})"
        self.bootstrap = f"{LOOPBACK}:{port}"
        self.admin = Security()
        self._container = DockerContainer(image).with_bind_ports(9092, port)
        for key, value in {
            "KAFKA_NODE_ID": "1",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{self.bootstrap}",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
            "KAFKA_HEAP_OPTS": "-Xmx512m",
        }.items():
            self._container.with_env(key, value)

    async def start(self) -> None:
        """Start it and return once it answers; TimeoutError when it doesn't."""
        await asyncio.to_thread(self._container.start)
        async with asyncio.timeout(_READY_TIMEOUT_S):
            while not await answers(self.bootstrap):  # noqa: ASYNC110 - a broker has no event to wait for
                await asyncio.sleep(_POLL_S)

    async def stop(self) -> None:
        """Stop and remove it."""
        await asyncio.to_thread(self._container.stop)
