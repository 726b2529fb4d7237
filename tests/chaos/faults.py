"""The faults: each strikes a world once while load is under way, heals what it broke, and returns.

`FAULTS` is the table: a name, what it is, and in which waves it strikes. What a fault does to time and place comes from
its dice, so that a seed repeats it.
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from linli_contracts.topics import DISPATCH, INTAKE, SERVICES
from linli_messaging import crash

from tests.chaos import breaking_bus, breaking_database, joining, killing, poison, restoring
from tests.chaos.strike import Strike


@dataclass(frozen=True, slots=True)
class Fault:
    """A line of the table."""

    name: str
    what: str
    strike: Callable[[Strike], Coroutine[Any, Any, None]]
    brokers: int = 1
    waves: tuple[int, ...] = (1, 2, 3)
    """In which waves of the load it strikes."""
    prepares: bool = False
    """It prepares something first, and a wave's load begins when that is done."""
    at_the_end: bool = False
    """It strikes when the load is over and only clocks run, and moves the clock itself."""
    weeks: timedelta | None = None
    """How long that end is; the calm world goes from one due instant to the next then. Both are too old for others."""
    leaves: frozenset[str] = frozenset()
    """Checks of `linli audit` that find what the fault itself has put on the bus, where it stays."""
    remarks: frozenset[str] = frozenset()
    """Conclusions of reasons that follow from the fault itself, and are left out where books are compared."""
    finishes_later: bool = False
    """What it holds until an operator has mended it is in somebody's hands for longer, and who is assigned meanwhile
    is chosen rightly with that load: how high it was is left out where books are compared. Nor is compared which case
    of several reports a defect in a phase: the last one to be opened, rightly (`by_right.py`).
    """
    fresh: bool = False
    """It strikes a world in which nothing has happened yet, and moves its clock."""
    disk_mb: int = 0
    """Postgres lives on a file system of this size."""

    @property
    def by_any_clock(self) -> bool:
        """Whether its books can be compared by the system clock too: it moves no other one, and holds up nothing for
        as long as an operator takes.
        """
        return not (self.at_the_end or self.fresh or self.finishes_later)


EVERY_WAVE: Final = tuple(range(8))
"""Each service has its work in waves of its own; a process that is armed and started meets little of one."""

_ALL: Final = (
    Fault("kill-storm", "SIGKILL of random services", killing.kill_storm),
    Fault("broker-killed", "the broker killed and started again", breaking_bus.broker_killed),
    Fault("postgres-killed", "Postgres killed and started again", breaking_database.postgres_killed),
    Fault("lost-tail", "the end of a topic deleted, nothing after", breaking_bus.lost_tail, waves=(0, 3, 4)),
    Fault("lost-range", "a range of a topic deleted", breaking_bus.lost_range),
    Fault("told-again", "offsets set back to the beginning", breaking_bus.told_again),
    Fault("repartitioned", "6, 12, 18, 24 partitions while all runs", breaking_bus.repartitioned),
    Fault("held-back", "one producer's facts held back", breaking_bus.held_back),
    Fault("connections-cut", "connections cut in mid-transaction", breaking_database.connections_cut),
    Fault("unheard-commits", "commits whose answer never comes", breaking_database.unheard_commits),
    Fault("slow-database", "60 ms for each word with Postgres", breaking_database.slow_database),
    Fault("bus-wiped", "facts archived, the bus emptied, replayed", breaking_bus.bus_wiped, waves=(2,)),
    Fault("new-consumers", "join long after all was archived", joining.new_consumers, waves=(0,), fresh=True),
    Fault(
        "restored",
        "a database put back to an older backup",
        restoring.restored,
        waves=restoring.WAVES,
        prepares=True,
        # Warranty, restored, answers again what dispatch has long acted on; who was late and who repeats looks alike.
        remarks=frozenset({"answer about coverage came too late"}),
    ),
    Fault("scaled", "1, 2, 3, 2, 1 processes of a service", killing.scaled),
    Fault("zombie", "frozen past its session, then thawed", killing.zombie),
    Fault("two-relays", "two relays of a service at once", killing.two_relays),
    Fault(
        "down-for-weeks",
        "all down for 40 days, a holiday among them",
        killing.down_for_weeks,
        at_the_end=True,
        weeks=timedelta(40),
    ),
    Fault("clock-raises", "a clock whose rule raises", poison.clock_raises, at_the_end=True),
    Fault(
        "poison",
        "facts spoilt and junk among them",
        poison.poison,
        leaves=frozenset({"bus_facts_that_differ"}),
        finishes_later=True,
    ),
    Fault(
        "half-poisoned",
        "half of all records are junk",
        poison.half_poisoned,
        waves=(1,),
        leaves=frozenset({"bus_facts_that_differ"}),
    ),
    Fault("disk-full", "no room left for Postgres", breaking_database.disk_full, disk_mb=400, waves=(1, 2)),
    *(
        Fault(
            f"crash-{service}",
            f"SIGKILL at crash points of {service}",
            partial(killing.crash_points, service),
            waves=EVERY_WAVE,
        )
        for service in SERVICES
    ),
    Fault(
        "crash-sending",
        "SIGKILL of intake between sending a message and noting it",
        partial(killing.crash_points, INTAKE, points=crash.EFFECT_POINTS),
        waves=EVERY_WAVE,
    ),
    Fault(
        "crash-delivering",
        "SIGKILL of dispatch between delivering a webhook and noting it",
        partial(killing.crash_points, DISPATCH, points=crash.EFFECT_POINTS),
        waves=EVERY_WAVE,
    ),
    Fault("one-of-three", "one of three brokers killed", partial(breaking_bus.nodes_killed, 1), brokers=3),
    Fault("two-of-three", "two of three brokers killed", partial(breaking_bus.nodes_killed, 2), brokers=3),
)
FAULTS: Final[Mapping[str, Fault]] = {fault.name: fault for fault in _ALL}
