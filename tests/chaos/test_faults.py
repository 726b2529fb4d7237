"""The short set of faults, on an Apache Kafka of its own: the books stay equal; all of them are `make chaos`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chaos.conftest import NEEDS_KAFKA, SEED, SIZE
from tests.chaos.faults import FAULTS
from tests.chaos.trial import Chaos

pytestmark = NEEDS_KAFKA
SHORT = ("kill-storm", "lost-tail", "postgres-killed", "bus-wiped", "repartitioned")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chaos(directory: Path) -> AsyncIterator[Chaos]:
    """A calm world and one to strike, for the whole file."""
    async with Chaos(directory, SEED, SIZE) as made:
        yield made


@pytest.mark.rule("OPS-01", "OPS-02", "OPS-03")
@pytest.mark.parametrize("fault", SHORT)
@pytest.mark.asyncio(loop_scope="module")
async def test_the_books_are_those_of_the_calm_world(chaos: Chaos, fault: str) -> None:
    result = await chaos.trial(FAULTS[fault])
    assert result.sound, str(result)
