"""A client that costs little: requests made beforehand, over connections that stay open, each waiting for its answer.

The clients that people use take as long for a request as the service does, and a benchmark would measure them.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final, Self
from urllib.parse import urlsplit

import orjson

_HEAD_ENDS: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"


class RefusedError(RuntimeError):
    """An answer that is no success: the benchmark itself is wrong."""


class Door:
    """One connection to a service."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak over this connection."""
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect to the service at this address."""
        address = urlsplit(url)
        return cls(*await asyncio.open_connection(address.hostname, address.port))

    async def ask(self, request: bytes) -> bytes:
        """The body of the answer. Raises :class:`RefusedError` unless it is a success."""
        self._writer.write(request)
        head = await self._reader.readuntil(_HEAD_ENDS)
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(_LENGTH)]
        body = await self._reader.readexactly(int(lengths[0].removeprefix(_LENGTH)))
        if not head.startswith(b"HTTP/1.1 2"):
            raise RefusedError(f"{head.splitlines()[0].decode()}: {body[:300].decode()}")
        return body

    @property
    def closed(self) -> bool:
        """Whether the service has left, as it does when nothing was asked for some seconds."""
        return self._reader.at_eof()

    def close(self) -> None:
        """Leave."""
        self._writer.close()


def request(method: str, path: str, token: str, body: object = None, key: str | None = None) -> bytes:
    """A request as it goes over the wire."""
    content = b"" if body is None else orjson.dumps(body, option=orjson.OPT_UTC_Z)
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: bench",
        f"Authorization: Bearer {token}",
        f"Content-Length: {len(content)}",
        "Content-Type: application/json",
        *([f"Idempotency-Key: {key}"] if key else []),
    ]
    return "\r\n".join(lines).encode() + _HEAD_ENDS + content


async def rate_of(url: str, requests: Sequence[bytes], clients: int) -> float:
    """Requests a second that this many clients get answered, each asking its next one when it has its answer."""
    doors = [await Door.open(url) for _ in range(clients)]
    waiting = iter(requests)

    async def client(door: Door) -> None:
        for one in waiting:
            await door.ask(one)

    began = time.perf_counter()
    await asyncio.gather(*map(client, doors))
    took_s = time.perf_counter() - began
    for door in doors:
        door.close()
    return len(requests) / took_s
