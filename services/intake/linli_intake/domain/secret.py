"""The secret with which a customer sees their own case without logging in (INT-15): it follows from the case, by a key.

It is told with every answer and stored nowhere, so that nobody who reads the database can open a case.
"""

import hashlib
import hmac


def secret_of(case_id: str, key: bytes) -> str:
    """The secret of a case: 96 bits as hex digits. `key` is the deployment's own and known to intake alone."""
    return hmac.new(key, f"status|{case_id}".encode(), hashlib.sha256).hexdigest()[:24]


def opens(secret: str, case_id: str, key: bytes) -> bool:
    """Whether the secret fits the case; takes as long for a wrong one as for the right one."""
    return hmac.compare_digest(secret_of(case_id, key).encode(), secret.encode())
