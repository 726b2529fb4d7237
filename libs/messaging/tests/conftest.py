"""The small service, known to the contracts, and a room for it on a real Postgres."""

import fcntl
from collections.abc import AsyncIterator, Iterator

import pytest
from linli_testkit.databases import Databases
from linli_testkit.house import House, Room
from linli_testkit.plugin import TestBroker

from libs.messaging.tests import small
from libs.messaging.tests.bus import Bus, joined


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    with small.registered():
        yield


@pytest.fixture
async def house(databases: Databases) -> AsyncIterator[House]:
    """A house with the small service alone."""
    database = await databases.fresh()
    built = await House.build(database.dsn, [(small.MAP, small.SQL)], small.AT)
    yield built
    await built.close()
    await databases.drop(database)


@pytest.fixture
def room(house: House) -> Room:
    """The small service's room."""
    return house.rooms[small.NAME]


@pytest.fixture
def _alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One at a time, whatever the file: all buses of a run share the consumer groups of one broker."""
    with (tmp_path_factory.getbasetemp().parent / "bus.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
async def bus(databases: Databases, broker: TestBroker, deployment: str, _alone: None) -> AsyncIterator[Bus]:
    """North and listener, joined."""
    async with joined(databases, broker, deployment) as both:
        yield both
