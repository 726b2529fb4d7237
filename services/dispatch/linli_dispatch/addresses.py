"""Addresses that a partner may name: judged by their form alone."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

_LONGEST_URL: Final = 500
_LONGEST_PART: Final = 63
"""Characters between two full stops of a name (RFC 1035); nothing else can be looked up."""


def may_be_told(url: str, *, private: bool) -> bool:
    """Whether webhooks may lead there: https and a name of the internet. `private`: plain HTTP and any host, too.

    What the name stands for is looked at when something is sent (`linli_runtime.outside`): it may change by then.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return False
    if host is None or not all(0 < len(part) <= _LONGEST_PART for part in host.removesuffix(".").split(".")):
        return False
    if parts.username is not None or parts.password is not None or parts.fragment:
        return False
    if private:
        return parts.scheme in {"https", "http"}
    return parts.scheme == "https" and "." in host and not _is_address(host)


def _is_address(host: str) -> bool:
    """An address instead of a name: no partner's certificate names one, and some stand for our own network."""
    try:
        ip_address(host)
    except ValueError:
        return host.rpartition(".")[2].isdigit()
    return True
