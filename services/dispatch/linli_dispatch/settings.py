"""What dispatch alone is told from outside: the key that partners' webhooks are signed by, and where they may lead."""

import base64
import hashlib
import hmac
from functools import lru_cache

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class WebhookSettings(BaseSettings):
    """See docs/running.md for each name with its meaning."""

    model_config = SettingsConfigDict(env_prefix="LINLI_WEBHOOK_", extra="ignore", frozen=True, env_ignore_empty=True)

    key: SecretStr = SecretStr("")
    """What each webhook's secret follows from; it must never change. Empty: no webhook can be registered."""
    private: bool = False
    """Plain HTTP and addresses of our own network are allowed: for a Linli on one machine, never in production."""


@lru_cache(maxsize=1)
def webhook_settings() -> WebhookSettings:
    """Read once."""
    return WebhookSettings()


def secret_of(webhook_id: str) -> str:
    """The secret of a webhook in the form of Standard Webhooks; it follows from the key and is stored nowhere."""
    key = webhook_settings().key.get_secret_value().encode()
    return (
        "whsec_" + base64.b64encode(hmac.new(key, f"webhook|{webhook_id}".encode(), hashlib.sha256).digest()).decode()
    )
