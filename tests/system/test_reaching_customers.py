"""Customers are reached as they chose, not more often than planned contacts may be, and by nothing that cannot be sent.

A real runner, gateway process and database.
"""

from pathlib import Path

import pytest
from linli_contracts.envelope import Envelope, derived_id, headers_of
from linli_contracts.events.messages import About, MessageRequested
from linli_contracts.lanes import lane_of
from linli_intake.domain.channel import ChannelChoice, channel_for
from linli_intake.settings import GatewaySettings
from linli_messaging.consuming.reading import Reader
from linli_rulebook.decision import Refusal
from linli_testkit.house import DEPLOYMENT
from linli_testkit.receiver import receiver
from pydantic import HttpUrl, SecretStr

from tests.system.life import request
from tests.system.repairs import REPAIR
from tests.system.test_messages import Desk, _gateway, desk

__all__ = ["desk"]


async def customer_of(desk: Desk) -> str:
    """Who wrote last."""
    connection = desk.life.house.rooms["intake"].connection
    return str(await connection.fetchval("SELECT id FROM customer ORDER BY id LIMIT 1"))


async def ask(desk: Desk, nth: int, about: About, customer: str) -> None:
    """Followup asks for a message that is about no case."""
    at = desk.life.house.instant
    fact = MessageRequested(
        message_id=f"xh01.m-{about}-{nth}", estate_id="xh01", customer_ref=customer, about=about, requested_at=at
    )
    envelope = Envelope(
        id=derived_id(f"ask|{nth}", "MessageRequested", 0), type="MessageRequested", version=1, deployment=DEPLOYMENT,
        producer="followup", at=at, subject=fact.message_id, key="xh01", lane=lane_of("xh01"), number=nth,
        traceparent=TRACEPARENT, abandoned_from=None,
    )  # fmt: skip
    room = desk.life.house.rooms["intake"]
    await room.commit([Reader(room.map).read(headers_of(envelope), fact.model_dump_json().encode())])


TRACEPARENT = "00-" + "1" * 32 + "-" + "1" * 16 + "-01"


@pytest.mark.rule("FUP-03", "INT-16")
async def test_planned_messages_keep_the_contact_limit(desk: Desk, tmp_path: Path) -> None:
    """Given a customer who was sent a survey, then a greeting within 30 days fails as one too many and says so, at the
    very 30 days it goes out, and what is about their own matter always does.
    """
    await desk.receive()
    who = await customer_of(desk)
    async with _gateway(tmp_path) as gateway:
        await ask(desk, 1, "survey", who)
        await desk.send(gateway.url)
        # Messages of one instant go out side by side.
        assert {kept["message"]["subject"] for kept in gateway.messages} == {"已受理", "满意度调查"}
        assert len(gateway.messages) == 2
        await desk.life.after(days=30, seconds=-1)
        await ask(desk, 2, "greeting", who)
        await desk.receive(what_happened="又漏水了")
        await desk.send(gateway.url)
        ends = {intent["cause"]: (intent["status"], intent["error"]) for intent in await desk.intents()}
        assert ends["xh01.m-greeting-2"] == ("failed", "contact_limit")
        assert len(gateway.messages) == 3
        await desk.life.after(seconds=1)
        await ask(desk, 3, "greeting", who)
        await desk.send(gateway.url)
        assert gateway.messages[-1]["message"]["subject"] == "问候"
    assert await desk.told("MessageFailed") == 1


@pytest.mark.rule("FUP-03", "INT-16")
async def test_of_two_planned_messages_at_once_one_goes(desk: Desk, tmp_path: Path) -> None:
    """Given two planned messages that are due at the same instant, then one of them goes out, not none and not both."""
    await desk.receive()
    who = await customer_of(desk)
    async with _gateway(tmp_path) as gateway:
        await ask(desk, 1, "survey", who)
        await ask(desk, 2, "greeting", who)
        await desk.send(gateway.url)
        planned = [kept["message"]["subject"] for kept in gateway.messages if kept["message"]["subject"] != "已受理"]
        assert len(planned) == 1
    ends = sorted((intent["status"], intent["error"]) for intent in await desk.intents() if intent["error"])
    assert ends == [("failed", "contact_limit")]


