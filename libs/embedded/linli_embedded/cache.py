"""Where downloaded or copied programs are kept for later runs; nothing in it is missed when it is deleted."""

import os
from pathlib import Path


def cache_dir() -> Path:
    """Name the user's cache: LINLI_CACHE_DIR, else `linli` in XDG_CACHE_HOME, else in `~/.cache`. It may not exist
    yet.
    """
    own = os.environ.get("LINLI_CACHE_DIR")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "linli"
