"""Staff whose mail address is registered are told by mail what concerns them, by the policy, at least once (DSP-20)."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from linli_cli.audit.books import book_queries
from linli_dispatch.domain.webhook import DeliveryTerms
from linli_embedded.ports import free_port
from linli_messaging import crash
from linli_rulebook.decision import Refusal
from linli_runtime.mail import mail_settings
from linli_testkit.crash import crash_child
from linli_testkit.mailbox import LOST, Mailbox, mailbox

from tests.system.life import request
from tests.system.test_customers_mail import environment, server
from tests.system.test_staff_webhooks import CRISIS
from tests.system.test_webhooks import AN, EAST, Partner, partner

__all__ = ["partner"]
CHILD: Final = str(Path(__file__).with_name("mailing_child.py"))
SUN: Final = "sun@linli.example"
_HOLDING: Final = "SELECT count(*) FROM {} t WHERE t::text ~ 'sun@|73756e40'"
"""Rows of a table with the address in any column; bytes are shown in hexadecimal."""


@pytest.fixture(autouse=True)
def has_mail(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A deployment with a mail server."""
    for name, value in environment(25).items():
        monkeypatch.setenv(name, value)
    mail_settings.cache_clear()
    yield
    mail_settings.cache_clear()


async def registered(desk: Partner, who: str = "dept-sun", address: str = SUN) -> str:
    """A mail address of somebody of the staff; its id."""
    answer = await desk.life.do("dispatch.register-staff-webhook", staff_id=who, url=f"mailto:{address}")
    return str(answer["webhook_id"])


async def crisis(desk: Partner) -> str:
    """An urgent case in the hands of the first person; its id."""
    case = (await desk.life.do("intake.receive", **request(**CRISIS)))["case_id"]
    assert await desk.life.handler_of(case) == "dept-sun"
    return str(case)


async def intents(desk: Partner) -> list[dict[str, Any]]:
    """What is to be delivered, and how far it has come."""
    rows = await desk.life.house.rooms["dispatch"].connection.fetch("SELECT * FROM intent ORDER BY cause")
    return [dict(row) for row in rows]


def to(box: Mailbox, address: str) -> list[str]:
    """The subjects of what an address got, in order."""
    return [str(letter["Subject"]) for letter in box.received if letter["To"] == address]


@pytest.mark.rule("DSP-20", "INT-13")
async def test_who_gets_an_urgent_case_is_told_by_mail_and_the_next_person_when_it_is_unread(partner: Partner) -> None:
    """Given two addresses, when a crisis is one's work, then they get a mail in both languages; unread, the other."""
    partner.life.house.times_delivered = 2
    await registered(partner)
    await registered(partner, "agent-li", "li@linli.example")
    with mailbox() as box:
        case = await crisis(partner)
        for _ in range(2):
            await partner.deliver(mail=server(box.port))
        (letter,) = box.received
        assert (letter["To"], letter["Subject"]) == (SUN, f"【紧急】派单 {case} · urgent: assignment")
        text = letter.get_content()
        assert f"案件 {case}，项目 xh01，级别 2" in text
        assert f"case {case}, estate xh01, level 2" in text
        assert "王小明" not in letter.as_string()
        await partner.life.after(minutes=31)
        await partner.deliver(mail=server(box.port))
        assert len(to(box, "li@linli.example")) == 1
        assert "第 2 位" in box.received[-1].get_content()
        assert len(to(box, SUN)) == 1
    assert {(one["kind"], one["status"]) for one in await intents(partner)} == {("mail", "sent")}


@pytest.mark.rule("DSP-20", "INT-13")
async def test_an_address_is_read_by_whom_webhooks_are_and_nobody_else(partner: Partner) -> None:
    """Given a mail, then the address is neither in facts, reasons, answers, intents nor the books; ended, nowhere."""
    mine = await registered(partner)
    with mailbox() as box:
        await crisis(partner)
        await partner.deliver(mail=server(box.port))
    connection = partner.life.house.rooms["dispatch"].connection
    tables = [row["relname"] for row in await connection.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
    )]  # fmt: skip
    assert {"outbox", "history", "command", "intent", "partner_fact", "webhook"} <= set(tables)
    holding = [name for name in tables if await connection.fetchval(_HOLDING.format(name))]
    assert holding == ["webhook"]
    assert "sun@" not in str(await connection.fetch(book_queries()["dispatch_webhook"]))
    await partner.life.do("dispatch.end-webhook", webhook_id=mine)
    assert await connection.fetchval(_HOLDING.format("webhook")) == 0


