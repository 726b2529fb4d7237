"""What the short trials share; each file of them is for one process of tests, so that they go side by side."""

from pathlib import Path
from typing import Final

import pytest
from linli_embedded.kafka_jars import what_is_missing

from tests.chaos.load import Size

SEED: Final = 1
SIZE: Final = Size(estates=3, cases=3, stages=3)
NEEDS_KAFKA: Final = pytest.mark.skipif(
    what_is_missing() is not None, reason=f"Apache Kafka can't run: {what_is_missing()}"
)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where worlds live: their Postgres, another user, passes through it."""
    directory = tmp_path_factory.mktemp("chaos")
    for each in (directory, directory.parent):
        each.chmod(0o711)
    return directory
