"""The world that faults strike: all services as real processes on an Apache Kafka and a Postgres of their own.

A stack as `linli up` starts it, but for its watching: here, whoever kills something also starts it again.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import asyncpg
import httpx
from aiokafka.admin import AIOKafkaAdminClient
from linli_cli.client.client import Client
from linli_cli.client.rest import Reading
from linli_cli.complaint import Complaint
from linli_cli.stack import Home, Stack, StackOptions
from linli_cli.stack.bus import KafkaBus
from linli_cli.stack.database import DATABASE
from linli_cli.stack.home import ClockKind, make_private_dir
from linli_contracts.topics import SERVICES
from linli_embedded.process import Process, StartFailedError
from linli_runtime.clock import SystemClock
from linli_testkit.crash import VARIABLE
from linli_testkit.receiver import receiver

from tests.chaos.partner import Partner
from tests.chaos.proxy import Proxy
from tests.chaos.quick_policy import quick_policy

REST_S: Final = 120.0
"""The bounded time: after a fault is over, everything has been handled within it."""
SOON: Final = timedelta(minutes=5)
"""By the system clock: what runs out later runs out after the trial."""
_POLL_S: Final = 0.05
_KEY: Final = "5e" * 32
"""What intake hides contacts with: the same in every world, so that the same contact is the same id."""


class World:
    """A running stack, with handles on its parts."""

    def __init__(self, stack: Stack, zone: str, partner: Partner) -> None:
        """Of this stack, which runs; its estates lie in this zone, and this is who their contractors are."""
        self.stack = stack
        self.partner = partner
        self._zone = ZoneInfo(zone)
        # Few tries: the load has its own patience.
        self.client = Client(stack.client.addresses, stack.signer, tries=3)
        self.more: dict[str, list[tuple[Process, str]]] = {service: [] for service in SERVICES}
        self.settings: dict[str, dict[str, str]] = {service: {} for service in SERVICES}
        """What goes over a service's environment at each of its starts."""
        self.proxy: Proxy | None = None

    # -- services -----------------------------------------------------------------------------------------------------

    def process(self, service: str) -> Process:
        """The service's first process."""
        return self.stack.services[service]

    def start(self, service: str, crash_at: str = "", **settings: str) -> None:
        """Start the service's first process, armed to die at a crash point if one is named."""
        armed = {VARIABLE: crash_at} if crash_at else {}
        self.process(service).start({**self.settings[service], **settings, **armed})

    async def restart(self, service: str, crash_at: str = "", **settings: str) -> None:
        """Stop the service's first process as an operator does, and start it again."""
        await self.process(service).stop()
        self.start(service, crash_at, **settings)

    async def ready(self, *services: str) -> None:
        """Wait until these answer that they are ready; one that ends by itself meanwhile is started again, as a
        supervisor does: on a bus made anew one may have to.
        """
        deadline_s = time.monotonic() + REST_S
        for service in services:
            while not await self._is_ready(service):
                if time.monotonic() > deadline_s:
                    raise StartFailedError(f"{service} ends whenever it is started")
                self.start(service)

    async def _is_ready(self, service: str) -> bool:
        try:
            await self.stack.answers(service, "ready", REST_S)
        except StartFailedError:
            if self.process(service).running:
                raise
            return False
        return True

    def start_what_ended(self) -> None:
        """As a supervisor does: a service that ended by itself is started again."""
        for service in SERVICES:
            if not self.process(service).running:
                self.start(service)

    async def scale(self, service: str, processes: int) -> None:
        """Have so many processes of a service; the first one stays."""
        more = self.more[service]
        while len(more) > processes - 1:
            await more.pop()[0].stop()
        while len(more) < processes - 1:
            more.append(self.stack.another(service, len(more) + 2))
            more[-1][0].start(self.settings[service])

    async def all_ready(self, service: str) -> None:
        """Wait until every process of the service has its share of the lanes."""
        await self.ready(service)
        async with httpx.AsyncClient(trust_env=False) as http:
            for process, url in self.more[service]:
                ready = f"{url}/health/ready"
                await process.ready(lambda ready=ready: _answers(http, ready), timeout_s=REST_S)  # type: ignore[misc]  # each its own

    async def through_proxy(self) -> Proxy:
        """Have a proxy between the services and Postgres; the first time, they are restarted to go through it."""
        if self.proxy is None:
            self.proxy = Proxy(self.stack.postgres.port)
            port = await self.proxy.start()
            for service, process in self.stack.services.items():
                url = (process._env or {})["LINLI_DATABASE_URL"]
                self.settings[service]["LINLI_DATABASE_URL"] = url.replace(f":{self.stack.postgres.port}/", f":{port}/")
                await self.restart(service)
            await self.ready(*SERVICES)
        return self.proxy

    # -- what they stand on -------------------------------------------------------------------------------------------

    @property
    def bus(self) -> KafkaBus:
        """The Kafka."""
        assert isinstance(self.stack.bus, KafkaBus), self.stack.bus.kind
        return self.stack.bus

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        """Kafka's administrator."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bus.bootstrap, **self.bus.kafka.admin.client_options())
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    @asynccontextmanager
    async def database(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """A connection that may do everything."""
        connection = await self.stack.postgres.server.connect(DATABASE)
        try:
            yield connection
        finally:
            await connection.close()

    async def rows(self, statement: str, *args: object) -> list[dict[str, Any]]:
        """What the database holds."""
        async with self.database() as connection:
            return [dict(row) for row in await connection.fetch(statement, *args)]

    async def published(self, *producers: str) -> None:
        """Wait until all that these have told is on the bus."""
        while True:
            told = [Reading.model_validate(await self.client.get(one, "/rest")) for one in producers]
            if all(one.heads == one.published for one in told):
                return
            await asyncio.sleep(_POLL_S)

    async def inbox(self, service: str) -> dict[str, dict[int, int]]:
        """Where a service's inboxes stand, by producer and lane."""
        return Reading.model_validate(await self.client.get(service, "/rest")).inbox

    async def linli(self, *words: str, may_fail: bool = False) -> str:
        """Run a command of an operator; what it printed."""
        code, output = await self._operate(words)
        assert may_fail or code == 0, f"linli {' '.join(words)}: {output}"
        return output

    async def linli_until_done(self, *words: str) -> None:
        """Run a command of an operator again until it succeeds: a service may just be ending, and starting anew."""
        deadline_s = time.monotonic() + REST_S
        while True:
            self.start_what_ended()
            code, output = await self._operate(words)
            if code == 0:
                return
            assert time.monotonic() < deadline_s, f"linli {' '.join(words)}: {output}"
            await asyncio.sleep(_POLL_S)

    async def _operate(self, words: Sequence[str]) -> tuple[int | None, str]:
        command = [sys.executable, "-m", "linli_cli.main", *words, "--data", str(self.stack.options.home.path)]
        done = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output, _ = await done.communicate()
        return done.returncode, output.decode()

    # -- time ---------------------------------------------------------------------------------------------------------

    @property
    def system_clock(self) -> Callable[[], datetime] | None:
        """Tells the instant as the estates' clocks show it, where the stepped clock does not tell it."""
        if self.stack.options.clock != "system":
            return None
        return lambda: SystemClock().now().astimezone(self._zone)

    async def move_clock(self, instant: datetime) -> None:
        """Move the stepped clock, and come to rest there; by the system clock, wait for what runs out soon."""
        if self.system_clock is None:
            await self.client.set_clock(instant)
            await self.rest()
        else:
            await self._let_run_out(self.system_clock)

    async def _let_run_out(self, now: Callable[[], datetime]) -> None:
        while True:
            await self.rest()
            due = [one.next_due_at for one in (await self.client.rest()).values() if one.next_due_at is not None]
            soon = [at for at in due if at < now() + SOON]
            if not soon:
                return
            await asyncio.sleep(max(_POLL_S, (min(soon) - now()).total_seconds()))

    async def step_clock(self, instant: datetime) -> None:
        """Move the stepped clock from each instant at which anything is due to the next, as a conductor does."""
        while True:
            due = [one.next_due_at for one in (await self.client.rest()).values() if one.next_due_at is not None]
            following = min([*due, instant])
            await self.move_clock(following)
            if following == instant:
                return

    async def rest(self, within_s: float = REST_S) -> float:
        """Wait for rest; the seconds it took. What is not reachable yet is waited for, what ended is started."""
        began = time.monotonic()
        while True:
            self.start_what_ended()
            left = within_s - (time.monotonic() - began)
            try:
                await self.client.wait_until_rest(max(1.0, left))
            except Complaint as complaint:
                if left <= 1 or "come to rest" in complaint.words.en:
                    raise
            else:
                return time.monotonic() - began
            await asyncio.sleep(_POLL_S)

    def logs(self) -> dict[str, str]:
        """The ends of the services' logs, for a message."""
        return {service: process.log_tail() for service, process in self.stack.services.items()}


