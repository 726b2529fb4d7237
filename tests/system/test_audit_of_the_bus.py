"""The audit finds a bus that says what the outboxes say, and each way in which it may not."""

import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final
from uuid import uuid4

import asyncpg
import orjson
import pytest
from aiokafka import AIOKafkaProducer
from linli_cli.audit import bus
from linli_cli.audit.access import Access
from linli_cli.audit.bus import compare_ends, look_at_bus
from linli_cli.audit.check import EVERYTHING, Check, Wanted
from linli_cli.audit.violation import Found, NotSeen
from linli_contracts.envelope import Envelope, headers_of
from linli_contracts.lanes import LANES, partition_of
from linli_contracts.topics import PARTITIONS, PRODUCER_OF, SERVICES, TOPIC_OF, heads_topic, parked_topic
from linli_embedded.topics import ensure_topics
from linli_messaging.producing.relay import envelope_of
from linli_messaging.topology import topics
from linli_testkit.databases import Database, Databases, blocking
from linli_testkit.house import House
from linli_testkit.plugin import TestBroker

from tests.system.life import SERVICES as MAPS
from tests.system.life import START, found_estate, request
from tests.system.player import Life

Connection = Any  # asyncpg carries no type arguments at run time
Fact = tuple[Envelope, bytes]
PRODUCER: Final = "dispatch"
OWN: Final = f"audited-{secrets.token_hex(4)}."


def own(topic: str) -> str:
    """The topic of this file that stands for one of the run's: what is told here is junk to whoever reads those."""
    return f"{OWN}{topic}"


async def _prepare(dsn: str) -> None:
    house = await House.build(dsn, MAPS, START)
    life = Life(house)
    await found_estate(life)
    await life.do("intake.receive", **request(contact="13800000001"))
    for room in house.rooms.values():
        await room.connection.execute("UPDATE published SET number = head FROM lane WHERE lane.lane = published.lane")
    await house.close()


@pytest.fixture(scope="module")
def life(databases: Databases) -> Iterator[Database]:
    database = blocking(databases.fresh())
    blocking(_prepare(database.dsn))
    yield database
    blocking(databases.drop(database))


class Bus:
    """The run's broker, on whose topics of this file a test's deployment tells its facts, but for what it changes."""

    def __init__(self, connection: Connection, broker: TestBroker, producer: AIOKafkaProducer, deployment: str) -> None:
        self.connection, self.broker, self.producer, self.deployment = connection, broker, producer, deployment
        self.not_seen: list[NotSeen] = []

    async def facts(self, service: str) -> list[Fact]:
        """What a service told, in order."""
        await self.connection.fetchval("SELECT set_config('search_path', $1, false)", service)
        rows = await self.connection.fetch("SELECT * FROM outbox ORDER BY lane, number")
        return [(envelope_of(row, service, self.deployment), row["body"]) for row in rows]

    async def tell(self, *facts: Fact) -> None:
        """Put facts on the bus as a relay does."""
        for envelope, body in facts:
            await self.producer.send_and_wait(
                own(TOPIC_OF[envelope.producer]),
                body,
                key=envelope.key.encode(),
                partition=partition_of(envelope.lane, PARTITIONS),
                headers=headers_of(envelope),
            )

    async def tell_all_but(self, service: str) -> None:
        """Everything of the others."""
        for name in SERVICES:
            if name != service:
                await self.tell(*await self.facts(name))

    async def tell_heads(self, head: int, published: int = 0) -> None:
        """Tell this one of every lane of the producer, and how much is published."""
        lanes = {str(lane): [head, published] for lane in range(LANES)}
        heads = {"deployment": self.deployment, "producer": PRODUCER, "at": START, "lanes": lanes}
        await self.producer.send_and_wait(own(heads_topic(PRODUCER)), orjson.dumps(heads), partition=0)

    async def audit(self, wanted: Wanted = EVERYTHING) -> set[str]:
        """The names of the violations."""
        access = Access(
            database_url="",
            bootstrap=self.broker.bootstrap,
            kafka_user=self.broker.admin.user,
            kafka_password=self.broker.admin.password,
        )
        found = Found(wanted)
        seen = await look_at_bus(self.connection, access, found)
        assert seen is not None
        await compare_ends(self.connection, seen, found)
        assert found.checks == {check.name for check in bus.BUS_CHECKS if wanted.makes(check)}
        assert all(one.ids for one in found.violations)
        self.not_seen = found.not_seen
        return {one.check for one in found.violations}


