"""The text of a Kafka node's `server.properties`, from the two templates beside this file.

`deploy/kafka/server.properties`, which the containers mount, is written by the same function and the same templates:
`python -m linli_embedded.kafka_config > deploy/kafka/server.properties`; a test holds the two together.
"""

import re
import sys
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

BROKER_USER: Final = "broker"
ADMIN_USER: Final = "admin"
BROKER_PASSWORD_VARIABLE: Final = "LINLI_KAFKA_BROKER_PASSWORD"  # noqa: S105 - the variable's name, not its value

_REPLICAS: Final = 3
"""Copies of a record, where there are that many nodes: two may be lost without a loss, one without a pause."""
_PLACEHOLDER: Final = re.compile(r"@(\w+)@")


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaConfig:
    """One node of a cluster of `nodes`, reached by clients at `advertised` and by its peers at
    `controller_advertised`.
    """

    node_id: int = 1
    nodes: int = 1
    controllers: str
    bind: str
    client_port: int
    advertised: str
    controller_bind: str
    controller_port: int
    controller_advertised: str
    data_dir: str
    secured: bool
    partitions: int = 1
    internal_partitions: int = 4
    rebalance_delay_ms: int = 0
    session_timeout_ms: int = 2_000
    heartbeat_ms: int = 250

    def properties(self) -> str:
        """Write the file; the passwords are not in it but named as environment variables."""
        replication = min(self.nodes, _REPLICAS)
        values = {
            "protocol": "SASL_PLAINTEXT" if self.secured else "PLAINTEXT",
            "replication": replication,
            # One fewer than the copies, so that one node may be away.
            "in_sync": max(1, replication - 1),
            **{name: getattr(self, name) for name in self.__slots__},
        }
        text = _template("server.properties") + (_template("security.properties") if self.secured else "")
        return _PLACEHOLDER.sub(lambda match: str(values[match.group(1)]), text)


def for_compose() -> KafkaConfig:
    """Describe the node that `docker-compose.yml` runs: reached as `kafka:9092`, its controller by nobody else."""
    return KafkaConfig(
        controllers="localhost:9093",
        bind="0.0.0.0",  # noqa: S104 - inside its container; the network is compose's own
        client_port=9092,
        advertised="kafka:9092",
        controller_bind="localhost",
        controller_port=9093,
        controller_advertised="localhost:9093",
        data_dir="/var/lib/kafka/data",
        secured=True,
        internal_partitions=12,
        rebalance_delay_ms=1_000,
        session_timeout_ms=9_000,
        heartbeat_ms=2_000,
    )


def _template(name: str) -> str:
    return (files("linli_embedded") / name).read_text()


if __name__ == "__main__":
    sys.stdout.write(for_compose().properties())
