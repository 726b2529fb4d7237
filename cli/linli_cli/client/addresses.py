"""Where services are that `linli up` did not start: in containers, in a cluster."""

import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from linli_contracts.topics import SERVICES

from linli_cli.complaint import Complaint

ADDRESSES_VARIABLE: Final = "LINLI_SERVICES"
"""`intake=https://intake.example.org,dispatch=…`, all services; the key of tokens is then the data directory's."""


def named_addresses() -> Mapping[str, str] | None:
    """The URL of each service, from the environment; None where it names none; a complaint where it is no such list."""
    named = os.environ.get(ADDRESSES_VARIABLE, "").strip()
    if not named:
        return None
    pairs = [part.strip().partition("=") for part in named.split(",")]
    addresses = {service: url.rstrip("/") for service, _, url in pairs}
    if len(pairs) != len(SERVICES) or addresses.keys() != {*SERVICES} or not all(map(_is_address, addresses.values())):
        wanted = ",".join(f"{service}=https://…" for service in SERVICES)
        raise Complaint(
            f"{ADDRESSES_VARIABLE} 须列出全部服务的地址：{wanted}",
            f"{ADDRESSES_VARIABLE} must have the address of every service: {wanted}",
        )
    return addresses


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and parts.port != 0
            and not parts.query
            and not parts.fragment
        )
    except ValueError:
        return False