@pytest.fixture
async def told(life: Database, broker: TestBroker, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bus]:
    """A deployment of the test's own name, in a transaction that is taken back afterwards, on topics of ours."""
    ours = {own(topic): partitions for topic, partitions in topics(SERVICES).items()}
    monkeypatch.setattr(bus, "topics", lambda _services: ours)
    monkeypatch.setattr(bus, "TOPIC_OF", {name: own(topic) for name, topic in TOPIC_OF.items()})
    monkeypatch.setattr(bus, "PRODUCER_OF", {own(topic): name for topic, name in PRODUCER_OF.items()})
    monkeypatch.setattr(bus, "_HEADS_OF", {own(topic): name for topic, name in bus._HEADS_OF.items()})
    monkeypatch.setattr(bus, "_REPEATED", frozenset(map(own, bus._REPEATED)))
    await ensure_topics(broker.bootstrap, ours, broker.admin)
    connection = await asyncpg.connect(life.dsn)
    transaction = connection.transaction()
    await transaction.start()
    deployment = f"audit-{secrets.token_hex(4)}"
    await connection.execute("UPDATE intake.deployment SET id = $1", deployment)
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, **broker.admin.client_options()) as producer:
        yield Bus(connection, broker, producer, deployment)
    await transaction.rollback()
    await connection.close()


async def test_a_bus_that_says_what_the_outboxes_say_is_clean(told: Bus) -> None:
    """Repetitions, records of other deployments and such as no reader takes for a fact are no violation."""
    await told.tell_all_but("")
    facts = await told.facts(PRODUCER)
    await told.tell(*facts[-3:], (facts[0][0]._replace(deployment="another", number=99), b"{}"))
    await told.tell((facts[0][0]._replace(number=10**30), b"{}"))
    await told.producer.send_and_wait(own(TOPIC_OF[PRODUCER]), b"{}", headers=[("of-somebody-else", None)])
    assert await told.audit() == set()


async def test_a_hole_is_found(told: Bus) -> None:
    await told.tell_all_but(PRODUCER)
    facts = await told.facts(PRODUCER)
    await told.tell(*facts[:2], *facts[3:])
    assert await told.audit() == {bus.HOLES.name}


async def test_numbers_that_were_declared_abandoned_are_no_hole_and_what_the_bus_has_of_them_is_not_ours(
    told: Bus,
) -> None:
    await told.tell_all_but(PRODUCER)
    facts = await told.facts(PRODUCER)
    (second, body), (third, _) = facts[1], facts[2]
    declaring = (third._replace(abandoned_from=second.number), facts[2][1])
    await told.tell(facts[0], (second._replace(id=str(uuid4())), body), declaring, *facts[3:])
    assert await told.audit() == set()


async def test_a_bus_that_forgot_its_beginning_is_clean_and_one_that_lost_its_end_is_not(told: Bus) -> None:
    await told.tell_all_but(PRODUCER)
    facts = await told.facts(PRODUCER)
    await told.tell(*facts[2:-1])
    assert await told.audit() == {bus.BEHIND.name}
    assert await told.audit(Wanted(moving=True)) == set()
    await told.tell(facts[-1])
    assert await told.audit() == set()


async def test_a_lane_is_missing_where_the_bus_remembers_a_time_before_it_was_published(told: Bus) -> None:
    """Given heads that told of nothing published, and later ones, when a whole lane is not on the bus, then its end is
    missing, and it is when the lane comes that all is well.
    """
    await told.tell_all_but(PRODUCER)
    await told.tell_heads(0, published=0)
    await told.tell_heads(0, published=1)
    assert await told.audit() == {bus.BEHIND.name}
    assert await told.audit(Wanted(moving=True)) == set()
    await told.tell(*await told.facts(PRODUCER))
    assert await told.audit() == set()


