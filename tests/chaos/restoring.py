"""A service's database is put back to what a backup had; what it told since is on the bus and with others."""

from typing import Final

from linli_cli.client.rest import Reading
from linli_testkit.backup import Backup

from tests.chaos.breaking_bus import QUIET
from tests.chaos.strike import Strike

WAVES: Final = (3, 4)
"""Waves in which a service gets facts and no commands: what it decided from facts it decides again, and alike. What it
alone was told after a backup is gone, in the real world too."""


async def restored(strike: Strike) -> None:
    """At rest after the wave, a service is killed and loses the wave; it waits until an operator lifts it."""
    world, service = strike.world, strike.dice.choice(QUIET[strike.wave])
    async with world.database() as connection:
        backup = await Backup.take(connection, service)
        try:
            heads, handled = [
                await connection.fetchval(f"SELECT sum({column}) FROM {backup.name}.{table}")  # noqa: S608 - our own names
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
