"""A process that only tells staff by mail: looks through dispatch's facts, and sends what is due at an instant.

    python mailing_child.py DSN INSTANT     LINLI_MAIL_…: the mail server

For tests that kill it at a crash point.
"""

import asyncio
import sys
from datetime import datetime

from linli_dispatch.handlers import MAP
from linli_dispatch.main import SERVICE, feeds
from linli_dispatch.staff_mail import StaffMailSender
from linli_runtime.database import open_reader, open_writer
from linli_runtime.mail import MailServer, mail_settings
from linli_runtime.reads import Reads
from linli_testkit.clock import HandClock
from linli_testkit.facts import shipped_policy
from linli_testkit.house import DEPLOYMENT
from linli_testkit.roles import dsn_as
from linli_testkit.sending import runner_of, until_nothing_is_due


async def send(dsn: str, instant: str) -> None:
    """Send until nothing is due."""
    queries, clock, policies = SERVICE.queries(), HandClock(datetime.fromisoformat(instant)), shipped_policy()
    async with (
        await open_writer(dsn_as(dsn, "dispatch"), "dispatch") as pool,
        await open_reader(dsn, "dispatch") as reader,
    ):
        async with pool.acquire() as connection:
            for feed in feeds(DEPLOYMENT, queries, clock, policies):
                await feed.begin(connection)
                await feed.step(connection)
        sender = StaffMailSender(Reads(reader, queries), MailServer(mail_settings()), policies)
        runner = runner_of(MAP, queries, pool, [sender], clock)
        task = asyncio.create_task(runner.run())
        await until_nothing_is_due(pool, queries, clock)
        runner.stop()
        await task


if __name__ == "__main__":
    asyncio.run(send(*sys.argv[1:]))
