"""From a resident's request over HTTP to the ticket's owner: milliseconds at the 99th percentile, at half load.

How much the system bears is measured first: as many requests at once as ``BURST=``, until all are assigned. Then
requests come at half of that rate, each at its own instant whether the others were answered or not, for ``SECONDS=``.
A request is done when its `TicketAssigned` is on the bus and dispatch shows the ticket with its owner.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import orjson
from aiokafka import AIOKafkaConsumer
from linli_cli.audit.access import Access
from linli_cli.stack import Home, Stack, StackOptions
from linli_contracts.topics import DISPATCH, TOPIC_OF
from linli_embedded.security import Security

from bench.figures import Figures
from bench.keepalive import Door, rate_of, request
from bench.lifecycle import BROKER
from bench.repair_life import found_estates, resident

BURST: Final = int(os.environ.get("BURST", "4000"))
SECONDS: Final = int(os.environ.get("SECONDS", "20"))
CLIENTS: Final = 200
RESIDENTS: Final = 1000
_TYPE: Final = ("ce_type", b"TicketAssigned")


async def latency() -> Figures:
    """Milliseconds that 99 of 100 requests took at most; the floor is the median."""
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as directory:
        async with Stack(StackOptions(home=Home(Path(directory)), broker=BROKER)) as stack:
            await found_estates(stack.client, RESIDENTS, None)
            async with _Assigned.of(stack) as assigned:
                capacity = await _capacity(stack, assigned)
                took_ms = await _at(capacity / 2, stack, assigned)
    median, ninety_nine = statistics.median(took_ms), statistics.quantiles(took_ms, n=100)[-1]
    print(f"  {capacity:,.0f} requests/s at most; at half of it, {len(took_ms):,}: median {median:.0f} ms")
    return Figures(ninety_nine, median)


@dataclass(slots=True)
class _Assigned:
    """Watches the bus for the assignments of tickets."""

    consumer: AIOKafkaConsumer
    seen_s: dict[str, float] = field(default_factory=dict)
    """When each case's assignment was read from the bus."""
    _waited: dict[str, "asyncio.Future[None]"] = field(default_factory=dict)

    @classmethod
    @asynccontextmanager
    async def of(cls, stack: Stack) -> AsyncIterator[Self]:
        """Watch this stack, from now on."""
        access = Access.find(stack.options.home.audit)
        security = Security(access.kafka_user, access.kafka_password)
        consumer = AIOKafkaConsumer(
            TOPIC_OF[DISPATCH], bootstrap_servers=access.bootstrap, group_id=None, **security.client_options()
        )
        await consumer.start()
        await consumer.seek_to_end()
        watch = cls(consumer)
        watching = asyncio.create_task(watch._watch())
        try:
            yield watch
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await consumer.stop()

    async def wait(self, case: str) -> None:
        """Return when the case's ticket is known to be assigned."""
        if case not in self.seen_s:
            await self._waited.setdefault(case, asyncio.get_running_loop().create_future())

    async def _watch(self) -> None:
        async for record in self.consumer:
            if _TYPE in record.headers:
                case = dict(record.headers)["ce_subject"].decode()
                self.seen_s[case] = time.perf_counter()
                if case in self._waited:
                    self._waited.pop(case).set_result(None)


async def _capacity(stack: Stack, assigned: _Assigned) -> float:
    """Requests a second that come in and are assigned when as many as possible come."""
    token = stack.signer.mint()
    asked = [
        request("POST", "/requests", token, resident(nth % RESIDENTS, f"1{nth:010d}"), f"b{nth}")
        for nth in range(BURST)
    ]
    began_s = time.perf_counter()
    await rate_of(stack.addresses["intake"], asked, CLIENTS)
    while len(assigned.seen_s) < BURST:  # noqa: ASYNC110 - the watch gives no signal for a number
        await asyncio.sleep(0.05)
    return BURST / (time.perf_counter() - began_s)


async def _at(rate: float, stack: Stack, assigned: _Assigned) -> list[float]:
    """How long each request took, in milliseconds, when this many a second came."""
    token = stack.signer.mint()
    intake = _Doors(stack.addresses["intake"])
    dispatch = _Doors(stack.addresses["dispatch"])

    async def one(nth: int) -> float:
        asked = request("POST", "/requests", token, resident(nth % RESIDENTS, f"2{nth:010d}"), f"l{nth}")
        began_s = time.perf_counter()
        case = orjson.loads(await intake.ask(asked))["case_id"]
        await assigned.wait(case)
        shown = orjson.loads(await dispatch.ask(request("GET", f"/tickets/{case}", token)))
        if not shown["owner_id"]:
            raise RuntimeError(f"{case} is assigned on the bus and has no owner in dispatch")
        return (time.perf_counter() - began_s) * 1000

    tasks = []
    began_s = time.perf_counter()
    for nth in range(int(rate * SECONDS)):
        await asyncio.sleep(max(0.0, began_s + nth / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(one(nth)))
    took_ms = await asyncio.gather(*tasks)
    intake.close()
    dispatch.close()
    return took_ms


class _Doors:
    """As many connections as are needed at once."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: list[Door] = []

    async def ask(self, asked: bytes) -> bytes:
        while self._free and self._free[-1].closed:
            self._free.pop().close()
        door = self._free.pop() if self._free else await Door.open(self._url)
        answer = await door.ask(asked)
        self._free.append(door)
        return answer

    def close(self) -> None:
        for door in self._free:
            door.close()
