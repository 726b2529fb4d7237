"""The environment of a service process: its own settings, and nothing of ours that could lead it astray."""

import os
import secrets
from collections.abc import Mapping
from typing import Final

from linli_contracts.topics import DISPATCH, INTAKE
from linli_embedded.ports import LOOPBACK
from linli_runtime.mail import MailSettings

from linli_cli.client.tokens import DEMANDED
from linli_cli.places import policy_dir
from linli_cli.stack.database import Addresses
from linli_cli.stack.home import ClockKind, Home

_PREFIX: Final = "LINLI_"
GATEWAY_URL: Final = "LINLI_GATEWAY_URL"
_PASSED_ON: Final = (
    "LINLI_OTLP_ENDPOINT", "LINLI_LOG_LEVEL", GATEWAY_URL, "LINLI_GATEWAY_SECRET", "LINLI_GATEWAY_REPEATS",
    *(f"LINLI_MAIL_{name.upper()}" for name in MailSettings.model_fields), *DEMANDED.values(),
)  # fmt: skip
"""What a person may set for all services by setting it for us."""


def environment_of(
    service: str,
    *,
    home: Home,
    deployment: str,
    clock: ClockKind,
    port: int,
    databases: Addresses,
    gateway: Mapping[str, str] | None,
    more: Mapping[str, str],
) -> dict[str, str]:
    """The environment for one service; `more` goes over everything else. `gateway`: the embedded one, for intake."""
    settings = {
        "DATABASE_URL": databases.workers[service],
        "OWNER_DATABASE_URL": databases.owners[service],
        "DEPLOYMENT": deployment,
        "CLOCK": clock,
        "POLICY_DIR": str(policy_dir().absolute()),
        "HTTP_HOST": LOOPBACK,
        "HTTP_PORT": str(port),
        "JWT_PUBLIC_KEY": str(home.public_key),
        **({"CUSTOMER_KEY": key_of(home, "customer-key"), **(gateway or {})} if service == INTAKE else {}),
        **({"WEBHOOK_KEY": key_of(home, "webhook-key"), "WEBHOOK_PRIVATE": "true"} if service == DISPATCH else {}),
        **more,
    }
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(_PREFIX) or name in _PASSED_ON
    }
    return inherited | {"PYTHONUNBUFFERED": "1"} | {f"{_PREFIX}{name}": value for name, value in settings.items()}


def key_of(home: Home, name: str) -> str:
    """A key of the deployment's own, made once, for another would know nobody again: `customer-key`, which digests of
    contacts and customers' secrets follow from, and `webhook-key`, which partners' secrets follow from.
    """
    path = home.path / name
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(f"{secrets.token_hex(32)}\n", encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()
