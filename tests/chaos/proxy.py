"""A TCP proxy before Postgres that can be slow, cut every connection, or swallow the answer to a commit."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from linli_embedded.ports import LOOPBACK

_COMMIT = b"COMMIT;\x00"
"""As the services' driver writes it on the wire."""
_AT_ONCE = 65_536


@dataclass(slots=True)
class Proxy:
    """Passes everything on to a server on this machine, with the faults that are set."""

    server_port: int
    delay_s: float = 0.0
    """How long everything takes, each way."""
    deaf: int = 0
    """So many commits are heard by the server, and their answers by nobody."""
    swallowed: int = 0
    _listening: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self) -> int:
        """Listen; the port."""
        self._listening = await asyncio.start_server(self._accepted, LOOPBACK)
        port: int = self._listening.sockets[0].getsockname()[1]
        return port

    def cut(self) -> int:
        """Cut every connection now, whatever is on its way; how many there were."""
        count = len(self._open) // 2
        for writer in self._open:
            writer.transport.abort()
        return count

    async def stop(self) -> None:
        """Stop listening and cut what is open."""
        if self._listening is not None:
            self._listening.close()
        self.cut()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            to_server = await asyncio.open_connection(LOOPBACK, self.server_port)
        except OSError:
            writer.transport.abort()
            return
        ends = (writer, to_server[1])
        self._open.update(ends)
        asked = asyncio.Event()
        try:
            await asyncio.gather(
                self._pass(reader, to_server[1], asked, from_client=True),
                self._pass(to_server[0], writer, asked, from_client=False),
            )
        finally:
            for end in ends:
                end.transport.abort()
                self._open.discard(end)

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: asyncio.Event, *, from_client: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_AT_ONCE):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                if from_client and self.deaf > 0 and _COMMIT in data:
                    self.deaf -= 1
                    asked.set()
                elif not from_client and asked.is_set():
                    # The server has answered, so it has committed; the client will never know.
                    self.swallowed += 1
                    break
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
