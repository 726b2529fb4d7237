"""From a resident's request over HTTP to the ticket's owner: milliseconds at the 99th percentile, at half load.

How much the system bears is measured first: ``BURST=`` requests by 200 clients, each of which asks again once it is
done. Then requests come at half of that rate, each at its own instant whether the others were answered or not, for
``SECONDS=``.
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
from bench.keepalive import Door, request
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
                doors = _Doors(stack.addresses["intake"]), _Doors(stack.addresses["dispatch"])
                requests = _Requests(stack, assigned, stack.signer.mint(), *doors)
                capacity = await requests.capacity()
                took_ms = await requests.at(capacity / 2)
                for door in doors:
                    door.close()
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


@dataclass(slots=True)
class _Requests:
    """Sends requests, each until dispatch shows its ticket with an owner."""

    stack: Stack
    assigned: _Assigned
    token: str
    intake: "_Doors"
    dispatch: "_Doors"

    async def one(self, nth: int, phone: int) -> float:
        """One of them; the milliseconds that it took."""
        body = resident(nth % RESIDENTS, f"{phone}{nth:010d}")
        asked = request("POST", "/requests", self.token, body, f"{phone}-{nth}")
        began_s = time.perf_counter()
        case = orjson.loads(await self.intake.ask(asked))["case_id"]
        await self.assigned.wait(case)
        shown = orjson.loads(await self.dispatch.ask(request("GET", f"/tickets/{case}", self.token)))
        if not shown["owner_id"]:
            raise RuntimeError(f"{case} is assigned on the bus and has no owner in dispatch")
        return (time.perf_counter() - began_s) * 1000

    async def capacity(self) -> float:
        """Requests a second when ``CLIENTS`` of them are always on their way."""
        numbers = iter(range(BURST))

        async def client() -> None:
            for nth in numbers:
                await self.one(nth, phone=1)

        began_s = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        return BURST / (time.perf_counter() - began_s)

    async def at(self, rate: float) -> list[float]:
        """How long each took when this many a second came, whether the others were done or not."""
        tasks = []
        began_s = time.perf_counter()
        for nth in range(int(rate * SECONDS)):
            await asyncio.sleep(max(0.0, began_s + nth / rate - time.perf_counter()))
            tasks.append(asyncio.create_task(self.one(nth, phone=2)))
        return await asyncio.gather(*tasks)


class _Doors:
    """As many connections as are needed at once."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: list[Door] = []

    async def ask(self, asked: bytes) -> bytes:
        while self._free and self._free[-1].closed:
            self._free.pop().close()
        door = self._free.pop() if self._free else await Door.open(self._url)
        try:
            answer = await door.ask(asked)
        except (asyncio.IncompleteReadError, ConnectionError):
            # The service left while we asked: nothing had been asked for some seconds. Asking twice changes nothing.
            door.close()
            door = await Door.open(self._url)
            answer = await door.ask(asked)
        self._free.append(door)
        return answer

    def close(self) -> None:
        for door in self._free:
            door.close()
