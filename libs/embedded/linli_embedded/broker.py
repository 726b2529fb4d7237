"""What a broker is to those who use one, and the choice between Apache Kafka, the embedded one and somebody else's."""

import asyncio
import logging
from pathlib import Path
from typing import Final, Protocol

from linli_embedded.kafka import Kafka
from linli_embedded.kafka_jars import KafkaUnavailableError, jars
from linli_embedded.security import Security
from linli_embedded.tansu import Tansu

_log: Final = logging.getLogger(__name__)


class Broker(Protocol):
    """A started broker, ours or not."""

    @property
    def kind(self) -> str:
        """What it is, for people: `Apache Kafka 4.1.0`, `embedded (Tansu …)`, `external`."""

    @property
    def bootstrap(self) -> str:
        """Its `host:port`, or several with commas."""

    @property
    def admin(self) -> Security:
        """How to enter with the right to make topics."""

    async def stop(self) -> None:
        """Stop it if it is ours; may be called twice."""


class ExternalBroker:
    """A broker that somebody else runs: nothing is started or stopped."""

    def __init__(self, bootstrap: str, admin: Security | None = None) -> None:
        """Name its `host:port,…`, and how to enter."""
        self.kind = "external"
        self.bootstrap = bootstrap
        self.admin = admin or Security()

    async def stop(self) -> None:
        """Leave it alone."""


async def choose_broker(choice: str, data_dir: Path, *, brokers: int = 1, secured: bool = False) -> Broker:
    """Start what was chosen and return it, once it answers; data and logs go into the directory.

    `kafka`: Apache Kafka, KafkaUnavailableError where it can't run. `embedded`: memory only, one node, no security.
    `auto`: Apache Kafka where it can be had, else embedded (why is logged). `host:port[,…]`: that one, as it is.
    """
    if choice == "auto":
        choice = await asyncio.to_thread(_best_choice)
    if choice == "kafka":
        kafka = Kafka(data_dir / "kafka", brokers=brokers, secured=secured)
        await kafka.start()
        return kafka
    if choice == "embedded":
        tansu = Tansu(data_dir / "tansu.log")
        await tansu.start()
        return tansu
    if ":" not in choice:
        raise ValueError(f"{choice!r} is none of auto, kafka, embedded or host:port")
    return ExternalBroker(choice)


def _best_choice() -> str:
    try:
        jars()
    except KafkaUnavailableError as error:
        _log.warning("the embedded broker is used instead of Apache Kafka: %s", error)
        return "embedded"
    return "kafka"
