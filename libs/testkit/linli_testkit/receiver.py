"""A real HTTP receiver on the loopback interface that answers as a test tells it, and keeps all it was sent."""

import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from linli_runtime.clock import SystemClock


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came over the socket; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    came_at_s: int
    """By the system's clock, which a receiver compares a signed instant with."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer: a status with headers and a body; or, with status 0, nothing, after having taken the request."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"


@dataclass(slots=True)
class Receiver:
    """What it was sent, what it answers next, and whether it holds its answers back."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    """Taken one by one; then every request gets 200."""
    came: threading.Event = field(default_factory=threading.Event)
    """Set with every request."""
    may_answer: threading.Event = field(default_factory=threading.Event)
    """While it is clear, nobody gets an answer."""


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver that listens; after it nothing does."""
    state = Receiver()
    state.may_answer.set()
    over = threading.Event()

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self._take("POST")

        def do_GET(self) -> None:
            self._take("GET")

        def _take(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            now_s = int(SystemClock().now().timestamp())
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.received.append(Received(method, self.path, headers, body, now_s))
            answer = state.answers.popleft() if state.answers else Answer()
            state.came.set()
            while not state.may_answer.wait(0.05) and not over.is_set():
                pass
            if answer.status == 0 or over.is_set():
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    class Listening(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128  # as many as a runner sends at once, and more; its own five are soon refused

        def handle_error(self, request: object, client_address: object) -> None:
            """A sender that was killed says no goodbye; anything else is shown."""
            if not isinstance(sys.exception(), ConnectionError):
                super().handle_error(request, client_address)  # type: ignore[arg-type]  # only shown

    server = Listening(("127.0.0.1", 0), Answering)
    state.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()
