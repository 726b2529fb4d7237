"""What intake alone is told from outside: the key of everything about customers that must not be guessed, and the
gateway that its messages go through.
"""

import os
from functools import lru_cache
from typing import Final

from linli_messaging.outside.intent import Repeats
from linli_runtime.outside import is_header_value
from pydantic import Field, HttpUrl, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

NAME: Final = "LINLI_CUSTOMER_KEY"


@lru_cache(maxsize=1)
def customer_key() -> bytes:
    """The deployment's own key for contact digests and customers' secrets; read once, it must never change.

    Empty when the environment lacks it: good for tests of the rules only, so the process refuses to start without.
    """
    return os.environ.get(NAME, "").encode()


class GatewaySettings(BaseSettings):
    """Where messages go (INT-16); see docs/running.md for each name with its meaning."""

    model_config = SettingsConfigDict(env_prefix="LINLI_GATEWAY_", extra="ignore", frozen=True, env_ignore_empty=True)

    url: HttpUrl | None = None
    """Where messages are posted. None: this deployment sends none, and each one fails as ``no_gateway``."""
    secret: SecretStr = SecretStr("")
    """The bearer token that the gateway knows us by."""
    repeats: Repeats = Field(default="neither")
    """What the gateway makes of the same Idempotency-Key twice; without knowledge the safe answer."""

    @field_validator("secret")
    @classmethod
    def _may_be_sent(cls, secret: SecretStr) -> SecretStr:
        """A bearer token has no blank in it, and no header may have a line end: refused here, not a day later."""
        value = secret.get_secret_value()
        if not is_header_value(value) or " " in value:
            raise ValueError("must be printable ASCII without blanks and line ends")
        return secret

    @field_validator("url")
    @classmethod
    def _holds_no_secret(cls, url: HttpUrl | None) -> HttpUrl | None:
        """The secret has a setting of its own."""
        if url is not None and (url.username or url.password or url.fragment):
            raise ValueError("must have no user, password or fragment")
        return url
