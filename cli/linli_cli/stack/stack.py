"""A whole Linli on this machine, as one context: inside it everything runs, after it nothing does."""

import asyncio
import contextlib
import os
import resource
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx
from linli_contracts.topics import SERVICES
from linli_embedded.gateway import Gateway
from linli_embedded.lock import LockedError, take
from linli_embedded.ports import LOOPBACK, free_port
from linli_embedded.postgres import AlreadyRunningError, Postgres
from linli_embedded.process import Process, StartFailedError
from linli_runtime.clock import SystemClock

from linli_cli.audit.access import Access
from linli_cli.client.client import Client
from linli_cli.client.rest import missing_on_a_new_bus, producers_of
from linli_cli.client.together import together
from linli_cli.client.tokens import TokenSigner, make_key_pair
from linli_cli.complaint import Complaint
from linli_cli.language import Words
from linli_cli.stack.bus import Bus, bus_for
from linli_cli.stack.database import Addresses, prepare_database
from linli_cli.stack.home import Home, make_private_dir
from linli_cli.stack.options import Ports, StackOptions, choose_ports
from linli_cli.stack.settings_of_service import GATEWAY_URL, environment_of
from linli_cli.stack.state_file import ServiceAddress, StackState
from linli_cli.stack.watching import DiedError, Tell, Watched, keep_alive, until_one_dies

_LIVE_TIMEOUT_S: Final = 60.0
_READY_TIMEOUT_S: Final = 120.0
"""Five interpreters start on two cores in some 5 s; catching up with a rebuilt bus is what may take the rest."""
_PROBE_TIMEOUT_S: Final = 2.0
_LOCK_TIMEOUT_S: Final = 1.0
"""For one that is just ending; who started twice by mistake shall not wait."""
_SERVICE_GRACE_S: Final = 10.0
"""A batch takes well under a second; the rest is for leaving the consumer group and closing connections."""


def _silent(step: Words) -> None:
    """Tell nobody."""


