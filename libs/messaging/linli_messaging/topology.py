"""Which topics a service reads and writes, for subscriptions, topic creation and ACLs: derived from its map. Pure."""

from linli_contracts.topics import PARTITIONS, TOPIC_OF, asks_topic, heads_topic, parked_topic

from linli_messaging.service_map import ServiceMap


def reads(service: ServiceMap) -> tuple[str, ...]:
    """The facts and heads of its producers, and what is asked of itself; what a consumer subscribes to."""
    producers = service.producers()
    return (
        *(TOPIC_OF[producer] for producer in producers),
        *(heads_topic(producer) for producer in producers),
        asks_topic(service.name),
    )


def writes(service: ServiceMap) -> tuple[str, ...]:
    """Its own facts, heads and parked messages, and what it asks of its producers."""
    return (
        TOPIC_OF[service.name],
        heads_topic(service.name),
        parked_topic(service.name),
        *(asks_topic(producer) for producer in service.producers()),
    )


def looks_at(service: ServiceMap) -> tuple[str, ...]:
    """What it told itself: read at its start, for numbers that a restored database does not know (promise 8)."""
    return TOPIC_OF[service.name], heads_topic(service.name)


def group_of(service: str) -> str:
    """The consumer group of a service's processes."""
    return f"linli.{service}"


def topics(names: tuple[str, ...]) -> dict[str, int]:
    """Every topic of these services with its number of partitions."""
    return {
        topic: PARTITIONS
        for name in names
        for topic in (TOPIC_OF[name], heads_topic(name), asks_topic(name), parked_topic(name))
    }
