"""A process that only sends intake's messages: what is due at an instant, through a gateway, until nothing is due.

    python sending_child.py DSN GATEWAY_URL REPEATS INSTANT     LINLI_MAIL_…: mail through that server

For tests that kill it at a crash point, or run two of them.
"""

import asyncio
import sys
from datetime import datetime

from linli_intake.gateway import MessageSender, message_patience
from linli_intake.handlers import MAP
from linli_intake.main import SERVICE
from linli_intake.settings import GatewaySettings
from linli_runtime.database import open_reader, open_writer
from linli_runtime.mail import MailServer, mail_settings
from linli_runtime.outside import Outside
from linli_runtime.reads import Reads
from linli_testkit.clock import HandClock
from linli_testkit.facts import shipped_policy
from linli_testkit.roles import dsn_as
from linli_testkit.sending import runner_of, until_nothing_is_due


async def send(dsn: str, url: str, repeats: str, instant: str) -> None:
    """Send until nothing is due."""
    queries, clock, outside = SERVICE.queries(), HandClock(datetime.fromisoformat(instant)), Outside(public_only=False)
    settings = GatewaySettings.model_validate({"url": url or None, "repeats": repeats, "secret": "s"})
    async with await open_writer(dsn_as(dsn, "intake"), "intake") as pool, await open_reader(dsn, "intake") as reader:
        server = MailServer(mail_settings()) if mail_settings().host else None
        sender = MessageSender(settings, Reads(reader, queries), outside, message_patience(shipped_policy()), server)
        runner = runner_of(MAP, queries, pool, [sender], clock)
        task = asyncio.create_task(runner.run())
        await until_nothing_is_due(pool, queries, clock)
        runner.stop()
        await task
    await outside.close()


if __name__ == "__main__":
    asyncio.run(send(*sys.argv[1:]))
