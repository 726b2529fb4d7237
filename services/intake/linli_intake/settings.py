"""What intake alone is told from outside: the key of everything about customers that must not be guessed."""

import os
from functools import lru_cache
from typing import Final

NAME: Final = "LINLI_CUSTOMER_KEY"


@lru_cache(maxsize=1)
def customer_key() -> bytes:
    """The deployment's own key for contact digests and customers' secrets; read once, it must never change.

    Empty when the environment lacks it: good for tests of the rules only, so the process refuses to start without.
    """
    return os.environ.get(NAME, "").encode()
