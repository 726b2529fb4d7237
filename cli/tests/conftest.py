"""Every test hears both languages, whatever this machine speaks, and imports what lies beside it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from linli_cli.language import Language, choose

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _both_languages() -> Iterator[None]:
    choose(Language.BOTH)
    yield
    choose(None)
