"""On a real broker, what lies in the archive is sent again like everything else, to old consumers and to new ones
(promise 7).
"""

import asyncio
from datetime import timedelta

import linli_messaging.producing.relay as relay_module
import pytest
from linli_contracts.lanes import LANES, lane_of
from linli_messaging.producing.archiving import Archiver
from linli_testkit.backup import Backup
from linli_testkit.house import PowerCuts

from libs.messaging.tests import small
from libs.messaging.tests.bus import WITHIN_S, Bus, Side, until
from libs.messaging.tests.small import AT, SECOND

BELL = "e1.a"
BELLS = tuple(f"e{number}.a" for number in range(1, 13))
LATER = AT + timedelta(days=400)


async def archive(bus: Bus) -> int:
    """All that the north has published leaves its outbox."""
    return await Archiver(bus.north.pool, bus.north.room.queries, bus.clock, timedelta(30)).archive(LATER)


async def publish_nowhere(bus: Bus) -> None:
    """What a bus looks like that lost everything: it was all published, and nothing is there."""
    await bus.north.pool.execute("UPDATE published SET number = head FROM lane WHERE lane.lane = published.lane")


async def has_rung(bus: Bus, bell: str, *nths: int) -> None:
    async def there() -> bool:
        return await bus.rung(bell) == nths

    await until(there)


async def gaps_are_closed(bus: Bus) -> None:
    async def are() -> bool:
        gaps = await bus.gaps()
        return bool(gaps) and all(done for _, _, done in gaps)

    await until(are)


async def starts_anew(bus: Bus, side: Side) -> None:
    """Another process, which remembers nothing."""
    await bus.end(f"writer {side.room.map.name}")
    writer = side.writer
    writer.transactor.committed.clear()
    writer.transactor.remembered.__init__()  # type: ignore[misc]  # all that a process forgets
    writer.barrier.__init__(writer.map.producers())  # type: ignore[misc]  # the same
    side.consumer.watch.__init__()  # type: ignore[misc]  # the same
    await side.consumer.take_up()
    bus.tasks[f"writer {side.room.map.name}"] = asyncio.create_task(writer.run())


@pytest.mark.rule("OPS-02", "OPS-03")
async def test_a_gap_that_reaches_into_the_archive_is_closed(bus: Bus) -> None:
    """Given four facts that never came, three of them archived, when a fifth comes, then they are asked for."""
    await bus.strike(BELL, 1, 2, 3)
    await publish_nowhere(bus)
    assert await archive(bus) == 3
    await bus.strike(BELL, 4)
    await publish_nowhere(bus)
    await bus.strike(BELL, 5)
    bus.relay()
    await has_rung(bus, BELL, 1, 2, 3, 4, 5)
    await gaps_are_closed(bus)


@pytest.mark.rule("OPS-03")
@pytest.mark.parametrize("at_a_time", [1, 16])
async def test_a_bus_is_rebuilt_from_the_archive_and_who_has_it_skips_it(
    bus: Bus, at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given facts that were handled, archived and sent again from the first on, then each was handled once, however
    many lanes are sent again at a time.
    """
    monkeypatch.setattr(relay_module, "LANES_AGAIN", at_a_time)
    for nth in range(1, 21):
        for bell in BELLS:
            await bus.strike(bell, nth)
    relay = bus.relay()
    await has_rung(bus, BELLS[-1], *range(1, 21))
    await until(lambda: all_rung(bus, 20))
    assert await archive(bus) == 20 * len(BELLS)
    before = relay.produced
    lanes = list(range(LANES))
    await bus.north.pool.execute(bus.north.room.queries["ask_resend"], lanes, [1] * LANES, ["operator"] * LANES)
    relay.wake()

    async def sent_again() -> bool:
        return relay.produced == before + 20 * len(BELLS)

    await until(sent_again)
    for bell in BELLS:
        await bus.strike(bell, 21)
    relay.wake()
    await until(lambda: all_rung(bus, 21))
    assert await bus.gaps() == []


@pytest.mark.rule("OPS-03")
async def test_a_replay_outlives_the_relay_that_began_it(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a replay of many lanes, one at a time, when the relay dies in it, then the next one ends it, unasked."""
    monkeypatch.setattr(relay_module, "LANES_AGAIN", 1)
    for bell in BELLS:
        await bus.strike(bell, 1)
    first = bus.relay("first")
    await until(lambda: all_rung(bus, 1))
    await archive(bus)
    with PowerCuts("relay-after-produce", passage=3):
        lanes = sorted({lane_of(bell) for bell in BELLS})
        await bus.north.pool.execute(
            bus.north.room.queries["ask_resend"], lanes, [1] * len(lanes), ["operator"] * len(lanes)
        )
        first.wake()
        await asyncio.wait([bus.tasks["first"]], timeout=WITHIN_S)
    assert bus.tasks["first"].done()
    await bus.end("first")
    next_one = bus.relay("next")

    async def ended() -> bool:
        return not await bus.north.pool.fetchval("SELECT count(*) FROM resend")

    await until(ended)
    assert len(BELLS) > next_one.produced >= len(BELLS) - 3


@pytest.mark.rule("OPS-03")
async def test_a_brand_new_consumer_ends_where_one_is_that_was_there_all_the_time(bus: Bus) -> None:
    """Given a consumer that took everything in as it happened, when all is archived and the bus has nothing of it any
    more, then a new one, with nothing in its database, ends with the same states.
    """
    empty = await Backup.take(bus.listener.room.connection, small.NAME)
    for nth in range(1, 31):
        for bell in BELLS:
            await bus.strike(bell, nth, how="silence" if nth % 7 == 0 else "", at=AT + nth * SECOND)
    relay = bus.relay()
    await until(lambda: all_rung(bus, 30))
    old = await bus.bells()
    assert await archive(bus) == 30 * len(BELLS)
    assert await bus.north.pool.fetchval("SELECT count(*) FROM outbox") == 0

    # Its place on the bus stays, so that nothing of what the bus still has comes to it.
    await empty.put_back()
    await starts_anew(bus, bus.listener)
    assert await bus.bells() == {}
    await until(lambda: all_rung(bus, 30))
    await gaps_are_closed(bus)
    assert await bus.bells() == old
    await bus.strike(BELL, 31)
    relay.wake()
    await has_rung(bus, BELL, *range(1, 32))


async def all_rung(bus: Bus, last: int) -> bool:
    bells = await bus.bells()
    return bells.keys() == set(BELLS) and all(bell.rung == tuple(range(1, last + 1)) for bell in bells.values())


@pytest.mark.rule("OPS-03")
@pytest.mark.parametrize("point", ["relay-before-produce", "relay-after-produce"])
async def test_a_relay_that_dies_while_it_sends_from_the_archive_is_followed_by_another(bus: Bus, point: str) -> None:
    """Given a new consumer that asked for all, when the relay dies at the first segment, then it asks the next one."""
    await bus.strike(BELL, *range(1, 11))
    await publish_nowhere(bus)
    await archive(bus)
    with PowerCuts(point):
        dying = bus.relay("dying")
        await asyncio.wait([bus.tasks["dying"]], timeout=WITHIN_S)
    assert (bus.tasks["dying"].done(), dying.produced) == (True, 0)
    await bus.end("dying")
    bus.relay("next")
    await bus.strike(BELL, 11)
    await has_rung(bus, BELL, *range(1, 12))
    await gaps_are_closed(bus)
