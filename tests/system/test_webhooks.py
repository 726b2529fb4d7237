"""Partners are told of their own orders and no others, at least once, signed; real sockets, real database."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import orjson
import pytest
from linli_contracts.lanes import lane_of
from linli_dispatch import settings
from linli_dispatch.domain.webhook import TOLD
from linli_dispatch.main import feeds
from linli_dispatch.staff_mail import StaffMailSender
from linli_dispatch.webhooks import WebhookSender
from linli_messaging.inputs import Accepted
from linli_messaging.outside.effects import Sender
from linli_messaging.service_map import Actor
from linli_messaging.tracing import Tracing, span_id_of, trace_id_of
from linli_rulebook.decision import Refusal
from linli_runtime.database import open_reader, open_writer
from linli_runtime.mail import MailServer
from linli_runtime.outside import Outside, is_public
from linli_runtime.reads import Reads
from linli_testkit.clock import HandClock
from linli_testkit.databases import Databases
from linli_testkit.facts import shipped_policy
from linli_testkit.house import DEPLOYMENT, House
from linli_testkit.receiver import Answer, Received, receiver
from linli_testkit.roles import dsn_as
from linli_testkit.sending import runner_of

from tests.system.life import SERVICES, START, found_estate, request
from tests.system.partners_page import as_partners_are_told
from tests.system.player import Life
from tests.system.reentrusting import reentrust
from tests.system.repairs import REPAIR, inspect

AN: Final = Actor("an", frozenset({"*"}), contractor_id="c-an")
BO: Final = Actor("bo", frozenset({"*"}), contractor_id="c-bo")
EAST: Final = Actor("east", frozenset({"*"}), org="group/east")
"""Of a part of the group: what a contractor or one of the staff is told is not all of that part's."""


