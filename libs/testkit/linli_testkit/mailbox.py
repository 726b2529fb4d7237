"""A real SMTP server on the loopback interface that answers as a test tells it, and keeps all that it took."""

import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from linli_embedded.ports import LOOPBACK, free_port

TAKEN: Final = "250 OK"
LOST: Final = ""
"""In place of an answer to the text: it is taken, and the connection dies."""


@dataclass(slots=True)
class Mailbox:
    """What came, and what is answered next; what is not told is taken."""

    port: int
    received: list[EmailMessage] = field(default_factory=list)
    """The letters it took, in order."""
    at_recipient: deque[str] = field(default_factory=deque)
    """The next answers to ``RCPT TO``."""
    at_text: deque[str] = field(default_factory=deque)
    """The next answers to the text."""
    tries: int = 0
    """How often somebody named a recipient."""
    users: dict[str, str] = field(default_factory=dict)
    """Who may log in; none: everybody sends without."""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: ANN401, N802 - the library's own
        """Who it is for."""
        self.tries += 1
        answer = self.at_recipient.popleft() if self.at_recipient else TAKEN
        if answer == TAKEN:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: ANN401, N802 - as above
        """The letter itself."""
        answer = self.at_text.popleft() if self.at_text else TAKEN
        if answer in {TAKEN, LOST}:
            content = envelope.original_content or b""
            letter = message_from_bytes(content, policy=default)
            assert isinstance(letter, EmailMessage)
            self.received.append(letter)
        if answer == LOST:
            server.transport.abort()
        return answer or TAKEN

    def let_in(self, _server: Any, _session: Any, _envelope: Any, _how: str, given: Any) -> AuthResult:  # noqa: ANN401 - as above
        """Whether a user and password are known."""
        if not isinstance(given, LoginPassword):
            return AuthResult(success=False, handled=False)
        known = self.users.get(given.login.decode()) == given.password.decode()
        return AuthResult(success=known, handled=False)


@contextmanager
def mailbox(
    port: int | None = None, *, tls: ssl.SSLContext | None = None, users: dict[str, str] | None = None
) -> Iterator[Mailbox]:
    """A mail server while the block runs; with a context it demands STARTTLS, with users a login."""
    box = Mailbox(port or free_port(), users=users or {})
    controller = Controller(
        box, hostname=LOOPBACK, port=box.port, tls_context=tls, require_starttls=tls is not None,
        auth_required=bool(users), authenticator=box.let_in, auth_require_tls=tls is not None,
    )  # fmt: skip
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
