"""Policies written for one test, and the policy that the repository ships."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from linli_rulebook import Calendar, Policy, PolicyBook

from libs.rulebook.tests.desks import desk

ROOT = Path(__file__).resolve().parents[3]

AREAS = ("calendar", "intake", "dispatch", "clocks", "blueprints", "storm", "followup", "warranty", "loyalty")

SHANGHAI = ZoneInfo("Asia/Shanghai")

WritePolicy = Callable[..., Path]
Local = Callable[[str], datetime]


@pytest.fixture
def policy_directory(tmp_path: Path) -> Path:
    return tmp_path / "policy"


@pytest.fixture
def write_policy(policy_directory: Path) -> WritePolicy:
    """Writes version `name`: TOML by file (`group__intake`, `regions__east`); areas that are not given are empty."""

    def write(name: str = "1", effective_from: str = "2000-01-01T00:00:00+08:00", **files: str) -> Path:
        folder = policy_directory / name
        about = f'id = "{name}"\neffective_from = {effective_from}\nnote = {{ zh = "测试", en = "test" }}\n'
        contents = {"version": about} | {f"group/{area}": "" for area in AREAS}
        contents |= {path.replace("__", "/"): text for path, text in files.items()}
        for path, text in contents.items():
            file = folder / f"{path}.toml"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return policy_directory

    return write


@pytest.fixture(scope="session")
def shipped() -> Policy:
    """The group's policy of the version that the repository ships."""
    return PolicyBook.load(ROOT / "policy").policy("2000.1")


@pytest.fixture(scope="session")
def local() -> Local:
    """`2026-02-14 17:30` on a clock in Shanghai, as an instant in UTC."""

    def instant(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)

    return instant


@pytest.fixture(scope="module")
def office() -> Calendar:
    """Working days 08:30-17:30, as the departments."""
    return desk("08:30-17:30")


@pytest.fixture(scope="module")
def lunch() -> Calendar:
    """Working days with a break from 12:00 to 13:30."""
    return desk("08:30-12:00", "13:30-17:30")


@pytest.fixture(scope="module")
def complaints() -> Calendar:
    """Every day 08:00-17:30."""
    return desk("08:00-17:30", days="every_day")
