"""The dispatch process: its map, its SQL, its routes and its deliveries to partners, handed to the runtime."""

import contextlib
import sys
from collections.abc import Iterable
from pathlib import Path

from linli_messaging.any_clock import Clock
from linli_messaging.outside.effects import Feed, Sender
from linli_messaging.outside.fact_feed import FactFeed
from linli_messaging.queries import Queries
from linli_messaging.tracing import Tracing
from linli_rulebook import PolicyBook
from linli_runtime.mail import MailServer, mail_settings
from linli_runtime.outside import Outside
from linli_runtime.process import Service, run
from linli_runtime.reads import Reads
from linli_runtime.settings import refused_settings
from pydantic import ValidationError

from linli_dispatch.api import router
from linli_dispatch.domain.conclusions import CONCLUSIONS
from linli_dispatch.domain.webhook import STAFF_TOLD, TOLD
from linli_dispatch.handlers import MAP
from linli_dispatch.replays import Replays
from linli_dispatch.settings import webhook_settings
from linli_dispatch.staff_mail import StaffMailSender
from linli_dispatch.webhooks import Deliveries, WebhookSender


def senders(tracing: Tracing, reads: Reads, policies: PolicyBook, stack: contextlib.AsyncExitStack) -> Iterable[Sender]:
    """Webhooks of partners and staff; strangers name the addresses, so only public ones are connected to. Mail to staff
    goes to the deployment's own server.
    """
    outside = Outside(public_only=not webhook_settings().private)
    stack.push_async_callback(outside.close)
    mail = mail_settings()
    server = None if mail.host is None else MailServer(mail)
    return WebhookSender(tracing, reads, outside, policies), StaffMailSender(reads, server, policies)


def feeds(deployment: str, queries: Queries, clock: Clock, policies: PolicyBook) -> Iterable[Feed]:
    """Facts are kept for whom they concern and delivered to them; and once more, where they want it."""
    told = FactFeed(
        "partners", MAP.name, deployment, queries, clock, TOLD | STAFF_TOLD, owner=("contractor_id", "person_id"),
        keep="keep_partner_facts", subscribers="active_webhooks_of", wanted=Deliveries(policies),
    )  # fmt: skip
    return told, Replays(MAP.name, deployment, queries, clock, policies)


SERVICE = Service(
    map=MAP, sql=Path(__file__).parent / "sql", router=router, conclusions=CONCLUSIONS, senders=senders, feeds=feeds
)


def main() -> None:
    """Runs dispatch until it is told to stop."""
    try:
        webhook_settings()
    except ValidationError as error:
        sys.exit(f"{refused_settings(error, 'LINLI_WEBHOOK_')}; see docs/running.md")
    try:
        mail_settings()
    except ValidationError as error:
        sys.exit(f"{refused_settings(error, 'LINLI_MAIL_')}; see docs/running.md")
    run(SERVICE)


if __name__ == "__main__":
    main()
