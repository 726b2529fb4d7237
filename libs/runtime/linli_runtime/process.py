"""A service process: the composition root that puts a map on its database, bus and port, and stops it gracefully."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import linli_messaging
import uvicorn
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError
from fastapi import APIRouter, FastAPI
from faststream.kafka import KafkaBroker
from faststream.security import SASLScram512
from joserfc.errors import JoseError
from linli_messaging.batch.remembering import Remembered
from linli_messaging.consuming.consumer import Consumer
from linli_messaging.consuming.stalling import StallWatch
from linli_messaging.lanes.barrier import Barrier
from linli_messaging.loop.transaction import Transactor
from linli_messaging.loop.writer import Writer
from linli_messaging.outside.effects import EffectRunner, Feed, Sender, by_kind
from linli_messaging.partitions import METADATA_FOR_MS
from linli_messaging.producing.archiving import Archiver
from linli_messaging.producing.parking import ParkedTopic
from linli_messaging.producing.relay import Relay
from linli_messaging.queries import Queries
from linli_messaging.service_map import ServiceMap
from linli_messaging.topology import group_of
from linli_messaging.tracing import Tracing
from linli_rulebook import PolicyBook
from linli_rulebook.errors import RulebookError
from linli_rulebook.explaining import Conclusions

from linli_runtime.auth import Tokens
from linli_runtime.clock import AnyClock, SteppedClock, SystemClock
from linli_runtime.collecting import Collecting, spare_what_stays
from linli_runtime.database import open_reader, open_writer
from linli_runtime.effect_routes import effect_routes
from linli_runtime.founding import PolicyVersionError, WrongDeploymentError, found
from linli_runtime.http import build_app
from linli_runtime.logs import set_up_logs
from linli_runtime.metrics import Metrics
from linli_runtime.migrations import MigrationError
from linli_runtime.operating import operating_routes
from linli_runtime.reads import Reads
from linli_runtime.running import Running
from linli_runtime.settings import Settings, UnusableSettingsError, read_settings
from linli_runtime.why_routes import why_routes

MESSAGING_SQL = Path(linli_messaging.__file__).parent / "sql"
STOP_WITHIN_S = 10.0
PACK_BYTES = 256 * 1024
"""Records go to the broker in packs of this size: a quarter of what a request may have."""
PART_FAILED = 1
CANNOT_START = 2
REFUSALS = (
    UnusableSettingsError,
    MigrationError,
    WrongDeploymentError,
    PolicyVersionError,
    RulebookError,
    JoseError,
    KafkaError,
    asyncpg.PostgresError,
    OSError,
)
"""What a person has to mend before a process can start: told in one line, the stack only at DEBUG."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """What a service gives to become a process."""

    map: ServiceMap
    sql: Path
    router: Callable[[Reads], APIRouter]
    conclusions: Conclusions
    """What it concludes, for people, and the policy's entries behind it."""
    senders: Callable[[Tracing, Reads, PolicyBook, contextlib.AsyncExitStack], Iterable[Sender]] | None = None
    """Who carries out its outside effects, if it has any, given the traces that these stand in; the stack closes what
    they opened.
    """
    feeds: Callable[[str, Queries, AnyClock, PolicyBook], Iterable[Feed]] = lambda *_: ()
    """What makes effects of its own facts, given the deployment."""

    def queries(self) -> Queries:
        """The named queries of the service and of messaging."""
        return Queries.load(MESSAGING_SQL / "queries.sql", self.sql / "queries.sql")


def application(service: Service, reads: Reads | None = None) -> FastAPI:
    """The HTTP application; without ``reads`` only good for its OpenAPI document."""
    known = reads or Reads(pool=None, queries=service.queries())  # type: ignore[arg-type]  # never asked
    why = why_routes(service.map, known, service.conclusions)
    return build_app(service.map, [service.router(known), operating_routes(), effect_routes(), why])


def run(service: Service) -> None:
    """Run the process until it is told to stop; the environment says everything else.

    Ends with 0 when it was told to stop, 1 when a part of it failed, 2 when it cannot start (one line says why).
    """
    set_up_logs(service.map.name, "INFO")
    try:
        settings = read_settings()
    except UnusableSettingsError as error:
        log.critical("it cannot start: %s", error)
        sys.exit(CANNOT_START)
    set_up_logs(service.map.name, settings.log_level)
    code = uvloop.run(_serve(service, settings))
    if code:
        sys.exit(code)


class _Stop(asyncio.Event):
    """Set when the process is to end: it was told to, or a part of it ended by itself."""

    part_failed = False


