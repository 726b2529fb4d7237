"""Services that join others late: their schemas are new, and what was told before lies in the archive alone."""

from datetime import timedelta
from importlib.resources import files
from typing import Final
from urllib.parse import urlsplit

from aiokafka.admin import RecordsToDelete
from linli_cli.client.answers import Command
from linli_contracts.topics import DISPATCH

from tests.chaos.breaking_bus import QUIET, partitions
from tests.chaos.strike import Strike
from tests.chaos.world import World

WAVE: Final = 0
"""Only dispatch gets commands: who joins then has told nothing itself, and has heard nothing that it knew by heart."""
ESTATES: Final = 24
HOMES: Final = 40
"""Of each estate: what was told long ago is more than a round tells."""
HOMES_TOLD: Final = "SELECT id FROM dispatch.home"
MIRRORED: Final = (
    ("SELECT id FROM dispatch.estate", "SELECT id FROM intake.estate"),
    ("SELECT id FROM dispatch.estate", "SELECT id FROM followup.estate"),
    (HOMES_TOLD, "SELECT jsonb_array_elements_text(state -> 'ids') AS id FROM intake.homes"),
    (HOMES_TOLD, "SELECT jsonb_object_keys(state -> 'homes') AS id FROM warranty.homes"),
)
"""What dispatch told, and what a service must know of it once it has taken in everything (homes: decision 17)."""


async def new_consumers(strike: Strike) -> None:
    """While dispatch registers a group, the three services that follow it are not there yet; then all that it told is
    archived, the bus forgets it, and they start with nothing in their databases.
    """
    world = strike.world
    joining = QUIET[WAVE]
    for service in joining:
        await world.process(service).stop()
        await _empty(world, service)
    await _register(strike)
    await strike.sent.wait()
    await world.published(DISPATCH)
    before = (strike.instant + timedelta(days=1)).isoformat()
    await world.linli("archive", "--service", DISPATCH, "--before", before)
    assert not await world.rows("SELECT FROM dispatch.outbox"), "dispatch has not archived everything"
    await _forget(world, DISPATCH)
    for service in joining:
        world.start(service)
        strike.times += 1
    await world.ready(*joining)
    await world.move_clock(strike.instant)
    for told_in, heard_in in MIRRORED:
        told, heard = [{row["id"] for row in await world.rows(query)} for query in (told_in, heard_in)]
        assert told == heard, f"{len(heard)} of {len(told)}: {heard_in}"


async def _empty(world: World, service: str) -> None:
    """Its schema as it was before its first start; its roles keep their passwords."""
    told = world.process(service)._env or {}
    passwords = [urlsplit(told[name]).password for name in ("LINLI_DATABASE_URL", "LINLI_OWNER_DATABASE_URL")]
    sql = files("linli_cli.stack")
    async with world.database() as connection:
        await connection.execute(f"DROP SCHEMA {service} CASCADE")
        await connection.fetch((sql / "session.sql").read_text(), service, *passwords)
        await connection.execute((sql / "role.sql").read_text())


async def _register(strike: Strike) -> None:
    """Estates of no round, with their homes."""
    commands = []
    for number in range(ESTATES):
        name = f"old{number}"
        homes = [
            {"home_id": f"{name}.p1-1-{home}", "phase": "p1", "building": "1", "handed_over_on": "2024-06-01"}
            for home in range(HOMES)
        ]
        place = {"estate_id": name, "region_id": "east", "project_id": "old", "name": "老城花园"}
        commands += [
            Command("dispatch.register-estate", f"{name}-estate", place, strike.instant),
            Command("dispatch.register-homes", f"{name}-homes", {"estate_id": name, "homes": homes}, strike.instant),
        ]
    answers = await strike.world.client.commands(DISPATCH, commands)
    assert all(answer.done for answer in answers), [answer.why for answer in answers if not answer.done]


async def _forget(world: World, producer: str) -> None:
    """All records of its topic are deleted, as when their retention is over."""
    async with world.admin() as admin:
        await admin.delete_records(
            {place: RecordsToDelete(before_offset=-1) for place in await partitions(world, producer)}
        )
