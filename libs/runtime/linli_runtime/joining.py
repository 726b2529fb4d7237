"""How a service joins others late: from which numbers on, and from when on it is live (promise 7).

Both count at its first start only, with the founding of its schema, and are recorded there.
"""

from datetime import datetime

import orjson
from linli_contracts.lanes import LANES
from linli_messaging.batch.live import ALWAYS
from linli_messaging.service_map import ServiceMap

from linli_runtime.settings import Settings, UnusableSettingsError


def live_from(settings: Settings) -> datetime | None:
    """The instant to record; None: that of the first start. A conductor plays the past, so on its clock all is live."""
    if settings.live_from is None and settings.clock == "stepped":
        return ALWAYS
    return settings.live_from


def starting_numbers(settings: Settings, service: ServiceMap) -> list[tuple[str, int, int]]:
    """Where to begin: producer, lane and the last number that is not wanted; nothing: at the beginning.

    Raises :class:`UnusableSettingsError` where the file is not what `linli status --json` writes, or lacks a producer.
    """
    if settings.start_at is None:
        return []
    try:
        told = orjson.loads(settings.start_at.read_bytes())["services"]
        numbers = [
            (producer, int(lane), int(head))
            for producer in service.producers()
            for lane, head in told[producer]["heads"].items()
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnusableSettingsError(f"LINLI_START_AT: {settings.start_at} has no heads of all producers") from error
    if any(not 0 <= lane < LANES or head < 0 for _, lane, head in numbers):
        raise UnusableSettingsError(f"LINLI_START_AT: {settings.start_at} names lanes or numbers that there are not")
    return numbers