class Stack:
    """Everything that a running Linli consists of: `async with Stack(options) as stack: … stack.client …`.

    Entering starts it and returns when every service is ready; leaving stops all of it. When something dies in between
    and `options.restart` is off, the block is cancelled and leaves with a `Complaint` that ends with that one's log.
    """

    client: Client
    """Speaks as the operator of the deployment, who may do everything; see `Client.acting_as`."""
    signer: TokenSigner
    state: StackState
    """Addresses, as `stack.json` has them."""

    def __init__(self, options: StackOptions, tell: Tell = _silent) -> None:
        """Describe the stack; nothing runs yet. `tell` hears each step, and what dies."""
        self.options = options
        self.services: Mapping[str, Process] = {}
        self._tell = tell
        self._ports: Ports = choose_ports(SERVICES, options.port_base)
        self.bus: Bus = bus_for(options.broker, options.home, self._ports.broker, options.brokers)
        self.postgres = Postgres(options.home.postgres, self._ports.postgres, durable=options.durable)
        self.gateway = (
            None if os.environ.get(GATEWAY_URL) else Gateway(options.home.messages, options.home.log("gateway"))
        )
        """Takes the messages to customers, unless the environment names another one."""
        self._lock: int | None = None
        self._watch: asyncio.Task[None] | None = None
        self._died: DiedError | None = None
        self._deployment = ""
        self._shared_settings: Mapping[str, str] = {}
        self._databases = Addresses({}, {}, "")

    async def __aenter__(self) -> Self:
        """Start everything; what was started is stopped again when something can't be."""
        owner = asyncio.current_task()
        assert owner is not None  # noqa: S101 - for the type checker: an asynchronous context is entered by a task
        try:
            await self._start()
        except BaseException as error:
            await self._stop()
            if isinstance(error, StartFailedError | AlreadyRunningError | TimeoutError | OSError):
                what, _, detail = str(error).partition("\n")
                raise Complaint(
                    f"启动失败：{what}", f"it could not be started: {what}", exit_code=1, detail=detail
                ) from error
            raise
        if self.options.watch:
            self._watch = asyncio.create_task(self._keep_watch(owner))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything; a cancellation that came from a death becomes the complaint about it."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        await self._stop()
        if self._died is not None:
            task = asyncio.current_task()
            if task is not None and isinstance(error, asyncio.CancelledError):
                task.uncancel()
            what, _, detail = self._died.how.partition("\n")
            raise Complaint(
                f"{self._died.name} 意外退出：{what}",
                f"{self._died.name} ended unexpectedly: {what}",
                exit_code=1,
                detail=detail,
            ) from error

    @property
    def addresses(self) -> dict[str, str]:
        """The URL of each service."""
        return self.state.addresses

    @property
    def logs(self) -> dict[str, Path]:
        """The log of each process; the files may not exist yet."""
        services = {name: self.options.home.log(name) for name in SERVICES}
        return services | {"postgres": self.postgres.log} | ({"broker": self.bus.log} if self.bus.log else {})

    def another(self, service: str, number: int) -> tuple[Process, str]:
        """One more process of a service, and its URL; its number is in its name.

        Whoever asks for it starts it and stops it: it is not watched.
        """
        port = free_port()
        return self._process(service, f"{service}-{number}", port), f"http://{LOOPBACK}:{port}"

    def peak_memory_bytes(self) -> dict[str, int]:
        """The most memory each part has taken so far, our own process as `linli`; without what can't be measured."""
        used = {name: process.usage() for name, process in self.services.items()} | {"postgres": self.postgres.usage()}
        peaks = {name: usage.peak_memory_bytes for name, usage in used.items() if usage is not None}
        if bus := sum(usage.peak_memory_bytes for usage in self.bus.usage()):
            peaks["broker"] = bus
        # Linux counts this one in kibibytes, macOS in bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        return peaks | {"linli": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}

    async def _start(self) -> None:
        options, home = self.options, self.options.home
        make_private_dir(home.path)
        self._lock = _locked(home)
        deployment, existed = home.deployment(options.clock, options.deployment)
        make_key_pair(home.private_key, home.public_key)
        self.signer = TokenSigner(home.private_key)
        self._tell(
            Words(f"启动 {self.postgres.kind} 和 {self.bus.kind}", f"starting {self.postgres.kind} and {self.bus.kind}")
        )
        await together((self.postgres.start(), self.bus.start(), *([self.gateway.start()] if self.gateway else [])))
        self._tell(Words("准备数据库与主题", "preparing the database and the topics"))
        self._databases, _ = await asyncio.gather(prepare_database(self.postgres, SERVICES), self.bus.prepare())
        # One instant for all: no service shall take what another told before its own first start for history.
        live_from = {} if options.clock == "stepped" else {"LIVE_FROM": SystemClock().now().isoformat()}
        self._deployment, self._shared_settings = deployment.id, live_from
        self.services = {
            service: self._process(service, service, self._ports.services[service]) for service in SERVICES
        }
        self._tell(Words(f"启动服务 {'、'.join(SERVICES)}", f"starting {', '.join(SERVICES)}"))
        for process in self.services.values():
            process.start()
        urls = {service: f"http://{LOOPBACK}:{port}" for service, port in self._ports.services.items()}
        self.client = Client(urls, self.signer)
        await together(self.answers(service, "live", _LIVE_TIMEOUT_S) for service in SERVICES)
        if existed and not self.bus.remembers:
            await self._rebuild_bus()
        await together(self._ready(service) for service in SERVICES)
        self.state = StackState(
            deployment=deployment.id,
            clock=options.clock,
            supervisor_pid=os.getpid(),
            postgres=f"{LOOPBACK}:{self.postgres.port}",
            postgres_kind=self.postgres.kind,
            bootstrap=self.bus.bootstrap,
            broker_kind=self.bus.kind,
            token_key=home.private_key,
            services=self._where(urls),
        )
        self.state.write(home)
        self._let_the_auditor_in()

    def _where(self, urls: Mapping[str, str]) -> dict[str, ServiceAddress]:
        """Where each service is to be found just now."""
        return {
            service: ServiceAddress(url=urls[service], pid=process.pid, log=process.log)
            for service, process in self.services.items()
        }

    def _gateway_settings(self) -> dict[str, str] | None:
        if self.gateway is None:
            return None
        return {"GATEWAY_URL": self.gateway.url, "GATEWAY_REPEATS": "recognised"}

    def _process(self, service: str, name: str, port: int) -> Process:
        options = self.options
        more = {**self._shared_settings, **self.bus.settings(service), **options.settings}
        return Process(
            name,
            options.command_of(service),
            log=options.home.log(name),
            env=environment_of(
                service,
                home=options.home,
                deployment=self._deployment,
                clock=options.clock,
                port=port,
                databases=self._databases,
                gateway=self._gateway_settings(),
                more=more,
            ),
            grace_s=_SERVICE_GRACE_S,
        )

    def _let_the_auditor_in(self) -> None:
        user = self.bus.auditor()
        access = Access(
            database_url=self._databases.auditor,
            bootstrap=self.bus.bootstrap,
            kafka_user=user.user,
            kafka_password=user.password,
        )
        access.write(self.options.home.audit)

    async def _ready(self, service: str) -> None:
        await self.answers(service, "ready", _READY_TIMEOUT_S)
        self._tell(Words(f"{service} 就绪", f"{service} is ready"))

    async def answers(self, service: str, question: str, timeout_s: float) -> None:
        """Wait until a service of ours says yes to `live` or `ready`; whoever else has its port is not heard.

        Raises `StartFailedError` when it ends, or does not.
        """
        url = f"{self.client.addresses[service]}/health/{question}"
        ours = {"service": service, "deployment": self._deployment}
        async with httpx.AsyncClient(timeout=_PROBE_TIMEOUT_S, trust_env=False) as http:

            async def probe() -> bool:
                try:
                    answer = await http.get(url)
                    return answer.is_success and ours.items() <= answer.json().items()
                except (httpx.TransportError, ValueError, AttributeError):
                    return False

            await self.services[service].ready(probe, timeout_s=timeout_s)

    async def _rebuild_bus(self) -> None:
        """Have the services send again what their readers lack: the broker forgot everything (promise 7)."""
        self._tell(
            Words(
                "代理不保留数据：由各服务重发缺失的事实", "the broker forgot everything: missing facts are sent again"
            )
        )
        for producer, lanes in missing_on_a_new_bus(await self.client.rest(), producers_of()).items():
            numbers = {str(lane): number for lane, number in lanes.items()}
            await self.client.send(producer, "POST", "/replay", {"since_number": numbers, "lanes": list(lanes)})

    async def _keep_watch(self, owner: asyncio.Task[object]) -> None:
        watched = [
            *(
                Watched(
                    name,
                    lambda process=process: process.running,  # type: ignore[misc] # each its own process
                    partial(self._restart_service, process),
                    partial(_how_it_ended, process),
                )
                for name, process in self.services.items()
            ),
            Watched("postgres", lambda: self.postgres.running, self._restart_postgres, lambda: str(self.postgres.log)),
            *self._watched_gateway(),
            Watched("broker", lambda: self.bus.running, self._restart_bus, lambda: self.bus.kind),
        ]
        if self.options.restart:
            await together(keep_alive(each, self._tell) for each in watched)
        self._died = await until_one_dies(watched)
        owner.cancel()

    def _watched_gateway(self) -> list[Watched]:
        if self.gateway is None:
            return []
        process = self.gateway.process
        return [
            Watched(
                "gateway",
                lambda: process.running,
                partial(self._restart_service, process),
                partial(_how_it_ended, process),
            )
        ]

    async def _restart_service(self, process: Process) -> None:
        await process.stop()
        process.start()
        self.state = self.state.model_copy(update={"services": self._where(self.addresses)})
        self.state.write(self.options.home)

    async def _restart_postgres(self) -> None:
        await self.postgres.stop()
        await self.postgres.start()

    async def _restart_bus(self) -> None:
        await self.bus.stop()
        await self.bus.start()
        if not self.bus.remembers:
            await self.bus.prepare()
            await self._rebuild_bus()

    async def _stop(self) -> None:
        """Stop services first, so that they can finish their batches, then what they stand on; may be called twice."""
        if self._lock is not None:
            self.options.home.state.unlink(missing_ok=True)
            self.options.home.audit.unlink(missing_ok=True)
        if hasattr(self, "client"):
            await self.client.close()
        await asyncio.gather(*(process.stop() for process in self.services.values()))
        await asyncio.gather(self.bus.stop(), self.postgres.stop(), *([self.gateway.stop()] if self.gateway else []))
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _locked(home: Home) -> int:
    """Take the directory for us alone; a complaint when another stack runs on it."""
    try:
        return take(home.path / "lock", timeout_s=_LOCK_TIMEOUT_S)
    except LockedError as error:
        raise Complaint(
            f"{home.path} 上已有 Linli 在运行（进程 {error.holder}）",
            f"a Linli runs on {home.path} already (process {error.holder})",
            exit_code=1,
        ) from error


def _how_it_ended(process: Process) -> str:
    return f"exit code {process.exit_code}; {process.log}\n{process.log_tail()}"
