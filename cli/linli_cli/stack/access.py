"""The topics of the bus, and which service may write and read which: derived from the services' maps. Pure.

`linli up --broker kafka` grants exactly this; `python -m linli_cli.generate` writes it to `deploy/kafka/access.json`,
from which the containers' Kafka is set up.
"""

from dataclasses import dataclass

from linli_contracts.topics import PARTITIONS, SERVICES, TOPIC_OF, asks_topic, heads_topic, parked_topic

from linli_cli.client.rest import producers_of


@dataclass(frozen=True, slots=True)
class Access:
    """What one service's user may do on the bus."""

    writes: tuple[str, ...]
    reads: tuple[str, ...]
    groups: tuple[str, ...]


def topics() -> dict[str, int]:
    """Every topic with its number of partitions."""
    names = (name for s in SERVICES for name in (TOPIC_OF[s], heads_topic(s), asks_topic(s), parked_topic(s)))
    return dict.fromkeys(names, PARTITIONS)


def access_of(service: str) -> Access:
    """It writes its own topics and asks its producers to send again; it reads its producers and what it is asked."""
    producers = producers_of((service,))[service]
    return Access(
        writes=(
            TOPIC_OF[service],
            heads_topic(service),
            parked_topic(service),
            *(asks_topic(producer) for producer in producers),
        ),
        reads=(
            *(TOPIC_OF[producer] for producer in producers),
            *(heads_topic(producer) for producer in producers),
            asks_topic(service),
        ),
        groups=(f"linli.{service}*",),
    )
