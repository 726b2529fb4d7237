"""The plugin gives a whole run one machine of each kind, says which it was, is loud about what it could not test,
and leaves nothing.
"""

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

_INI = """
    [pytest]
    asyncio_mode = auto
    asyncio_default_fixture_loop_scope = function
    filterwarnings = error
"""
_TESTS = """
    import os
    import pytest

    @pytest.mark.parametrize("n", range(4))
    def test_database(postgres, database, embedded_broker, n, tmp_path_factory):
        print(f"machines={postgres.port},{embedded_broker.bootstrap}")
        print(f"worker={os.environ.get('PYTEST_XDIST_WORKER')}")
        assert database.name in database.dsn

    @pytest.mark.kafka_only
    def test_needs_kafka(broker):
        raise AssertionError("never gets here")
"""


def run_pytest(directory: Path, *arguments: str, tests: str = _TESTS, **variables: str) -> str:
    (directory / "pytest.ini").write_text(textwrap.dedent(_INI))
    (directory / "test_it.py").write_text(textwrap.dedent(tests))
    # A run of its own, which shares nothing with the one that this test belongs to.
    env = {key: value for key, value in os.environ.items() if not key.startswith(("LINLI_", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", *arguments],
        cwd=directory,
        env=env | {"LINLI_TEST_BROKER": "embedded", "TMPDIR": str(directory)} | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def test_workers_share_machines_and_leave_nothing(tmp_path: Path) -> None:
    output = run_pytest(tmp_path, "-n", "2")
    assert "4 passed, 1 skipped" in output
    assert set(re.findall(r"worker=(\S+)", output)) == {"gw0", "gw1"}
    assert len(set(re.findall(r"machines=(\S+)", output))) == 1
    assert re.search(r"^postgres: embedded PostgreSQL", output, re.MULTILINE)
    assert re.search(r"^embedded-broker: embedded \(Tansu", output, re.MULTILINE)
    assert "NOT TESTED: needs Apache Kafka" in output
    assert re.search(r"^test_it.py::test_needs_kafka .*the broker is embedded", output, re.MULTILINE)
    assert not list(tmp_path.glob("linli-test-*"))


def test_absence_of_kafka_is_an_error_where_it_is_required(tmp_path: Path) -> None:
    output = run_pytest(tmp_path, "-k", "needs_kafka", LINLI_REQUIRE_KAFKA="1")
    assert "LINLI_REQUIRE_KAFKA=1, but the broker is embedded" in output
    assert "1 error" in output


def test_machine_that_cannot_start_says_why(tmp_path: Path) -> None:
    output = run_pytest(tmp_path, "-k", "needs_kafka", LINLI_TEST_BROKER="kafak")
    assert "broker could not be started" in output
    assert "'kafak' is none of auto" in output


def test_run_that_is_killed_leaves_no_machine(tmp_path: Path) -> None:
    tests = """
        import os, signal
        def test_dies(embedded_broker):
            os.kill(os.getpid(), signal.SIGKILL)
    """
    run_pytest(tmp_path, tests=tests)
    [run] = tmp_path.glob("linli-test-*")
    deadline = time.monotonic() + 20
    while (run / "embedded-broker").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not (run / "embedded-broker.json").exists()


@pytest.mark.parametrize("signal_number", [signal.SIGINT])
def test_interrupted_run_leaves_nothing(tmp_path: Path, signal_number: int) -> None:
    tests = f"""
        import os, signal
        def test_interrupted(embedded_broker):
            # Where this run is in the background of a shell, interrupts are ignored, and the child inherits that.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.kill(os.getpid(), {int(signal_number)})
            signal.pause()
    """
    assert "KeyboardInterrupt" in run_pytest(tmp_path, tests=tests)
    assert not list(tmp_path.glob("linli-test-*"))


_LAW = """
    import time
    from hypothesis import given, settings, strategies as st

    stalls = iter([0.4])

    @settings(max_examples=3)
    @given(st.integers())
    def test_law(n):
        time.sleep(next(stalls, 0))
"""


def test_a_law_does_not_fail_because_the_machine_was_busy(tmp_path: Path) -> None:
    """Given an example that takes long once, as on a machine that does other work, then no law is broken."""
    output = run_pytest(tmp_path, tests=_LAW)
    assert "1 passed" in output
