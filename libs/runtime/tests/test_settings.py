"""A setting that is missing or wrong is named in one line, and no value is repeated: it may be a secret."""

import subprocess
import sys

import pytest
from linli_messaging.tracing import Tracing
from linli_runtime.settings import UnusableSettingsError, read_settings

RIGHT = {
    "DATABASE_URL": "postgresql://u:hush@127.0.0.1/linli", "BOOTSTRAP": "127.0.0.1:9", "DEPLOYMENT": "d1",
    "POLICY_DIR": ".", "HTTP_PORT": "8080", "JWT_PUBLIC_KEY": "-----BEGIN PUBLIC KEY-----",
}  # fmt: skip


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in RIGHT.items():
        monkeypatch.setenv(f"LINLI_{name}", value)
    return monkeypatch


def test_settings_come_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    read = read_settings()
    assert (read.deployment, read.http_port, read.clock) == ("d1", 8080, "system")
    assert "hush" not in repr(read)


@pytest.mark.rule("OPS-01")
@pytest.mark.parametrize(("collector", "share"), [(None, 0.0), ("http://collector:4318", 0.5)])
def test_a_process_without_a_collector_records_no_trace(
    environment: pytest.MonkeyPatch, collector: str | None, share: float
) -> None:
    environment.setenv("LINLI_TRACE_SHARE", "0.5")
    if collector:
        environment.setenv("LINLI_OTLP_ENDPOINT", collector)
    assert read_settings().tracing == Tracing("d1", share)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PORT", "hush"),
        ("HTTP_PORT", "0"),
        ("CLOCK", "hush"),
        ("DEPLOYMENT", "hush/hush"),
        ("TRACE_SHARE", "9"),
        ("JWT_ISSUER", ""),
        ("JWT_AUDIENCE", ""),
    ],
)
def test_a_wrong_setting_is_named(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(f"LINLI_{name}", value)
    with pytest.raises(UnusableSettingsError, match=f"LINLI_{name}: ") as refused:
        read_settings()
    assert "hush" not in str(refused.value)


def test_a_process_without_settings_says_so_in_one_line() -> None:
    """Given an empty environment, when a service starts, then one line names what is missing, and it ends with 2."""
    program = "from linli_runtime.process import run; import linli_loyalty.main as m; run(m.SERVICE)"
    done = subprocess.run([sys.executable, "-c", program], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "LINLI_DATABASE_URL: Field required" in line
    assert "Traceback" not in line