@pytest.mark.rule("DSP-20", "PAR-01")
async def test_who_may_register_an_address_and_which(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given strangers, addresses that are none, and a deployment without a server, then each is refused by its name."""

    async def refused(url: str, who: Any = None, staff: str = "dept-sun") -> str:  # noqa: ANN401 - an actor
        actors = () if who is None else (who,)
        made = await partner.life.attempt("dispatch.register-staff-webhook", *actors, staff_id=staff, url=url)
        assert isinstance(made, Refusal)
        return made.code

    assert [await refused(f"mailto:{SUN}", who) for who in (AN, EAST)] == [
        "other-contractor", "outside-your-organisation",
    ]  # fmt: skip
    none = ("mailto:", "mailto:sun",
            "mailto:sun@linli.example,li@linli.example", "mailto:sun@linli.example?cc=li@a.org",
            "mailto:sun@linli.example\r\nBcc: li@a.org", "MAILTO:sun@linli.example")  # fmt: skip
    assert {await refused(url) for url in none} == {"address-not-allowed"}
    contractors = await partner.life.attempt(
        "dispatch.register-webhook", AN, contractor_id="c-an", url=f"mailto:{SUN}", types=["RepairDone"]
    )
    assert isinstance(contractors, Refusal)
    assert contractors.code == "address-not-allowed"
    monkeypatch.delenv("LINLI_MAIL_HOST")
    mail_settings.cache_clear()
    assert await refused(f"mailto:{SUN}") == "mail-not-set-up"


@pytest.mark.rule("DSP-20", "ORG-01")
async def test_the_policy_says_which_notices_go_by_mail(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a policy that mails nothing of assignments, then the address gets none, and a webhook does."""
    await registered(partner)
    terms = DeliveryTerms(timedelta(days=3), frozenset({"ladder_step"}))
    monkeypatch.setattr("linli_dispatch.webhooks.delivery_terms", lambda _policies, _now: terms)
    await partner.life.do(
        "dispatch.register-staff-webhook", staff_id="dept-sun", url="https://127.0.0.1:9/", estate_ids=[]
    )
    with mailbox() as box:
        await crisis(partner)
        await partner.deliver(mail=server(box.port))
        assert box.received == []
    assert [one["kind"] for one in await intents(partner)] == ["webhook"]


@pytest.mark.rule("DSP-20", "PAR-02")
@pytest.mark.parametrize(
    ("place", "answer", "letters", "status"),
    [
        ("at_recipient", "550 5.1.1 nobody of that name", 0, "disabled"),
        ("at_recipient", "450 4.2.0 later", 1, "active"),
        ("at_text", "451 4.3.0 later", 1, "active"),
        ("at_text", LOST, 2, "active"),
    ],
)
async def test_what_the_mail_server_answers(
    partner: Partner, place: str, answer: str, letters: int, status: str
) -> None:
    """Given a refusal for good, then the address is disabled and that is told; anything else is tried again, under the
    same Message-ID.
    """
    mine = await registered(partner)
    with mailbox() as box:
        getattr(box, place).append(answer)
        await crisis(partner)
        for _ in range(3):
            await partner.deliver(mail=server(box.port))
            partner.clock.advance(timedelta(minutes=5))
        assert len(box.received) == letters
        assert len({letter["Message-ID"] for letter in box.received}) == min(letters, 1)
    assert (await partner.webhook(mine))["status"] == status
    told = await partner.life.house.rooms["dispatch"].connection.fetch(
        "SELECT body FROM outbox WHERE type = 'StaffWebhookDisabled'"
    )
    assert [orjson.loads(row["body"])["reason"] for row in told] == ["smtp_550"] * (status == "disabled")


@pytest.mark.rule("DSP-20", "PAR-02")
async def test_a_server_that_is_away_gets_it_once_when_it_is_back(partner: Partner) -> None:
    """Given no server, and no settings of one either, then what is to be told waits, and goes out once."""
    await registered(partner)
    await crisis(partner)
    port = free_port()
    for mail, error in ((server(port), "not_reached"), (None, "no_mail_server")):
        await partner.deliver(mail=mail)
        assert [(one["status"], one["error"]) for one in await intents(partner)] == [("waiting", error)]
        partner.clock.advance(timedelta(hours=1))
    with mailbox(port) as box:
        for _ in range(2):
            await partner.deliver(mail=server(port))
        assert len(box.received) == 1


@pytest.mark.rule("DSP-20", "OPS-03")
@pytest.mark.parametrize("point", crash.EFFECT_POINTS)
async def test_killed_anywhere_a_person_is_told(partner: Partner, point: str) -> None:
    """Given a runner killed at a point, when another one runs, then the mail went out, twice only where nobody could
    know, and then the same to the byte.
    """
    await registered(partner)
    await crisis(partner)
    await partner.life.house.deliver()
    with mailbox() as box:
        arguments = [CHILD, partner.dsn, partner.life.house.instant.isoformat()]
        await asyncio.to_thread(crash_child, arguments, point, env=environment(box.port))
        for _ in range(2):
            await partner.deliver(mail=server(box.port))
            partner.clock.advance(timedelta(minutes=1))
        assert len(box.received) == (2 if point == "effect-after-sending" else 1)
        assert len({letter.as_bytes() for letter in box.received}) == 1
    assert [one["status"] for one in await intents(partner)] == ["sent"]


@pytest.mark.rule("INT-16", "DSP-20", "INT-13")
@pytest.mark.parametrize("service", ["intake", "dispatch"])
def test_mail_that_could_not_be_sent_keeps_the_process_from_starting(service: str) -> None:
    """Given a mail server without an address to send from, then one line names the setting, and no password."""
    environment = {
        "LINLI_CUSTOMER_KEY": "k", "LINLI_MAIL_HOST": "mail.example.org", "LINLI_MAIL_USER": "linli",
        "LINLI_MAIL_PASSWORD": "hush", "PATH": os.environ["PATH"],
    }  # fmt: skip
    start = f"from linli_{service}.main import main; main()"
    done = subprocess.run([sys.executable, "-c", start], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "LINLI_MAIL_SENDER must be a mail address" in line
    assert "hush" not in line
