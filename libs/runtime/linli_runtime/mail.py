"""Mail to the outside by SMTP: one letter to one address, over TLS, bounded in time; what it is about is unknown here.

Each letter has a connection of its own. Until its text is handed over, whatever goes wrong is known: it was not
received. What the server refuses of the letter itself (its address, its text) is refused for good; what it refuses of
us (login, sender, TLS) is our deployment's mistake, which a person mends, so it is tried again. From the first byte of
the text on, a lost answer is a doubt. The Message-ID follows from the effect's key, and the letter is the same
byte for byte whenever it is sent, so that its receiver can drop a repetition. No address is logged or told in a result.
"""

import asyncio
import logging
import re
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, Self

import aiosmtplib
from linli_messaging.outside.intent import InDoubt, NotNow, Refused, Result, Taken
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

REACHED_WITHIN_S: Final = 7.0
"""Until the server has taken sender and recipient, a free connection, TLS and login included. With the next it stays
below the runner's own limit of 15 s, which could not tell the two apart. Assumed."""
TAKEN_WITHIN_S: Final = 7.5
"""Until the server has taken the text. Assumed: a server for submission queues it and looks at it later."""
CONNECTIONS: Final = 16
"""At once: below what common servers allow one client (Postfix: 50), also where two services send."""
WANTS_LOGIN: Final = frozenset({530, 534, 535, 538})
"""Answers that are about us, to whatever command they come (RFC 4954)."""
_PERMANENT: Final = 500
_LONGEST_ADDRESS: Final = 254
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
_LONGEST_LOCAL: Final = 64

log = logging.getLogger(__name__)


class MailSettings(BaseSettings):
    """Which server takes our mail; see docs/running.md for each name with its meaning."""

    model_config = SettingsConfigDict(env_prefix="LINLI_MAIL_", extra="ignore", frozen=True, env_ignore_empty=True)

    host: str | None = None
    """None: this deployment sends no mail of its own."""
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is protected; none only where server and way are our own."""
    authority: Path | None = None
    """The certificates (PEM) that the server's must follow from. None: those that the machine trusts."""
    user: str = ""
    password: SecretStr = SecretStr("")
    sender: str = ""
    """The address that our mail comes from."""
    repeats: Literal["recognised", "neither"] = "neither"
    """Whether customers' mail servers drop a second letter with the same Message-ID; few promise it."""

    @model_validator(mode="after")
    def _can_send(self) -> Self:
        if self.host is None:
            return self
        if not is_mail_address(self.sender):
            raise ValueError("LINLI_MAIL_SENDER must be a mail address where LINLI_MAIL_HOST is set")
        if self.user and self.security == "none":
            raise ValueError("LINLI_MAIL_USER and LINLI_MAIL_PASSWORD may not be sent without TLS")
        if bool(self.user) != bool(self.password.get_secret_value()):
            raise ValueError("LINLI_MAIL_USER and LINLI_MAIL_PASSWORD must be set together")
        if self.authority is not None and not self.authority.is_file():
            raise ValueError("LINLI_MAIL_AUTHORITY must be the path of a file")
        return self


