"""A data directory for one run, removed with everything in it when the run is over."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from linli_cli.stack.home import Home


@contextmanager
def scratch_home() -> Iterator[Home]:
    """A home of its own for the block."""
    path = Path(tempfile.mkdtemp(prefix="linli-"))
    try:
        yield Home(path)
    finally:
        shutil.rmtree(path, ignore_errors=True)
