"""Whether a broker answers, and with how many brokers in its cluster."""

import contextlib
import logging
from collections.abc import Iterator

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from linli_embedded.security import Security

_REQUEST_TIMEOUT_MS = 5_000


async def answers(bootstrap: str, security: Security | None = None, brokers: int = 1) -> bool:
    """Whether the cluster answers a metadata request and knows at least this many brokers."""
    with _quiet():
        admin = AIOKafkaAdminClient(
            bootstrap_servers=bootstrap,
            request_timeout_ms=_REQUEST_TIMEOUT_MS,
            **(security or Security()).client_options(),
        )
        try:
            await admin.start()
            cluster = await admin.describe_cluster()
        except (TimeoutError, KafkaError, OSError):
            return False
        finally:
            await admin.close()
    return len(cluster["brokers"]) >= brokers


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep aiokafka from logging an error for each question asked before the broker is up: that is what we ask
    about.
    """
    logger = logging.getLogger("aiokafka")
    before, logger.disabled = logger.disabled, True
    children = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    quieted = [each for each in children if each.name.startswith("aiokafka.") and not each.disabled]
    for each in quieted:
        each.disabled = True
    try:
        yield
    finally:
        logger.disabled = before
        for each in quieted:
            each.disabled = False