async def _answers(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).is_success
    except httpx.TransportError:
        return False


@asynccontextmanager
async def world(
    path: Path, clock: ClockKind = "stepped", zone: str = "Asia/Shanghai", *, brokers: int = 1, disk_mb: int = 0
) -> AsyncIterator[World]:
    """A world in this directory; nothing of it is left running. `zone`: where its estates lie, by the system clock.
    `disk_mb`: its Postgres has no more room than that.
    """
    home = Home(path)
    make_private_dir(path)
    if disk_mb:
        make_private_dir(home.postgres)
        _run("mount", "-t", "tmpfs", "-o", f"size={disk_mb}m,mode=711", "linli-chaos", str(home.postgres))
    (path / "customer-key").write_text(_KEY)
    settings = {"POLICY_DIR": str(quick_policy(path, zone))} if clock == "system" else {}
    options = StackOptions(home=home, broker="kafka", clock=clock, watch=False, brokers=brokers, settings=settings)
    try:
        with receiver() as listening:
            async with Stack(options) as stack:
                made = World(stack, zone, Partner(listening))
                try:
                    yield made
                finally:
                    await made.client.close()
                    if made.proxy is not None:
                        await made.proxy.stop()
                    await asyncio.gather(*(process.stop() for more in made.more.values() for process, _ in more))
    finally:
        if disk_mb:
            _run("umount", str(home.postgres))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