@pytest.mark.rule("INT-16", "INT-11")
async def test_the_customers_choice_of_channel_holds(desk: Desk, tmp_path: Path) -> None:
    """Given a customer with a number, then it is text messages, or WeChat where they chose that; nothing where they
    want nothing, but in an emergency; and mail is refused, for they have given no address.
    """
    written = {"contact": "13800000009", "channel": "app"}
    await desk.receive(**written)
    who = await customer_of(desk)
    async with _gateway(tmp_path) as gateway:

        async def choose_and_write(channel: str, *, emergency: bool = False) -> None:
            await desk.life.do("intake.choose-channel", customer_ref=who, channel=channel, by="agent-1")
            await desk.receive(**written, emergency=emergency)
            await desk.send(gateway.url)

        await desk.send(gateway.url)
        await choose_and_write("wechat")
        await choose_and_write("none")
        await choose_and_write("none", emergency=True)
        assert [kept["message"]["channel"] for kept in gateway.messages] == ["sms", "wechat", "sms"]
    errors = [intent["error"] for intent in await desk.intents() if intent["status"] == "failed"]
    assert errors == ["not_wanted"]
    for customer, channel, code in ((who, "mail", "no-such-contact"), ("cu0", "none", "customer-not-found")):
        refused = await desk.life.attempt("intake.choose-channel", customer_ref=customer, channel=channel, by="agent-1")
        assert isinstance(refused, Refusal)
        assert refused.code == code


@pytest.mark.rule("INT-16")
@pytest.mark.parametrize(
    ("contact", "choice", "emergency", "channel"),
    [
        ("a@b.org", None, False, "mail"), ("139", None, False, "sms"), ("139", "wechat", False, "wechat"),
        ("a@b.org", "wechat", False, "mail"), ("139", "mail", False, "sms"), ("139", "none", False, None),
        ("139", "none", True, "sms"), ("a@b.org", "none", True, "mail"),
    ],
)  # fmt: skip
def test_a_choice_that_does_not_fit_counts_for_nothing(
    contact: str,
    choice: str | None,
    emergency: bool,  # noqa: FBT001 - a column of the table
    channel: str | None,
) -> None:
    chosen = ChannelChoice.model_validate({"id": "cu1", "channel": choice}) if choice else None
    assert channel_for(contact, chosen, emergency=emergency) == channel


@pytest.mark.rule("INT-16", "DSP-09")
@pytest.mark.parametrize(("language", "words"), [("zh-CN", "险情优先"), ("en", "dangers first")])
async def test_a_household_is_told_once_of_a_storm(desk: Desk, tmp_path: Path, language: str, words: str) -> None:
    """Given a storm, when a home reports twice, then one notice goes out, about its first case, in its language."""
    body = {**REPAIR, "home_id": "xh01.p1-1-101", "contact": "13800000101", "language": language}
    head = {"staff_id": "psm-zhao", "role": "property_service_manager", "desk": "property_office"}
    await desk.life.do("dispatch.roster-staff", estate_id="xh01", staff=[head])
    await desk.life.do_as("psm-zhao", "dispatch.declare-storm", estate_id="xh01", cause="rainstorm", reason="rain")
    cases = [str((await desk.life.do("intake.receive", **request(**body)))["case_id"]) for _ in range(2)]
    async with _gateway(tmp_path) as gateway:
        await desk.send(gateway.url)
        notices = [kept["message"]["text"] for kept in gateway.messages if words in kept["message"]["text"]]
    assert len(notices) == 1
    assert cases[0] in notices[0]
    assert {(intent["status"], intent["error"]) for intent in await desk.intents()} == {("sent", None)}


@pytest.mark.rule("INT-16")
async def test_what_cannot_be_written_fails_at_once(desk: Desk, tmp_path: Path) -> None:
    """Given a notice that names no case, though its wording does, then it fails at once, for the mistake is ours."""
    await desk.receive()
    async with _gateway(tmp_path) as gateway:
        await ask(desk, 1, "notice", await customer_of(desk))
        await desk.send(gateway.url)
        ends = {intent["cause"]: (intent["status"], intent["error"]) for intent in await desk.intents()}
        assert ends["xh01.m-notice-1"] == ("failed", "cannot_be_written")
        assert len(gateway.messages) == 1


@pytest.mark.rule("INT-16", "INT-13")
async def test_a_request_that_cannot_be_sent_fails_at_once_and_shows_no_secret(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """Given a secret that no header can carry, then the message fails as our own mistake, not as a gateway's outage."""
    await desk.receive()
    with receiver() as gateway:
        unchecked = GatewaySettings.model_construct(
            url=HttpUrl(gateway.url), repeats="recognised", secret=SecretStr("hu\nsh")
        )
        await desk.send_with(unchecked)
        assert gateway.received == []
    (intent,) = await desk.intents()
    assert (intent["status"], intent["error"], intent["tries"]) == ("failed", "illegal_request", 1)
    assert await desk.told("MessageFailed") == 1
    assert "the header authorization may not be sent" in caplog.text
    assert "hu\nsh" not in caplog.text
    assert "Bearer" not in caplog.text