@lru_cache(maxsize=1)
def mail_settings() -> MailSettings:
    """Read once. Raises ``ValidationError``, so that a process that could send nothing refuses to start."""
    return MailSettings()


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent: plain text in any language, to one address."""

    key: str
    """The effect's idempotency key; its Message-ID follows from it."""
    to: str
    subject: str
    text: str
    language: str
    at: datetime
    """When it was meant to be sent, its Date: the same for each try."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that takes our mail; whoever makes one has settings with a host."""

    settings: MailSettings
    _free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTIONS))

    async def send(self, letter: Letter) -> Result:
        """Hand a letter over once.

        ``Taken`` by the server (it answers for it from then on), ``Refused`` for what it will never take, ``NotNow``
        where it certainly did not take it, ``InDoubt`` where its answer was lost. Codes: ``illegal_address``,
        ``illegal_letter``, ``not_reached``, ``no_login``, ``smtp_<code>``, ``no_answer``.
        """
        if not is_mail_address(letter.to):
            return Refused("illegal_address")
        try:
            written = bytes(_written(letter, self.settings.sender))
        except ValueError as error:  # a header with a line end; our own mistake, which no later try mends
            log.error("a letter cannot be written: %s", type(error).__name__)  # noqa: TRY400 - its text may quote the letter
            return Refused("illegal_letter")
        client: aiosmtplib.SMTP | None = None
        reached_by = asyncio.get_running_loop().time() + REACHED_WITHIN_S
        try:
            async with asyncio.timeout_at(reached_by):
                await self._free.acquire()
        except TimeoutError:
            return NotNow("not_reached")
        try:
            client = self._client()
            async with asyncio.timeout_at(reached_by):
                refused = await self._introduce(client, letter.to)
            return refused or await _hand_over(client, written, letter.key)
        except TimeoutError:
            return NotNow("not_reached")
        finally:
            if client is not None:
                client.close()
            self._free.release()

    def _client(self) -> aiosmtplib.SMTP:
        settings = self.settings
        context = None
        if settings.security != "none":
            context = ssl.create_default_context(cafile=settings.authority)
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.user or None,
            password=settings.password.get_secret_value() or None,
            local_hostname=_domain(settings.sender),  # without it the library asks the network for our name, blocking
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=context,
            timeout=None,  # the bounds here are around all of it
        )

    async def _introduce(self, client: aiosmtplib.SMTP, to: str) -> Result | None:
        """Connect, say who we are and for whom it is; None: the text may follow."""
        try:
            await client.connect()
            await client.mail(self.settings.sender)
        except aiosmtplib.SMTPAuthenticationError as error:
            log.warning("the mail server does not let us in: %s", error.code)
            return NotNow("no_login")
        except aiosmtplib.SMTPResponseException as error:
            log.warning("the mail server does not take our mail: %s", error.code)
            return NotNow(f"smtp_{error.code}")
        except (aiosmtplib.SMTPException, OSError) as error:  # ssl.SSLError is an OSError
            log.warning("the mail server is not reached: %s", type(error).__name__)
            return NotNow("not_reached")
        try:
            await client.rcpt(to)
        except aiosmtplib.SMTPResponseException as error:
            return _refused(error.code)
        except (aiosmtplib.SMTPException, OSError):
            return NotNow("not_reached")
        return None


async def _hand_over(client: aiosmtplib.SMTP, written: bytes, key: str) -> Result:
    try:
        async with asyncio.timeout(TAKEN_WITHIN_S):
            await client.data(written)
    except aiosmtplib.SMTPDataError as error:
        return _refused(error.code)
    except (TimeoutError, aiosmtplib.SMTPException, OSError):
        return InDoubt("no_answer")
    try:
        async with asyncio.timeout(1.0):  # it has been taken: a farewell is polite, and nothing depends on it
            await client.quit()
    except (TimeoutError, aiosmtplib.SMTPException, OSError):
        log.debug("the mail server took leave without a word")
    return Taken(key)


def _refused(code: int) -> Result:
    """What a refusal of the letter means: for good from 500 on, unless it is about us; else for now."""
    if code >= _PERMANENT and code not in WANTS_LOGIN:
        return Refused(f"smtp_{code}")
    return NotNow(f"smtp_{code}")


def _written(letter: Letter, sender: str) -> EmailMessage:
    """The letter as it goes over the wire; raises ``ValueError`` for a header that is none."""
    message = EmailMessage(policy=WIRE)
    message["From"] = Address(addr_spec=sender)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = letter.at
    message["Message-ID"] = f"<{letter.key}@{_domain(sender)}>"
    message["Content-Language"] = letter.language
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no robot answers a robot
    message.set_content(letter.text, cte="base64")
    return message


def is_mail_address(text: str) -> bool:
    """Whether a text is one mail address as servers everywhere take it: ASCII, a name and a domain, nothing around."""
    local, _, _ = text.partition("@")
    return len(text) <= _LONGEST_ADDRESS and len(local) <= _LONGEST_LOCAL and _ADDRESS.fullmatch(text) is not None


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
