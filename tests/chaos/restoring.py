"""A service's database is put back to what a backup had; what it told since is on the bus and with others.

The first backup of a trial, in wave 0, is taken before any of the load: what the service loses is all that it heard of
the round until then. The others are taken when the round is under way, and it loses a wave. No service loses the load
from before its beginning to its end, for from wave 1 or 2 on each is sent commands of its own. Those that the backup
lacks are gone by right, with their answers, and what their clients did with these is not: a request that intake is sent
once more gets another reference of its customer, at random, than the one others know; a member who joins once more
does so behind the facts that bring points, which the bus gives all at once, and gets none. So the books could not be
those of the calm world.
"""

from typing import Final

from linli_cli.client.rest import Reading
from linli_testkit.backup import Backup

from tests.chaos.breaking_bus import QUIET
from tests.chaos.strike import Strike

WAVES: Final = (0, 3, 4)
"""Waves in which a service gets facts and no commands: what it decided from facts it decides again, and alike. What it
alone was told after a backup is gone, in the real world too."""


async def restored(strike: Strike) -> None:
    """At rest after the wave, a service is killed and loses the wave; it waits until an operator lifts it."""
    world, service = strike.world, strike.dice.choice(QUIET[strike.wave])
    async with world.database() as connection:
        backup = await Backup.take(connection, service)
        strike.prepared.set()
        try:
            heads, handled = [
                await connection.fetchval(f"SELECT COALESCE(sum({column}), 0) FROM {backup.name}.{table}")  # noqa: S608 - our own names
                for table, column in (("lane", "head"), ("inbox", "last"))
            ]
            await strike.sent.wait()
            await world.rest()
            after = Reading.model_validate(await world.client.get(service, "/rest"))
            assert sum(sum(lanes.values()) for lanes in after.inbox.values()) > handled, f"{service} handled nothing"
            world.process(service).kill()
            await backup.put_back()
        finally:
            await connection.execute(f"DROP SCHEMA {backup.name} CASCADE")
    world.start(service)
    await world.ready(service)
    told = after.told - heads
    suspended = Reading.model_validate(await world.client.get(service, "/rest")).suspended
    assert suspended == (told > 0), f"{service} told {told} facts since its backup; suspended: {suspended}"
    await world.linli("restored", service)
    strike.times += 1
