"""How many partitions a topic has now. Their number may grow while everything runs: lanes are numbered, so a record
that overtakes its lane's earlier ones on another partition is a gap, which closes by itself. So nobody keeps the
number; clients know it, and look again every ``METADATA_FOR_MS``.
"""

from typing import Final

from aiokafka import AIOKafkaProducer

METADATA_FOR_MS: Final = 5_000
"""How long a client believes what topics and partitions there are (aiokafka's default is five minutes). A consumer that
joined its group before the topics were there (a bus made anew) is given nothing to read until it looks again.
"""


async def partitions_now(producer: AIOKafkaProducer, topic: str) -> int:
    """The number of a topic's partitions, as this client knows it; asks the broker when it does not.

    ``KafkaError`` where there is no such topic.
    """
    return len(await producer.partitions_for(topic))
