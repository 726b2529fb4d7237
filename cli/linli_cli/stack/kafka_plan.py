"""What a secured Kafka is to have: topics, each service's permissions (worked out from its map), and the auditor's.

`deploy/kafka/plan.json`, which the containers provision Kafka from, is written by it:
`python -m linli_cli.stack.kafka_plan > deploy/kafka/plan.json`; a test holds the two together.
"""

import json
import sys
from typing import Any

from linli_contracts.topics import SERVICES
from linli_messaging.topology import group_of, looks_at, reads, topics, writes

from linli_cli.client.rest import service_map
from linli_cli.stack.database import AUDITOR


def plan() -> dict[str, Any]:
    """The plan as `linli_embedded.provision` reads it: a service may write and read what its map says, nothing else."""
    maps = {service: service_map(service) for service in SERVICES}
    every_topic = topics(SERVICES)
    services = {
        service: {"writes": list(writes(its)), "reads": [*reads(its), *looks_at(its)], "groups": [group_of(service)]}
        for service, its in maps.items()
    }
    # `linli audit` reads everything, in no group, and writes nothing.
    auditor: dict[str, list[str]] = {"writes": [], "reads": list(every_topic), "groups": []}
    return {"replication": 1, "topics": every_topic, "services": {**services, AUDITOR: auditor}}


def text() -> str:
    """The file's content."""
    return json.dumps(plan(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
