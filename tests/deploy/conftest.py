"""What tests of the deployment share: a Postgres of their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from linli_embedded.postgres import Postgres


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Postgres]:
    """Roles belong to a whole server, and other tests make the same ones."""
    postgres = Postgres(tmp_path / "pg", durable=False)
    await postgres.start()
    yield postgres
    await postgres.destroy()