async def test_a_bus_that_was_made_anew_has_forgotten_whole_lanes(told: Bus) -> None:
    """What every reader has is not told again then (promise 7)."""
    await told.tell_all_but(PRODUCER)
    assert await told.audit() == set()
    await told.tell_heads(0, published=max(fact.number for fact, _ in await told.facts(PRODUCER)))
    assert await told.audit() == set()


@pytest.mark.rule("OPS-03")
async def test_what_the_bus_has_forgotten_is_neither_found_well_nor_accused(told: Bus) -> None:
    """Given lanes of which the bus has nothing, or only the end, then it says of how many facts nothing was seen."""
    await told.tell_all_but(PRODUCER)
    facts = await told.facts(PRODUCER)
    lanes = len({fact.lane for fact, _ in facts})
    assert await told.audit() == set()
    assert told.not_seen == [NotSeen(PRODUCER, lanes, len(facts))]
    last = {fact.lane: (fact, body) for fact, body in facts}
    await told.tell(*last.values())
    assert await told.audit() == set()
    assert told.not_seen == [NotSeen(PRODUCER, sum(fact.number > 1 for fact, _ in last.values()), len(facts) - lanes)]


async def test_of_a_bus_that_has_all_nothing_is_left_unseen(told: Bus) -> None:
    await told.tell_all_but("")
    assert await told.audit() == set()
    assert told.not_seen == []


async def test_an_end_that_is_missing_is_a_violation_and_not_unseen_besides(told: Bus) -> None:
    await told.tell_all_but(PRODUCER)
    await told.tell_heads(0, published=0)
    assert await told.audit() == {bus.BEHIND.name}
    assert told.not_seen == []


@pytest.mark.parametrize("what", ["another id", "another body", "beyond the head"])
async def test_a_fact_that_is_not_the_outboxs_is_found(told: Bus, what: str) -> None:
    await told.tell_all_but("")
    envelope, body = (await told.facts(PRODUCER))[-1]
    changed = {
        "another id": (envelope._replace(id=str(uuid4())), body),
        "another body": (envelope, body + b" "),
        "beyond the head": (envelope._replace(id=str(uuid4()), number=envelope.number + 1), body),
    }
    await told.tell(changed[what])
    assert await told.audit() == {bus.DIFFER.name}


async def test_a_head_beyond_the_lanes_is_found(told: Bus) -> None:
    await told.tell_all_but("")
    await told.tell_heads(10_000)
    assert await told.audit() == {bus.HEADS.name}


@pytest.mark.parametrize("check", bus.BUS_CHECKS, ids=lambda check: str(check.name))
async def test_of_several_things_that_are_wrong_only_what_was_asked_for_is_told(told: Bus, check: Check) -> None:
    await told.tell_all_but(PRODUCER)
    (first, body), _, *others, _ = await told.facts(PRODUCER)
    contact = f"139{secrets.randbelow(10**8):08}"
    await told.connection.execute(
        "UPDATE intake.customer SET state = state || jsonb_build_object('contact', $1::text)", contact
    )
    await told.tell((first, body + contact.encode()), *others)
    await told.tell_heads(10_000)
    assert await told.audit(Wanted(only=frozenset({check}))) == {check.name}
    assert await told.audit() == {one.name for one in bus.BUS_CHECKS}


@pytest.mark.rule("INT-13")
@pytest.mark.parametrize("topic", [parked_topic("loyalty"), TOPIC_OF[PRODUCER]])
async def test_a_customers_number_on_any_topic_is_found(told: Bus, topic: str) -> None:
    """Also in a record that is no fact of ours: of another deployment, which the broker's other readers pass over."""
    await told.tell_all_but("")
    elsewhere = (await told.facts(PRODUCER))[0][0]._replace(deployment="another")
    contact = f"139{secrets.randbelow(10**8):08}"
    await told.connection.execute(
        "UPDATE intake.customer SET state = state || jsonb_build_object('contact', $1::text)", contact
    )
    assert await told.audit() == set()
    record = orjson.dumps({"error": f"no member {contact}"})
    await told.producer.send_and_wait(own(topic), record, headers=headers_of(elsewhere))
    assert await told.audit() == {bus.PERSONAL.name}
