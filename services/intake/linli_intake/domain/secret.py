"""The secret with which a customer sees their own case without logging in (INT-15). Only its digest is ever stored."""

import hashlib
import hmac


def secret_of(random_ref: str) -> str:
    """The secret of the case that a command opens: 96 random bits, as hex digits."""
    return random_ref


def digest_of(secret: str) -> str:
    """What is stored. A plain digest is enough: 96 random bits cannot be tried out."""
    return hashlib.sha256(f"status|{secret}".encode()).hexdigest()


def opens(secret: str, stored: str | None) -> bool:
    """Whether the secret fits; takes as long for an unknown case (None) and a wrong secret as for the right one."""
    return hmac.compare_digest(digest_of(secret), stored or digest_of("")) and stored is not None
