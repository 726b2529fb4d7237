"""Access tokens: the key pair of a deployment, and tokens signed with it (RS256: sub, scope, org, contractor).

Where the environment names the issuer or the audience that the services demand, they are in every token.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from linli_runtime.clock import SystemClock

from linli_cli.complaint import Complaint

EVERYTHING: Final = "*"
"""The scope that holds all others; only for the one who runs the deployment."""
LIFETIME_S: Final = 12 * 3600
"""A working day with some room: `linli token` is pasted into tools by people, who should not keep it longer."""
_KEY_BITS: Final = 2048
DEMANDED: Final = {"iss": "LINLI_JWT_ISSUER", "aud": "LINLI_JWT_AUDIENCE"}
"""The claims that a deployment may demand, by the variable that names each, to a service as to us."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a token speaks for, and what it may do."""

    sub: str
    scopes: tuple[str, ...] = (EVERYTHING,)
    org: str = "group"
    contractor: str | None = None


def make_key_pair(private: Path, public: Path) -> None:
    """Have a key pair in these files; one that is there is kept."""
    if private.exists() and public.exists():
        return
    key = RSAKey.generate_key(_KEY_BITS)
    private.parent.mkdir(parents=True, exist_ok=True)
    private.unlink(missing_ok=True)
    descriptor = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.as_pem(private=True))
    public.write_bytes(key.as_pem(private=False))


class TokenSigner:
    """Signs tokens with a deployment's private key."""

    def __init__(self, private_key: Path) -> None:
        """Read the key; a complaint when it can't be read."""
        try:
            self._key = RSAKey.import_key(private_key.read_bytes())
            self._key.check_key_op("sign")  # the public one lies beside it
        except (OSError, ValueError, JoseError) as error:
            raise Complaint(f"无法读取签名密钥 {private_key}", f"the token key {private_key} can't be read") from error

    def mint(
        self,
        scopes: Iterable[str] = (EVERYTHING,),
        org: str = "group",
        contractor: str | None = None,
        sub: str = "linli-cli",
        lifetime_s: int = LIFETIME_S,
    ) -> str:
        """A token that is valid from now for `lifetime_s` seconds."""
        now = int(SystemClock().now().timestamp())
        claims = {"sub": sub, "scope": " ".join(scopes), "org": org, "iat": now, "exp": now + lifetime_s}
        claims |= {claim: os.environ[name] for claim, name in DEMANDED.items() if os.environ.get(name)}
        if contractor is not None:
            claims["contractor"] = contractor
        return jwt.encode({"alg": "RS256"}, claims, self._key)
