"""The intake process: its map, its SQL, its routes and its messages, handed to the runtime."""

import contextlib
import logging
import sys
from collections.abc import Iterable
from pathlib import Path

from linli_messaging.outside.effects import Sender
from linli_messaging.tracing import Tracing
from linli_rulebook import PolicyBook
from linli_runtime.mail import MailServer, mail_settings
from linli_runtime.outside import Outside
from linli_runtime.process import Service, run
from linli_runtime.reads import Reads
from linli_runtime.settings import refused_settings
from pydantic import ValidationError

from linli_intake.api import router
from linli_intake.domain.conclusions import CONCLUSIONS
from linli_intake.gateway import MessageSender, message_patience
from linli_intake.handlers import MAP
from linli_intake.settings import NAME, GatewaySettings, customer_key


def senders(
    _tracing: Tracing, reads: Reads, policies: PolicyBook, stack: contextlib.AsyncExitStack
) -> Iterable[Sender]:
    """Messages go through the gateway and the mail server that the environment names."""
    settings, mail = GatewaySettings(), mail_settings()
    if settings.url is None:
        lost = "no message" if mail.host is None else "nothing but mail"
        logging.getLogger(__name__).warning("no gateway is set: %s goes out; see docs/running.md", lost)
    outside = Outside(public_only=False)
    stack.push_async_callback(outside.close)
    server = None if mail.host is None else MailServer(mail)
    return (MessageSender(settings, reads, outside, message_patience(policies), server),)


SERVICE = Service(map=MAP, sql=Path(__file__).parent / "sql", router=router, conclusions=CONCLUSIONS, senders=senders)


def main() -> None:
    """Runs intake until it is told to stop."""
    if not customer_key():
        sys.exit(f"{NAME}: missing; see docs/running.md")
    try:
        GatewaySettings()
    except ValidationError as error:
        sys.exit(f"{refused_settings(error, 'LINLI_GATEWAY_')}; see docs/running.md")
    try:
        mail_settings()
    except ValidationError as error:
        sys.exit(f"{refused_settings(error, 'LINLI_MAIL_')}; see docs/running.md")
    run(SERVICE)


if __name__ == "__main__":
    main()
