"""The short set of faults, on an Apache Kafka of its own: the books stay equal; all of them are `make chaos`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from linli_embedded.kafka_jars import what_is_missing

from tests.chaos.faults import FAULTS
from tests.chaos.load import Size
from tests.chaos.trial import Chaos

pytestmark = pytest.mark.skipif(what_is_missing() is not None, reason=f"Apache Kafka can't run: {what_is_missing()}")
SHORT = ("kill-storm", "lost-tail", "postgres-killed", "bus-wiped", "repartitioned")
SEED = 1
SIZE = Size(estates=3, cases=3, stages=3)


def _directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("chaos")
    for each in (directory, directory.parent):
        each.chmod(0o711)
    return directory


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chaos(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chaos]:
    """A calm world and one to strike, for the whole file."""
    async with Chaos(_directory(tmp_path_factory), SEED, SIZE) as made:
        yield made


@pytest.mark.rule("OPS-01", "OPS-02", "OPS-03")
@pytest.mark.parametrize("fault", SHORT)
@pytest.mark.asyncio(loop_scope="module")
async def test_the_books_are_those_of_the_calm_world(chaos: Chaos, fault: str) -> None:
    result = await chaos.trial(FAULTS[fault])
    assert result.sound, str(result)


@pytest.mark.rule("OPS-01", "OPS-02")
@pytest.mark.asyncio
async def test_the_books_are_those_of_the_calm_world_by_the_system_clock(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """There commands and clocks wait for what others were told to have told, and nothing waits for a conductor."""
    async with Chaos(_directory(tmp_path_factory), SEED, SIZE, clock="system") as chaos:
        result = await chaos.trial(FAULTS["kill-storm"])
    assert result.sound, str(result)
