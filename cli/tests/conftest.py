"""Every test hears both languages, whatever this machine speaks."""

from collections.abc import Iterator

import pytest
from linli_cli.language import Language, choose


@pytest.fixture(autouse=True)
def _both_languages() -> Iterator[None]:
    choose(Language.BOTH)
    yield
    choose(None)
