"""What a batch costs is a constant, whatever its size, in every service (DESIGN section 5: at most 20 round trips)."""

import pytest
from linli_messaging.inputs import CommandInput
from linli_runtime.commands import Asked, accept
from linli_testkit.databases import Databases
from linli_testkit.facts import OPERATOR
from linli_testkit.house import House, Room

from tests.system.life import SERVICES, START, found_estate, request
from tests.system.player import Life
from tests.system.repairs import REPAIR

MOST = 20


def received(room: Room, number: int) -> CommandInput:
    """A request like any other, of another customer."""
    entry = next(entry for entry in room.map.commands if entry.name == "intake.receive")
    body = request(
        **(REPAIR if number % 2 else {}), contact=f"138{number:08}", home_id=f"xh01.p1-1-{101 + number % 10}"
    )
    accepted = accept(Asked(entry, body, f"bulk-{number}", START.isoformat(), OPERATOR), stepped_to=START)
    assert isinstance(accepted, CommandInput), accepted
    return accepted


async def costs_of(databases: Databases, size: int) -> dict[str, int]:
    """The dearest batch of each service when so many requests are handled at once, up to their deadlines."""
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    house.batch = 1000
    life = Life(house)
    await found_estate(life)
    intake = house.rooms["intake"]
    await intake.commit([received(intake, number) for number in range(size)])
    await house.deliver()
    await life.after(days=2)
    assert await house.parked() == []
    dearest = {name: max(room.round_trips, default=0) for name, room in house.rooms.items()}
    await house.close()
    await databases.drop(database)
    return dearest


@pytest.mark.rule("OPS-04")
async def test_a_batch_of_many_costs_what_a_batch_of_few_costs(databases: Databases) -> None:
    """Given two or five hundred requests at once, then every service's dearest batch takes the same few round trips."""
    few, many = await costs_of(databases, 2), await costs_of(databases, 500)
    assert max(many.values()) <= MOST, many
    assert all(many[name] <= few[name] + 1 for name in few), (few, many)
