"""What intake alone is told from outside: the pepper of the contact digests."""

import os
from functools import lru_cache


@lru_cache(maxsize=1)
def contact_pepper() -> bytes:
    """The deployment's own key for contact digests, from LINLI_CONTACT_PEPPER; read once, it must never change.

    Without it the digests still find a person again, but whoever holds the table could try all phone numbers.
    """
    return os.environ.get("LINLI_CONTACT_PEPPER", "").encode()
