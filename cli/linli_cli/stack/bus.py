"""The broker of a stack: the embedded one, an Apache Kafka of our own, or one that somebody else runs."""

import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from linli_contracts.topics import SERVICES
from linli_embedded.kafka import Kafka
from linli_embedded.kafka_jars import KafkaUnavailableError, what_is_missing
from linli_embedded.provision import Plan, provision
from linli_embedded.readiness import answers
from linli_embedded.security import Security
from linli_embedded.tansu import Tansu
from linli_embedded.topics import OtherPartitionsError, ensure_topics
from linli_embedded.usage import Usage
from linli_messaging.topology import topics

from linli_cli.complaint import Complaint
from linli_cli.stack import kafka_plan
from linli_cli.stack.database import AUDITOR
from linli_cli.stack.home import Home

COPIES: Final = 3
"""Of each record, where there are that many nodes (`linli_embedded.kafka_config` says how many must be in step)."""
_ADDRESSES: Final = re.compile(r"[\w.\-]+:\d+(,[\w.\-]+:\d+)*")


class Bus(Protocol):
    """What a stack needs of a broker, whoever runs it."""

    @property
    def kind(self) -> str:
        """What it is, for people."""
        ...

    @property
    def log(self) -> Path | None:
        """Where it writes its log, if it is ours."""
        ...

    @property
    def remembers(self) -> bool:
        """Whether records outlive a restart; where not, the services send what is missing again (promise 7)."""
        ...

    @property
    def bootstrap(self) -> str:
        """Its host:port,… once started."""
        ...

    @property
    def running(self) -> bool:
        """Whether it is there, as far as we can see."""
        ...

    async def start(self) -> None:
        """Start it, or see that it answers; returns when it can be used."""
        ...

    async def prepare(self) -> None:
        """Have all topics, and whoever may use them."""
        ...

    async def stop(self) -> None:
        """Stop it, if it is ours."""
        ...

    def settings(self, service: str) -> dict[str, str]:
        """The settings of a service process that lead it to this broker."""
        ...

    def auditor(self) -> Security:
        """As whom an auditor reads it: who may change nothing, where there are users."""
        ...

    def usage(self) -> Sequence[Usage]:
        """What its processes took, if they are ours."""
        ...


class EmbeddedBus:
    """The memory-only broker: no Java, no idempotent producers, for runs of up to some 100,000 records."""

    remembers = False

    def __init__(self, home: Home, port: int | None) -> None:
        """Describe it; nothing runs yet."""
        self.log = home.log("broker")
        self._tansu = Tansu(self.log, port)
        self.kind: str = self._tansu.kind

    @property
    def bootstrap(self) -> str:
        """Its host:port."""
        return self._tansu.bootstrap

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._tansu.running

    async def start(self) -> None:
        """Start it, empty."""
        await self._tansu.start()

    async def prepare(self) -> None:
        """Have all topics; there are no users."""
        await ensure_topics(self.bootstrap, topics(SERVICES))

    async def stop(self) -> None:
        """Stop it and forget what it held."""
        await self._tansu.stop()

    def settings(self, service: str) -> dict[str, str]:
        """Plaintext, no idempotence, which it lacks, fetches that ask often, for it looks for records only at times,
        and short sessions, for half of one passes before whoever joins a group is let in.
        """
        return {
            "BOOTSTRAP": self.bootstrap,
            "KAFKA_SECURITY": "plaintext",
            "KAFKA_IDEMPOTENCE": "false",
            "KAFKA_FETCH_WAIT_MS": "50",
            "KAFKA_SESSION_TIMEOUT_MS": "3000",
        }

    def auditor(self) -> Security:
        """Nobody in particular."""
        return Security()

    def usage(self) -> Sequence[Usage]:
        """What its process took."""
        return [usage] if (usage := self._tansu.usage()) else []


