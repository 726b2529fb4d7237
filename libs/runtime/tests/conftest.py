"""A key pair, signed tokens and a small application for the tests of the runtime."""

from collections.abc import Callable

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from linli_runtime.clock import SystemClock

Sign = Callable[..., str]


@pytest.fixture(scope="session")
def key() -> RSAKey:
    """The deployment's key pair."""
    return RSAKey.generate_key(2048)


@pytest.fixture(scope="session")
def sign(key: RSAKey) -> Sign:
    """Signs a token with these claims over the usual ones; ``without`` leaves some out."""

    def signed(*, alg: str = "RS256", by: RSAKey | None = None, without: tuple[str, ...] = (), **claims: object) -> str:
        usual = {"sub": "somebody", "scope": "*", "exp": SystemClock().now().timestamp() + 60} | claims
        return jwt.encode(
            {"alg": alg}, {k: v for k, v in usual.items() if k not in without}, by or key, algorithms=[alg]
        )

    return signed