async def _serve(service: Service, settings: Settings) -> int:
    stop = _Stop()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if settings.supervised:
        _watch_supervisor(loop, stop)
    async with contextlib.AsyncExitStack() as stack:
        starting = asyncio.create_task(_start(service, settings, stack, stop))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            log.info("stopping before it has started")
            await _cancelled(starting)
            return PART_FAILED if stop.part_failed else 0
        try:
            starting.result()
        except REFUSALS as error:
            log.critical("it cannot start: %s", error or repr(error), exc_info=log.isEnabledFor(logging.DEBUG))
            return CANNOT_START
        await stopping
        log.info("stopping")
        return PART_FAILED if stop.part_failed else 0


async def _cancelled(starting: "asyncio.Task[None]") -> None:
    """End the start wherever it is. Nothing has been taken yet, so a part that does not let go is left behind."""
    starting.cancel()
    _, late = await asyncio.wait({starting}, timeout=STOP_WITHIN_S)
    if late:
        log.error("the start does not end; the process does")
        logging.shutdown()
        os._exit(PART_FAILED)


async def _start(service: Service, settings: Settings, stack: contextlib.AsyncExitStack, stop: _Stop) -> None:
    name, queries = service.map.name, service.queries()
    policies = PolicyBook.load(settings.policy_dir)
    tokens = _tokens(settings)
    url = settings.database_url.get_secret_value()
    pool = await open_writer(url, name)
    stack.push_async_callback(_close, pool)
    read_url = settings.read_database_url
    reader = await open_reader(read_url.get_secret_value() if read_url else url, name)
    stack.push_async_callback(_close, reader)
    live_from = await found(pool, queries, service.map, service.sql, settings, policies)
    clock = await _clock(settings, pool, queries)
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap,
        acks="all",
        enable_idempotence=settings.kafka_idempotence,
        linger_ms=2,
        max_batch_size=PACK_BYTES,
        client_id=f"linli-{name}",
        metadata_max_age_ms=METADATA_FOR_MS,
        **_client_security(settings),
    )
    stack.push_async_callback(producer.stop)
    await producer.start()
    metrics = Metrics(name)
    remembered, barrier = Remembered(settings.remembered_states), Barrier(service.map.producers())
    transactor = Transactor(service.map, policies, queries, settings.tracing, clock.stepped, live_from, remembered)
    writer = Writer(service.map, pool, queries, transactor, clock, barrier, between_batches=Collecting().look)
    relay = Relay(name, settings.deployment, pool, queries, producer, clock)
    archiver = Archiver(pool, queries, clock, timedelta(days=settings.archive_after_days))
    broker = KafkaBroker(
        settings.bootstrap.split(","),  # FastStream takes a text for one address
        security=_broker_security(settings),
        client_id=group_of(name),
        metadata_max_age_ms=METADATA_FOR_MS,
        logger=logging.getLogger("faststream"),
        allow_auto_create_topics=False,  # a service may not: whoever sets the bus up does
        apply_types=False,  # its injection takes a thread a batch
    )
    shown = ParkedTopic(name, settings.deployment, producer)
    consumer = Consumer(
        broker, writer, relay, pool, queries, producer, settings.deployment, shown, settings.kafka_fetch_wait_ms,
        settings.kafka_session_timeout_ms,
    )  # fmt: skip
    consumer.subscribe()
    writer.on_commit += [relay.committed, metrics.committed, shown.committed]
    reads = Reads(reader, queries)
    effects = await _effects(service, url, writer, clock, policies, stack)
    if settings.otlp_endpoint:
        _trace(settings.otlp_endpoint, writer, effects, settings, stack)
    app = application(service, reads)
    app.state.tokens = tokens
    app.state.writer = writer
    app.state.policies = policies
    new_client = partial(
        AIOKafkaConsumer,
        bootstrap_servers=settings.bootstrap, enable_auto_commit=False, client_id=f"linli-{name}",
        **_client_security(settings),
    )  # fmt: skip
    running = Running(
        name, settings.deployment, writer, relay, consumer, archiver, clock, pool, queries, metrics,
        new_consumer=new_client, effects=effects,
    )  # fmt: skip
    await running.look_at_the_bus()
    app.state.running = running
    door = stack.enter_context(contextlib.closing(socket.create_server((settings.http_host, settings.http_port))))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # stopping is ours
    serving = server._serve([door])  # noqa: SLF001 - serve() would take the signals, which are ours
    parts = {
        "writer": writer.run(),
        "relay": relay.run(),
        "archiver": archiver.run(),
        "http": serving,
        **({"effects": effects.run()} if effects else {}),
    }
    watches = {
        "gaps": consumer.watch_gaps(),
        "stalls": StallWatch(consumer, new_client).watch(),
        **(
            {"clock": clock.follow(writer.retrying, running.look_at_the_clock)}
            if isinstance(clock, SteppedClock)
            else {}
        ),
    }
    working, watching = _tasks(parts, stop), _tasks(watches, stop)
    stack.push_async_callback(
        _stop, working, watching, [writer, relay, archiver, *([effects] if effects else [])], server
    )
    stack.push_async_callback(consumer.stop)
    stack.callback(_let_go, writer)
    await broker.start()
    spare_what_stays()
    log.info("started on port %s", settings.http_port)


