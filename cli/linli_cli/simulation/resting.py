"""Waiting until everything that was told is handled (delivery promise 10), as fast as it can be known."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

from linli_cli.client.client import Client
from linli_cli.client.rest import Reading, at_rest, producers_of
from linli_cli.complaint import Complaint

_FIRST_WAIT_S: Final = 0.01
_LONGEST_WAIT_S: Final = 0.1
_GROWTH: Final = 1.5
"""A fact needs some 30 ms from one service to the next: asking more often only takes time from those who work."""


async def rested(client: Client, timeout_s: float) -> dict[str, Reading]:
    """The readings at rest; a `Complaint` with the reasons when they don't come within the time.

    One round of readings is enough here, although it is taken at different moments. Nobody but the caller sends
    commands or moves the clock, so whatever still happened after some service's reading would follow from a fact that
    its producer told after *its own* reading, which follows from an earlier such fact, and so on: there is no first
    one, if every inbox equals its producer's head exactly, and no input is under way.
    """
    deadline = time.monotonic() + timeout_s
    wait_s = _FIRST_WAIT_S
    reads = producers_of(client.addresses)
    while True:
        readings = await client.rest()
        # Compared with itself, so that early facts, which wait for a fact that nobody tells now, are no reason.
        reasons = at_rest(readings, readings, reads)
        if not reasons and not _ahead(readings, reads):
            return readings
        if time.monotonic() >= deadline:
            raise Complaint(
                f"{timeout_s:g} 秒内系统未静止",
                f"the system did not come to rest within {timeout_s:g} s",
                exit_code=1,
                detail="\n".join(map(str, reasons)),
            )
        await asyncio.sleep(wait_s)
        wait_s = min(_LONGEST_WAIT_S, wait_s * _GROWTH)


def _ahead(readings: Mapping[str, Reading], reads: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a consumer was read later than a producer that has told more since."""
    return any(
        number > readings[producer].heads.get(lane, 0)
        for consumer, producers in reads.items()
        for producer in producers
        for lane, number in readings[consumer].inbox.get(producer, {}).items()
    )
