"""Makes a secured Kafka ready for the services: topics first, then one user a service with exactly its permissions.

`python -m linli_embedded.provision kafka:9092 plan.json`, as often as wanted, with LINLI_KAFKA_ADMIN_PASSWORD and one
LINLI_KAFKA_<SERVICE>_PASSWORD a service in the environment; LINLI_KAFKA_REPLICATION in place of the plan's. The plan:

    {"replication": 1, "topics": {"NAME": PARTITIONS},
     "services": {"dispatch": {"writes": ["TOPIC"], "reads": ["TOPIC"], "groups": ["GROUP"]}}}
"""

import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from linli_embedded.kafka_access import grant
from linli_embedded.kafka_config import ADMIN_USER
from linli_embedded.readiness import answers
from linli_embedded.security import Security
from linli_embedded.topics import ensure_topics

_READY_TIMEOUT_S: Final = 120.0
_POLL_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Permissions:
    """What one service may do; a name that ends in `*` stands for all names that begin so."""

    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The topics with their partitions, how many copies of each record there are, and who may do what."""

    topics: dict[str, int]
    services: dict[str, Permissions]
    replication: int = 1

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a plan as the module's docstring shows it; TypeError or KeyError when it says something else."""
        raw: dict[str, Any] = json.loads(text)
        services = {
            name: Permissions(**{key: tuple(each) for key, each in allowed.items()})
            for name, allowed in raw["services"].items()
        }
        return cls(raw["topics"], services, raw.get("replication", 1))

    def with_copies(self, wanted: str) -> Self:
        """As it is where nothing is wanted; ValueError for what is no number of copies. Topics that exist stay."""
        copies = int(wanted) if wanted else self.replication
        if copies < 1:
            raise ValueError(f"LINLI_KAFKA_REPLICATION must be 1 or more, not {wanted}")
        return replace(self, replication=copies)


async def provision(bootstrap: str, admin: Security, plan: Plan, passwords: dict[str, str]) -> None:
    """Wait for the broker, then have everything as planned; may be called again.

    KeyError when a service has no password, TimeoutError when the broker doesn't answer. A service that left the plan
    keeps its user.
    """
    deadline = time.monotonic() + _READY_TIMEOUT_S
    while not await answers(bootstrap, admin):
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{bootstrap} does not answer {admin.user}")
        await asyncio.sleep(_POLL_S)
    await ensure_topics(bootstrap, plan.topics, admin, replication=plan.replication)
    for service, allowed in plan.services.items():
        password = passwords[service]
        await grant(
            bootstrap, admin, service, password, writes=allowed.writes, reads=allowed.reads, groups=allowed.groups
        )


def password_of(service: str) -> str:
    """Read a service's (or the administrator's) password from the environment; KeyError when it isn't there."""
    return os.environ[f"LINLI_KAFKA_{service.upper()}_PASSWORD"]


if __name__ == "__main__":
    planned = Plan.from_json(Path(sys.argv[2]).read_text()).with_copies(os.environ.get("LINLI_KAFKA_REPLICATION", ""))
    secrets = {service: password_of(service) for service in planned.services}
    asyncio.run(provision(sys.argv[1], Security(ADMIN_USER, password_of(ADMIN_USER)), planned, secrets))
