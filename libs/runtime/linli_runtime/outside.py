"""HTTP to the outside: bounded in time and size, no redirect followed, no proxy taken from the environment.

Where a receiver is named by a stranger (a partner's webhook), only public addresses are connected to: the very address
that was looked at is used, so that a name cannot turn into another one in between. Senders of effects use this; nothing
else here knows what is sent.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpcore

ANSWER_WITHIN_S: Final = 10.0
"""From the first byte sent to the last one taken: below the runner's own limit of 15 s. Assumed."""
CONNECT_WITHIN_S: Final = 5.0
MOST_OF_AN_ANSWER: Final = 64 * 1024
"""Bytes of an answer that are read: a gateway's reference is short, and a stranger's answer is of no interest."""
CONNECTIONS: Final = 64
"""As many as effects may be under way at once."""
IDLE_S: Final = 4.0
"""Idle connections are closed before common servers close them (5 s), so that none is closed under a request."""


class NoAnswerError(Exception):
    """The request may have been received: what followed its first byte got lost."""


class NotReachedError(Exception):
    """The request was certainly not received: there was no connection to send it on."""


class IllegalRequestError(Exception):
    """The request was never sent, for it is none: our own mistake, which no receiver can mend and no repetition either.

    The text names what is wrong, never its value: a header may be a secret.
    """


class PrivateAddressError(NotReachedError):
    """The name stands for an address inside our own network, where no stranger may send us."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the receiver answered."""

    status: int
    body: bytes
    retry_after_s: float = 0.0


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also where it is written as IPv6 around an IPv4 one."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None and not inner.is_global:
            return False
        if found in _NAT64 and not ipaddress.IPv4Address(int(found) & 0xFFFFFFFF).is_global:
            return False
    return found.is_global and not found.is_multicast


_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class PublicOnly(httpcore.AsyncNetworkBackend):
    """Looks a name up, and connects to what it found only where all of it is public."""

    def __init__(self) -> None:
        """Over the library's own."""
        self._real = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """As the library does; raises :class:`PrivateAddressError` where an address is not public."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # the second: a name that is none, such as one with an empty part
            raise httpcore.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys(str(where[4][0]) for where in found))
        if not addresses or not all(is_public(address) for address in addresses):
            raise PrivateAddressError(f"{host} is not an address of the public internet")
        return await self._real.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: that is no address of the internet."""
        raise PrivateAddressError(path)

    async def sleep(self, seconds: float) -> None:
        """As the library does."""
        await self._real.sleep(seconds)


@dataclass(slots=True)
class Outside:
    """Requests to one kind of receiver; whoever makes it closes it."""

    public_only: bool
    """True where strangers name the receivers."""
    _pool: httpcore.AsyncConnectionPool = field(init=False)

    def __post_init__(self) -> None:
        """Opens nothing yet."""
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=CONNECTIONS,
            keepalive_expiry=IDLE_S,
            retries=0,
            network_backend=PublicOnly() if self.public_only else httpcore.AnyIOBackend(),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """Send a JSON body.

        Raises :class:`NotReachedError`, :class:`NoAnswerError`, or :class:`IllegalRequestError` (it cannot be sent).
        """
        return await self._request("POST", url, {"content-type": "application/json", **headers}, body)

    async def get(self, url: str, headers: Mapping[str, str]) -> Answered:
        """Ask; raises as :meth:`post` does."""
        return await self._request("GET", url, headers, b"")

    async def _request(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        illegal = next((name for name, value in headers.items() if not is_header_value(value)), None)
        if illegal is not None:
            raise IllegalRequestError(f"the value of the header {illegal} may not be sent")
        timeouts = {"connect": CONNECT_WITHIN_S, "read": ANSWER_WITHIN_S, "write": ANSWER_WITHIN_S,
                    "pool": ANSWER_WITHIN_S}  # fmt: skip
        sent = [("host", urlsplit(url).netloc), ("user-agent", "linli"), ("content-length", str(len(body))),
                *headers.items()]  # fmt: skip
        try:
            async with (
                asyncio.timeout(ANSWER_WITHIN_S),
                self._pool.stream(
                    method, url, headers=sent, content=body, extensions={"timeout": timeouts}
                ) as response,
            ):
                answer = b""
                async for piece in response.aiter_stream():
                    answer += piece[: MOST_OF_AN_ANSWER - len(answer)]
                    if len(answer) >= MOST_OF_AN_ANSWER:
                        break
                return Answered(response.status, answer, _retry_after(response.headers))
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout) as error:
            raise NotReachedError(str(error)) from error
        except (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError, UnicodeError) as error:
            raise IllegalRequestError(type(error).__name__) from None  # its text may quote a secret
        except (httpcore.NetworkError, httpcore.RemoteProtocolError, httpcore.TimeoutException, TimeoutError) as error:
            raise NoAnswerError(repr(error)) from error


def is_header_value(value: str) -> bool:
    """Whether a text may stand in a header as we send them: printable ASCII, with no blank at either end."""
    return value.isascii() and value.isprintable() and value == value.strip()


def _retry_after(headers: Iterable[tuple[bytes, bytes]]) -> float:
    """Seconds that the receiver wants us to wait, at most a day; 0 where it does not say so in seconds."""
    found = next((value for name, value in headers if name.lower() == b"retry-after"), b"0")
    if not found.isdigit():
        return 0.0
    return float(min(int(found[:_DIGITS]), _ONE_DAY_S))


_ONE_DAY_S: Final = 86_400
_DIGITS: Final = 6
"""Of a number of seconds that are read: more say "more than a day", and thousands are more than Python takes."""
