"""A small gateway for demonstrations and tests: what it is given goes into a file, a line each, and nowhere else.

    python -m linli_embedded.gateway_server --port 8025 --file messages.jsonl [--repeats recognised|asked|neither]

Real HTTP on the loopback interface. `recognised`: the same Idempotency-Key again changes nothing and gets the same
reference, also after a restart; `asked`: it is taken again, but `GET /<key>` says whether it is known; `neither`: it is
taken again, and nobody can ask. A receiver that is not ours would do as one of the three.
"""

import argparse
import hashlib
import json
import sys
import threading
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from linli_embedded.ports import LOOPBACK

LARGEST_BODY: Final = 64 * 1024
"""Bytes of one message: a text of a few hundred characters, with room."""
REPEATS: Final = ("recognised", "asked", "neither")


class Kept:
    """The messages taken so far, in a file, and the keys they came with."""

    def __init__(self, file: Path, repeats: str) -> None:
        """Takes up the file as it is."""
        self._file = file
        self._repeats = repeats
        self._lock = threading.Lock()
        self._known = set[str]()
        if file.exists():
            self._known.update(json.loads(line)["key"] for line in file.read_text(encoding="utf-8").splitlines())

    def take(self, key: str, message: Any) -> str:  # noqa: ANN401 - whatever JSON holds
        """Keep a message; its reference."""
        with self._lock:
            if self._repeats != "recognised" or key not in self._known:
                line = json.dumps({"key": key, "message": message}, ensure_ascii=False)
                with self._file.open("a", encoding="utf-8") as out:
                    out.write(f"{line}\n")
                self._known.add(key)
        return reference_of(key)

    def find(self, key: str) -> str | None:
        """The reference of a known key, where this gateway can be asked."""
        with self._lock:
            return reference_of(key) if self._repeats != "neither" and key in self._known else None


def reference_of(key: str) -> str:
    """What the gateway calls the message of a key."""
    return f"msg-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def serve(port: int, file: Path, repeats: str) -> ThreadingHTTPServer:
    """The server, bound and not serving yet; `serve_forever()` is the caller's. OSError when the port is taken."""
    kept = Kept(file, repeats)

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            key = self.headers.get("idempotency-key", "")
            if not key or not 0 < size <= LARGEST_BODY:
                self._answer(HTTPStatus.BAD_REQUEST, {"error": "an Idempotency-Key and a body of at most 64 KiB"})
                return
            try:
                message = json.loads(self.rfile.read(size))
            except ValueError:
                self._answer(HTTPStatus.UNPROCESSABLE_ENTITY, {"error": "the body is no JSON"})
                return
            self._answer(HTTPStatus.ACCEPTED, {"reference": kept.take(key, message)})

        def do_GET(self) -> None:
            reference = kept.find(self.path.rpartition("/")[2])
            status = HTTPStatus.OK if reference else HTTPStatus.NOT_FOUND
            self._answer(status, {"reference": reference} if reference else {"error": "unknown"})

        def _answer(self, status: HTTPStatus, document: dict[str, str]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the library's own signature
            """Nothing: a log of messages would be one of people."""

    return _Server((LOOPBACK, port), Answering)


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def main(arguments: Sequence[str]) -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(prog="python -m linli_embedded.gateway_server")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--repeats", choices=REPEATS, default="recognised")
    options = parser.parse_args(arguments)
    options.file.touch(mode=0o600)
    with serve(options.port, options.file, options.repeats) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
