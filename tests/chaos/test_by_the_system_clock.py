"""By the system clock commands and clocks wait for what others were told to have told, and no conductor moves time."""

from pathlib import Path

import pytest

from tests.chaos.conftest import NEEDS_KAFKA, SEED, SIZE
from tests.chaos.faults import FAULTS
from tests.chaos.trial import Chaos

pytestmark = NEEDS_KAFKA


@pytest.mark.rule("OPS-01", "OPS-02")
@pytest.mark.asyncio
async def test_the_books_are_those_of_the_calm_world(directory: Path) -> None:
    async with Chaos(directory, SEED, SIZE, clock="system") as chaos:
        result = await chaos.trial(FAULTS["kill-storm"])
    assert result.sound, str(result)
