"""The topics of the bus and who writes them: one topic a service, so that all events of one estate stay in order."""

from typing import Final

INTAKE: Final = "intake"
DISPATCH: Final = "dispatch"
FOLLOWUP: Final = "followup"
WARRANTY: Final = "warranty"
LOYALTY: Final = "loyalty"
SERVICES: Final = (INTAKE, DISPATCH, FOLLOWUP, WARRANTY, LOYALTY)

TOPIC_OF: Final = {
    INTAKE: "linli.intake.requests.v1",
    DISPATCH: "linli.dispatch.tickets.v1",
    FOLLOWUP: "linli.followup.care.v1",
    WARRANTY: "linli.warranty.deposits.v1",
    LOYALTY: "linli.loyalty.members.v1",
}
PRODUCER_OF: Final = {topic: producer for producer, topic in TOPIC_OF.items()}

PARTITIONS: Final = 6
"""Equal for all topics, so that a process owns the same lanes everywhere; the embedded broker carries 6 well."""


def heads_topic(producer: str) -> str:
    """Where a producer tells, every second, how far each lane has come (promise 3)."""
    return f"linli.{producer}.heads.v1"


def asks_topic(producer: str) -> str:
    """Where consumers ask a producer to send again from a number (promise 4)."""
    return f"linli.{producer}.asks.v1"


def parked_topic(consumer: str) -> str:
    """Where a consumer shows what it could not handle (promise 6)."""
    return f"linli.{consumer}.parked.v1"