@dataclass(slots=True)
class Partner:
    """An estate with two contractors, and whoever delivers to them."""

    life: Life
    dsn: str
    clock: HandClock
    traced: float = 0.0
    """The share of cases that are traced."""

    async def register(self, url: str, who: Actor = AN, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - a command's fields
        """A webhook for all facts about orders; with its secret."""
        body = {"contractor_id": who.contractor_id, "url": url, "types": sorted(TOLD)} | fields
        answer = await self.life.do_as(who, "dispatch.register-webhook", **body)
        return {**answer, "secret": settings.secret_of(answer["webhook_id"])}

    async def deliver(self, *, public_only: bool = False, mail: MailServer | None = None) -> None:
        """Look through the facts, and send what is due with a runner of our own."""
        room = self.life.house.rooms["dispatch"]
        if self.life.house.instant > self.clock.now():
            self.clock.set(self.life.house.instant)
        outside = Outside(public_only=public_only)
        async with (
            await open_writer(dsn_as(self.dsn, "dispatch"), "dispatch") as pool,
            await open_reader(self.dsn, "dispatch") as reader,
            pool.acquire() as connection,
        ):
            reads, policies = Reads(reader, room.queries), shipped_policy()
            senders: tuple[Sender, ...] = (
                WebhookSender(Tracing(DEPLOYMENT, self.traced), reads, outside, policies),
                StaffMailSender(reads, mail, policies),
            )
            runner = runner_of(room.map, room.queries, pool, senders, self.clock)
            for feed in feeds(DEPLOYMENT, room.queries, self.clock, shipped_policy()):
                await feed.begin(connection)
                await feed.step(connection)
            await runner._doubt_abandoned(connection)
            while await runner._start_due(connection) or runner._under_way:
                await runner._wait()
                await runner._note_ended(connection)
        await outside.close()
        await self.life.house.deliver()

    async def repair(self, home: str = "102", contact: str = "13800000002") -> str:
        """A repair that goes to the first contractor; its case."""
        body = request(**REPAIR, home_id=f"xh01.p1-1-{home}", contact=contact)
        case = str((await self.life.do("intake.receive", **body))["case_id"])
        await inspect(self.life, case)
        await self.life.after(minutes=1)
        return case

    async def webhook(self, identity: str) -> dict[str, Any]:
        """As it is stored."""
        connection = self.life.house.rooms["dispatch"].connection
        found: dict[str, Any] = orjson.loads(
            await connection.fetchval("SELECT state FROM webhook WHERE id = $1", identity)
        )
        return found


@pytest.fixture
async def partner(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Partner]:
    """An estate, in a deployment that may deliver to this machine."""
    monkeypatch.setenv("LINLI_WEBHOOK_KEY", "a key of tests")
    monkeypatch.setenv("LINLI_WEBHOOK_PRIVATE", "true")
    settings.webhook_settings.cache_clear()
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    life = Life(house)
    await found_estate(life)
    made = Partner(life, database.dsn, HandClock(START))
    await made.deliver()
    yield made
    await house.close()
    await databases.drop(database)
    settings.webhook_settings.cache_clear()


def verified(sent: Received, secret: str) -> dict[str, Any]:
    """What a receiver does, written out: the signature over id, instant and body; and as partners are told to."""
    is_from_linli = as_partners_are_told()
    assert is_from_linli(secret, sent.headers, sent.body)
    assert not is_from_linli(secret, sent.headers, sent.body + b" ")
    assert not is_from_linli("whsec_AAAA", sent.headers, sent.body)
    assert not is_from_linli(secret, sent.headers, sent.body, int(sent.headers["webhook-timestamp"]) + 301)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    said = f"{sent.headers['webhook-id']}.{sent.headers['webhook-timestamp']}.".encode() + sent.body
    expected = "v1," + base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    assert hmac.compare_digest(expected, sent.headers["webhook-signature"])
    found: dict[str, Any] = orjson.loads(sent.body)
    return found


@pytest.mark.rule("PAR-01")
async def test_a_contractor_is_told_of_its_own_orders_signed(partner: Partner) -> None:
    """Given two contractors with webhooks, when one gets an order and arrives, then that one alone is told, signed."""
    with receiver() as an, receiver() as bo:
        mine = await partner.register(an.url)
        await partner.register(bo.url, BO)
        case = await partner.repair()
        await partner.life.do_as(AN, "dispatch.arrive", case_id=case)
        await partner.deliver()
        await partner.deliver()
        told = [verified(sent, mine["secret"]) for sent in an.received]
        assert {one["type"] for one in told} == {"ContractorNotified", "ContractorArrived"}
        assert {one["data"]["case_id"] for one in told} == {case}
        assert len({sent.headers["webhook-id"] for sent in an.received}) == 2
        assert bo.received == []


@pytest.mark.rule("PAR-01", "OPS-01")
@pytest.mark.parametrize(("traced", "flag"), [(1.0, "01"), (0.0, "00")])
async def test_a_delivery_belongs_to_the_trace_of_its_case_and_each_try_is_a_span_of_it(
    partner: Partner, traced: float, flag: str
) -> None:
    """Given a delivery that is refused at first, when it comes again, then both tries bear the trace of the case, which
    the facts on the bus bear, each with the span that this side has of it, and whether it records it; the signature
    holds.
    """
    partner.traced = traced
    with receiver() as an:
        mine = await partner.register(an.url, types=["ContractorNotified"])
        case = await partner.repair()
        an.answers.append(Answer(503))
        await partner.deliver()
        partner.clock.advance(timedelta(minutes=1))
        await partner.deliver()
        first, second = an.received
    connection = partner.life.house.rooms["dispatch"].connection
    told = await connection.fetchval("SELECT traceparent FROM outbox WHERE type = 'ContractorNotified'")
    cause = await connection.fetchval("SELECT cause FROM intent")
    trace_id = told.split("-")[1]
    assert trace_id == trace_id_of(DEPLOYMENT, case)
    for tries, sent in enumerate((first, second), 1):
        verified(sent, mine["secret"])
        assert sent.headers["traceparent"] == f"00-{trace_id}-{span_id_of(f'send|{cause}|0|{tries}')}-{flag}"


@pytest.mark.rule("PAR-01", "DSP-14")
async def test_who_repairs_in_anothers_place_is_told_of_its_order_and_nothing_of_the_other(partner: Partner) -> None:
    """Given a repair that is re-entrusted and done, then the new contractor is told of order, price, times and end."""
    with receiver() as an, receiver() as bo:
        await partner.register(an.url)
        mine = await partner.register(bo.url, BO)
        case = await partner.repair()
        await partner.life.after(hours=29)
        await reentrust(partner.life, case)
        await partner.life.do_as(BO, "dispatch.arrive", case_id=case)
        await partner.life.do_as(BO, "dispatch.finish", case_id=case)
        for _ in range(2):
            await partner.deliver()
        told = [verified(sent, mine["secret"]) for sent in bo.received]
        assert sorted(one["type"] for one in told) == ["ContractorArrived", "RepairDone", "ReplacementNotified"]
        assert {one["data"]["case_id"] for one in told} == {case}
        assert not [one for one in told if "c-an" in str(one)]
        (order,) = [one["data"] for one in told if one["type"] == "ReplacementNotified"]
        assert (order["price_fen"], order["contractor_id"]) == (80_000, "c-bo")
        assert "RepairReentrusted" in {orjson.loads(sent.body)["type"] for sent in an.received}


@pytest.mark.rule("PAR-02")
async def test_what_fails_is_tried_again_with_the_same_id(partner: Partner) -> None:
    """Given a receiver that fails, redirects and does not answer, then the same delivery comes until it is taken."""
    with receiver() as an, receiver() as elsewhere:
        an.answers.extend([Answer(503), Answer(302, {"location": elsewhere.url}), Answer(0), Answer(204, body=b"")])
        mine = await partner.register(an.url, types=["ContractorNotified"])
        await partner.repair()
        for _ in range(6):
            await partner.deliver()
            partner.clock.advance(timedelta(minutes=5))
        assert len(an.received) == 4
        assert len({sent.headers["webhook-id"] for sent in an.received}) == 1
        assert elsewhere.received == []
        verified(an.received[-1], mine["secret"])


@pytest.mark.rule("PAR-02")
async def test_a_webhook_that_takes_nothing_is_disabled_and_that_is_told(partner: Partner) -> None:
    """Given a receiver that says that it is gone, then it is disabled; once resumed, it is told of what comes."""
    with receiver() as an:
        an.answers.append(Answer(410))
        mine = await partner.register(an.url)
        await partner.repair()
        await partner.deliver()
        assert (await partner.webhook(mine["webhook_id"]))["status"] == "disabled"
        dispatch = partner.life.house.rooms["dispatch"].connection
        body = await dispatch.fetchval("SELECT body FROM outbox WHERE type = 'WebhookDisabled'")
        assert orjson.loads(body)["reason"] == "receiver_410"
        await partner.repair("103", "13800000003")
        await partner.deliver()
        assert len(an.received) == 1
        await partner.life.do_as(AN, "dispatch.resume-webhook", webhook_id=mine["webhook_id"])
        await partner.repair("104", "13800000004")
        await partner.deliver()
        assert len(an.received) == 2


@pytest.mark.rule("PAR-02")
@pytest.mark.parametrize("replayed", [False, True])
async def test_what_gave_up_on_the_time_before_it_was_resumed_does_not_disable_it_again(
    partner: Partner,
    replayed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Given a receiver that was away until the first of two deliveries was given up, when its webhook is resumed and
    the time of the second runs out too, then the webhook stays active; a replay brings both.
    """
    dispatch = partner.life.house.rooms["dispatch"].connection
    with receiver() as an:
        an.answers.extend([Answer(503)] * 100)
        mine = await partner.register(an.url, types=["ContractorNotified"])
        since = partner.life.house.instant
        cases = [await partner.repair()]
        await partner.deliver()
        await partner.life.after(minutes=30)
        cases.append(await partner.repair("103", "13800000003"))
        await partner.deliver()
        # As after three days of tries: both would come again only when their time is over.
        await dispatch.execute("UPDATE intent SET tries = 20, next_at = give_up_at + interval '1 second'")
        await partner.life.after(days=3, minutes=-29)
        await partner.deliver()
        assert (await partner.webhook(mine["webhook_id"]))["status"] == "disabled"
        an.answers.clear()
        an.received.clear()
        await partner.life.do_as(AN, "dispatch.resume-webhook", webhook_id=mine["webhook_id"])
        if replayed:
            await partner.life.do_as(AN, "dispatch.replay-webhook", webhook_id=mine["webhook_id"], since=since)
            for _ in range(2):
                await partner.deliver()
        await partner.life.after(hours=1)
        await partner.deliver()
        assert (await partner.webhook(mine["webhook_id"]))["status"] == "active"
        told = [orjson.loads(sent.body)["data"]["case_id"] for sent in an.received]
        assert sorted(told) == (sorted(cases) if replayed else [])


@pytest.mark.rule("PAR-01")
@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example.org/hook", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.8/", "ftp://a.org/",
        "https://user:pw@partner.example.org/", "https://localhost/", "https://2130706433/", "https://a b.org/", "x",
        "https://a..example.org/", f"https://{'a' * 64}.example.org/", "https://partner.example.org/#part",
    ],
)  # fmt: skip
async def test_addresses_that_no_stranger_may_name(partner: Partner, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Given a deployment for the public, then only https and a name of the internet can be registered."""
    monkeypatch.setenv("LINLI_WEBHOOK_PRIVATE", "false")
    settings.webhook_settings.cache_clear()
    body = {"contractor_id": "c-an", "url": url, "types": ["RepairDone"]}
    refused = await partner.life.attempt("dispatch.register-webhook", AN, **body)
    assert isinstance(refused, Refusal)
    assert refused.code == "address-not-allowed"


@pytest.mark.rule("PAR-01")
async def test_a_name_that_leads_into_our_own_network_is_not_connected_to(partner: Partner) -> None:
    """Given a name that resolves to this machine, when it is delivered to, then nobody gets a byte."""
    with receiver() as an:
        await partner.register(an.url.replace("127.0.0.1", "localhost"))
        await partner.repair()
        await partner.deliver(public_only=True)
        assert an.received == []
    errors = await partner.life.house.rooms["dispatch"].connection.fetch("SELECT status, error FROM intent")
    assert [(row["status"], row["error"]) for row in errors] == [("waiting", "private_address")]


@pytest.mark.rule("PAR-01")
async def test_others_webhooks_are_nobodys_business(partner: Partner) -> None:
    """Given a contractor's webhook, when another one, or somebody of a region, ends or makes one for it, then that is
    refused by name.
    """
    with receiver() as an:
        mine = await partner.register(an.url)
        for stranger, code in ((BO, "other-contractor"), (EAST, "outside-your-organisation")):
            ended = await partner.life.attempt("dispatch.end-webhook", stranger, webhook_id=mine["webhook_id"])
            made = await partner.life.attempt(
                "dispatch.register-webhook", stranger, contractor_id="c-an", url=an.url, types=["RepairDone"]
            )
            for answer in (ended, made):
                assert isinstance(answer, Refusal)
                assert answer.code == code
        over = await partner.life.attempt("dispatch.end-webhook", AN, webhook_id=mine["webhook_id"])
        assert isinstance(over, Accepted)
        await partner.repair()
        await partner.deliver()
        assert an.received == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("127.0.0.1", False), ("10.1.2.3", False), ("169.254.169.254", False), ("0.0.0.0", False),  # noqa: S104 - judged, not bound
        ("100.64.0.1", False), ("224.0.0.1", False), ("::1", False), ("fe80::1%eth0", False), ("fc00::1", False),
        ("::ffff:10.0.0.1", False), ("64:ff9b::a00:1", False), ("2002:a00:1::", False), ("2606:4700::1111", True),
    ],
)  # fmt: skip
def test_which_addresses_are_public(address: str, *, public: bool) -> None:
    assert is_public(address) == public


def test_a_webhook_lies_in_its_contractors_lane() -> None:
    assert lane_of("c-an.w0123") == lane_of("c-an")