class KafkaBus:
    """An Apache Kafka of our own with SCRAM and ACLs: each service is a user that may do only what its map says."""

    remembers = True

    def __init__(self, home: Home, brokers: int = 1) -> None:
        """Describe it; nothing runs yet."""
        self.log = home.broker / "node-0" / "kafka.log"
        self.kafka = Kafka(home.broker, brokers=brokers, secured=True)
        self.brokers = brokers
        self.kind = f"{self.kafka.kind} (SASL/SCRAM, ACLs{f', {brokers} nodes' if brokers > 1 else ''})"
        self._users: Mapping[str, Security] = {}

    @property
    def bootstrap(self) -> str:
        """Its host:port."""
        return self.kafka.bootstrap

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.kafka.running

    async def start(self) -> None:
        """Start it, fetching its programs the first time."""
        try:
            await self.kafka.start()
        except KafkaUnavailableError as error:
            raise Complaint(
                f"无法启动 Apache Kafka：{error}", f"Apache Kafka can't be started here: {error}"
            ) from error

    async def prepare(self) -> None:
        """Have all topics, and a user for each service, with a new password: by the plan that containers use, too.

        Done again, it keeps the passwords: processes hold them.
        """
        plan = replace(Plan.from_json(kafka_plan.text()), replication=min(self.brokers, COPIES))
        self._users = self._users or {name: Security(name, secrets.token_urlsafe(24)) for name in plan.services}
        passwords = {name: user.password for name, user in self._users.items()}
        await provision(self.bootstrap, self.kafka.admin, plan, passwords)

    async def stop(self) -> None:
        """Stop it; it keeps what it holds."""
        await self.kafka.stop()

    def settings(self, service: str) -> dict[str, str]:
        """The service's own user."""
        user = self._users[service]
        return {
            "BOOTSTRAP": self.bootstrap,
            "KAFKA_SECURITY": "scram",
            "KAFKA_USERNAME": str(user.user),
            "KAFKA_PASSWORD": user.password,
            "KAFKA_IDEMPOTENCE": "true",
        }

    def auditor(self) -> Security:
        """Its own user."""
        return self._users[AUDITOR]

    def usage(self) -> Sequence[Usage]:
        """What its nodes took."""
        return self.kafka.usage()


@dataclass(slots=True)
class ForeignBus:
    """Brokers that somebody else runs; LINLI_KAFKA_USERNAME and LINLI_KAFKA_PASSWORD prove who we are, if asked."""

    addresses: str
    remembers: bool = True
    running: bool = True
    log: Path | None = None

    @property
    def kind(self) -> str:
        """Whose it is."""
        return f"external ({self.addresses})"

    @property
    def bootstrap(self) -> str:
        """Where it is."""
        return self.addresses

    async def start(self) -> None:
        """See that it answers."""
        if not await answers(self.addresses, self._security()):
            raise Complaint(f"消息代理 {self.addresses} 没有回应", f"no broker answers at {self.addresses}")

    async def prepare(self) -> None:
        """Have all topics; users are its operator's matter."""
        try:
            await ensure_topics(self.addresses, topics(SERVICES), self._security())
        except OtherPartitionsError as error:
            raise Complaint(f"主题分区数不符：{error}", f"topics are there with other partitions: {error}") from error

    async def stop(self) -> None:
        """Nothing: it is not ours."""

    def settings(self, service: str) -> dict[str, str]:
        """The same user for every service."""
        security = self._security()
        return {
            "BOOTSTRAP": self.addresses,
            "KAFKA_SECURITY": "scram" if security.user else "plaintext",
            "KAFKA_IDEMPOTENCE": "true",
            **({"KAFKA_USERNAME": security.user, "KAFKA_PASSWORD": security.password} if security.user else {}),
        }

    def auditor(self) -> Security:
        """The same user again."""
        return self._security()

    def usage(self) -> Sequence[Usage]:
        """Nothing that we could see."""
        return []

    def _security(self) -> Security:
        return Security(os.environ.get("LINLI_KAFKA_USERNAME"), os.environ.get("LINLI_KAFKA_PASSWORD", ""))


def bus_for(wanted: str, home: Home, port: int | None, brokers: int = 1) -> Bus:
    """The broker asked for: `embedded`, `kafka`, `host:port,…`, or `auto`: Kafka where it can run, else embedded.

    `brokers` is how many nodes a Kafka of ours has.
    """
    if wanted == "auto":
        wanted = "embedded" if what_is_missing() else "kafka"
    if wanted == "embedded":
        return EmbeddedBus(home, port)
    if wanted == "kafka":
        return KafkaBus(home, brokers)
    if _ADDRESSES.fullmatch(wanted):
        return ForeignBus(wanted)
    raise Complaint(
        f"未知的消息代理 {wanted!r}：可用 auto、embedded、kafka 或 host:port",
        f"unknown broker {wanted!r}: say auto, embedded, kafka or host:port",
    )