def _trace(
    endpoint: str, writer: Writer, effects: EffectRunner | None, settings: Settings, stack: contextlib.AsyncExitStack
) -> None:
    """Have spans made of committed batches and of what is sent outside, by a process that is traced at all."""
    from linli_runtime.telemetry import Tracer  # noqa: PLC0415 - several MB that other processes do without

    tracer = Tracer.to(endpoint, writer.map.name, settings.tracing)
    stack.callback(tracer.close)
    writer.on_commit.append(tracer.committed)
    if effects is not None:
        effects.on_sent = tracer.sent


def _let_go(writer: Writer) -> None:
    """Records that wait for operators are given back first: the consumer's stop would wait for them in vain, and they
    were not acknowledged.
    """
    if writer.clogged or writer.suspended:
        writer.stop()


async def _effects(
    service: Service, url: str, writer: Writer, clock: AnyClock, policies: PolicyBook, stack: contextlib.AsyncExitStack
) -> EffectRunner | None:
    """The runner of the service's outside effects, told of commits; None where it has none.

    It reads where the loop writes: a replica may not know yet whom it was told to write to.
    """
    if service.senders is None:
        return None
    reader = await open_reader(url, service.map.name)
    stack.push_async_callback(_close, reader)
    tracing = writer.transactor.tracing
    senders = by_kind(service.senders(tracing, Reads(reader, writer.queries), policies, stack))
    tells = frozenset(entry.kind for entry in service.map.outcomes)
    feeds = tuple(service.feeds(tracing.deployment, writer.queries, clock, policies))
    runner = EffectRunner(writer.pool, writer.queries, clock, senders, tells, writer.look_for_ripe, feeds=feeds)
    writer.on_commit.append(runner.committed)
    return runner


def _tasks(parts: Mapping[str, Coroutine[Any, Any, None]], stop: _Stop) -> "list[asyncio.Task[None]]":
    tasks = [asyncio.create_task(work, name=title) for title, work in parts.items()]
    for task in tasks:
        task.add_done_callback(lambda done: _ended(done, stop))
    return tasks


async def _stop(
    working: "list[asyncio.Task[None]]",
    watching: "list[asyncio.Task[None]]",
    parts: "Iterable[Writer | Relay | Archiver | EffectRunner]",
    server: uvicorn.Server,
) -> None:
    """The group is left already (the broker stopped first): finish the batch, publish it, close the door. Who only
    watches has nothing to finish.
    """
    server.should_exit = True
    for part in parts:
        part.stop()
    await asyncio.wait(working, timeout=STOP_WITHIN_S)
    for task in (*working, *watching):
        task.cancel()
    await asyncio.gather(*working, *watching, return_exceptions=True)


def _ended(task: "asyncio.Task[None]", stop: _Stop) -> None:
    """A part that ends by itself takes the process down: a supervisor starts a sound one."""
    failure = _failure(task)
    if failure is not None:
        log.error("%s ended: %s", task.get_name(), failure)
        stop.part_failed = True
        stop.set()


def _failure(task: "asyncio.Task[None]") -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None


def _tokens(settings: Settings) -> Tokens:
    try:
        return Tokens.from_pem(settings.public_key_pem(), settings.jwt_issuer, settings.jwt_audience)
    except (ValueError, JoseError) as error:
        raise UnusableSettingsError(
            "LINLI_JWT_PUBLIC_KEY: neither a public key in PEM nor a file that holds one"
        ) from error


async def _clock(settings: Settings, pool: asyncpg.Pool, queries: Queries) -> AnyClock:
    if settings.clock == "system":
        return SystemClock()
    clock = SteppedClock(pool, queries)
    await clock.read()
    return clock


async def _close(pool: asyncpg.Pool) -> None:
    try:
        await asyncio.wait_for(pool.close(), STOP_WITHIN_S)
    except TimeoutError:
        pool.terminate()


def _client_security(settings: Settings) -> dict[str, str]:
    if settings.kafka_security == "plaintext":
        return {}
    return {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": settings.kafka_username,
        "sasl_plain_password": settings.kafka_password.get_secret_value(),
    }


def _broker_security(settings: Settings) -> SASLScram512 | None:
    if settings.kafka_security == "plaintext":
        return None
    return SASLScram512(settings.kafka_username, settings.kafka_password.get_secret_value(), use_ssl=False)


def _watch_supervisor(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Stop when standard input ends: the supervisor holds its other end and is gone, however it died."""

    def readable() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            loop.remove_reader(sys.stdin.fileno())
            stop.set()

    loop.add_reader(sys.stdin.fileno(), readable)
