"""The pytest plugin: real machines as fixtures, started when the first test needs them and shared by the whole run.

Fixtures: `postgres`, `databases`, `database`, `module_database`, `broker`, `embedded_broker`, `deployment`, `clock`.
Markers: `kafka_only` (skips loudly unless the broker is Apache Kafka) and `rule`. The end of the run says which
machines it used. Variables: LINLI_TEST_BROKER (auto, kafka, embedded or host:port) and LINLI_REQUIRE_KAFKA=1
(anything but Apache Kafka is an error).
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import uvloop
from hypothesis import HealthCheck, settings
from linli_embedded.kafka_jars import KAFKA_VERSION
from linli_embedded.postgres_server import PostgresServer
from linli_embedded.security import Security

from linli_testkit.clock import HandClock
from linli_testkit.databases import Database, Databases, blocking
from linli_testkit.docker import docker_seems_there
from linli_testkit.shared import Machines, run_directory

_MACHINES: Final = pytest.StashKey[Machines]()
_USED: Final = pytest.StashKey[dict[str, str]]()
_LOUD: Final = "kafka_only: "
_FIRST: Final = pytest.StashKey[bool]()
_RUN_VARIABLE: Final = "LINLI_TEST_RUN"
"""Names the run, so that its workers, and a pytest that a test starts, share its machines."""
_OUTPUT: Final = "linli_machines"


@dataclass(frozen=True, slots=True)
class TestBroker:
    """The run's broker: where it is, what it is, and how to make topics on it. Others use it too: prefix your
    topics.
    """

    __test__ = False

    bootstrap: str
    kind: str
    admin: Security = field(default_factory=Security)

    @property
    def is_apache_kafka(self) -> bool:
        """Whether it is the real thing."""
        return self.kind.startswith("Apache Kafka")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers and name the run, for this process and its workers; nothing is started yet.

    Hypothesis measures no time: how long an example takes says how busy the machine is, and fails one law or another.
    """
    config.addinivalue_line("markers", "kafka_only: what only Apache Kafka can show; skips loudly on another broker")
    config.addinivalue_line("markers", "rule(*ids): the rules of the rulebook that a test shows, by id")
    settings.register_profile("linli", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("linli")
    config.stash[_USED] = {}
    config.stash[_FIRST] = _RUN_VARIABLE not in os.environ
    run = os.environ.setdefault(_RUN_VARIABLE, f"{os.getpid()}-{secrets.token_hex(4)}")
    config.stash[_MACHINES] = Machines(run_directory(run))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let go of the machines; the process that named the run waits until they are gone."""
    machines = config.stash[_MACHINES]
    machines.release()
    if config.stash[_FIRST]:
        machines.wait_for_end()
        del os.environ[_RUN_VARIABLE]


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tests run on the event loop that services run on."""
    return {"uvloop": uvloop.new_event_loop}


def pytest_report_header(config: pytest.Config) -> str:
    """Say what a test that asks for a broker will get."""
    chosen = os.environ.get("LINLI_TEST_BROKER", "auto")
    docker = "Docker seems there" if docker_seems_there() else "no Docker"
    missing = [program for program in ("java", "mvn") if shutil.which(program) is None]
    kafka = f"no {' and no '.join(missing)}" if missing else f"Java and Maven for Apache Kafka {KAFKA_VERSION}"
    return f"linli: broker {chosen}; {docker}; {kafka}; the summary says what was used"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked `kafka_only` on another broker, or fail it where Apache Kafka is required."""
    if item.get_closest_marker("kafka_only") is None:
        return
    found = _broker(item.config)
    if not found.is_apache_kafka:
        pytest.skip(f"{_LOUD}the broker is {found.kind}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what this process used to the one that writes the summary."""
    used = session.config.stash[_MACHINES].used
    session.config.stash[_USED].update(used)
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[_OUTPUT] = used


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:  # noqa: ANN401 - pytest-xdist's, if it is there
    """Take over what a worker used."""
    node.config.stash[_USED].update(getattr(node, "workeroutput", {}).get(_OUTPUT, {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which machines were used, and loudly what was left untested for want of Apache Kafka."""
    used = terminalreporter.config.stash[_USED]
    if used:
        terminalreporter.section("linli: machines used")
        for name, kind in sorted(used.items()):
            terminalreporter.line(f"{name}: {kind}")
    skipped = terminalreporter.stats.get("skipped", [])
    untested = [report for report in skipped if isinstance(report.longrepr, tuple) and _LOUD in report.longrepr[2]]
    if untested:
        terminalreporter.section("NOT TESTED: needs Apache Kafka", red=True, bold=True)
        for report in untested:
            terminalreporter.line(f"{report.nodeid}  ({report.longrepr[2]})", red=True)


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> PostgresServer:
    """The run's Postgres: in a container where Docker is, else embedded. Make your databases with `databases`."""
    told = pytestconfig.stash[_MACHINES].use("postgres")
    return PostgresServer.from_dsn(told["dsn"], told["kind"])


@pytest.fixture(scope="session")
def databases(postgres: PostgresServer) -> Databases:
    """Makes databases, for fixtures that need a template or several; they go with the run's Postgres at the latest."""
    return Databases(postgres)


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    """An empty database of the test's own, dropped afterwards."""
    with _fresh(databases) as database:
        yield database


@pytest.fixture(scope="module")
def module_database(databases: Databases) -> Iterator[Database]:
    """An empty database of the module's own, dropped afterwards."""
    with _fresh(databases) as database:
        yield database


@pytest.fixture(scope="session")
def broker(pytestconfig: pytest.Config) -> TestBroker:
    """The run's broker: a container where Docker is, else Apache Kafka by Java, else the embedded one."""
    return _broker(pytestconfig)


@pytest.fixture(scope="session")
def embedded_broker(pytestconfig: pytest.Config) -> TestBroker:
    """The run's embedded broker, whatever else could be had."""
    told = pytestconfig.stash[_MACHINES].use("embedded-broker")
    return TestBroker(told["bootstrap"], told["kind"])


@pytest.fixture
def deployment() -> str:
    """A name that no other test has: prefix topics and consumer groups with it."""
    return f"t{secrets.token_hex(4)}"


@pytest.fixture
def clock() -> HandClock:
    """A clock that stands still until the test sets it."""
    return HandClock()


def _broker(config: pytest.Config) -> TestBroker:
    told = config.stash[_MACHINES].use("broker")
    found = TestBroker(told["bootstrap"], told["kind"])
    if os.environ.get("LINLI_REQUIRE_KAFKA") == "1" and not found.is_apache_kafka:
        pytest.fail(f"LINLI_REQUIRE_KAFKA=1, but the broker is {found.kind}", pytrace=False)
    return found


@contextmanager
def _fresh(databases: Databases) -> Iterator[Database]:
    database = blocking(databases.fresh())
    yield database
    blocking(databases.drop(database))
